#!/usr/bin/env python3
"""Makes the fixtures beside it: an implementation of Specs/Identities.md, Claims.md and Merge.md
that shares no code with the program.

  python3 -m venv v && v/bin/pip install dag-cbor pynacl base58 && v/bin/python make.py

The same files come out every time; a difference is a change of the specifications.
"""
import base64, hashlib, json, os, random
import base58, dag_cbor, nacl.bindings, nacl.pwhash, nacl.secret, nacl.signing
from multiformats import CID

HERE = os.path.dirname(os.path.abspath(__file__))
DOMAIN, STATE = b"datanet/claim/v1", b"datanet/state/v1"
HIGHEST = 1 << 31


def write(name, lines):
    with open(os.path.join(HERE, name), "w") as f:
        for line in lines:
            f.write(json.dumps(line, ensure_ascii=False) + "\n")


def digest(block):
    return hashlib.sha256(block).digest()


def cid(d):
    return CID.decode(bytes([1, 0x71, 0x12, 0x20]) + d)


def text(d):
    return "b" + base64.b32encode(bytes([1, 0x71, 0x12, 0x20]) + d).decode().lower().rstrip("=")


def did(key):
    return "did:key:z" + base58.b58encode(b"\xed\x01" + key).decode()


# Identities.

def identities():
    lines = []
    for n in range(6):
        seed = digest(b"identity %d" % n) if n else bytes(32)
        key = nacl.signing.SigningKey(seed)
        message = b"m" * n
        lines.append({"seed": seed.hex(), "key": bytes(key.verify_key).hex(),
                      "did": did(bytes(key.verify_key)), "message": message.hex(),
                      "signature": key.sign(message).signature.hex()})
    seed = digest(b"sealed")
    key = did(bytes(nacl.signing.SigningKey(seed).verify_key))
    salt, nonce = digest(b"salt")[:16], digest(b"nonce")[:24]
    password = "correct horse, ü".encode()
    secret = nacl.pwhash.argon2id.kdf(32, password, salt, opslimit=2, memlimit=64 << 10)
    box = nacl.secret.SecretBox(secret).encrypt(seed, nonce).ciphertext
    lines.append({"plainFile": f"datanet-identity 1\n{key}\nseed {seed.hex()}\n", "did": key})
    lines.append({"sealedFile": f"datanet-identity 1\n{key}\nargon2id 2 64 {salt.hex()} "
                  f"{nonce.hex()} {box.hex()}\n", "did": key, "passphrase": password.decode()})
    return lines


# Claims.

class Author:
    def __init__(self, name):
        self.secret = nacl.signing.SigningKey(digest(name.encode()))
        self.key = bytes(self.secret.verify_key)
        self.chain = []

    def statement(self, net, kind, body, height, seen=(), time=0):
        s = {"v": 1, "author": self.key, "height": height, "time": time, "kind": kind, "body": body}
        if net is not None:
            s["net"] = cid(net)
        if height:
            s["prev"] = cid(digest(self.chain[height - 1]))
        if seen:
            s["seen"] = [cid(d) for d in sorted(set(seen))]
        return s

    def sign(self, statement):
        encoded = dag_cbor.encode(statement)
        return b"\x82" + encoded + b"\x58\x40" + self.secret.sign(DOMAIN + encoded).signature

    def claim(self, net, kind, body, height=None, seen=(), time=0):
        keep = height is None
        block = self.sign(self.statement(
            net, kind, body, len(self.chain) if keep else height, seen, time))
        if keep:
            self.chain.append(block)
        return block


def parsed(block):
    statement, signature = dag_cbor.decode(block)
    return statement, digest(block)


def described(name, block):
    s, d = parsed(block)
    return {"name": name, "hex": block.hex(), "cid": text(d), "author": did(s["author"]),
            "height": s["height"], "kind": s["kind"], "time": s["time"], "body": dag_cbor.encode(s["body"]).hex(),
            "seen": [text(bytes(c)[4:]) for c in s.get("seen", [])]}


