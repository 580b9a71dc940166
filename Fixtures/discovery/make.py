#!/usr/bin/env python3
"""Makes the fixtures beside it with the client of Fixtures/client, which shares no code with the
program: tickets and the messages of the local network (Specs/Discovery.md).

  python3 -m venv v && v/bin/pip install pynacl cryptography zstandard && v/bin/python make.py
"""
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../client"))
from nacl.signing import SigningKey

from discovery import (A, AAAA, PTR, SERVICE, SRV, TXT, answer, header, name_bytes, query, read_packet,
                       read_ticket, write_ticket)
from encoding import DAG_CBOR, base32, encode, from_base32, link, sha256
from fixture import write

ADA = bytes(SigningKey(sha256(b"identity ada")).verify_key)
GENESIS, KEY = sha256(b"genesis"), sha256(b"key")


def checked(block):
    return "datanet:" + base32(block + sha256(block)[:4])


def main():
    contacts = [(ADA, ["127.0.0.1:4180", "[::1]:4180"])]
    public, private = write_ticket(GENESIS, contacts), write_ticket(GENESIS, contacts, KEY)
    assert read_ticket(private) == (GENESIS, KEY, [(ADA, contacts[0][1])])
    block = from_base32(public[8:])[:-4]
    genesis = link(DAG_CBOR, GENESIS)
    lines = [
        ("public", public), ("public block", block), ("public check", sha256(block)[:4]),
        ("private", private), ("nobody to ask", write_ticket(GENESIS, [])),
        ("as pasted", " " + public[:30].upper() + "  " + public[30:]),
        ("refused scheme", "datanot:" + public[8:]),
        ("refused length", public + " " * 2000),
        ("refused spelling", public[:-1] + "1"),
        ("refused check, a part is missing", public[:-8]),
        ("refused check, changed", public[:40] + ("a" if public[40] != "a" else "b") + public[41:]),
        ("refused version 2", checked(encode([2, genesis, None, []]))),
        ("refused content, a field more", checked(encode([1, genesis, None, [], 0]))),
        ("refused content, a short key", checked(encode([1, genesis, KEY[:31], []]))),
        ("refused content, nine contacts", checked(encode([1, genesis, None, [[ADA, []]] * 9]))),
        ("refused content, a raw link", checked(encode([1, link(0x55, GENESIS), None, []])))]
    write(__file__, "tickets.txt", lines)

    packet = answer(ADA, 4180, ["192.0.2.7", "2001:db8::7"])
    found = [(ADA, ["192.0.2.7:4180", "[2001:db8::7]:4180"])]
    assert read_packet(packet) == (False, found) and read_packet(compressed()) == (False, found)
    write(__file__, "multicast.hex", [
        ("query", query()), ("answer", packet), ("the same answer, with names compressed", compressed()),
        ("nothing: a name that points forwards", query()[:12] + b"\xc0\x20" + query()[12:]),
        ("nothing: a record that is cut", packet[:-1]),
        ("nothing: an answer without TXT", answer_without(TXT)),
        ("nothing: another service", query().replace(b"_datanet", b"_dotanet"))])


def answer_without(kind):
    """The records by hand, each name in full; all but one kind."""
    short = ADA.hex()[:32]
    instance, host = f"{short}.{SERVICE}", f"{short}.local"
    records = [(SERVICE, PTR, 1, name_bytes(instance)),
               (instance, SRV, 0x8001, struct.pack(">HHH", 0, 0, 4180) + name_bytes(host)),
               (instance, TXT, 0x8001, b"\x43id=" + ADA.hex().encode()),
               (host, A, 0x8001, bytes([192, 0, 2, 7]))]
    kept = [record for record in records if record[1] != kind]
    return header(answers=len(kept)) + b"".join(
        name_bytes(name) + struct.pack(">HHIH", number, group, 120, len(data)) + data
        for name, number, group, data in kept)


def compressed():
    """The same answer as another program writes it: a name that came before is pointed to."""
    out, places, short = bytearray(header(answers=5)), {}, ADA.hex()[:32]

    def put(name):
        while name and name not in places:
            places[name] = len(out)
            label, _, name = name.partition(".")
            out.extend(bytes([len(label)]) + label.encode())
        out.extend((0xC000 | places[name]).to_bytes(2, "big") if name else b"\0")

    instance, host = f"{short}.{SERVICE}", f"{short}.local"
    for name, kind, group, before, target in (
            (SERVICE, PTR, 1, b"", instance), (instance, SRV, 0x8001, b"\0\0\0\0\x10\x54", host),
            (instance, TXT, 0x8001, b"\x43id=" + ADA.hex().encode(), None),
            (host, A, 0x8001, bytes([192, 0, 2, 7]), None),
            (host, AAAA, 0x8001, bytes.fromhex("20010db8000000000000000000000007"), None)):
        put(name)
        out.extend(struct.pack(">HHIH", kind, group, 120, 0) + before)
        start = len(out) - len(before)
        if target:
            put(target)
        out[start - 2:start] = (len(out) - start).to_bytes(2, "big")
    return bytes(out)


if __name__ == "__main__":
    main()
