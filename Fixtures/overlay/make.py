#!/usr/bin/env python3
"""Makes the fixtures beside it with the client of Fixtures/client, which shares no code with the
program: messages of the overlay and the broadcast, as they travel (Specs/Overlay.md, Sharing.md).

  python3 -m venv v && v/bin/pip install pynacl cryptography zstandard && v/bin/python make.py
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../client"))
from nacl.signing import SigningKey

from encoding import encode, sha256
from fixture import write

HANDLE = 2


def contact(name, *addresses):
    return [bytes(SigningKey(sha256(b"identity " + name)).verify_key), list(addresses)]


ADA = contact(b"ada", "127.0.0.1:4180")
BEN = contact(b"ben", "[::1]:4180", "ben.example:4180")
FIRST, SECOND = sha256(b"first"), sha256(b"second")


def wrapped(protocol, message, round_=0):
    return encode([HANDLE, protocol, round_, message])


def main():
    overlay = [
        ("join", [0, ADA]), ("forwardJoin", [1, ADA, 6]), ("neighbour", [2, ADA, True]),
        ("neighbourAnswer", [3, False]), ("part", [4]), ("shuffle", [5, ADA, 3, [ADA, BEN]]),
        ("shuffleAnswer", [6, [BEN]])]
    broadcast = [
        ("gossip", [0, b"a claim", 3]), ("announce", [1, FIRST + b"\0" + SECOND + b"\x09"]),
        ("graft", [2, FIRST]), ("graft of nothing", [2, None]), ("prune", [3])]
    write(__file__, "messages.hex", [(name, wrapped(0, message)) for name, message in overlay]
          + [(name, wrapped(1, message)) for name, message in broadcast])
    refused = [
        ("an unknown type", wrapped(0, [7])), ("a field less", wrapped(0, [0])),
        ("a short identity", wrapped(0, [0, [ADA[0][:31], []]])),
        ("nine addresses", wrapped(0, [0, [ADA[0], ["a:1"] * 9]])),
        ("an address of 65 bytes", wrapped(0, [0, [ADA[0], ["a" * 63 + ":1"]]])),
        ("seven hops", wrapped(0, [1, ADA, 7])), ("nine contacts", wrapped(0, [6, [BEN] * 9])),
        ("half an announcement", wrapped(1, [1, FIRST])),
        ("a round where none is", wrapped(1, [3], 1)), ("an unknown protocol", wrapped(5, [0])),
        ("no list", encode({"handle": HANDLE})), ("a byte more", wrapped(0, [4]) + b"\0")]
    write(__file__, "refused.hex", refused)


if __name__ == "__main__":
    main()