def accepted():
    ada, ben = Author("ada"), Author("ben")
    genesis = ada.claim(None, "genesis", {"name": "birds", "licenses": ["CC-BY-4.0"]}, time=1700000000000)
    net = digest(genesis)
    manifest = cid(digest(b"manifest"))
    song = ben.claim(net, "contribution", {"items": [
        {"manifest": manifest, "records": 3, "bytes": 120, "license": "CC-BY-4.0", "note": "songs"}]},
        seen=[net], time=1700000001000)
    entry = cid(digest(song))
    more = [("genesis", genesis), ("contribution", song)]
    for name, kind, body in [
        ("review", "review", {"items": [{"claim": entry, "opinion": "approve"},
                                        {"claim": entry, "item": 2, "score": 80, "note": "rare"}]}),
        ("grant", "grant", {"items": [{"subject": ben.key, "role": "curator", "from": 1}]}),
        ("revoke", "revoke", {"items": [{"subject": ben.key, "role": "contributor", "until": 9}]}),
        ("note", "note", {"set": {"title": ["Birds"], "tags": ["sound", "Vögel"]}}),
        ("milestone", "milestone", {"frontier": [[ben.key, 1, digest(song)]]}),
        ("retraction", "retraction", {"items": [{"claim": entry}], "reason": "by request"}),
        ("yardstick", "yardstick", {"items": [{"manifest": manifest, "records": 1, "bytes": 9}]}),
        ("base", "base", {"items": [{"manifest": manifest, "records": 0, "bytes": 9, "name": "tiny"}]}),
        ("run", "run", {
            "recipe": cid(digest(b"recipe")), "milestone": entry, "snapshot": cid(digest(b"snapshot")),
            "leftOut": [{"claim": entry}], "base": {"claim": entry, "item": 1}, "yardstick": {"claim": entry},
            "transcript": manifest, "root": digest(b"root"), "checkpoints": manifest, "adapter": manifest,
            "shares": digest(b"tree"), "steps": 200, "records": 3, "bytes": 1000, "name": "songs"}),
        ("attribution", "attribution", {"run": entry, "root": digest(b"tree"), "rest": -2, "items": [
            [ben.key, 3, 12000, 11000, 13000], [ada.key, 1, -40, -90, 10]]}),
        ("verdict", "verdict", {"items": [
            {"run": entry, "result": "held", "steps": [[3, 1], [17, 4]]},
            {"run": entry, "result": "held", "steps": [[16, 5]], "draw": digest(b"draw"), "drawn": [[17, 1], [20, 1]],
             "besides": [[3, 1]]},
            {"run": entry, "result": "held", "full": True, "note": "all of it"},
            {"run": entry, "result": "refuted", "steps": [[7, 1]], "proof": cid(digest(b"proof"))},
            {"run": entry, "result": "unavailable"}]}),
        ("a kind from the future", "ballot", {"run": manifest, "ok": True, "deep": {"f": 1.5}}),
        ("a known kind with a strange body", "grant", {"items": 7}),
    ]:
        more.append((name, ada.claim(net, kind, body, seen=[digest(song)], time=1700000002000)))
    heads = [digest(b"%d" % n) for n in range(64)]
    more.append(("64 heads seen", ada.claim(net, "note", {"set": {"title": ["x"]}}, seen=heads)))
    return [described(n, b) for n, b in more]


