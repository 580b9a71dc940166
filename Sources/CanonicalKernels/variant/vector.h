// Vector types and the operations that everything else is written in, for one instruction set.
// 16 lanes always: clang splits them into what the CPU has, so lanes never depend on it.
#pragma once
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/// The same bits as another vector type.
#define AS(x, T) ((T)(x))
#define INLINE static inline __attribute__((always_inline, unused))
#pragma clang diagnostic ignored "-Wpsabi"

typedef float v16 __attribute__((ext_vector_type(16)));
typedef float v8 __attribute__((ext_vector_type(8)));
typedef float v4 __attribute__((ext_vector_type(4)));
typedef int32_t i16 __attribute__((ext_vector_type(16)));
typedef uint32_t u16 __attribute__((ext_vector_type(16)));
typedef int32_t i8 __attribute__((ext_vector_type(8)));
typedef uint16_t h16 __attribute__((ext_vector_type(16)));
typedef _Float16 half16 __attribute__((ext_vector_type(16)));
typedef double d8 __attribute__((ext_vector_type(8)));
typedef int64_t l8 __attribute__((ext_vector_type(8)));

typedef v16 v16u __attribute__((aligned(4), may_alias));
typedef v8 v8u __attribute__((aligned(4), may_alias));
typedef v4 v4u __attribute__((aligned(4), may_alias));
typedef h16 h16u __attribute__((aligned(2), may_alias));

INLINE v16 load16(const float *p) { return *(const v16u *)p; }
INLINE void store16(float *p, v16 x) { *(v16u *)p = x; }
INLINE v4 load4(const float *p) { return *(const v4u *)p; }
INLINE v8 load8(const float *p) { return *(const v8u *)p; }
INLINE void store8(float *p, v8 x) { *(v8u *)p = x; }
INLINE v16 all16(float x) { return (v16)x; }
INLINE i16 bits16(v16 x) { return AS(x, i16); }
INLINE v16 from16(i16 x) { return AS(x, v16); }
INLINE uint32_t bitsOf(float x) { uint32_t u; memcpy(&u, &x, 4); return u; }
INLINE float floatOf(uint32_t u) { float x; memcpy(&x, &u, 4); return x; }

#if CK_AVX512
/// The first n lanes from memory, fewer than 16, the rest from `rest`.
INLINE v16 load_part(const float *p, ptrdiff_t n, float rest) {
  return AS(_mm512_mask_loadu_ps(_mm512_set1_ps(rest), (__mmask16)((1u << n) - 1), p), v16);
}
INLINE void store_part(float *p, ptrdiff_t n, v16 x) {
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), AS(x, __m512));
}
#else
/// n floats, fewer than 16, without a call.
INLINE void copy_part(float *to, const float *from, ptrdiff_t n) {
  if (n & 8) memcpy(to, from, 32), to += 8, from += 8;
  if (n & 4) memcpy(to, from, 16), to += 4, from += 4;
  if (n & 2) memcpy(to, from, 8), to += 2, from += 2;
  if (n & 1) memcpy(to, from, 4);
}
/// The first n lanes from memory, the rest from `rest`.
INLINE v16 load_part(const float *p, ptrdiff_t n, float rest) {
  float t[16];
  store16(t, all16(rest));
  copy_part(t, p, n);
  return load16(t);
}
INLINE void store_part(float *p, ptrdiff_t n, v16 x) {
  float t[16];
  store16(t, x);
  copy_part(p, t, n);
}
#endif
/// The first n lanes of x, the rest from `rest`.
INLINE v16 first_lanes(v16 x, ptrdiff_t n, float rest) {
  i16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return lane < (int32_t)n ? x : all16(rest);
}
INLINE v16 load_up_to(const float *p, ptrdiff_t n, float rest) {
  return n >= 16 ? load16(p) : load_part(p, n, rest);
}
INLINE void store_up_to(float *p, ptrdiff_t n, v16 x) {
  if (n >= 16) store16(p, x); else store_part(p, n, x);
}

