"""The functions, sums and layers of Specs/Arithmetic.md, one operation at a time, for make.py."""
import math

from numbers_ import add, bits, div, fma, mul, of_bits, r, sqrt, sub

H = float.fromhex
INF = math.inf


def chain(pairs, start=0, initial=None):
    """Chains of 512 by place in the sum, from +0; `start` is the first pair's place."""
    total, acc, place = initial, None, start
    for x, y in pairs:
        if acc is not None and place % 512 == 0:
            total = acc if total is None else add(total, acc)
            acc = None
        acc = fma(x, y, 0.0 if acc is None else acc)
        place += 1
    if acc is None:
        return 0.0 if total is None else total
    return acc if total is None else add(total, acc)


def tree(lanes, join):
    for width in (8, 4, 2, 1):
        lanes = [join(lanes[i], lanes[i + width]) for i in range(width)]
    return lanes[0]


def row_sum(x):
    lanes = [0.0] * 16
    for i, v in enumerate(x):
        lanes[i % 16] = add(lanes[i % 16], v)
    return tree(lanes, add)


def row_dot(x, y):
    lanes = [0.0] * 16
    for i, (a, b) in enumerate(zip(x, y)):
        lanes[i % 16] = fma(a, b, lanes[i % 16])
    return tree(lanes, add)


def larger(acc, x):
    return x if x > acc else acc


def row_max(x):
    lanes = [-INF] * 16
    for i, v in enumerate(x):
        lanes[i % 16] = larger(lanes[i % 16], v)
    return tree(lanes, larger)


def tensor(x, rule):
    return row_sum([rule(x[i:i + 4096]) for i in range(0, len(x), 4096)])


def poly(x, coefficients):
    acc = coefficients[0]
    for c in coefficients[1:]:
        acc = fma(acc, x, c)
    return acc


EXP = [H(c) for c in ("0x1.6a23cep-10", "0x1.123a2p-7", "0x1.5558f2p-5", "0x1.555492p-3", "0x1.fffffcp-2",
                      "0x1p0", "0x1p0")]
LOG = [H(c) for c in ("0x1.1457a2p-4", "-0x1.de3c14p-4", "0x1.e6f06cp-4", "-0x1.fc2208p-4", "0x1.233768p-3",
                      "-0x1.555c4ep-3", "0x1.99a4b6p-3", "-0x1.000006p-2", "0x1.555548p-2")]
TANH = [H(c) for c in ("-0x1.75624p-8", "0x1.520b2cp-6", "-0x1.b83854p-5", "0x1.11070ap-3",
                       "-0x1.555532p-2")]
ERF = [H(c) for c in ("0x1.49235p-14", "-0x1.a3de6p-11", "0x1.540282p-8", "-0x1.b7f8acp-6",
                      "0x1.ce2cf2p-4", "-0x1.81273ep-2", "0x1.20dd74p+0")]
ERFC = [H(c) for c in ("0x1.026cp-18", "-0x1.0da1d6p-15", "-0x1.f3acc4p-14", "0x1.99accp-9",
                       "-0x1.78c53ep-6", "0x1.b06ebp-4", "0x1.455b3p-1", "0x1.20eb24p+0")]
SINE = [H(c) for c in ("0x1.4bc07p+5", "-0x1.32ca7ep+6", "0x1.466bbap+6", "-0x1.4abbcep+5",
                       "0x1.921fb6p+2")]
COSINE = [H(c) for c in ("-0x1.a0f0fap+4", "0x1.e1e7eap+5", "-0x1.55d3bap+6", "0x1.03c1fp+6",
                         "-0x1.3bd3ccp+4", "0x1p0")]
MAGIC = H("0x1.8p+23")
LN2_HIGH, LN2_LOW = H("0x1.62e4p-1"), H("0x1.7f7d1cp-20")


def exp(x):
    if x != x:
        return x
    x = min(max(x, -104.0), 89.0)
    n = sub(fma(x, H("0x1.715476p+0"), MAGIC), MAGIC)
    p = poly(fma(n, -LN2_LOW, fma(n, -LN2_HIGH, x)), EXP)
    half = int(n) >> 1
    return mul(mul(p, 2.0**half), 2.0**(int(n) - half))


def log(x):
    if x != x or x == INF:
        return x
    if x < 0:
        return math.nan
    if x == 0:
        return -INF
    tiny = x < 2.0**-126
    u = bits(mul(x, 2.0**24) if tiny else x)
    e = (u - 0x3F3504F3) >> 23
    f = sub(of_bits(u - (e << 23)), 1.0)
    n = float(e - (24 if tiny else 0))
    z = mul(f, f)
    y = fma(z, -0.5, fma(n, LN2_LOW, mul(mul(f, z), poly(f, LOG))))
    return fma(n, LN2_HIGH, add(f, y))


def sigmoid(x):
    return div(1.0, add(1.0, exp(-x)))


def tanh(x):
    if abs(x) < 0.625:
        z = mul(x, x)
        return fma(mul(x, z), poly(z, TANH), x)
    return math.copysign(sub(1.0, div(2.0, add(exp(add(abs(x), abs(x))), 1.0))), x)


