#!/usr/bin/env python3
"""Makes digests.json and cases.json here, and Sources/CanonicalKernels/expected.h, from an independent
implementation of Specs/Arithmetic.md in plain Python (numbers_.py, functions.py). No library is needed;
it takes about a minute.

    python3 Fixtures/arithmetic/make.py
"""
import json
import math
import os
import struct

from functions import (chain, div, erf, exp, exp64, exponentials, fma, gate, log, log64, mul, normal, pow64,
                       row_dot, row_max, row_sum, sigmoid, sincos64, sqrt, sub, tanh, tensor, to_bfloat,
                       to_half, turn, uniform, word, add, r)
from numbers_ import bits, digest, of_bits, values


def product(form, a, b, m, n, k, old=None):
    out = []
    for i in range(m):
        for j in range(n):
            xs = (a[l * m + i] if form == "TN" else a[i * k + l] for l in range(k))
            ys = (b[j * k + l] if form == "NT" else b[l * n + j] for l in range(k))
            out.append(chain(zip(xs, ys), initial=old[i * n + j] if old else None))
    return out


def product_case(form, kind, m, n, k):
    a, b, c = values(1, kind, m * k), values(2, kind, n * k), values(3, kind, m * n)
    return product(form, a, b, m, n, k) + product(form, a, b, m, n, k, c)


def stored_case(round_to, m, n, k):
    a, b = values(1, "awkward", m * k), [round_to(x) for x in values(2, "awkward", n * k)]
    return product("NT", a, b, m, n, k) * 2


def function_case(function, turns=False):
    return [function(x) for x in
            values(5, "turn" if turns else "wild", 300) + values(6, "turn" if turns else "wide", 301)]


def rows(x, n):
    return [x[i:i + n] for i in range(0, len(x), n)]


def norm_forward(x, w, epsilon):
    inverses = [div(1.0, sqrt(add(div(row_dot(t, t), float(len(t))), epsilon))) for t in x]
    return [mul(mul(v, s), g) for t, s in zip(x, inverses) for v, g in zip(t, w)], inverses


def norm_case():
    x, w, dy = rows(values(1, "awkward", 500), 100), values(2, "plain", 100), rows(values(3, "plain", 500), 100)
    epsilon = r(1e-5)
    y, inverses = norm_forward(x, w, epsilon)
    dx = []
    for t, s, d in zip(x, inverses, dy):
        g = [mul(a, b) for a, b in zip(d, w)]
        k = div(mul(mul(mul(row_dot(g, t), s), s), s), 100.0)
        dx += [fma(v, -k, mul(a, s)) for v, a in zip(t, g)]
    z, again = norm_forward([[add(a, b) for a, b in zip(t, d)] for t, d in zip(x, dy)], w, epsilon)
    a, b, s = rows(values(4, "plain", 10600), 20), rows(values(5, "plain", 10600), 20), values(6, "plain", 530)
    dw = [chain((b[t][j], mul(a[t][j], s[t])) for t in range(530)) for j in range(20)]
    sums = [add(chain((1.0, a[t][j]) for t in range(530)), s[j]) for j in range(20)]
    return y + inverses + dx + z + again + dw + sums


def gate_case(kind):
    g, u, dy = values(1, "wild", 210), values(2, "plain", 210), values(3, "plain", 210)
    both = [gate(kind, x) for x in g]
    return ([mul(v, up) for (v, _), up in zip(both, u)]
            + [mul(mul(d, up), s) for d, up, (_, s) in zip(dy, u, both)]
            + [mul(d, v) for d, (v, _) in zip(dy, both)])


def rotation_case():
    frequencies = [r(pow64(10000.0, -i / 8)) for i in range(8)]
    table = [[tuple(r(v) for v in sincos64(mul(float(p), f))) for f in frequencies] for p in range(2045, 2049)]
    out = frequencies + [c for row in table for _, c in row] + [s for row in table for s, _ in row]
    for sign in (1, -1):
        x = values(1, "awkward", 128)
        for t, p in enumerate([0, 3, 1, 2]):
            for h in range(2):
                for i in range(8):
                    s, c = table[p][i]
                    s = s * sign
                    at = t * 32 + h * 16 + i
                    a, b = x[at], x[at + 8]
                    x[at], x[at + 8] = fma(a, c, -mul(b, s)), fma(b, c, mul(a, s))
        out += x
    return out