def refused():
    ada = Author("ada")
    genesis = ada.claim(None, "genesis", {"name": "birds"})
    net = digest(genesis)
    good = {"v": 1, "net": cid(net), "author": ada.key, "height": 1, "prev": cid(net), "time": 5,
            "kind": "note", "body": {"set": {"title": ["x"]}}}

    def without(key):
        return {k: v for k, v in good.items() if k != key}

    heads = [cid(digest(b"%d" % n)) for n in range(65)]
    heads.sort(key=bytes)
    raw = CID.decode(bytes([1, 0x55, 0x12, 0x20]) + net)
    lines = []
    for name, statement in [
        *[(f"without {k}", without(k)) for k in ["v", "net", "author", "height", "prev", "time", "kind", "body"]],
        ("version 2", {**good, "v": 2}), ("an unknown field", {**good, "extra": 1}),
        ("a short author", {**good, "author": ada.key[:31]}),
        ("a negative height", {**good, "height": -1}),
        ("a height beyond the limit", {**good, "height": HIGHEST}),
        ("a time beyond the limit", {**good, "time": 1 << 53}), ("a negative time", {**good, "time": -1}),
        ("an empty kind", {**good, "kind": ""}), ("a kind of 33 letters", {**good, "kind": "k" * 33}),
        ("a kind with a capital", {**good, "kind": "Note"}), ("a body that is a list", {**good, "body": []}),
        ("no heads seen, said so", {**good, "seen": []}), ("65 heads seen", {**good, "seen": heads}),
        ("heads out of order", {**good, "seen": heads[1::-1]}),
        ("a head twice", {**good, "seen": [heads[0], heads[0]]}),
        ("a head that is raw", {**good, "seen": [raw]}), ("a net that is raw", {**good, "net": raw}),
        ("a genesis inside a Datanet", {**good, "kind": "genesis"}),
        ("height 0 with a predecessor", {**good, "height": 0}),
        ("another kind without a Datanet", {k: v for k, v in good.items() if k not in ("net", "prev")} | {"height": 0}),
        ("a genesis at height 1", {k: v for k, v in good.items() if k != "net"} | {"kind": "genesis"}),
    ]:
        lines.append({"name": name, "hex": ada.sign(statement).hex()})
    block = ada.sign(good)
    wrong = bytearray(block)
    wrong[-1] ^= 1
    lines.append({"name": "a flipped bit in the signature", "hex": bytes(wrong).hex(), "signature": True})
    ben = Author("ben")
    encoded = dag_cbor.encode(good)
    for name, signature in [("signed by another", ben.secret.sign(DOMAIN + encoded).signature),
                            ("signed without the domain", ada.secret.sign(encoded).signature)]:
        lines.append({"name": name, "hex": (b"\x82" + encoded + b"\x58\x40" + signature).hex(), "signature": True})
    order = 2**252 + 27742317777372353535851937790883648493
    s = (int.from_bytes(block[-32:], "little") + order).to_bytes(32, "little")
    lines.append({"name": "a signature's S plus the group's order", "hex": (block[:-32] + s).hex(), "signature": True})
    lines.append({"name": "a byte behind", "hex": (block + b"\0").hex()})
    lines.append({"name": "three parts", "hex": (b"\x83" + block[1:] + b"\0").hex()})
    lines.append({"name": "a signature of 63 bytes",
                  "hex": (b"\x82" + encoded + b"\x58\x3f" + bytes(63)).hex()})
    return lines


# The merge, straight from Specs/Merge.md.

def merge(genesis, blocks):
    g, net = parsed(genesis)
    founder = g["author"]
    claims = {}
    for block in [genesis, *blocks]:
        s, d = parsed(block)
        if bytes(s["net"])[4:] == net if "net" in s else d == net:
            claims[d] = s
    counted, frontier = [], []
    for author in sorted({s["author"] for s in claims.values()}):
        mine = {d: s for d, s in claims.items() if s["author"] == author}
        said = {}
        for d, s in mine.items():
            said.setdefault(s["height"], set()).add(d)
            if "prev" in s:
                said.setdefault(s["height"] - 1, set()).add(bytes(s["prev"])[4:])
        forks = [h for h, ds in said.items() if len(ds) > 1]
        fork = min(forks) if forks else None
        if fork is not None and author == founder:
            fork = max(fork, 1)
        chain = []
        while fork is None or len(chain) < fork:
            here = [d for d, s in mine.items() if s["height"] == len(chain)]
            if author == founder and not chain:
                here = [net]
            if not here:
                break
            chain.append(here[0])
        counted += [(d, claims[d]) for d in chain]
        if chain or fork is not None:
            frontier.append((author, len(chain), chain[-1] if chain else bytes(32), fork))
    h = hashlib.sha256(STATE + net)
    for author, count, head, fork in frontier:
        h.update(author + count.to_bytes(8, "big") + head
                 + (fork if fork is not None else 2**64 - 1).to_bytes(8, "big"))
    return net, founder, g["body"], counted, frontier, h.digest()


