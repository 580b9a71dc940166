// exp, log and what is made of them, sixteen lanes at a time: the sections "Functions" of
// Specs/Arithmetic.md, in its order. Polynomials are evaluated by Horner with fma.
#pragma once
#include "vector.h"

INLINE v16 exp16(v16 x) {
  x = x > 89.0f ? all16(89.0f) : x;
  x = x < -104.0f ? all16(-104.0f) : x;
  v16 t = fma16(x, all16(0x1.715476p+0f), all16(0x1.8p+23f));
  v16 n = t - 0x1.8p+23f;
  i16 k = bits16(t) - (int32_t)0x4B400000;
  v16 r = fma16(n, all16(-0x1.62e4p-1f), x);
  r = fma16(n, all16(-0x1.7f7d1cp-20f), r);
  v16 p = all16(0x1.6a23cep-10f);
  p = fma16(p, r, all16(0x1.123a2p-7f));
  p = fma16(p, r, all16(0x1.5558f2p-5f));
  p = fma16(p, r, all16(0x1.555492p-3f));
  p = fma16(p, r, all16(0x1.fffffcp-2f));
  p = fma16(p, r, all16(1));
  p = fma16(p, r, all16(1));
#if CK_AVX512
  // p·2ⁿ, rounded once, as below: there, the first of the two products is exact.
  (void)k;
  return AS(_mm512_scalef_ps(AS(p, __m512), AS(n, __m512)), v16);
#else
  i16 k1 = k >> 1, k2 = k - k1;
  return (p * from16((k1 + 127) << 23)) * from16((k2 + 127) << 23);
#endif
}

INLINE v16 log16(v16 x) {
  i16 tiny = x < 0x1p-126f;
  v16 s = tiny ? x * 0x1p24f : x;
  i16 e = (bits16(s) - (int32_t)0x3F3504F3) >> 23;
  v16 f = from16(bits16(s) - (e << 23)) - 1.0f;
  v16 n = __builtin_convertvector(e, v16) - (tiny ? all16(24) : all16(0));
  v16 z = f * f;
  v16 q = all16(0x1.1457a2p-4f);
  q = fma16(q, f, all16(-0x1.de3c14p-4f));
  q = fma16(q, f, all16(0x1.e6f06cp-4f));
  q = fma16(q, f, all16(-0x1.fc2208p-4f));
  q = fma16(q, f, all16(0x1.233768p-3f));
  q = fma16(q, f, all16(-0x1.555c4ep-3f));
  q = fma16(q, f, all16(0x1.99a4b6p-3f));
  q = fma16(q, f, all16(-0x1.000006p-2f));
  q = fma16(q, f, all16(0x1.555548p-2f));
  v16 y = (f * z) * q;
  y = fma16(n, all16(0x1.7f7d1cp-20f), y);
  y = fma16(z, all16(-0.5f), y);
  v16 r = fma16(n, all16(0x1.62e4p-1f), f + y);
  r = x == INFINITY ? x : r;
  r = x == 0.0f ? all16(-INFINITY) : r;
  return x < 0.0f ? from16((i16)0x7FC00000) : (x != x ? x : r);
}

INLINE v16 sigmoid16(v16 x) { return 1.0f / (1.0f + exp16(-x)); }
INLINE v16 magnitude16(v16 x) { return from16(bits16(x) & 0x7FFFFFFF); }
INLINE v16 with_sign16(v16 magnitude, v16 x) {
  return from16((bits16(magnitude) & 0x7FFFFFFF) | (bits16(x) & (int32_t)0x80000000));
}

INLINE v16 tanh16(v16 x) {
  v16 a = magnitude16(x), z = x * x;
  v16 q = all16(-0x1.75624p-8f);
  q = fma16(q, z, all16(0x1.520b2cp-6f));
  q = fma16(q, z, all16(-0x1.b83854p-5f));
  q = fma16(q, z, all16(0x1.11070ap-3f));
  q = fma16(q, z, all16(-0x1.555532p-2f));
  v16 small = fma16(x * z, q, x);
  v16 large = 1.0f - 2.0f / (exp16(a + a) + 1.0f);
  return a < 0.625f ? small : with_sign16(large, x);
}

