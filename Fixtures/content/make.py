#!/usr/bin/env python3
"""Makes the fixtures beside it: an implementation of Specs/ContentAddresses.md, Chunking.md,
Manifests.md and Archives.md that shares no code with the program.

  python3 -m venv v && v/bin/pip install dag-cbor xxhash && v/bin/python make.py

The same files come out every time; a difference is a change of the specifications.
"""
import base64, bisect, hashlib, json, os, random, re, struct
import dag_cbor, xxhash
from multiformats import CID

HERE = os.path.dirname(os.path.abspath(__file__))
RAW, DAG = 0x55, 0x71


def cid_bytes(codec, block):
    return bytes([1, codec, 0x12, 0x20]) + hashlib.sha256(block).digest()


def text(cid):
    return "b" + base64.b32encode(cid).decode().lower().rstrip("=")


def link(cid):
    return CID.decode(cid)


def encode(value):
    return dag_cbor.encode(value)


def write(name, lines):
    with open(os.path.join(HERE, name), "w") as f:
        for line in lines:
            f.write(json.dumps(line, ensure_ascii=False) + "\n")


# --- DAG-CBOR ---------------------------------------------------------------------------------

def dag_json(v):
    if isinstance(v, bool) or v is None:
        return json.dumps(v)
    if isinstance(v, float):
        return re.sub(r"e([+-])0+(?=\d)", r"e\1", repr(v))
    if isinstance(v, int):
        return str(v)
    if isinstance(v, str):
        return json.dumps(v, ensure_ascii=False)
    if isinstance(v, bytes):
        return '{"/":{"bytes":"%s"}}' % base64.b64encode(v).decode().rstrip("=")
    if isinstance(v, CID):
        return '{"/":"%s"}' % text(bytes(v))
    if isinstance(v, list):
        return "[" + ",".join(map(dag_json, v)) + "]"
    keys = sorted(v, key=lambda k: k.encode())
    return "{" + ",".join(json.dumps(k, ensure_ascii=False) + ":" + dag_json(v[k]) for k in keys) + "}"


def random_value(r, depth):
    kind = r.randrange(11 if depth else 8)
    if kind == 0:
        return r.choice([None, True, False])
    if kind in (1, 2):
        return r.choice([1, -1]) * (r.getrandbits(r.choice([3, 5, 8, 16, 32, 63])))
    if kind == 3:
        return r.choice([0.0, -0.0, 1.5, -2.25, 1e300, 5e-324, r.random() * 1e6])
    if kind == 4:
        return bytes(r.getrandbits(8) for _ in range(r.choice([0, 1, 23, 24, 40, 300])))
    if kind in (5, 6):
        return "".join(r.choice("abcxyz 09\"\\/\n\té€😀\u0001ß") for _ in range(r.choice([0, 1, 5, 23, 24, 90])))
    if kind == 7:
        return link(cid_bytes(r.choice([RAW, DAG]), bytes([r.getrandbits(8)])))
    if kind == 8:
        return [random_value(r, depth - 1) for _ in range(r.choice([0, 1, 3, 24]))]
    keys = {"".join(r.choice("abé😀z") for _ in range(r.randrange(6))) for _ in range(r.choice([0, 2, 6]))}
    return {k: random_value(r, depth - 1) for k in sorted(keys)}


def accepted():
    claim = {"kind": "example", "bytes": b"\x01\x02\x03", "count": 24, "ratio": 0.5,
             "next": link(cid_bytes(RAW, b"hello\n")), "tags": ["a", "b"], "none": None}
    values = [("example", claim), ("largest", 2**64 - 1), ("smallest", -2**64),
              ("int64 edges", [2**63 - 1, 2**63, -2**63, -2**63 - 1]),
              ("lengths", [[0] * n for n in (0, 1, 23, 24)]),
              ("key order", {"b": 1, "a": 2, "aa": 3, "": 4, "é": 5, "zz": 6}),
              ("floats", [0.0, -0.0, 1.0, 1e16, 1e100, 5e-324, 1.7976931348623157e308])]
    r = random.Random(1)
    values += [("random %d" % i, random_value(r, 4)) for i in range(120)]
    for name, v in values:
        b = encode(v)
        yield {"name": name, "hex": b.hex(), "cid": text(cid_bytes(DAG, b)), "dagJSON": dag_json(v)}


