"""SipHash-2-4 and coded symbols: the numbers of Specs/Reconciliation.md, "Keys" and "Sketch"."""
import math

WORD = 2**64 - 1
SYMBOL_BYTES = 14


def _rotate(x, bits):
    return (x << bits | x >> 64 - bits) & WORD


def siphash(key, words):
    """SipHash-2-4 of 64-bit words, each taken as eight little-endian bytes."""
    k0, k1 = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:16], "little")
    v0, v1 = k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D
    v2, v3 = k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573
    last = (len(words) * 8 & 0xFF) << 56
    for word, rounds in [(w, 2) for w in words] + [(last, 2), (None, 4)]:
        if word is None:
            v2 ^= 0xFF
        else:
            v3 ^= word
        for _ in range(rounds):
            v0 = (v0 + v1) & WORD
            v1 = _rotate(v1, 13) ^ v0
            v0 = _rotate(v0, 32)
            v2 = (v2 + v3) & WORD
            v3 = _rotate(v3, 16) ^ v2
            v0 = (v0 + v3) & WORD
            v3 = _rotate(v3, 21) ^ v0
            v2 = (v2 + v1) & WORD
            v1 = _rotate(v1, 17) ^ v2
            v2 = _rotate(v2, 32)
        if word is not None:
            v0 ^= word
    return v0 ^ v1 ^ v2 ^ v3


def mix(z):
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & WORD
    z = (z ^ z >> 27) * 0x94D049BB133111EB & WORD
    return z ^ z >> 31


def element_hash(element, salt):
    tag, count, fingerprint = element
    x = (tag << 32 | count) ^ salt
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & WORD
    x ^= fingerprint << 17
    x = (x ^ x >> 27) * 0x94D049BB133111EB & WORD
    return x ^ x >> 31


def places(hash_, limit):
    """The symbols that an element is in."""
    index, state = 0, hash_
    while index < limit:
        yield index
        state = (state + 0x9E3779B97F4A7C15) & WORD
        draw = (mix(state) >> 32) + 1
        index += max(1, math.ceil((index + 1.5) * (math.sqrt(2.0**32 / draw) - 1)))


class Symbols:
    """A row of coded symbols of [tag, count, fingerprint, check, number]."""

    def __init__(self, length, salt):
        self.salt, self.rows = salt, [[0, 0, 0, 0, 0] for _ in range(length)]

    @classmethod
    def unpacked(cls, data, salt):
        symbols = cls(0, salt)
        for at in range(0, len(data), SYMBOL_BYTES):
            row = data[at:at + SYMBOL_BYTES]
            symbols.rows.append([int.from_bytes(row[a:b], "big") for a, b in
                                 ((0, 4), (4, 8), (8, 10), (10, 13), (13, 14))])
        return symbols

    def packed(self):
        return b"".join(
            tag.to_bytes(4, "big") + count.to_bytes(4, "big") + fingerprint.to_bytes(2, "big")
            + check.to_bytes(3, "big") + bytes([number])
            for tag, count, fingerprint, check, number in self.rows)

    def add(self, element, sign=1):
        """Puts an element in; with −1 takes it out."""
        hash_ = element_hash(element, self.salt)
        touched = list(places(hash_, len(self.rows)))
        for index in touched:
            row = self.rows[index]
            for field, part in enumerate((*element, hash_ & 0xFFFFFF)):
                row[field] ^= part
            row[4] = (row[4] + sign) & 0xFF
        return touched

    def peel(self, own):
        """(only theirs, only own), or None when not everything comes out."""
        for element in own:
            self.add(element, -1)
        found, waiting = {1: [], -1: []}, list(range(len(self.rows)))
        while waiting:
            tag, count, fingerprint, check, number = self.rows[waiting.pop()]
            element, sign = (tag, count, fingerprint), {1: 1, 255: -1}.get(number)
            if sign is None or element_hash(element, self.salt) & 0xFFFFFF != check:
                continue
            found[sign].append(element)
            if len(found[1]) + len(found[-1]) > len(self.rows):
                return None
            waiting += self.add(element, -sign)
        if any(any(row) for row in self.rows):
            return None
        return sorted(found[1]), sorted(found[-1])