INLINE v16 erf16(v16 x) {
  v16 a = magnitude16(x), z = x * x;
  v16 q = all16(0x1.49235p-14f);
  q = fma16(q, z, all16(-0x1.a3de6p-11f));
  q = fma16(q, z, all16(0x1.540282p-8f));
  q = fma16(q, z, all16(-0x1.b7f8acp-6f));
  q = fma16(q, z, all16(0x1.ce2cf2p-4f));
  q = fma16(q, z, all16(-0x1.81273ep-2f));
  q = fma16(q, z, all16(0x1.20dd74p+0f));
  v16 small = x * q;
  v16 t = a > 4.0f ? all16(4.0f) : a;
  v16 g = all16(0x1.026cp-18f);
  g = fma16(g, t, all16(-0x1.0da1d6p-15f));
  g = fma16(g, t, all16(-0x1.f3acc4p-14f));
  g = fma16(g, t, all16(0x1.99accp-9f));
  g = fma16(g, t, all16(-0x1.78c53ep-6f));
  g = fma16(g, t, all16(0x1.b06ebp-4f));
  g = fma16(g, t, all16(0x1.455b3p-1f));
  g = fma16(g, t, all16(0x1.20eb24p+0f));
  v16 large = 1.0f - exp16(-(g * t));
  return a < 1.0f ? small : with_sign16(large, x);
}

/// sin and cos of a whole turn's fraction u, 0 ≤ u < 1.
INLINE void sincos_turn16(v16 u, v16 *sine, v16 *cosine) {
  v16 t = fma16(u, all16(4), all16(0x1.8p+23f));
  i16 quadrant = bits16(t);
  v16 f = fma16(t - 0x1.8p+23f, all16(-0.25f), u);
  v16 z = f * f;
  v16 s = all16(0x1.4bc07p+5f);
  s = fma16(s, z, all16(-0x1.32ca7ep+6f));
  s = fma16(s, z, all16(0x1.466bbap+6f));
  s = fma16(s, z, all16(-0x1.4abbcep+5f));
  s = fma16(s, z, all16(0x1.921fb6p+2f));
  s = s * f;
  v16 c = all16(-0x1.a0f0fap+4f);
  c = fma16(c, z, all16(0x1.e1e7eap+5f));
  c = fma16(c, z, all16(-0x1.55d3bap+6f));
  c = fma16(c, z, all16(0x1.03c1fp+6f));
  c = fma16(c, z, all16(-0x1.3bd3ccp+4f));
  c = fma16(c, z, all16(1));
  i16 swapped = (quadrant & 1) != 0;
  v16 a = swapped ? c : s, b = swapped ? s : c;
  i16 down = (quadrant & 2) << 30, left = ((quadrant + 1) & 2) << 30;
  *sine = from16(bits16(a) ^ down);
  *cosine = from16(bits16(b) ^ left);
}

/// The activation of a gated layer and, where `slope` is wanted, its derivative.
INLINE v16 silu16(v16 x) { return x * sigmoid16(x); }
INLINE v16 silu_slope16(v16 x, v16 *value) {
  v16 s = sigmoid16(x);
  *value = x * s;
  return s * fma16(x, 1.0f - s, all16(1));
}
INLINE v16 gelu_erf16(v16 x) {
  return x * fma16(erf16(x * 0x1.6a09e6p-1f), all16(0.5f), all16(0.5f));
}
INLINE v16 gelu_erf_slope16(v16 x, v16 *value) {
  v16 c = fma16(erf16(x * 0x1.6a09e6p-1f), all16(0.5f), all16(0.5f));
  *value = x * c;
  v16 density = exp16((x * x) * -0.5f) * 0x1.988454p-2f;
  v16 slope = fma16(x, density, c);
  return magnitude16(x) > 14.0f ? c : slope;
}
INLINE v16 gelu_tanh_inner(v16 x) {
  return (x * 0x1.988454p-1f) * fma16(x * x, all16(0x1.6e4e26p-5f), all16(1));
}
INLINE v16 gelu_tanh16(v16 x) {
  return x * fma16(tanh16(gelu_tanh_inner(x)), all16(0.5f), all16(0.5f));
}
INLINE v16 gelu_tanh_slope16(v16 x, v16 *value) {
  v16 t = tanh16(gelu_tanh_inner(x));
  v16 h = fma16(t, all16(0.5f), all16(0.5f));
  *value = x * h;
  v16 inner = 0x1.988454p-1f * fma16(x * x, all16(0x1.12ba9ep-3f), all16(1));
  v16 slope = fma16((x * 0.5f) * fma16(-t, t, all16(1)), inner, h);
  return magnitude16(x) > 14.0f ? h : slope;
}
INLINE v16 gate16(int gate, v16 x) {
  return gate == 0 ? silu16(x) : gate == 1 ? gelu_erf16(x) : gelu_tanh16(x);
}
INLINE v16 gate_slope16(int gate, v16 x, v16 *value) {
  return gate == 0 ? silu_slope16(x, value)
                   : gate == 1 ? gelu_erf_slope16(x, value) : gelu_tanh_slope16(x, value);
}
