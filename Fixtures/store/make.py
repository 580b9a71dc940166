#!/usr/bin/env python3
"""Makes packs as Specs/Store.md, "Packs", describes them (standard library only).

  make.py          writes the fixtures beside this file
"""
import hashlib, os, struct


def group(pack, offset, blocks):
    table = b"".join(
        hashlib.sha256(b).digest() + struct.pack(">II", len(b), len(b)) + bytes(4) for b in blocks)
    start = b"dgrp" + struct.pack(">IQ", len(blocks), sum(map(len, blocks)))
    check = hashlib.sha256(struct.pack(">IQ", pack, offset) + start + table).digest()[:16]
    return start + check + table + b"".join(blocks)


def pack(number, groups):
    out = b"datapack" + struct.pack(">II", 1, number)
    for blocks in groups:
        out += group(number, len(out), blocks)
    return out


here = os.path.dirname(os.path.abspath(__file__))
for number, groups in [(1, [[b"abc"]]), (2, [[b"", b"a" * 1000], [b"b"]])]:
    with open(os.path.join(here, f"{number:08}.pack"), "wb") as file:
        file.write(pack(number, groups))