def loss_case():
    targets = [5, -1, 76, 0]
    x, weights = rows(values(1, "awkward", 308), 77), values(2, "plain", 4)
    soft = []
    for t in x:
        e, _, s = exponentials(t, r(0.3))
        soft += [mul(v, div(1.0, s)) for v in e]
    losses, gradient = [], []
    for t, target, weight in zip(x, targets, weights):
        if target < 0:
            losses.append(0.0)
            gradient += [0.0] * 77
            continue
        e, m, s = exponentials(t, 1.0)
        losses.append(sub(add(m, log(s)), t[target]))
        for j, v in enumerate(e):
            y = mul(v, div(1.0, s))
            gradient.append(mul(sub(y, 1.0) if j == target else y, weight))
    return soft + losses + gradient + losses


def attention_case(kind, heads, kv_heads, d, scale, window, lengths):
    n, wide, narrow, scale = sum(lengths), heads * d, kv_heads * d, r(scale)
    q, k = rows(values(1, kind, n * wide), wide), rows(values(2, kind, n * narrow), narrow)
    v, dout = rows(values(3, kind, n * narrow), narrow), rows(values(4, kind, n * wide), wide)
    out, stats = [[0.0] * wide for _ in range(n)], [[0.0] * (2 * heads) for _ in range(n)]
    dq = [[0.0] * wide for _ in range(n)]
    dk, dv = [[0.0] * narrow for _ in range(n)], [[0.0] * narrow for _ in range(n)]
    at = 0
    for length in lengths:
        def seen(i):
            return range(max(0, i + 1 - window) if window else 0, i + 1)

        def seen_by(j):
            return range(j, min(length, j + window) if window else length)
        total_k = [[None] * narrow for _ in range(length)]
        total_v = [[None] * narrow for _ in range(length)]
        for h in range(heads):
            o, c = h * d, h // (heads // kv_heads) * d
            p, ds = {}, {}
            for i in range(length):
                qi, gi = q[at + i][o:o + d], dout[at + i][o:o + d]
                scores = [chain(zip(qi, k[at + j][c:c + d])) for j in seen(i)]
                e, m, s = exponentials(scores, scale)
                inverse = div(1.0, s)
                stats[at + i][h], stats[at + i][heads + h] = m, inverse
                for x in range(d):
                    total = chain(((e[j - seen(i)[0]], v[at + j][c + x]) for j in seen(i)), seen(i)[0])
                    out[at + i][o + x] = mul(total, inverse)
                dot = row_dot(gi, out[at + i][o:o + d])
                for j, score in zip(seen(i), scores):
                    p[i, j] = mul(exp(sub(mul(score, scale), m)), inverse)
                    ds[i, j] = mul(p[i, j], sub(chain(zip(gi, v[at + j][c:c + d])), dot))
                for x in range(d):
                    dq[at + i][o + x] = mul(
                        chain(((ds[i, j], k[at + j][c + x]) for j in seen(i)), seen(i)[0]), scale)
            for j in range(length):
                for x in range(d):
                    total_k[j][c + x] = chain(
                        ((ds[i, j], q[at + i][o + x]) for i in seen_by(j)), j, total_k[j][c + x])
                    total_v[j][c + x] = chain(
                        ((p[i, j], dout[at + i][o + x]) for i in seen_by(j)), j, total_v[j][c + x])
        for j in range(length):
            dk[at + j] = [mul(x, scale) for x in total_k[j]]
            dv[at + j] = total_v[j]
        at += length
    return [x for matrix in (out, stats, dq, dk, dv) for row in matrix for x in row]


def adamw_case():
    rate, beta1, beta2, epsilon, decay = (r(x) for x in (1e-3, 0.9, 0.999, 1e-8, 0.01))
    c1, c2, scale = r(3.69), 334.0, r(0.7)
    ps, ms, vs = values(1, "plain", 50), values(2, "awkward", 50), [abs(x) if x < 0 else x for x in values(3, "awkward", 50)]
    for i, g in enumerate(values(4, "awkward", 50)):
        g = mul(g, scale)
        ms[i] = fma(beta1, ms[i], mul(g, sub(1.0, beta1)))
        vs[i] = fma(beta2, vs[i], mul(mul(g, sub(1.0, beta2)), g))
        u = div(mul(ms[i], c1), add(sqrt(mul(vs[i], c2)), epsilon))
        ps[i] = fma(-rate, fma(decay, ps[i], u), ps[i])
    return ps + ms + vs


