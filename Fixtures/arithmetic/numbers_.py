"""Exact binary32 in plain Python, for make.py: a float32 is a Python float that holds one.

Sums, products, quotients and square roots of two float32 are rounded to binary64 and then to binary32;
binary64 has more than twice as many bits, so the second rounding is the only one that counts. The fused
multiply-add is done with integers."""
import math
import struct

CANONICAL_NAN = 0x7FC00000


def bits(x):
    if x != x:
        return CANONICAL_NAN
    return struct.unpack("<I", struct.pack("<f", x))[0]


def of_bits(u):
    return struct.unpack("<f", struct.pack("<I", u & 0xFFFFFFFF))[0]


def r(x):
    """Rounds a binary64 to binary32, nearest even."""
    try:
        return struct.unpack("<f", struct.pack("<f", x))[0]
    except OverflowError:
        return math.copysign(math.inf, x)


def add(a, b):
    return r(a + b)


def sub(a, b):
    return r(a - b)


def mul(a, b):
    return r(a * b)


def div(a, b):
    if b == 0:
        if a == 0 or a != a:
            return math.nan
        return math.copysign(math.inf, a) * math.copysign(1, b)
    return r(a / b)


def sqrt(a):
    return math.nan if a < 0 or a != a else r(math.sqrt(a))


def fma(a, b, c):
    p = a * b  # exact: 48 bits
    s = p + c
    if s - s != 0:  # an infinity or NaN went in
        return s
    t = s - p
    if (p - (s - t)) + (c - t) == 0:  # s is exact (Knuth's error of a sum)
        return r(s)
    pn, pd = p.as_integer_ratio()
    cn, cd = c.as_integer_ratio()
    d = max(pd, cd)
    n = pn * (d // pd) + cn * (d // cd)
    k = d.bit_length() - 1
    magnitude = abs(n)
    unit = max(magnitude.bit_length() - 1 - k - 23, -149)
    shift = unit + k
    if shift <= 0:
        return r(n / d)
    m, rest, half = magnitude >> shift, magnitude & ((1 << shift) - 1), 1 << (shift - 1)
    if rest > half or (rest == half and m & 1):
        m += 1
    value = math.ldexp(m, unit)
    if value > 3.4028234663852886e38:
        value = math.inf
    return math.copysign(value, n)


def digest(values):
    """FNV-1a, 64 bits, over little-endian bits."""
    h = 0xCBF29CE484222325
    for x in values:
        for byte in bits(x).to_bytes(4, "little"):
            h = ((h ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return h


def splitmix(seed):
    mask = 0xFFFFFFFFFFFFFFFF
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & mask
        z = seed
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & mask
        yield z ^ z >> 31


STRANGE = [0, 0x80000000, 1, 0x80000001, 0x00800000, 0x80180000, 0x1E3CE508, 0x9E3CE508, 0x461C4000,
           0xC53B8000, 0x3F800000, 0xBF800000]
WILD = [0x7F800000, 0xFF800000, 0x7FC00000, 0x7F7FFFFF, 0xFE967699]


def values(seed, kind, n):
    """The battery's inputs; kind is plain, awkward, wild, turn or wide."""
    source = splitmix(seed)
    out = []
    for _ in range(n):
        w = next(source)
        if kind == "turn":
            out.append((w >> 40) * 2.0**-24)
            continue
        u = (w >> 63) << 31 | (120 + (w >> 32) % 10) << 23 | w & 0x7FFFFF
        if kind == "wide":
            u = w & 0xFFFFFFFF
        if kind in ("awkward", "wild") and (w >> 24) % 8 == 0:
            u = STRANGE[(w >> 27) % 12]
        if kind == "wild" and (w >> 24) % 31 == 0:
            u = WILD[(w >> 29) % 5]
        out.append(of_bits(u))
    return out
