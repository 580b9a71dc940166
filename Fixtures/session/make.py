#!/usr/bin/env python3
"""Makes the fixtures beside it with the client of Fixtures/client, which shares no code with the
program: a handshake in the clear and one under a private key, frames, a change of keys, control
messages and the opening of Datanets (Specs/Session.md, Sharing.md).

  python3 -m venv v && v/bin/pip install pynacl cryptography zstandard && v/bin/python make.py
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../client"))
from nacl.signing import SigningKey

import sharing
from encoding import DAG_CBOR, address, encode, sha256
from fixture import write
from noise import KeyPair
from session import CLAIMS, CONTROL, REQUESTS, Direction, Session, frames, next_key


def persona(name):
    """Keys from a name: SHA-256 of what they are for."""
    secrets = [sha256(f"{use} {name}".encode()) for use in ("identity", "noise", "ephemeral")]
    return secrets, (SigningKey(secrets[0]), KeyPair(secrets[1]), KeyPair(secrets[2]))


def handshake(psk=None):
    """(lines, ada's session, ben's session): ada dials ben, one step at a time."""
    (adas, ada_keys), (bens, ben_keys) = persona("ada"), persona("ben")
    about = {"addresses": ["127.0.0.1:1"], "agent": "datanet test"}
    lines = [(f"{who} {use} secret", secret) for who, secrets in (("ada", adas), ("ben", bens))
             for use, secret in zip(("identity", "static", "ephemeral"), secrets)]
    ada = Session(True, *ada_keys, psk=psk, **about)
    ben = Session(False, *ben_keys, keys=[psk] if psk else [], **about)
    lines.append(("opening", ada.out[:26 if psk else 10]))
    for number, (speaker, listener) in enumerate(((ada, ben), (ben, ada), (ada, ben)), 1):
        said = bytes(speaker.out)
        skipped = {1: 26 if psk else 10, 2: 2, 3: 0}[number]
        if number == 2:
            lines.append(("answer", said[:2]))
        if number > 1:
            lines.append((f"hello in message {number}", speaker._hello()))
        lines.append((f"message {number}, with its length", said[skipped:]))
        speaker.out.clear()
        listener.feed(said)
    assert ada.binding == ben.binding and ada.sending.key == ben.receiving.key
    lines += [("channel binding", ada.binding), ("ada's sending key", ada.sending.key),
              ("ben's sending key", ben.sending.key)]
    return lines, ada, ben


def main():
    lines, ada, ben = handshake()
    write(__file__, "handshake.hex", lines)
    key = sha256(b"key")
    private, _, _ = handshake(key)
    write(__file__, "private.hex", [("key", key)] + private)

    said = [("'hello, ben' on claims", CLAIMS, b"hello, ben"), ("an empty message on requests", REQUESTS, b""),
            ("ping 7", CONTROL, encode([2, 7]))]
    start = ada.sending.key
    lines = [("key", start)]
    for name, channel, message in said:
        lines.append((name, frames(ada.sending, channel, message)))
    long = frames(ada.sending, CLAIMS, bytes(65_518))
    assert long[:2] == b"\xff\xff" and len(long) == 65_535 + 2 + 19 + 2
    lines.append(("SHA-256 of the two frames of 65,518 zeros on claims", sha256(long)))
    late = Direction(start)
    late.counter = 65_535
    lines.append(("frame 65,535, 'old' on claims", frames(late, CLAIMS, b"old")))
    assert late.key == next_key(start)
    lines += [("key from frame 65,536 on", late.key),
              ("frame 65,536, 'new' on claims", frames(late, CLAIMS, b"new"))]
    write(__file__, "frames.hex", lines)

    write(__file__, "control.hex", [
        ("goodbye, shutting down", encode([0, 1])), ("credit of 2 MiB on claims", encode([1, 1, 2 << 20])),
        ("ping 7", encode([2, 7])), ("pong 7", encode([3, 7])),
        ("refused: credit on control", encode([1, 0, 5])), ("refused: credit of nothing", encode([1, 1, 0])),
        ("refused: credit beyond 16 MiB", encode([1, 1, (16 << 20) + 1])),
        ("refused: a type that is none", encode([4])), ("refused: a field more", encode([2, 7, 7])),
        ("refused: not the shortest number", b"\x82\x02\x18\x07"), ("refused: no list", encode({}))])

    genesis = sha256(b"genesis")
    binding = ada.binding
    lines = [("genesis", address(DAG_CBOR, genesis)), ("channel binding", binding)]
    for name, private_key in (("public", None), ("private", key)):
        proofs = [sharing.proof(genesis, private_key, dials, binding) for dials in (True, False)]
        lines += [(f"{name} secret", sharing.secret(genesis, private_key)),
                  (f"{name} open, from the dialler", encode([sharing.OPEN, 0, proofs[0]])),
                  (f"{name} opened, from the other", encode([sharing.OPENED, 0, proofs[1]]))]
    lines += [("opened: not here", encode([sharing.OPENED, 0, None])),
              ("close", encode([sharing.CLOSE, 0]))]
    write(__file__, "sharing.hex", lines)


if __name__ == "__main__":
    main()
