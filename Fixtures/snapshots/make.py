#!/usr/bin/env python3
"""Makes example.json beside it: an implementation of Specs/Snapshots.md and Shares.md that shares no
code with the program. Five contributions by three people, one replaced, one retracted later, with a
copy, a near-copy and a tie among their records; then scores, shares and a proof.

  python3 -m venv v && v/bin/pip install dag-cbor pynacl base58 multiformats && v/bin/python make.py
"""
import base64, hashlib, json, os
import base58, dag_cbor, nacl.signing
from multiformats import CID

HERE = os.path.dirname(os.path.abspath(__file__))


def sha(data):
    return hashlib.sha256(data).digest()


def cid(digest, codec=0x71):
    return CID.decode(bytes([1, codec, 0x12, 0x20]) + digest)


def text(digest):
    return "b" + base64.b32encode(bytes([1, 0x71, 0x12, 0x20]) + digest).decode().lower().rstrip("=")


class Author:
    def __init__(self, name):
        self.secret = nacl.signing.SigningKey(sha(name.encode()))
        self.key = bytes(self.secret.verify_key)
        self.chain = []

    def say(self, net, kind, body):
        s = {"v": 1, "author": self.key, "height": len(self.chain), "time": 1700000000000, "kind": kind, "body": body}
        if net:
            s["net"] = cid(net)
        if self.chain:
            s["prev"] = cid(sha(self.chain[-1]))
        encoded = dag_cbor.encode(s)
        block = b"\x82" + encoded + b"\x58\x40" + self.secret.sign(b"datanet/claim/v1" + encoded).signature
        self.chain.append(block)
        return sha(block)


def names(label, count):
    return [sha(f"{label} {n}".encode()) for n in range(count)]


