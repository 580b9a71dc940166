#!/usr/bin/env python3
"""Makes the fixtures beside it with the client of Fixtures/client, which shares no code with the
program: have-maps, requests and chunk messages (Specs/Exchange.md).

  python3 -m venv v && v/bin/pip install pynacl cryptography zstandard && v/bin/python make.py
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../client"))
from encoding import encode, sha256
from exchange import block_message, ranges, read_block, read_runs, runs
from fixture import write

CONTRIBUTION, FIRST, SECOND = sha256(b"contribution"), sha256(b"first"), sha256(b"second")
CHUNK = b'{"text":"one"}\n' * 20


def main():
    present = [2 <= place < 5 or place >= 200 for place in range(400)]
    assert read_runs(runs(present), 0) == [p for p in range(400) if present[p]]
    messages = [
        ("have places 2, 3, 4 and 200 to 399", [0, CONTRIBUTION, 0, runs(present)]),
        ("have all of 3", [0, CONTRIBUTION, 0, runs([True] * 3)]),
        ("have the manifest only", [0, CONTRIBUTION, 0, b""]),
        ("request", [1, FIRST + SECOND]), ("cancel", [2, FIRST]),
        ("refuse, absent", [3, FIRST, 0]), ("slot", [4, True]), ("interest", [5, False]),
        ("seek", [6, CONTRIBUTION, True]),
        ("pieces 3 to 102 and 500 to 1,499", [7, [[FIRST, ranges([(3, 100), (500, 1000)])]]])]
    write(__file__, "messages.hex", [(name, encode(message)) for name, message in messages])
    write(__file__, "refused.hex", [(name, encode(message)) for name, message in (
        ("from a place that begins no map", [0, CONTRIBUTION, 5, b""]),
        ("half a digest", [1, FIRST[:16]]),
        ("an unknown reason", [3, FIRST, 3]), ("a slot that is a number", [4, 1]),
        ("no pieces", [7, [[FIRST, b""]]]), ("a piece of nothing", [7, [[FIRST, b"\x05\x00"]]]),
        ("65 blocks in pieces", [7, [[FIRST, b"\x00\x01"]] * 65]),
        ("a piece beyond a mebibyte", [7, [[FIRST, ranges([(1 << 20, 1)])]]]),
        ("an unknown type", [8, FIRST]))])

    digest, cut = sha256(CHUNK), [(0, 4), (15, 6)]
    forms = [("plain", block_message(digest, CHUNK)),
             ("zstd", block_message(digest, CHUNK, packs=True)),
             ("pieces 0 to 3 and 15 to 20", block_message(digest, CHUNK, cut)),
             ("the same pieces, zstd", block_message(digest, CHUNK, cut, packs=True))]
    assert read_block(forms[1][1])[2] == CHUNK and read_block(forms[3][1])[2] == b'{"te{"text'
    bomb = bytearray(forms[1][1])
    bomb[33:37] = (20).to_bytes(4, "big")
    write(__file__, "blocks.hex", [("chunk", CHUNK)] + forms + [
        ("refused: form 4", digest + b"\x04" + bytes(4)),
        ("refused: longer than a block", digest + b"\0" + ((1 << 20) + 1).to_bytes(4, "big")),
        ("refused: cut", digest), ("refused: more than its length", bytes(bomb))])


if __name__ == "__main__":
    main()