def erf(x):
    if abs(x) < 1:
        return mul(x, poly(mul(x, x), ERF))
    t = 4.0 if abs(x) > 4 else abs(x)
    return math.copysign(sub(1.0, exp(-mul(poly(t, ERFC), t))), x)


def turn(u):
    quadrant = int(sub(fma(u, 4.0, MAGIC), MAGIC))
    f = fma(float(quadrant), -0.25, u)
    z = mul(f, f)
    s, c = mul(poly(z, SINE), f), poly(z, COSINE)
    return [(s, c), (c, -s), (-s, -c), (-c, s)][quadrant % 4]


def gate(kind, x):
    """Value and slope."""
    if kind == "silu":
        s = sigmoid(x)
        return mul(x, s), mul(s, fma(x, sub(1.0, s), 1.0))
    if kind == "erf":
        c = fma(erf(mul(x, H("0x1.6a09e6p-1"))), 0.5, 0.5)
        density = mul(exp(mul(mul(x, x), -0.5)), H("0x1.988454p-2"))
        return mul(x, c), c if abs(x) > 14 else fma(x, density, c)
    t = tanh(mul(mul(x, H("0x1.988454p-1")), fma(mul(x, x), H("0x1.6e4e26p-5"), 1.0)))
    h = fma(t, 0.5, 0.5)
    inner = mul(H("0x1.988454p-1"), fma(mul(x, x), H("0x1.12ba9ep-3"), 1.0))
    return mul(x, h), h if abs(x) > 14 else fma(mul(mul(x, 0.5), fma(-t, t, 1.0)), inner, h)


def exponentials(x, scale):
    z = [mul(v, scale) for v in x]
    m = row_max(z)
    e = [exp(sub(v, m)) for v in z]
    return e, m, row_sum(e)


# Binary64 by + − × ÷ alone: Python's own floats.

def exp64(x):
    x = min(x, 709.0)
    if x < -708:
        return 0.0
    n = (x * H("0x1.71547652b82fep+0") + H("0x1.8p52")) - H("0x1.8p52")
    t = (x - n * H("0x1.62e42feep-1")) - n * H("0x1.a39ef35793c76p-33")
    p = 1.0 / math.factorial(13)
    for i in range(12, -1, -1):
        p = p * t + 1.0 / math.factorial(i)
    return p * 2.0**int(n)


def log64(x):
    if x == 0:
        return -INF
    m, e = math.frexp(x)
    m, e = m * 2, e - 1
    if m >= H("0x1.6a09e667f3bcdp0"):
        m, e = m / 2, e + 1
    s = (m - 1) / (m + 1)
    z, p = s * s, 1.0 / 23
    for i in range(21, 0, -2):
        p = p * z + 1.0 / i
    return e * H("0x1.62e42feep-1") + (2 * s * p + e * H("0x1.a39ef35793c76p-33"))


def pow64(x, y):
    return exp64(y * log64(x))


def sincos64(x):
    n = (x * H("0x1.45f306dc9c883p-1") + H("0x1.8p52")) - H("0x1.8p52")
    t = ((x - n * H("0x1.921fb544p+0")) - n * H("0x1.0b4611a6p-34")) - n * H("0x1.3198a2e037073p-69")
    z, s, c = t * t, 0.0, 0.0
    for i in range(17, 0, -2):
        s = s * z + (-1.0 if i // 2 % 2 else 1.0) / math.factorial(i)
    for i in range(18, -1, -2):
        c = c * z + (-1.0 if i // 2 % 2 else 1.0) / math.factorial(i)
    s = s * t
    return [(s, c), (c, -s), (-s, -c), (-c, s)][int(n) % 4]


# Random numbers.

def philox(key, stream, block):
    low, high = (lambda v: v & 0xFFFFFFFF), (lambda v: v >> 32 & 0xFFFFFFFF)
    k, c = [low(key), high(key)], [low(block), high(block), low(stream), high(stream)]
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [high(b) ^ c[1] ^ k[0], low(b), high(a) ^ c[3] ^ k[1], low(a)]
        k = [low(k[0] + 0x9E3779B9), low(k[1] + 0xBB67AE85)]
    return c


def word(key, stream, i):
    return philox(key, stream, i // 4)[i % 4]


def uniform(key, stream, i, low, high):
    return fma((word(key, stream, i) >> 8) * 2.0**-24, sub(high, low), low)


def normal(key, stream, i, deviation):
    u = ((word(key, stream, i & ~1) >> 8) + 1) * 2.0**-24
    s, c = turn((word(key, stream, i | 1) >> 8) * 2.0**-24)
    return mul(mul(sqrt(mul(log(u), -2.0)), s if i & 1 else c), deviation)


# Formats.

def to_bfloat(x):
    if x != x:
        return math.nan
    u = bits(x)
    rest, u = u & 0xFFFF, u >> 16
    if rest > 0x8000 or (rest == 0x8000 and u & 1):
        u += 1
    return of_bits(u << 16)


def to_half(x):
    import struct
    if x != x or abs(x) == INF:
        return x
    try:
        return struct.unpack("<e", struct.pack("<e", x))[0]
    except OverflowError:
        return math.copysign(INF, x)