def refused():
    good = bytes([0]) + cid_bytes(RAW, b"")
    tagged = lambda body: b"\xd8\x2a" + body
    string = lambda b: (bytes([0x40 | len(b)]) if len(b) < 24 else b"\x58" + bytes([len(b)])) + b
    yield "empty input", b"", 0, "endOfInput"
    for name, b in [("23 in one byte more", "1817"), ("255 in two", "1900ff"), ("65535 in four", "1a0000ffff"),
                    ("2^32-1 in eight", "1b00000000ffffffff"), ("-24 in one byte more", "3817"),
                    ("byte length", "581701"), ("text length", "780161"), ("array length", "980100"),
                    ("map length", "b8016161f6"), ("tag in two bytes", "d9002a")]:
        yield "not shortest: " + name, bytes.fromhex(b), 0, "shortestInteger"
    for n in (28, 29, 30):
        for major in range(8):
            yield "reserved info %d, major %d" % (n, major), bytes([major << 5 | n]), 0, "reserved"
    for name, b in [("bytes", "5f4101ff"), ("text", "7f6161ff"), ("array", "9f01ff"), ("map", "bf616101ff"),
                    ("integer", "1f"), ("negative", "3f"), ("tag", "df"), ("break alone", "ff")]:
        yield "indefinite " + name, bytes.fromhex(b), 0, "indefinite"
    yield "indefinite inside", bytes.fromhex("829f01ff01"), 1, "indefinite"
    for name, b in [("half", "f93c00"), ("single", "fa3fc00000"), ("half NaN", "f97e00"), ("half infinity", "f97c00")]:
        yield "short float: " + name, bytes.fromhex(b), 0, "halfFloat"
    for name, v in [("NaN", b"\x7f\xf8\0\0\0\0\0\0"), ("NaN payload", b"\x7f\xf8\0\0\0\0\0\1"),
                    ("signalling NaN", b"\x7f\xf0\0\0\0\0\0\1"), ("infinity", b"\x7f\xf0\0\0\0\0\0\0"),
                    ("minus infinity", b"\xff\xf0\0\0\0\0\0\0")]:
        yield name, b"\xfb" + v, 0, "finiteFloat"
    for name, b in [("undefined", "f7"), ("simple 0", "e0"), ("simple 19", "f3"), ("simple 32", "f820"),
                    ("simple 255", "f8ff"), ("false in two bytes", "f814"), ("simple 23", "f7")]:
        yield name, bytes.fromhex(b), 0, "simple"
    for name, b in [("bignum", "c249010000000000000000"), ("negative bignum", "c349010000000000000000"),
                    ("date text", "c074323031332d30332d32315432303a30343a30305a"), ("epoch", "c11a514b67b0"),
                    ("self-described", "d9d9f700"), ("tag 0 over integer", "c000"), ("tag 41", "d829" + string(good).hex()),
                    ("tag 43", "d82b" + string(good).hex()), ("decimal", "c48221196ab3")]:
        yield "other tag: " + name, bytes.fromhex(b), 0, "tag"
    for name, body in [("no prefix", string(good[1:])), ("prefix 1", string(b"\1" + good[1:])), ("only prefix", string(b"\0")),
                       ("empty", string(b"")), ("text", b"\x61a"), ("integer", b"\x00"), ("nested", tagged(string(good))),
                       ("digest cut", string(good[:-1])), ("a byte more", string(good + b"\0")),
                       ("version 2", string(b"\0\2" + good[2:])), ("version 0 codec", string(b"\0\0" + good[2:])),
                       ("codec in two bytes", string(b"\0\1\xd5\0" + good[3:])), ("version in two bytes", string(b"\0\x81\0" + good[2:])),
                       ("length lies", string(b"\0\1\x55\x12\x1f" + good[5:])), ("sha2-256 of 33", string(b"\0\1\x55\x12\x21" + good[5:] + b"\0")),
                       ("version 0 cut", string(b"\0\x12\x20" + bytes(31))), ("version 0 and more", string(b"\0\x12\x20" + bytes(33)))]:
        yield "link: " + name, tagged(body), 2, "link"
    yield "link ends", tagged(b"\x58\x25\0\1"), 6, "endOfInput"
    for name, b in [("stray", b"\x61\x80"), ("overlong", b"\x62\xc0\x80"), ("surrogate", b"\x63\xed\xa0\x80"),
                    ("above", b"\x64\xf4\x90\x80\x80"), ("cut", b"\x62\xe2\x82"), ("0xff", b"\x61\xff")]:
        yield "text: " + name, b, 1, "text"
    yield "text in a key", b"\xa1\x61\xff\x01", 2, "text"
    for name, b, at, rule in [("longer first", "a262616101616102", 5, "keyOrder"), ("bytewise", "a2616201616102", 4, "keyOrder"),
                              ("RFC 8949 order", "a2626161016162" + "02", 5, "keyOrder"), ("twice", "a2616101616102", 4, "duplicateKey"),
                              ("empty twice", "a260016002", 3, "duplicateKey"), ("integer key", "a10101", 1, "key"),
                              ("bytes key", "a1416101", 1, "key"), ("null key", "a1f601", 1, "key"), ("array key", "a18001", 1, "key")]:
        yield "map: " + name, bytes.fromhex(b), at, rule
    for name, b, at in [("head", "18", 1), ("two bytes", "1901", 2), ("eight bytes", "1b01020304050607", 8), ("float", "fb00000000000000", 8),
                        ("array", "8201", 2), ("map value", "a16161", 3), ("text", "6361", 2), ("bytes", "4301", 2)]:
        yield "ends: " + name, bytes.fromhex(b), at, "endOfInput"
    for name, b in [("bytes", "5b7fffffffffffffff00"), ("text", "7bffffffffffffffff00"), ("array", "9bffffffffffffffff00"),
                    ("map", "bbffffffffffffffff00"), ("map 2^63", "bb800000000000000000"), ("array of 2^32", "9b000000010000000000")]:
        yield "absurd length: " + name, bytes.fromhex(b), 10, "endOfInput"
    yield "trailing byte", b"\x01\x00", 1, "trailingBytes"
    yield "two items", b"\x80\x80", 1, "trailingBytes"
    yield "257 deep", b"\x81" * 257 + b"\x00", 256, "depth"
    yield "257 deep maps", b"\xa1\x60" * 257 + b"\x00", 512, "depth"