def intervals(acts, is_open):
    grants = ([(0, [])] if is_open else []) + [(a["from"], a.get("lifts", [])) for _, a in acts if "from" in a]
    revokes = [(d, a["until"]) for d, a in acts if "until" in a]
    ranges = []
    for start, lifts in grants:
        end = min([u for d, u in revokes if cid(d) not in lifts] + [HIGHEST])
        if start < end:
            ranges.append([start, end])
    merged = []
    for r in sorted(ranges):
        if merged and r[0] <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], r[1])
        else:
            merged.append(list(r))
    return merged


def inside(ranges, height):
    return any(a <= height < b for a, b in ranges)


def roles_of(acts, founder, is_open):
    def holdings(acts, is_open):
        subjects = {(i["subject"], i["role"]) for _, _, _, i in acts}
        return {(s, r): intervals([(d, i) for _, _, d, i in acts if (i["subject"], i["role"]) == (s, r)],
                                  is_open and r == "contributor") for s, r in subjects}

    curators = holdings([a for a in acts if a[3]["role"] == "curator" and a[0] == founder], False)

    def curates(author, height):
        return author == founder or inside(curators.get((author, "curator"), []), height)

    others = holdings([a for a in acts if a[3]["role"] != "curator" and curates(a[0], a[1])], is_open)

    def holds(role, author, height):
        if curates(author, height):
            return True
        if role == "curator":
            return False
        if (author, role) not in others:
            return role == "contributor" and is_open
        return inside(others[(author, role)], height)

    return curators, others, curates, holds


def standing(entry, here, book, founder, policy):
    """What has become of an entry, with its approvals, rejections and scores."""
    _, _, curates, holds = book
    own, kind, license = entry["author"], entry["kind"], entry["license"]
    latest, scores = {}, {}
    for author, height, item, what in sorted(here, key=lambda m: (m[0], m[1], m[2])):
        if author != own and curates(author, height):
            if what in ("approve", "reject"):
                latest[author] = what
            elif isinstance(what, int):
                scores[author] = what
    yes = sum(v == "approve" for v in latest.values())
    no = sum(v == "reject" for v in latest.values())
    rejected = no > yes or (no == yes and latest.get(founder) == "reject")
    approved = yes > no or (no == yes and latest.get(founder) == "approve")
    role = "contributor" if kind == "contribution" else "curator"
    licenses = policy.get("licenses", [])
    if any(w == "retraction" and (a == own or curates(a, h)) for a, h, _, w in here):
        found = "retracted"
    elif not holds(role, own, entry["height"]):
        found = "unauthorised"
    elif kind == "contribution" and licenses and license is not None and license not in licenses:
        found = "unlicensed"
    elif rejected:
        found = "rejected"
    elif any(w == "replaced by " + kind and a == own for a, _, _, w in here):
        found = "replaced"
    elif (kind == "contribution" and policy.get("reviewing") == "before" and not approved
          and not curates(own, entry["height"])):
        found = "unapproved"
    else:
        found = "live"
    return found, yes, no, scores