#if CK_HARDWARE_FMA
INLINE v16 fma16(v16 a, v16 b, v16 c) { return __builtin_elementwise_fma(a, b, c); }
INLINE v8 fma8(v8 a, v8 b, v8 c) { return __builtin_elementwise_fma(a, b, c); }
INLINE float fma1(float a, float b, float c) { return __builtin_elementwise_fma(a, b, c); }
#else
// The product of two float32 is exact in binary64. Their sum with the third is rounded to odd there,
// which makes the second rounding, to float32, the only one that counts.
INLINE v8 fma8(v8 a, v8 b, v8 c) {
  d8 p = __builtin_convertvector(a, d8) * __builtin_convertvector(b, d8);
  d8 z = __builtin_convertvector(c, d8);
  d8 s = p + z, t = s - p;
  d8 e = (p - (s - t)) + (z - t);
  l8 bits = AS(s, l8);
  l8 inexact = (e > 0) | (e < 0);
  l8 even = (bits & 1) == 0;
  l8 away = (e > 0) == (s > 0);
  bits += inexact & even & ((away & 1) | (~away & -1));
  return __builtin_convertvector(AS(bits, d8), v8);
}
INLINE v16 fma16(v16 a, v16 b, v16 c) {
  v16 r;
  r.lo = fma8(a.lo, b.lo, c.lo);
  r.hi = fma8(a.hi, b.hi, c.hi);
  return r;
}
INLINE float fma1(float a, float b, float c) {
  double p = (double)a * (double)b, z = c, s = p + z, t = s - p, e = (p - (s - t)) + (z - t);
  if (e > 0 || e < 0) {
    int64_t bits;
    memcpy(&bits, &s, 8);
    if ((bits & 1) == 0) bits += ((e > 0) == (s > 0)) ? 1 : -1;
    memcpy(&s, &bits, 8);
  }
  return (float)s;
}
#endif

INLINE v16 sqrt16(v16 x) { return __builtin_elementwise_sqrt(x); }
INLINE float sqrt1(float x) { return __builtin_elementwise_sqrt(x); }
INLINE v16 max16(v16 acc, v16 x) { return x > acc ? x : acc; }

/// The tree of the row rule: lanes (l, l+8), (l, l+4), (l, l+2), (l, l+1).
INLINE float tree_sum(v16 x) {
  v8 a = x.lo + x.hi;
  v4 b = a.lo + a.hi;
  return (b.x + b.z) + (b.y + b.w);
}
INLINE float max1(float acc, float x) { return x > acc ? x : acc; }
INLINE float tree_max(v16 x) {
  v8 a = x.hi > x.lo ? x.hi : x.lo;
  v4 b = a.hi > a.lo ? a.hi : a.lo;
  return max1(max1(b.x, b.z), max1(b.y, b.w));
}

// The row rule.
INLINE float row_sum(ptrdiff_t n, const float *x) {
  v16 acc = all16(0);
  ptrdiff_t i = 0;
  for (; i + 16 <= n; i += 16) acc += load16(x + i);
  if (i < n) acc += load_part(x + i, n - i, 0);
  return tree_sum(acc);
}
INLINE float row_dot(ptrdiff_t n, const float *x, const float *y) {
  v16 acc = all16(0);
  ptrdiff_t i = 0;
  for (; i + 16 <= n; i += 16) acc = fma16(load16(x + i), load16(y + i), acc);
  if (i < n) acc = fma16(load_part(x + i, n - i, 0), load_part(y + i, n - i, 0), acc);
  return tree_sum(acc);
}
INLINE float row_max(ptrdiff_t n, const float *x) {
  v16 acc = all16(-INFINITY);
  ptrdiff_t i = 0;
  for (; i + 16 <= n; i += 16) acc = max16(acc, load16(x + i));
  if (i < n) acc = max16(acc, load_part(x + i, n - i, -INFINITY));
  return tree_max(acc);
}

/// 16 stored values of any format, widened exactly.
INLINE v16 widen_bfloat(h16 x) {
  return from16(AS(__builtin_convertvector(x, u16) << 16, i16));
}
#if CK_HARDWARE_HALF
INLINE v16 widen_half(h16 x) { return __builtin_convertvector(AS(x, half16), v16); }
#else
// Exponent moved by a multiplication that is exact for normal and subnormal halves alike.
INLINE v16 widen_half(h16 x) {
  u16 u = __builtin_convertvector(x, u16);
  u16 sign = (u & 0x8000) << 16, magnitude = (u & 0x7FFF) << 13;
  v16 f = AS(magnitude, v16) * 0x1p112f;
  u16 special = AS((u & 0x7C00) == 0x7C00, u16);
  u16 nan = special & AS((u & 0x3FF) != 0, u16);
  u16 wide = (special & (magnitude | 0x7F800000)) | (~special & AS(f, u16));
  return AS(wide | sign | (nan & 0x00400000), v16);
}
#endif
INLINE v16 load_format(int format, const void *p, ptrdiff_t i) {
  switch (format) {
    case 1: return widen_bfloat(*(const h16u *)((const uint16_t *)p + i));
    case 2: return widen_half(*(const h16u *)((const uint16_t *)p + i));
    default: return load16((const float *)p + i);
  }
}
INLINE v16 load_format_part(int format, const void *p, ptrdiff_t i, ptrdiff_t n) {
  if (format == 0) return load_part((const float *)p + i, n, 0);
  uint16_t t[16] = {0};
  memcpy(t, (const uint16_t *)p + i, (size_t)n * 2);
  return load_format(format, t, 0);
}
