"""Tickets, contacts and the messages of the local network (Specs/Discovery.md)."""
import ipaddress
import struct

from encoding import (DAG_CBOR, Reader, Refused, base32, decode, digest_of, encode, from_base32,
                      link, sha256)

SCHEME = "datanet:"
SERVICE = "_datanet._tcp.local"
A, PTR, TXT, AAAA, SRV, ANY = 1, 12, 16, 28, 33, 255
INTERNET, UNIQUE = 1, 0x8000
TIME_TO_LIVE = 120


def read_contact(value):
    if not (isinstance(value, list) and len(value) == 2 and isinstance(value[0], bytes)
            and len(value[0]) == 32 and isinstance(value[1], list) and len(value[1]) <= 8
            and all(isinstance(a, str) and 1 <= len(a.encode()) <= 64 for a in value[1])):
        raise Refused("contact")
    return value[0], value[1]


def write_ticket(genesis, contacts, key=None):
    block = encode([1, link(DAG_CBOR, genesis), key, [[i, list(a)] for i, a in contacts]])
    return SCHEME + base32(block + sha256(block)[:4])


def read_ticket(text):
    """The genesis' digest, the key of a private Datanet or None, and the contacts."""
    text = "".join(text.split()).lower()
    if not text.startswith(SCHEME):
        raise Refused("scheme")
    if len(text) > 2000:
        raise Refused("too long")
    data = from_base32(text[len(SCHEME):])
    block, check = data[:-4], data[-4:]
    if len(data) < 4 or sha256(block)[:4] != check:
        raise Refused("check")
    value = decode(block)
    if not isinstance(value, list) or not value or type(value[0]) is not int:
        raise Refused("content")
    if value[0] != 1:
        raise Refused("version")
    if len(value) != 4 or not isinstance(value[3], list) or len(value[3]) > 8 or not (
            value[2] is None or isinstance(value[2], bytes) and len(value[2]) == 32):
        raise Refused("content")
    return digest_of(value[1], DAG_CBOR), value[2], [read_contact(c) for c in value[3]]


def host_and_port(address):
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


# --- Multicast DNS ------------------------------------------------------------------------------

def name_bytes(name):
    return b"".join(bytes([len(p)]) + p for p in name.encode().split(b".")) + b"\0"


def header(questions=0, answers=0):
    return struct.pack(">6H", 0, 0x8400 if answers else 0, questions, answers, 0, 0)


def query():
    """Who is there?"""
    return header(questions=1) + name_bytes(SERVICE) + struct.pack(">HH", PTR, INTERNET)


def answer(identity, port, addresses):
    """I am here: PTR, SRV, TXT and a record for each address, names written out."""
    short = identity.hex()[:32]
    instance, host = f"{short}.{SERVICE}", f"{short}.local"
    text = b"id=" + identity.hex().encode()
    records = [
        (SERVICE, PTR, INTERNET, name_bytes(instance)),
        (instance, SRV, INTERNET | UNIQUE, struct.pack(">HHH", 0, 0, port) + name_bytes(host)),
        (instance, TXT, INTERNET | UNIQUE, bytes([len(text)]) + text)]
    for address in addresses[:8]:
        packed = ipaddress.ip_address(address).packed
        records.append((host, A if len(packed) == 4 else AAAA, INTERNET | UNIQUE, packed))
    return header(answers=len(records)) + b"".join(
        name_bytes(name) + struct.pack(">HHIH", kind, group, TIME_TO_LIVE, len(data)) + data
        for name, kind, group, data in records)


def read_name(packet, at):
    """A name, lower case, and where it ends. Compression points backwards only."""
    labels, end, length, lowest = [], None, 0, at
    while True:
        if at >= len(packet):
            raise Refused("cut off")
        size = packet[at]
        if size >= 0xC0:
            if at + 2 > len(packet):
                raise Refused("cut off")
            target = (size & 0x3F) << 8 | packet[at + 1]
            end = at + 2 if end is None else end
            if target >= lowest:
                raise Refused("compression forwards")
            at = lowest = target
            continue
        if size > 63:
            raise Refused("label")
        length += size + 1
        if length > 255 or at + 1 + size > len(packet):
            raise Refused("name")
        at += 1 + size
        if size == 0:
            return ".".join(labels).lower(), at if end is None else end
        labels.append(packet[at - size:at].decode("latin-1"))


def read_packet(packet):
    """(asks, peers): whether it asks for peers, and (identity, ["host:port", …]) of each named."""
    if len(packet) > 1472:
        raise Refused("longer than 1,472 bytes")
    reader = Reader(packet)
    _, flags, questions, *counts = struct.unpack(">6H", reader.take(12))
    asks, services, texts, hosts = False, {}, {}, {}
    if questions + sum(counts) > 64:
        raise Refused("more than 64 records")
    for index in range(questions + sum(counts)):
        name, reader.at = read_name(packet, reader.at)
        kind, _ = reader.number(2), reader.number(2)
        if index < questions:
            asks |= not flags & 0x8000 and name == SERVICE and kind in (PTR, ANY)
            continue
        reader.number(4)
        data = reader.take(reader.number(2))
        if kind == SRV and name.endswith("." + SERVICE) and len(data) > 6:
            target, _ = read_name(packet, reader.at - len(data) + 6)
            services[name] = (target, int.from_bytes(data[4:6], "big"))
        elif kind == TXT:
            strings = Reader(data)
            while strings:
                string = strings.take(strings.number(1))
                if string.startswith(b"id=") and len(string) == 67:
                    texts[name] = bytes.fromhex(string[3:].decode())
        elif kind == A and len(data) == 4 or kind == AAAA and len(data) == 16:
            hosts.setdefault(name, []).append(ipaddress.ip_address(data))
    peers = []
    for instance, (host, port) in services.items():
        if instance in texts and port:
            addresses = [f"[{a}]:{port}" if a.version == 6 else f"{a}:{port}"
                         for a in hosts.get(host, [])]
            peers.append((texts[instance], addresses))
    return asks, peers