def judge(genesis, blocks):
    net, founder, policy, counted, frontier, state = merge(genesis, blocks)
    acts = [(s["author"], s["height"], d, i) for d, s in counted if s["kind"] in ("grant", "revoke")
            and isinstance(s["body"].get("items"), list) for i in s["body"]["items"]]
    is_open = policy.get("contributors", "open") == "open"
    curators, others, curates, holds = book = roles_of(acts, founder, is_open)

    said = {}

    def say(target, author, height, item, what):
        said.setdefault((bytes(target["claim"])[4:], target.get("item", 0)), []).append((author, height, item, what))

    for d, s in counted:
        for n, i in enumerate(s["body"].get("items", []) if isinstance(s["body"].get("items"), list) else []):
            if s["kind"] == "retraction":
                say(i, s["author"], s["height"], n, "retraction")
            if s["kind"] == "review":
                say(i, s["author"], s["height"], n, i.get("opinion", i.get("score")))
            if s["kind"] in ("contribution", "yardstick", "base") and "replaces" in i:
                say(i["replaces"], s["author"], s["height"], n, "replaced by " + s["kind"])
    entries, totals = [], {"claims": len(counted), "contributions": 0, "records": 0, "bytes": 0}
    contributors = set()
    for d, s in counted:
        if s["kind"] not in ("contribution", "yardstick", "base"):
            continue
        for n, i in enumerate(s["body"]["items"]):
            entry = {"author": s["author"], "height": s["height"], "kind": s["kind"], "license": i.get("license")}
            found, yes, no, scores = standing(entry, said.get((d, n), []), book, founder, policy)
            entries.append({**entry, "digest": d, "claim": text(d), "item": n, "standing": found, "approvals": yes,
                            "rejections": no, "scores": len(scores), "scoreSum": sum(scores.values())})
            if found == "live" and s["kind"] == "contribution":
                totals["contributions"] += 1
                totals["records"] += i["records"]
                totals["bytes"] += i["bytes"]
                contributors.add(s["author"])
    totals["contributors"] = len(contributors)
    roles = [[did(s), r, v] for (s, r), v in sorted({**curators, **others}.items(), key=lambda x: (
        x[0][0], ["curator", "contributor", "verifier"].index(x[0][1])))]
    return {"digest": state.hex(), "totals": totals, "entries": [
                {k: e[k] for k in ["claim", "item", "standing", "approvals", "rejections", "scores", "scoreSum"]}
                for e in entries], "roles": roles,
            "frontier": [[did(a), n, head.hex(), f] for a, n, head, f in frontier],
            "notes": notes(counted, founder, curates), "order": order(counted, curates),
            "runs": runs(counted, founder, curates, holds, policy, acts, said, entries)}


def steps_of(verdict, steps):
    return {s for first, count in verdict.get("steps", []) for s in range(first, first + count) if s <= steps}


def reaches(counted):
    """What each milestone contains: author -> count; without asking who may sign milestones."""
    place, found = {}, {}
    for d, s in counted:
        place.setdefault(s["author"], []).append(d)
    for author in place:
        reach = {}
        for height, d in enumerate(place[author]):
            s = dict(counted)[d]
            if s["kind"] != "milestone":
                continue
            for who, count, head in s["body"].get("frontier", []):
                if who != author and count <= len(place.get(who, [])) and place[who][count - 1] == head:
                    reach[who] = max(reach.get(who, 0), count)
            found[d] = {**reach, author: height}
    return found


