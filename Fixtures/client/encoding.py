"""Addresses, base32, did:key and short numbers (Specs/ContentAddresses.md, Identities.md)."""
import base64
import hashlib

from cbor import Cid, Refused, decode, encode  # noqa: F401 (for those who import from here)

RAW, DAG_CBOR = 0x55, 0x71
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def sha256(data):
    return hashlib.sha256(data).digest()


def address(codec, digest):
    """The 36 bytes of a CID."""
    return bytes([1, codec, 0x12, 0x20]) + digest


def link(codec, digest):
    return Cid(address(codec, digest))


def digest_of(cid, codec=None):
    """The digest in a link that is an address; with a codec, of that codec only."""
    data = bytes(cid) if isinstance(cid, Cid) else bytes()
    if len(data) != 36 or data[0] != 1 or data[2:4] != b"\x12\x20" or data[1] not in (RAW, DAG_CBOR):
        raise Refused("link: not an address")
    if codec is not None and data[1] != codec:
        raise Refused("link: of the wrong codec")
    return data[4:]


def base32(data):
    return base64.b32encode(data).decode().lower().rstrip("=")


def from_base32(text):
    """Refuses other characters, and bits that are left over: each value has one text."""
    try:
        data = base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except ValueError as error:
        raise Refused("base32") from error
    if base32(data) != text:
        raise Refused("base32")
    return data


def cid_text(data):
    return "b" + base32(data)


def did(key):
    number, text = int.from_bytes(b"\xed\x01" + key, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return "did:key:z" + text


def varint(number):
    """Unsigned LEB128 in its shortest form."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


class Reader:
    """Takes fields from the front of bytes; what is missing is refused."""

    def __init__(self, data):
        self.data, self.at = bytes(data), 0

    def __bool__(self):
        return self.at < len(self.data)

    def take(self, count):
        if self.at + count > len(self.data):
            raise Refused("cut off")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, count):
        return int.from_bytes(self.take(count), "big")

    def varint(self, bits=32):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        if value >> bits or (byte == 0 and shift > 7):
            raise Refused("a number that is too long")
        return value