# --- CID texts --------------------------------------------------------------------------------

def cids():
    good = text(cid_bytes(RAW, b"hello\n"))
    yield good, None
    yield text(cid_bytes(DAG, b"\xa0")), None
    for bad, why in [("", "multibase"), (good.upper(), "multibase"), ("B" + good[1:], "multibase"), (good[1:], "multibase" if good[1] != "b" else "base32"),
                     (good[:-1], "base32"), (good + "a", "base32"), (good + "=", "base32"), (good[:-1] + "1", "base32"),
                     (good + "aaaaaaa" + "a", "length"), ("b" + good[1:].replace("a", "A", 1), "base32"), (" " + good, "multibase"), (good + "\n", "base32"),
                     ("QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG", "multibase"), ("z" + good[1:], "multibase"),
                     (text(bytes([2]) + cid_bytes(RAW, b"")[1:]), "version"), (text(bytes([1, 0x70]) + cid_bytes(RAW, b"")[2:]), "codec"),
                     (text(bytes([1, 0x55, 0x13, 0x20]) + cid_bytes(RAW, b"")[4:]), "hashFunction")]:
        yield bad, why


# --- Chunking (Specs/Chunking.md) -------------------------------------------------------------

KIB = 1024
MINIMUM, MAXIMUM, LARGEST = 8 * KIB, 24 * KIB, 1024 * KIB
PLAIN_MINIMUM, PLAIN_NORMAL, PLAIN_MAXIMUM = 32 * KIB, 64 * KIB, 256 * KIB
GEAR = [int.from_bytes(hashlib.sha256(bytes([i])).digest()[:8], "big") for i in range(256)]
M64 = (1 << 64) - 1


def plain_cut(b):
    """Lengths of the chunks of bytes without records."""
    out, start = [], 0
    while start < len(b):
        end = min(len(b) - start, PLAIN_MAXIMUM)
        h, cut = 0, end
        for i in range(PLAIN_MINIMUM, end):
            h = (h << 1) + GEAR[b[start + i]] & M64
            if h >> (46 if i < PLAIN_NORMAL else 50) == 0:
                cut = i + 1
                break
        out.append(cut)
        start += cut
    return out