def runs(counted, founder, curates, holds, policy, acts, said, entries):
    """What follows about runs: Specs/Merge.md, "Runs" and "Verdicts"."""
    extents = {d: e for d, e in reaches(counted).items()
               if curates(dict(counted)[d]["author"], dict(counted)[d]["height"])}
    shown = []
    for d, s in counted:
        if s["kind"] != "run":
            continue
        run, author = s["body"], s["author"]
        extent = extents.get(bytes(run["milestone"])[4:])
        withdrawn = any(w == "retraction" and (a == author or curates(a, h))
                        for a, h, _, w in said.get((d, 0), []))
        shares, words = None, []
        for e, t in counted:
            if t["kind"] == "attribution" and t["author"] == author and bytes(t["body"]["run"])[4:] == d \
                    and t["body"]["root"] == run.get("shares"):
                shares = text(e)
            if t["kind"] == "verdict" and t["author"] != author and isinstance(t["body"].get("items"), list):
                words += [(t["author"], t["height"], n, v, holds("verifier", t["author"], t["height"]))
                          for n, v in enumerate(t["body"]["items"]) if bytes(v["run"])[4:] == d]
        words.sort(key=lambda w: w[:3])
        mine = [w for w in words if w[4]]
        held = {}
        for a, _, _, v, _ in mine:
            if v["result"] == "held" and "proof" not in v:
                held.setdefault(a, set()).update(
                    {"all"} if v.get("full") else steps_of(v, run["steps"]))
        last = {a: v["result"] for a, _, _, v, _ in mine if "proof" not in v}
        full = sorted(a for a in held if "all" in held[a])
        covered = set().union(*held.values()) - {"all"} if held else set()
        drew = {}
        for a, _, _, v, _ in mine:
            if a in held and v["result"] == "held" and "proof" not in v and "steps" in v and "draw" in v:
                drawn = {x for first, count in v["drawn"] for x in range(first, first + count)}
                if drawn <= steps_of(v, run["steps"]):
                    drew.setdefault(a, set()).update(drawn)

        def drawn_by(authors):
            if any(a in full for a in authors):
                return run["steps"]
            return len(set().union(*(drew.get(a, set()) for a in authors)))

        voices = {a for a, *_ in mine}
        proofs = []
        for proof in sorted({bytes(v["proof"]) for _, _, _, v, _ in words if "proof" in v}):
            about = [w for w in words if "proof" in w[3] and bytes(w[3]["proof"]) == proof]
            newest = {a: v["result"] for a, _, _, v, ok in about if ok}
            yes = sum(r == "refuted" for r in newest.values())
            no = sum(r == "held" for r in newest.values())
            own = newest.get(founder)
            proofs.append([
                "confirmed" if yes > no or (yes == no and own == "refuted") else
                "failed" if no > yes or (yes == no and own == "held") else "open",
                len({a for a, _, _, v, _ in about if v["result"] == "refuted"})])
        standings = {p[0] for p in proofs}
        state = ("refuted" if "confirmed" in standings else "disputed" if "open" in standings else
                 "reExecuted" if full else "spotChecked" if covered else
                 "unavailable" if "unavailable" in last.values() else "claimed")
        flagged = []
        for entry in entries:
            if extent is None or entry["standing"] != "retracted" or entry["kind"] != "contribution":
                continue
            mentions, facts = said.get((entry["digest"], entry["item"]), []), entry
            if {"claim": cid(entry["digest"]), **({"item": entry["item"]} if entry["item"] else {})} \
                    in run.get("leftOut", []):
                continue
            if standing_at(extent, facts, mentions, founder, policy, acts) == "live":
                flagged.append(entry["claim"] + (f"#{entry['item']}" if entry["item"] else ""))
        shown.append({"claim": text(d), "state": state, "covered": run["steps"] if full else len(covered),
                      "checkers": sum(bool(h) for h in held.values()), "full": len(full),
                      "drawn": drawn_by(voices),
                      "drawnWithoutOne": min((drawn_by(voices - {a}) for a in voices), default=0),
                      "opinions": sum(r == "refuted" for r in last.values()), "proofs": proofs,
                      "withdrawn": withdrawn, "founded": extent is not None, "shared": shares is not None,
                      "retracted": sorted(flagged)})
    return shown


def standing_at(extent, entry, mentions, founder, policy, acts):
    """The standing that an entry had in what a milestone contains."""
    def known(author, height):
        return extent.get(author, 0) > height

    if not known(entry["author"], entry["height"]):
        return None
    acts = [a for a in acts if known(a[0], a[1])]
    is_open = policy.get("contributors", "open") == "open"
    roles = roles_of(acts, founder, is_open)
    return standing(entry, [m for m in mentions if known(m[0], m[1])], roles, founder, policy)[0]

def notes(counted, founder, curates):
    signed = [(d, s) for d, s in counted if s["kind"] == "note" and isinstance(s["body"].get("set"), dict)
              and curates(s["author"], s["height"])]
    by = dict(signed)
    depth = {}

    def deep(d):
        if d not in depth:
            s = by[d]
            parents = [bytes(c)[4:] for c in s["body"].get("replaces", [])]
            older = [x for x, t in signed if t["author"] == s["author"] and t["height"] < s["height"]]
            if older:
                parents.append(max(older, key=lambda x: by[x]["height"]))
            depth[d] = 1 + max([deep(p) for p in parents if p in by] + [0])
        return depth[d]

    shown = {}
    for d, s in signed:
        for field, texts in s["body"]["set"].items():
            rank = (-deep(d), s["author"] != founder, s["author"])
            if field not in shown or rank < shown[field][0]:
                shown[field] = (rank, texts)
    return {f: t for f, (_, t) in sorted(shown.items()) if t}