def main():
    ada, ben, cleo, dan = (Author(n) for n in ["ada", "ben", "cleo", "dan"])
    net = ada.say(None, "genesis", {"name": "example"})
    records = {}

    def contribute(person, label, count, replaces=None):
        manifest = sha(label.encode())
        records[label] = names(label, count)
        item = {"manifest": cid(manifest), "records": count, "bytes": 10 * count}
        if replaces:
            item["replaces"] = {"claim": cid(replaces)}
        return {"claim": person.say(net, "contribution", {"items": [item]}), "label": label, "author": person.key,
                "height": len(person.chain) - 1, "manifest": manifest, "replaces": replaces}

    def milestone():
        return ada.say(net, "milestone", {"frontier": sorted(
            [p.key, len(p.chain), sha(p.chain[-1])] for p in [ben, cleo, dan] if p.chain)})

    old = contribute(ben, "ben old", 3)
    milestone()
    copy = contribute(cleo, "cleo", 4)
    newer = contribute(ben, "ben new", 4, replaces=old["claim"])
    also = contribute(dan, "dan", 3)
    gone = contribute(dan, "dan gone", 2)
    last = milestone()
    dan.say(net, "retraction", {"items": [{"claim": cid(gone["claim"])}]})
    late = contribute(cleo, "late", 2)
    # Sources: live in the milestone's view and not retracted now, by author and height.
    sources = sorted([copy, newer, also], key=lambda s: (s["author"], s["height"]))
    place = {s["label"]: n for n, s in enumerate(sources)}
    # Alike: cleo copied ben's first (known from his old contribution), and reworded his third; cleo
    # and dan have one in common, nothing says whose; ben has one twice.
    groups = [{"records": [("cleo", 0), ("ben new", 0)], "witnesses": ["ben old"]},
              {"records": [("cleo", 2), ("dan", 1)], "witnesses": []},
              {"records": [("ben new", 1), ("ben new", 3)], "witnesses": []},
              {"records": [("cleo", 3), ("ben new", 2)], "witnesses": ["ben old"]}]

    def at(label, n):
        return [sha(label.encode()).hex(), n]

    likenesses = [
        {"one": at("cleo", 0), "other": at("ben new", 0)}, {"one": at("cleo", 0), "replaced": at("ben old", 0)[0]},
        {"one": at("cleo", 2), "other": at("dan", 1), "similarity": 0.85},
        {"one": at("ben new", 1), "other": at("ben new", 3), "similarity": 0.9},
        {"one": at("cleo", 3), "other": at("ben new", 2), "similarity": 0.55},
        {"one": at("ben new", 2), "replaced": at("ben old", 2)[0]},
        # Too little between one author's own, and nothing between those of whom nobody was first.
        {"one": at("ben new", 0), "other": at("ben new", 1), "similarity": 0.6},
        {"one": at("cleo", 1), "other": at("dan", 2), "similarity": 0.6}]
    # With one curator who is first is the number of the first milestone: ben's old one was in the first.
    firsts = [["ben new"], ["cleo", "dan"], ["ben new"], ["ben new"]]
    folded, shared = set(), {}
    authors = sorted({s["author"] for s in sources})
    owner = {n: authors.index(s["author"]) for n, s in enumerate(sources)}
    for group, first in zip(groups, firsts):
        claims = sorted((place[l], n) for l, n in group["records"] if l in first)
        folded |= {(place[l], n) for l, n in group["records"]} - {claims[0]}
        claimants = sorted({owner[s] for s, _ in claims})
        if len(claimants) > 1:
            shared[claims[0]] = claimants
    kept = [(records[s["label"]][n], i, n) for i, s in enumerate(sources)
            for n in range(len(records[s["label"]])) if (i, n) not in folded]
    part = [[name, i, n] + ([shared[(i, n)]] if (i, n) in shared else []) for name, i, n in kept]
    blocks = [dag_cbor.encode(part), dag_cbor.encode([
        [cid(s["claim"]), 0, cid(s["manifest"]), s["author"], s["height"]] for s in sources])]
    root = dag_cbor.encode({
        "type": "datanet/snapshot/1", "net": cid(net), "milestone": cid(last), "leftOut": [[cid(gone["claim"]), 0]],
        "count": len(kept), "digest": sha(b"".join(k[0] for k in kept)),
        "sources": [cid(sha(blocks[1]))], "records": [cid(sha(blocks[0]))]})
    blocks.append(root)
    # Shares of made-up scores.
    scores = [(-1) ** n * (10 ** 9 + 7 * n * n + n) + 2 * 10 ** 9 for n in range(len(kept))]
    claimants = [shared.get((i, n), [owner[i]]) for _, i, n in kept]
    sums = []
    for c in range(len(authors)):
        total = 0
        for k in sorted({len(x) for x in claimants}):
            part_sum = sum(s for s, x in zip(scores, claimants) if c in x and len(x) == k)
            total += part_sum // 2 ** (k - 1) if part_sum > 0 else -(-part_sum // k)
        sums.append(total)
    clusters = list(range(len(authors)))
    for x in claimants:
        for c in x:
            clusters = [min(clusters[x[0]], clusters[c]) if v in (clusters[x[0]], clusters[c]) else v for v in clusters]
    joined = {}
    for c, s in zip(clusters, sums):
        joined[c] = joined.get(c, 0) + s
    parts = sorted(v for v in joined.values() if v > 0)
    whole, n = sum(parts), len(parts)
    hhi = sum((p / whole) ** 2 for p in parts)
    gini = sum((2 * (i + 1) - n - 1) * p for i, p in enumerate(parts)) / (n * whole)
    # A proof of the sum of the first contributor who shares a record.
    who = next(c for c in range(len(authors)) if any(c in x and len(x) > 1 for x in claimants))
    leaves = [(sha(b"\x02" + k[0] + s.to_bytes(8, "big", signed=True)), s) for k, s in zip(kept, scores)]

    def split(count):
        power = 1
        while power * 2 < count:
            power *= 2
        return power

    def node(low, high):
        if high - low == 1:
            return leaves[low]
        middle = low + split(high - low)
        left, right = node(low, middle), node(middle, high)
        data = b"".join(d + s.to_bytes(8, "big", signed=True) for d, s in (left, right))
        return sha(b"\x03" + data), left[1] + right[1]

    def cover(low, high, ranges, found):
        overlapping = [r for r in ranges if r[0] < high and low < r[1]]
        if not overlapping or (overlapping[0][0] <= low and high <= overlapping[0][1]):
            found.append(list(node(low, high)))
            return
        middle = low + split(high - low)
        cover(low, middle, ranges, found)
        cover(middle, high, ranges, found)

    proof_parts = []
    for k in sorted({len(x) for x in claimants if who in x}):
        ranges = []
        for p, x in enumerate(claimants):
            if who in x and len(x) == k:
                if ranges and ranges[-1][1] == p:
                    ranges[-1][1] = p + 1
                else:
                    ranges.append([p, p + 1])
        found = []
        cover(0, len(leaves), ranges, found)
        proof_parts.append([k, {"type": "datanet/share-proof/1", "count": len(leaves), "ranges": ranges, "nodes": found}])
    top = node(0, len(leaves))
    run = sha(b"run")
    proof = dag_cbor.encode({"type": "datanet/contributor-proof/1", "run": cid(run), "snapshot": cid(sha(root)),
                             "contributor": authors[who], "parts": proof_parts})
    tree = sha(b"\x04" + len(leaves).to_bytes(8, "big") + top[0] + top[1].to_bytes(8, "big", signed=True))
    claims = [b for p in [ada, ben, cleo, dan] for b in p.chain][1:]
    example = {
        "genesis": ada.chain[0].hex(), "claims": [b.hex() for b in claims], "milestone": text(last),
        "records": {sha(l.encode()).hex(): [n.hex() for n in r] for l, r in records.items()},
        "likenesses": likenesses,
        "blocks": [b.hex() for b in blocks], "snapshot": text(sha(root)), "leftOut": [text(gone["claim"])],
        "scores": scores, "contributors": [a.hex() for a in authors], "sums": sums,
        "rest": sum(scores) - sum(sums), "clusters": clusters, "hhi": hhi, "gini": gini,
        "run": text(run), "prover": who, "proof": proof.hex(), "tree": tree.hex()}
    with open(os.path.join(HERE, "example.json"), "w") as f:
        json.dump(example, f, indent=1)
        f.write("\n")


main()