def joined(h, n):
    p1, p2, p4 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x85EBCA77C2B2AE63
    lane = n * p2 & M64
    lane = (lane << 31 | lane >> 33) & M64
    return ((h ^ lane * p1 & M64) * p1 + p4) & M64


def varint(n):
    out = b""
    while n >= 0x80:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def outline(tiles):
    segments, length, h = [], 0, 0
    for t, n, _ in tiles:
        h = joined(h, n) if length else n
        length += t
        if length >= 1024 or length >= 256 and n & 3 == 0:
            segments.append((length, h >> 32))
            length = 0
    if length:
        segments.append((length, h >> 32))
    if len(segments) < 2:
        return b""
    return b"".join(varint(n) + struct.pack("<I", f) for n, f in segments)


def cut_tiles(tiles):
    """(length, records, outline) of the chunks of one region of tiles (length, hash, is record)."""
    out, first = [], 0
    while first < len(tiles):
        length, nxt, best = 0, first, None
        while nxt < len(tiles) and length + tiles[nxt][0] <= MAXIMUM:
            length += tiles[nxt][0]
            if length >= MINIMUM and (best is None or tiles[nxt][1] < tiles[best][1]):
                best = nxt
            nxt += 1
        last = len(tiles) - 1 if nxt == len(tiles) else best if best is not None else max(first, nxt - 1)
        part = tiles[first:last + 1]
        out.append((sum(t[0] for t in part), sum(t[2] for t in part), outline(part)))
        first = last + 1
    return out


def chunks_of(files):
    """Chunks of a contribution: files are (path, format, bytes, record ends)."""
    out, packed = [], []
    for _, form, b, ends in files:
        if len(b) > MAXIMUM:
            out += cut_tiles(packed)
            packed = []
            if form == "opaque":
                out += [(n, 0, b"") for n in plain_cut(b)]
                continue
            region, at = [], 0
            for end in ends:
                if end - at > LARGEST:
                    out += cut_tiles(region)
                    region = []
                    out += [(n, int(i == 0), b"") for i, n in enumerate(plain_cut(b[at:end]))]
                else:
                    region.append((end - at, xxhash.xxh64_intdigest(b[at:end]), 1))
                at = end
            if at < len(b):
                region.append((len(b) - at, xxhash.xxh64_intdigest(b[at:]), 0))
            out += cut_tiles(region)
        elif form == "opaque":
            if b:
                packed.append((len(b), xxhash.xxh64_intdigest(b), 0))
        else:
            at = 0
            for end in ends:
                packed.append((end - at, xxhash.xxh64_intdigest(b[at:end]), 1))
                at = end
            if at < len(b):
                packed.append((len(b) - at, xxhash.xxh64_intdigest(b[at:]), 0))
    return out + cut_tiles(packed)


# --- Manifests (Specs/Manifests.md) -----------------------------------------------------------

def tree(entries, key, minimum, maximum, shift, complete, branch, outlines=None):
    """Blocks of a tree and its top node. `entries` are (encodable, totals, ...)."""
    blocks = []

    def emit(value):
        b = encode(value)
        c = cid_bytes(DAG, b)
        blocks.append((c, b))
        return c

    def groups(items, is_end):
        group = []
        for item in items:
            group.append(item)
            if len(group) >= maximum or len(group) >= minimum and is_end(item):
                yield group
                group = []
        if group:
            yield group

    def leaf(group):
        value = {key: [e[0] for e in group]}
        if outlines and any(outlines[e[2]] for e in group):
            value["outline"] = link(emit([outlines[e[2]] for e in group]))
        return value

    level = [leaf(g) for g in groups(entries, complete)]
    totals = [(tuple(map(sum, zip(*(e[1] for e in g)))), g[-1]) for g in groups(entries, complete)]
    if not level:
        return blocks, {key: []}
    while len(level) > 1:
        items = []
        for value, (total, last) in zip(level, totals):
            c = emit(value)
            items.append((branch(c, total, last), total, last, c))
        grouped = list(groups(items, lambda i: int.from_bytes(i[3][4:12], "big") >> shift == 0))
        level = [{"nodes": [i[0] for i in g]} for g in grouped]
        totals = [(tuple(map(sum, zip(*(i[1] for i in g)))), g[-1][2]) for g in grouped]
    return blocks, level[0]