def order(counted, curates):
    """For the first 40 counted claims, who is before whom, as one string of '<', '>' and '='."""
    place = {}
    for d, s in counted:
        place.setdefault(s["author"], []).append(d)
    stones = []
    for author in sorted(place):
        reach = {}
        for height, d in enumerate(place[author]):
            s = dict(counted)[d]
            if s["kind"] != "milestone":
                continue
            for who, count, head in s["body"].get("frontier", []):
                if who != author and count <= len(place.get(who, [])) and place[who][count - 1] == head:
                    reach[who] = max(reach.get(who, 0), count)
            if curates(author, height):
                stones.append((author, height, {**reach, author: height}))

    def contains(stone, author, height):
        return stone[2].get(author, 0) > height

    past = [[m for m in stones if contains(n, m[0], m[1])] for n in stones]
    for _ in stones:
        for p in past:
            for m in list(p):
                p += [o for o in past[stones.index(m)] if o not in p]

    def precedes(x, y):
        mine = [m for m in stones if contains(m, *x)]
        return bool(mine) and all(any(m in past[stones.index(n)] for m in mine)
                                  for n in stones if contains(n, *y))

    some = [(s["author"], s["height"]) for _, s in counted][:40]
    return ["".join("<" if precedes(x, y) else ">" if precedes(y, x) else "=" for y in some) for x in some]