def sums_case():
    x, y = values(1, "plain", 9000), values(2, "awkward", 9000)
    return [tensor(x, row_sum), tensor(x, lambda b: row_dot(b, b)), row_sum(x[:1003]),
            row_dot(x[:1003], y[:1003]), row_max(y[:1003])] + [
                row_dot(a, b) for a, b in zip(rows(x, 1000), rows(y, 1000))]


def elementwise_case():
    x, y, a = values(1, "wild", 60), values(2, "wild", 60), r(0.3)
    table = list(y)
    for t, row in enumerate([2, 0, 2]):
        for j in range(20):
            table[row * 20 + j] = add(table[row * 20 + j], x[t * 20 + j])
    return ([mul(v, a) for v in x] + [mul(v, w) for v, w in zip(x, y)] + [add(w, v) for v, w in zip(x, y)]
            + [fma(a, v, w) for v, w in zip(x, y)] + table + y[40:] + y[:20] + y[40:])


def formats_case():
    out = []
    for name, round_to in (("bfloat16", to_bfloat), ("float16", to_half)):
        out += [round_to(x) for x in values(9, "wild", 400)]
        wide = [struct.unpack("<I", struct.pack("<f", x))[0] if x == x else None for x in values(11, "wide", 400)]
        if name == "float16":
            # Bits of the words themselves, so that a NaN's payload plays no part.
            from numbers_ import splitmix
            source = splitmix(11)
            wide = [next(source) & 0xFFFFFFFF for _ in range(400)]
            wide = [u & 0x87FFFFFF | 0x38000000 - ((u & 0x10000000) >> 2) for u in wide]
        out += [round_to(math.nan if u is None else of_bits(u)) for u in wide]
    return out


def random_case():
    key, stream = 0x0123456789ABCDEF, 0xFEDCBA9876543210
    return ([of_bits(word(key, stream, 3 + i) & 0x7F7FFFFF) for i in range(21)]
            + [uniform(key, stream, i, -0.5, 2.0) for i in range(21)]
            + [normal(key, stream, 1 + i, r(0.02)) for i in range(101)])


def scalar_case():
    out = []
    for x in [0.0, 1.0, -1.0, 0.5, 10.0, -20.0, 1e-3, 3.25, 100.0, 1234.5, -700.0, 65535.75]:
        for y in (exp64(x), log64(abs(x)), pow64(10000.0, x / 200), *sincos64(x)):
            u = struct.unpack("<Q", struct.pack("<d", y))[0]
            out += [of_bits(u >> shift & 0xFFFF) for shift in (0, 16, 32, 48)]
    return out


