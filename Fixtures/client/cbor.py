"""Strict DAG-CBOR (Specs/ContentAddresses.md): each value has one encoding, all else is refused."""
import math
import struct

SIMPLE = {0xF4: False, 0xF5: True, 0xF6: None}


class Refused(Exception):
    """Bytes that are not what the pages say; the text is the rule's name, and where."""


class Cid(bytes):
    """A link: the binary CID. Equal to no byte string that is not a link."""

    __hash__ = bytes.__hash__

    def __eq__(self, other):
        return isinstance(other, Cid) and bytes.__eq__(self, other)


def head(major, argument):
    if argument < 24:
        return bytes([major << 5 | argument])
    size = max(0, (argument.bit_length() - 1).bit_length() - 3)
    return bytes([major << 5 | 24 + size]) + argument.to_bytes(1 << size, "big")


def encode(value):
    if value is None or isinstance(value, bool):
        return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[value]
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, Cid):
        return b"\xd8\x2a" + head(2, len(value) + 1) + b"\0" + value
    if isinstance(value, (bytes, bytearray)):
        return head(2, len(value)) + bytes(value)
    if isinstance(value, str):
        data = value.encode()
        return head(3, len(data)) + data
    if isinstance(value, (list, tuple)):
        return head(4, len(value)) + b"".join(map(encode, value))
    keys = sorted((k.encode() for k in value), key=lambda k: (len(k), k))
    return head(5, len(keys)) + b"".join(
        head(3, len(k)) + k + encode(value[k.decode()]) for k in keys)


def decode(data, limit=1 << 20):
    """One value and nothing behind it."""
    data = bytes(data)
    if len(data) > limit:
        raise Refused("size")
    try:
        value, end = _item(data, 0, 0)
    except (IndexError, struct.error) as error:
        raise Refused("endOfInput") from error
    if end != len(data):
        raise Refused("trailingBytes")
    return value


def _argument(data, at):
    info = data[at] & 31
    if info < 24:
        return info, at + 1
    if info > 27:
        raise Refused("indefinite" if info == 31 else "reserved")
    size = 1 << info - 24
    if at + 1 + size > len(data):
        raise Refused("endOfInput")
    value = int.from_bytes(data[at + 1:at + 1 + size], "big")
    if value < (24 if size == 1 else 1 << 4 * size):
        raise Refused("shortestInteger")
    return value, at + 1 + size


def _stretch(data, at, length):
    if at + length > len(data):
        raise Refused("endOfInput")
    return data[at:at + length], at + length


def _text(data, at, length):
    part, at = _stretch(data, at, length)
    try:
        return part.decode(), at
    except UnicodeDecodeError as error:
        raise Refused("text") from error


def _item(data, at, depth):
    first = data[at]
    if first >> 5 == 7:
        return _simple(data, at, first)
    argument, at = _argument(data, at)
    major = first >> 5
    if major < 2:
        return (argument if major == 0 else -1 - argument), at
    if major == 2:
        return _stretch(data, at, argument)
    if major == 3:
        return _text(data, at, argument)
    if major == 6:
        return _link(data, at, argument)
    if argument * (major - 3) > len(data) - at:
        raise Refused("endOfInput")
    if depth == 256:
        raise Refused("depth")
    if major == 4:
        items = []
        for _ in range(argument):
            item, at = _item(data, at, depth + 1)
            items.append(item)
        return items, at
    found, last = {}, None
    for _ in range(argument):
        if data[at] >> 5 != 3:
            raise Refused("key")
        length, at = _argument(data, at)
        key, at = _text(data, at, length)
        order = (length, key.encode())
        if last is not None and order <= last:
            raise Refused("duplicateKey" if order == last else "keyOrder")
        last = order
        found[key], at = _item(data, at, depth + 1)
    return found, at


def _simple(data, at, first):
    if first in SIMPLE:
        return SIMPLE[first], at + 1
    if first == 0xFB:
        number = struct.unpack_from(">d", data, at + 1)[0]
        if not math.isfinite(number):
            raise Refused("finiteFloat")
        return number, at + 9
    raise Refused({0xF9: "halfFloat", 0xFA: "halfFloat", 0xFC: "reserved", 0xFD: "reserved",
                   0xFE: "reserved", 0xFF: "indefinite"}.get(first, "simple"))


def _link(data, at, tag):
    if tag != 42:
        raise Refused("tag")
    if data[at] >> 5 != 2:
        raise Refused("link")
    length, start = _argument(data, at)
    part, at = _stretch(data, start, length)
    if not part or part[0] != 0 or not _is_cid(part[1:]):
        raise Refused("link")
    return Cid(part[1:]), at


def _is_cid(data):
    """Any well-formed CID. Of the hashes only SHA-256 is measured here."""
    if data[:2] == b"\x12\x20":
        return len(data) == 34
    numbers, at = [], 0
    for _ in range(4):
        start, value = at, 0
        while at < len(data) and data[at] & 0x80:
            value |= (data[at] & 0x7F) << 7 * (at - start)
            at += 1
        if at == len(data) or (data[at] == 0 and at > start):
            return False
        numbers.append(value | data[at] << 7 * (at - start))
        at += 1
    return numbers[0] == 1 and numbers[3] == len(data) - at <= {0x12: 32}.get(numbers[2], 1 << 20)