def history(seed, size=90):
    dice = random.Random(seed)
    people = [Author(f"{name} of {seed}") for name in ["ada", "ben", "cleo", "dan", "eve"]]
    policy = {"name": f"history {seed}"}
    if dice.random() < 0.5:
        policy["licenses"] = ["CC-BY-4.0", "MIT"]
    if dice.random() < 0.5:
        policy["contributors"] = "granted"
    if dice.random() < 0.4:
        policy["reviewing"] = "before"
    genesis = people[0].claim(None, "genesis", policy)
    net, blocks, entries, revokes, noted, stones, ran = digest(genesis), [], [], [], [], [], []
    for person in people[1:3]:
        blocks.append(people[0].claim(net, "grant", {"items": [
            {"subject": person.key, "role": "curator", "from": 0}]}))

    def target():
        d, item = dice.choice(entries) if entries else (net, 0)
        return {"claim": cid(d), **({"item": item} if item else {})}

    def publications():
        items = []
        for _ in range(dice.choice([1, 1, 2])):
            item = {"manifest": cid(digest(b"%d" % dice.randrange(50))), "records": dice.randrange(1000),
                    "bytes": dice.randrange(1 << 20)}
            if dice.random() < 0.5:
                item["license"] = dice.choice(["MIT", "CC-BY-4.0", "ODbL-1.0"])
            if dice.random() < 0.3:
                item["replaces"] = target()
            items.append(item)
        return {"items": items}

    while len(blocks) < size:
        person = dice.choice(people)
        kind = dice.choice(["contribution"] * 5 + ["review"] * 5 + ["milestone"] * 3 + ["note"] * 2 + [
            "grant", "grant", "revoke", "retraction", "retraction", "yardstick", "base", "ballot"]
            + ["run"] * 3 + ["attribution"] * 2 + ["verdict"] * 5)
        other = dice.choice(people)
        if kind in ("contribution", "yardstick", "base"):
            body = publications()
        elif kind == "review":
            body = {"items": [{**target(), **dice.choice([{"opinion": "approve"}, {"opinion": "reject"},
                                                          {"score": dice.randrange(101)}])} for _ in range(2)]}
        elif kind == "retraction":
            body = {"items": [target()]}
        elif kind == "grant":
            role = dice.choice(["curator", "contributor", "verifier"])
            lifts = [cid(d) for d in sorted({d for d, s, r in revokes if (s, r) == (other.key, role)})]
            body = {"items": [{"subject": other.key, "role": role, "from": dice.randrange(len(other.chain) + 2),
                               **({"lifts": lifts} if lifts and dice.random() < 0.7 else {})}]}
        elif kind == "revoke":
            body = {"items": [{"subject": other.key, "role": dice.choice(["curator", "contributor"]),
                               "until": dice.randrange(len(other.chain) + 2)}]}
        elif kind == "note":
            fields = {"title": [f"title {dice.randrange(99)}"]}
            if dice.random() < 0.5:
                fields["tags"] = dice.choice([[], ["a", "b"]])
            body = {"set": fields}
            if noted and dice.random() < 0.6:
                body["replaces"] = [cid(dice.choice(noted))]
        elif kind == "milestone":
            reach = sorted((p.key, len(p.chain), digest(p.chain[-1])) for p in people
                           if p is not person and p.chain and dice.random() < 0.7)
            body = {"frontier": [list(r) for r in reach]} if reach else {}
        elif kind == "run":
            body = {"recipe": cid(digest(b"%d" % len(blocks))), "milestone": cid(stones[-1] if stones else net),
                    "snapshot": cid(net), "base": target(), "transcript": cid(net), "root": net,
                    "checkpoints": cid(net), "adapter": cid(net), "steps": 1 + dice.randrange(30),
                    "records": 5, "bytes": 9}
            if dice.random() < 0.7:
                body |= {"yardstick": target(), "shares": digest(b"tree")}
            if dice.random() < 0.3:
                body["leftOut"] = [target()]
        elif kind == "attribution":
            body = {"run": cid(dice.choice(ran)) if ran else cid(net), "root": digest(dice.choice([b"tree", b"other"])),
                    "items": [[person.key, 1, 5, 4, 6], [other.key, 1, -5, -6, -4]] if person is not other else
                    [[person.key, 1, 5, 4, 6]]}
        elif kind == "verdict":
            body = {"items": []}
            for _ in range(1 + dice.randrange(2)):
                item = {"run": cid(dice.choice(ran)) if ran else cid(net),
                        "result": dice.choice(["held", "held", "refuted", "unavailable"])}
                item |= dice.choice([{}, {"full": True}, {"steps": [[1 + dice.randrange(20), 1 + dice.randrange(5)]]},
                                     {"steps": [[2, 3], [9, 1 + dice.randrange(9)]]}])
                if "steps" in item and dice.random() < 0.6:
                    first, count = item["steps"][0]
                    item |= {"draw": digest(b"%d" % dice.randrange(9)), "drawn": [[first, 1 + dice.randrange(count + 1)]]}
                if item["result"] != "unavailable" and dice.random() < 0.3:
                    item["proof"] = cid(digest(b"%d" % dice.randrange(2)))
                body["items"].append(item)
        else:
            body = {"of": cid(net), "says": 7}
        seen = [digest(dice.choice(blocks))] if blocks and dice.random() < 0.7 else []
        fork = person.chain and dice.random() < 0.02
        block = person.claim(net, kind, body, dice.randrange(len(person.chain)) if fork else None, seen,
                             1700000000000 + len(blocks))
        blocks.append(block)
        d = digest(block)
        if kind in ("contribution", "yardstick", "base"):
            entries += [(d, n) for n in range(len(body["items"]))]
        if kind == "revoke":
            revokes.append((d, other.key, body["items"][0]["role"]))
        if kind == "note":
            noted.append(d)
        if kind == "milestone":
            stones.append(d)
        if kind == "run":
            ran.append(d)
            entries.append((d, 0))
    dice.shuffle(blocks)
    return {"seed": seed, "genesis": base64.b64encode(genesis).decode(),
            "claims": [base64.b64encode(b).decode() for b in blocks], "state": judge(genesis, blocks)}


write("identities.jsonl", identities())
write("accept.jsonl", accepted())
write("refuse.jsonl", refused())
write("histories.jsonl", [history(seed) for seed in range(1, 13)])