CASES = [
    *((f"product {f} 13x50x530", lambda f=f: product_case(f, "awkward", 13, 50, 530)) for f in ("NN", "NT", "TN")),
    *((f"product {f} 70x50x66", lambda f=f: product_case(f, "plain", 70, 50, 66)) for f in ("NN", "NT", "TN")),
    ("product NT 70x50x8, shallow", lambda: product_case("NT", "awkward", 70, 50, 8)),
    ("product NT 30x8x40, thin", lambda: product_case("NT", "awkward", 30, 8, 40)),
    ("product NN 30x7x40, thin", lambda: product_case("NN", "awkward", 30, 7, 40)),
    ("product TN 40x6x530, turned", lambda: product_case("TN", "awkward", 40, 6, 530)),
    ("product TN 6x40x530", lambda: product_case("TN", "awkward", 6, 40, 530)),
    ("product NT 1x70x48, one row", lambda: product_case("NT", "awkward", 1, 70, 48)),
    ("product NN 1x70x48, one row", lambda: product_case("NN", "awkward", 1, 70, 48)),
    ("product NT 2x64x48, two rows", lambda: product_case("NT", "awkward", 2, 64, 48)),
    ("product NN 3x40x20 with infinities and NaN", lambda: product_case("NN", "wild", 3, 40, 20)),
    ("product NT 20x40x20 with infinities and NaN", lambda: product_case("NT", "wild", 20, 40, 20)),
    ("product NT 1x40x70, bfloat16", lambda: stored_case(to_bfloat, 1, 40, 70)),
    ("product NT 5x40x70, bfloat16", lambda: stored_case(to_bfloat, 5, 40, 70)),
    ("product NT 2x40x70, float16", lambda: stored_case(to_half, 2, 40, 70)),
    ("product NT 70x40x16, float16", lambda: stored_case(to_half, 70, 40, 16)),
    ("exp", lambda: function_case(exp)),
    ("log", lambda: function_case(log)),
    ("sigmoid", lambda: function_case(sigmoid)),
    ("tanh", lambda: function_case(tanh)),
    ("silu", lambda: function_case(lambda x: gate("silu", x)[0])),
    ("gelu by erf", lambda: function_case(lambda x: gate("erf", x)[0])),
    ("gelu by tanh", lambda: function_case(lambda x: gate("tanh", x)[0])),
    ("erf", lambda: function_case(erf)),
    ("sine of a turn", lambda: function_case(lambda u: turn(u)[0], True)),
    ("cosine of a turn", lambda: function_case(lambda u: turn(u)[1], True)),
    ("square root", lambda: function_case(sqrt)),
    ("norm", norm_case),
    ("gate silu", lambda: gate_case("silu")),
    ("gate gelu by erf", lambda: gate_case("erf")),
    ("gate gelu by tanh", lambda: gate_case("tanh")),
    ("rotation", rotation_case),
    ("softmax and loss", loss_case),
    ("attention, two records", lambda: attention_case("awkward", 2, 1, 16, 0.25, 0, [20, 37])),
    ("attention, window", lambda: attention_case("plain", 2, 2, 6, 0.3, 5, [23, 3])),
    ("attention, past one chain", lambda: attention_case("plain", 1, 1, 2, 0.5, 0, [520])),
    ("AdamW", adamw_case),
    ("sums", sums_case),
    ("elementwise", elementwise_case),
    ("formats", formats_case),
    ("random numbers", random_case),
    ("scalar functions", scalar_case),
]


def hexes(xs):
    return [f"{bits(x):08x}" for x in xs]


def readable():
    """Small cases to read: functions at their edges and one product with its numbers."""
    edges = [0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007FFFFF, 0x00800000, 0x3F800000, 0xBF800000,
             0x40490FDB, 0x42B17218, 0x42B17217, 0xC2AEAC50, 0xC2CFF1B5, 0xC2D00000, 0x7F7FFFFF, 0xFF7FFFFF,
             0x7F800000, 0xFF800000, 0x7FC00000, 0x3F3504F3, 0x3F3504F4, 0x3F200000, 0x3F1FFFFF, 0x40800001]
    x = [of_bits(u) for u in edges]
    functions = {"exp": exp, "log": log, "sigmoid": sigmoid, "tanh": tanh, "erf": erf, "squareRoot": sqrt,
                 "silu": lambda v: gate("silu", v)[0], "geluErf": lambda v: gate("erf", v)[0],
                 "geluTanh": lambda v: gate("tanh", v)[0]}
    a, b = values(1, "awkward", 2 * 3), values(2, "awkward", 2 * 3)
    return {
        "functions": [{"name": n, "x": hexes(x), "y": hexes([f(v) for v in x])} for n, f in functions.items()],
        "product": {"form": "NT", "m": 2, "n": 2, "k": 3, "a": hexes(a), "b": hexes(b),
                    "c": hexes(product("NT", a, b, 2, 2, 3))},
        "philox": [{"key": "0" * 16, "stream": "0" * 16, "words": [f"{word(0, 0, i):08x}" for i in range(8)]}],
    }


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    found = []
    for name, case in CASES:
        out = case()
        found.append({"name": name, "count": len(out), "digest": f"{digest(out):016x}"})
    with open(os.path.join(here, "digests.json"), "w") as f:
        json.dump({"arithmeticVersion": 1, "cases": found}, f, indent=1)
        f.write("\n")
    with open(os.path.join(here, "cases.json"), "w") as f:
        json.dump(readable(), f, indent=1)
        f.write("\n")
    header = os.path.join(here, "../../Sources/CanonicalKernels/expected.h")
    with open(header, "w") as f:
        f.write("// Made by Fixtures/arithmetic/make.py: the digests of the battery's cases, in its order.\n")
        f.write("#pragma once\n#include <stdint.h>\n\nstatic const uint64_t expected_digests[] = {\n")
        for c in found:
            f.write(f"    0x{c['digest']}u,  // {c['name']}\n")
        f.write("};\n")


if __name__ == "__main__":
    main()