def manifest(files):
    data = b"".join(f[2] for f in files)
    cut = chunks_of(files)
    entries, at = [], 0
    for i, (n, records, _) in enumerate(cut):
        c = cid_bytes(RAW, data[at:at + n])
        entries.append(([link(c), n, records], (1, n, records), i, c))
        at += n
    assert at == len(data)
    chunk_blocks, chunk_top = tree(
        entries, "chunks", 64, 1024, 56, lambda e: e[3][4] == 0,
        lambda c, t, _: [link(c), t[1], t[2], t[0]], [c[2] for c in cut])
    file_entries = []
    for path, form, b, ends in files:
        file_entries.append(([path, form, None, len(b), len(ends), 0], (1, len(b), len(ends)), path))
    file_blocks, file_top = tree(
        file_entries, "files", 32, 512, 57, lambda e: xxhash.xxh64_intdigest(e[2].encode()) >> 57 == 0,
        lambda c, t, last: [link(c), last[2], t[0], t[1], t[2], 0])
    root = {"kind": "manifest", "bytes": len(data), "files": file_top, "chunks": chunk_top,
            "records": sum(len(f[3]) for f in files), "version": 1, "unparsed": 0}
    b = encode(root)
    return cut, chunk_blocks + file_blocks + [(cid_bytes(DAG, b), b)]


