"""Roots, sums and proofs of the run beside this file, by Specs/Proofs.md alone.

Reads `transcript` and `data.jsonl`, which make.sh leaves, and writes `expected.json`. Shares no code
with the program.
"""

import hashlib
import io
import json
import os
import struct

import cbor2

HERE = os.path.dirname(os.path.abspath(__file__))


def sha(data):
    return hashlib.sha256(data).digest()


def merkle(leaves):
    """RFC 6962 over hashes of leaves."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha(b"\x01" + merkle(leaves[:split]) + merkle(leaves[split:]))


def path(leaves, index):
    if len(leaves) == 1:
        return []
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if index < split:
        return path(leaves[:split], index) + [merkle(leaves[split:])]
    return path(leaves[split:], index - split) + [merkle(leaves[:split])]


def i64(number):
    return struct.pack(">q", number)


def sums(leaves):
    """(digest, sum) of a sum tree."""
    if len(leaves) == 1:
        label, value = leaves[0]
        return sha(b"\x02" + label + i64(value)), value
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    (left, a), (right, b) = sums(leaves[:split]), sums(leaves[split:])
    return sha(b"\x03" + left + i64(a) + right + i64(b)), a + b


def cover(leaves, start, wanted):
    """The largest subtrees inside or outside `wanted`, from left to right."""
    inside = [place in wanted for place in range(start, start + len(leaves))]
    if all(inside) or not any(inside):
        return [sums(leaves)]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return cover(leaves[:split], start, wanted) + cover(leaves[split:], start + split, wanted)


def items(data):
    """The items of a CBOR sequence, each with its own bytes."""
    stream = io.BytesIO(data)
    while stream.tell() < len(data):
        start = stream.tell()
        yield cbor2.load(stream), data[start : stream.tell()]


def main():
    with open(os.path.join(HERE, "data.jsonl"), "rb") as file:
        names = [sha(line) for line in file.read().splitlines()]
    with open(os.path.join(HERE, "transcript"), "rb") as file:
        entries = list(items(file.read()))[1:]
    leaves = [sha(b"\x00" + raw) for _, raw in entries]
    scores = [0] * len(names)
    for entry, _ in entries:
        for place, contribution in zip(entry[3], entry[4]):
            scores[place] += contribution
    tree = list(zip(names, scores))
    top, total = sums(tree)
    root = sha(b"\x04" + i64(len(tree)) + top + i64(total))
    ranges = [[2, 5], [8, 16]]
    wanted = {place for low, high in ranges for place in range(low, high)}
    proof = {
        "type": "datanet/share-proof/1",
        "count": len(tree),
        "ranges": ranges,
        "nodes": [[digest, value] for digest, value in cover(tree, 0, wanted)],
    }
    # Keys of a DAG-CBOR map stand by length, then by bytes.
    ordered = dict(sorted(proof.items(), key=lambda item: (len(item[0]), item[0])))
    expected = {
        "entries": len(entries),
        "root": merkle(leaves).hex(),
        "path7": [digest.hex() for digest in path(leaves, 7)],
        "leaf7": leaves[7].hex(),
        "scores": scores,
        "total": total,
        "shares": root.hex(),
        "proof": cbor2.dumps(ordered).hex(),
        "proofSum": sum(scores[place] for place in wanted),
    }
    with open(os.path.join(HERE, "expected.json"), "w") as file:
        json.dump(expected, file, indent=1)
        file.write("\n")


main()
