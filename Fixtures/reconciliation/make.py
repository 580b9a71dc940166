#!/usr/bin/env python3
"""Makes the fixtures beside it with the client of Fixtures/client, which shares no code with the
program: keys and numbers, a sketch, and a whole round (Specs/Reconciliation.md).

  python3 -m venv v && v/bin/pip install pynacl cryptography zstandard && v/bin/python make.py
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../client"))
from encoding import encode, sha256
from fixture import write
from noise import mac
from reconciliation import Round, unpack_states
from sketch import Symbols, element_hash, places

BINDING, DATANET, ROUND = sha256(b"\x01"), sha256(b"\x09"), 1
AUTHORS = 40


def author(number):
    return sha256(f"author {number}".encode())


def chain(number, count, branch=0):
    return author(number), count, sha256(f"{number} {count} {branch}".encode())


def main():
    # Of 40 authors ben lacks 3, has more of 7, knows another story of 11; ada has not 39.
    adas = [chain(n, 5) for n in range(39)]
    bens = [chain(n, 8 if n == 7 else 5, int(n == 11)) for n in range(AUTHORS) if n != 3]
    ada, ben = (Round(BINDING, DATANET, ROUND, side) for side in (adas, bens))
    secret = mac(BINDING, b"datanet reconciliation" + DATANET + ROUND.to_bytes(4, "big"))
    first = next(entry for entry in ada.authors if entry[3] == author(0))
    write(__file__, "keys.hex", [
        ("channel binding", BINDING), ("Datanet", DATANET), ("round", ROUND.to_bytes(4, "big")),
        ("K", secret), ("author key", ada.author_key), ("state key", ada.state_key),
        ("salt", ada.salt.to_bytes(8, "big")), ("author 0", author(0)),
        ("place of author 0", first[0].to_bytes(8, "big")),
        ("head of author 0", chain(0, 5)[2]),
        ("state of author 0 with 5 claims", first[1].to_bytes(8, "big"))])

    summary = ada.summary()
    buckets = ben.answer_summary(summary)
    lists = ada.lists(*buckets[1:])
    answer = ben.answer_lists(*lists[1:])
    theirs, unknown = ada.differing(answer)
    wants = ada.wants(theirs)
    assert buckets[0] == 4 and len(unknown) == 1 and unknown[0] == author(3)
    pushes = sorted((who, count) for who, _, count, _ in ada.behind(theirs))
    assert pushes == [(author(11), 5)]
    back = sorted((who, count) for who, _, count, _ in ben.behind(unpack_states(wants[1])))
    assert sorted(back) == sorted([(author(7), 5), (author(11), 5), (author(39), 0)])
    write(__file__, "round.hex", [
        ("summary, ada", encode(summary)), ("buckets, ben", encode(buckets)),
        ("lists, ada", encode(lists)), ("states (answer), ben", encode(answer)),
        ("states (wants), ada", encode(wants)), ("same", encode([1])),
        ("ask for 256 buckets", encode([3, 8]))])

    symbols = Symbols(30, ada.salt)
    elements = [(0x01020304, 5, 0xABCD), (0x11223344, 1, 0x0001), (0xFFFFFFFF, 2**31, 0xFFFF)]
    for element in elements:
        symbols.add(element)
    packed = symbols.packed()
    assert Symbols.unpacked(packed, ada.salt).peel(elements[1:]) == (elements[:1], [])
    hash_ = element_hash(elements[0], ada.salt)
    write(__file__, "sketch.hex", [
        ("salt", ada.salt.to_bytes(8, "big")),
        ("first element, as tag, count and fingerprint", bytes.fromhex("0102030400000005abcd")),
        ("its hash", hash_.to_bytes(8, "big")),
        ("its places below 30", " ".join(map(str, places(hash_, 30)))),
        ("sketch of three elements", packed)])

    address = sha256(b"claim")
    write(__file__, "claims.hex", [
        ("claims", encode([0, [b"one", b"two"]])), ("want", encode([1, author(0), 5, 3])),
        ("find", encode([2, address])), ("refused: want of nothing", encode([1, author(0), 5, 0])),
        ("refused: want of 1,025", encode([1, author(0), 5, 1025])),
        ("refused: 1,025 claims", encode([0, [b""] * 1025])),
        ("refused: a short address", encode([2, address[:31]]))])


if __name__ == "__main__":
    main()