def line(seed, i, longest):
    """The text of record i: its digest in hexadecimal over and over, and a line end."""
    d = hashlib.sha256(b"%s/%d" % (seed.encode(), i)).digest()
    n = int.from_bytes(d[:4], "big") % longest
    return (d.hex() * (n // 64 + 1))[:n].encode() + b"\n"


def lines(path, seed, count, longest):
    b, ends = b"", []
    parts = []
    total = 0
    for i in range(count):
        parts.append(line(seed, i, longest))
        total += len(parts[-1])
        ends.append(total)
    return path, "jsonl", b"".join(parts), ends


def opaque(path, seed, count):
    b = b"".join(hashlib.sha256(b"%s/%d" % (seed.encode(), i)).digest() for i in range(count // 32 + 1))
    return path, "opaque", b[:count], []


def contributions():
    yield "example", [("lines", "b.jsonl", "b", 3, 100), ("opaque", "c/d.bin", "c", 5)]
    yield "empty", []
    yield "empty files", [("lines", "a", "a", 0, 1), ("opaque", "b", "b", 0)]
    yield "records", [("lines", "data.jsonl", "records", 3000, 2000)]
    yield "tiny records", [("lines", "data.csv", "tiny", 9000, 60)]
    yield "large records", [("lines", "data.jsonl", "large", 12, 400000)]
    yield "larger than a block", [("lines", "data.jsonl", "huge", 4, 3500000)]
    yield "opaque", [("opaque", "model.bin", "opaque", 1500001)]
    yield "mixed", [x for i in range(60) for x in (
        ("lines", "m%03d/a.jsonl" % i, "ma%d" % i, i % 13, 900), ("opaque", "m%03d/b" % i, "mb%d" % i, i * 997 % 30011))]
    yield "many files", [("lines", "d%02d/f%04d.jsonl" % (i // 100, i), "f%d" % i, 3, 700) for i in range(2500)]


def made(plan):
    out = []
    for p in plan:
        out.append(lines(*p[1:]) if p[0] == "lines" else opaque(*p[1:]))
    return out


def manifests():
    for name, plan in contributions():
        cut, blocks = manifest(made(plan))
        sizes = [c[0] for c in cut]
        yield {"name": name, "files": plan, "chunks": sizes, "records": [c[1] for c in cut],
               "outlines": hashlib.sha256(b"".join(c[2] for c in cut)).hexdigest(),
               "blocks": len(blocks), "root": text(blocks[-1][0]),
               "rootHex": blocks[-1][1].hex() if name == "example" else None,
               "outlineHex": next((c[2].hex() for c in cut if c[2]), None) if name in ("mixed",) else None}


def tall():
    """A contribution of one file in so many chunks that its tree has several levels."""
    entries, n_bytes, n_records = [], 0, 0
    for i in range(120000):
        c = bytes([1, RAW, 0x12, 0x20]) + hashlib.sha256(b"chunk %d" % i).digest()
        n, records = 8192 + i % 16384, i % 5
        entries.append(([link(c), n, records], (1, n, records), i, c))
        n_bytes += n
        n_records += records
    blocks, top = tree(entries, "chunks", 64, 1024, 56, lambda e: e[3][4] == 0,
                       lambda c, t, _: [link(c), t[1], t[2], t[0]], [b""] * len(entries))
    root = {"kind": "manifest", "bytes": n_bytes, "chunks": top, "records": n_records, "version": 1, "unparsed": 0,
            "files": {"files": [["data.jsonl", "jsonl", None, n_bytes, n_records, 0]]}}
    yield {"chunks": len(entries), "blocks": len(blocks) + 1, "root": text(cid_bytes(DAG, encode(root)))}


# --- Archives (Specs/Archives.md) -------------------------------------------------------------

def car(roots, blocks):
    head = encode({"roots": [link(r) for r in roots], "version": 1})
    out = varint(len(head)) + head
    for c, b in blocks:
        out += varint(len(c) + len(b)) + c + b
    return out


def archive():
    hello = (cid_bytes(RAW, b"hello\n"), b"hello\n")
    node = encode({"next": link(hello[0])})
    return car([cid_bytes(DAG, node)], [(cid_bytes(DAG, node), node), hello])


def archives_refused():
    good = archive()
    head = varint_end(good)
    first = head
    n, after = read_varint(good, first)
    yield "nothing", b"", 0, "endOfInput"
    yield "cut in the header", good[:20], 0, "endOfInput"
    yield "cut in a block", good[:-3], first + (after - first) + n, "endOfInput"
    yield "header of no bytes", b"\0" + good, 0, "header"
    yield "long varint", b"\xba\0" + good[1:], 0, "varint"
    yield "varint without end", b"\xff" * 10, 0, "varint"
    yield "huge header", varint(1 << 20) + b"\0" * 64, 0, "headerSize"
    v2 = bytes.fromhex("0aa16776657273696f6e02")
    yield "version 2", v2 + good, 0, "version"
    h = encode({"roots": [], "version": 1})
    yield "no roots", varint(len(h)) + h, 0, "rootCount"
    h = encode({"roots": ["x"], "version": 1})
    yield "a root that is no link", varint(len(h)) + h, 0, "header"
    h = encode({"roots": [link(cid_bytes(RAW, b""))], "version": 1, "x": 1})
    yield "another key", varint(len(h)) + h, 0, "header"
    yield "empty section", good[:first] + b"\0", first, "sectionSize"
    yield "huge section", good[:first] + varint(1 << 40), first, "sectionSize"
    flipped = bytearray(good)
    flipped[-1] ^= 1
    yield "a flipped byte", bytes(flipped), first + (after - first) + n, "digest"
    foreign = bytearray(good)
    foreign[after + 1] = 0x70
    yield "another codec", bytes(foreign), first, "address"
    loose = b"\x18\x01"
    c = cid_bytes(DAG, loose)
    yield "loose DAG-CBOR", good[:first] + varint(36 + 2) + c + loose, first, "structure"


def read_varint(b, at):
    n = shift = 0
    while True:
        n |= (b[at] & 0x7F) << shift
        at += 1
        shift += 7
        if b[at - 1] < 0x80:
            return n, at


def varint_end(b):
    n, at = read_varint(b, 0)
    return at + n


if __name__ == "__main__":
    write("accept.jsonl", accepted())
    write("refuse.jsonl", ({"name": n, "hex": b.hex(), "offset": o, "rule": r} for n, b, o, r in refused()))
    write("cids.jsonl", ({"text": t, "refused": why} for t, why in cids()))
    write("manifests.jsonl", manifests())
    write("tall.jsonl", tall())
    with open(os.path.join(HERE, "example.car"), "wb") as f:
        f.write(archive())
    write("archives-refused.jsonl", ({"name": n, "hex": b.hex(), "offset": o, "rule": r} for n, b, o, r in archives_refused()))
