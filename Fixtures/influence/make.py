#!/usr/bin/env python3
"""Makes small.index and refused.json here: an index of influence written by the rules of
Specs/Influence.md, "Index", and changes to it that have to be refused. No library is needed.

    python3 Fixtures/influence/make.py
"""
import hashlib
import json
import os
import struct

here = os.path.dirname(os.path.abspath(__file__))
# Five records in batches of two, four features each in one section; the third counts nothing.
lengths = [2.0, 0.5, 0.0, 8.0, 1.0]
directions = [
    [1, 0, 0, 0], [0.6, 0.8, 0, 0], [0, 0, 0, 0], [-0.5, 0.5, -0.5, 0.5], [0, 0, -1, 0],
]
header = {
    "base": "b", "adapter": "a", "records": "r", "form": "plain completion 8 refuse",
    "method": "ekfac-end", "features": 64, "damping": 1.0, "points": [1.0], "count": 5, "batch": 2,
    "sections": [4], "curvatureBytes": 64,
}
text = json.dumps(header, separators=(",", ":")).encode()
text += b" " * (-(16 + len(text)) % 64)
# One point, one block of rank 1 and width 4: two bases and the weights.
curvature = struct.pack("<III", 1, 1, 4) + struct.pack("<f", 1)
curvature += struct.pack("<16f", *[float(i % 5 == 0) for i in range(16)])
curvature += struct.pack("<4f", 1, 2, 3, 4)
curvature += b"\0" * (-len(curvature) % 64)
header["curvatureBytes"] = len(curvature)
text = json.dumps(header, separators=(",", ":")).encode()
text += b" " * (-(16 + len(text)) % 64)
body = b"DNINFLU2" + struct.pack("<Q", len(text)) + text + curvature
for start in range(0, 5, 2):
    end = min(start + 2, 5)
    body += struct.pack(f"<{end - start}f", *lengths[start:end])
    for row in directions[start:end]:
        body += struct.pack("<4e", *row)


def sealed(data):
    return data + hashlib.sha256(data).digest()


with open(os.path.join(here, "small.index"), "wb") as file:
    file.write(sealed(body))


def replaced(old, new):
    assert len(old) == len(new) and body.count(old) == 1
    return sealed(body.replace(old, new)).hex()


refused = {
    "another version": replaced(b"DNINFLU2", b"DNINFLU1"),
    "no magic": replaced(b"DNINFLU2", b"DNINFLUX"),
    "more records than bytes": replaced(b'"count":5', b'"count":6'),
    "no batches": replaced(b'"batch":2', b'"batch":0'),
    "an unknown method": replaced(b"ekfac-end", b"ekfac-EnD"),
    "points that the method does not use": replaced(b'"points":[1.0]', b'"points":[0.5]'),
    "no sections": replaced(b'"sections":[4]', b'"sections":[ ]'),
    "a changed byte under the old hash": (body[:-1] + b"\x01" + hashlib.sha256(body).digest()).hex(),
    "cut": sealed(body)[:-1].hex(),
    "a byte too many": sealed(body + b"\0").hex(),
}
with open(os.path.join(here, "refused.json"), "w") as file:
    json.dump(refused, file, indent=1)
    file.write("\n")
