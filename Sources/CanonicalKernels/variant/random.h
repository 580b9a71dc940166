// Philox4x32-10 (Salmon et al., 2011) and the uniform and normal numbers made of its words: the
// section "Random numbers" of Specs/Arithmetic.md.
#pragma once
#include "elementwise.h"

static void philox(uint64_t key, uint64_t stream, uint64_t block, uint32_t out[4]) {
  uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
  uint32_t c0 = (uint32_t)block, c1 = (uint32_t)(block >> 32);
  uint32_t c2 = (uint32_t)stream, c3 = (uint32_t)(stream >> 32);
  for (int round = 0; round < 10; round++) {
    uint64_t a = (uint64_t)0xD2511F53u * c0, b = (uint64_t)0xCD9E8D57u * c2;
    c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
    c1 = (uint32_t)b;
    c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
    c3 = (uint32_t)a;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}
static void random_words(uint64_t key, uint64_t stream, uint64_t first, ptrdiff_t n, uint32_t *out) {
  uint32_t w[4];
  for (ptrdiff_t i = 0; i < n;) {
    uint64_t at = first + (uint64_t)i;
    philox(key, stream, at / 4, w);
    for (uint64_t l = at % 4; l < 4 && i < n; l++) memcpy(out + i++, w + l, 4);
  }
}
/// u = (word >> 8)·2⁻²⁴; low + u·(high − low) by one fma.
static void uniform(uint64_t key, uint64_t stream, uint64_t first, float low, float high, ptrdiff_t n,
                    float *out) {
  uint32_t w[16];
  float width = high - low;
  for (ptrdiff_t i = 0; i < n; i += 16) {
    ptrdiff_t count = n - i < 16 ? n - i : 16;
    random_words(key, stream, first + (uint64_t)i, 16, w);
    for (ptrdiff_t l = 0; l < count; l++) out[i + l] = fma1((float)(w[l] >> 8) * 0x1p-24f, width, low);
  }
}
/// Words (2p, 2p+1) make normals (2p, 2p+1): radius √(−2·log((w>>8)+1)·2⁻²⁴), angle (w'>>8)·2⁻²⁴ turns.
static void normal(uint64_t key, uint64_t stream, uint64_t first, float deviation, ptrdiff_t n,
                   float *out) {
  uint32_t w[32];
  float a[16], b[16];
  ptrdiff_t skip = (ptrdiff_t)(first & 1);
  for (ptrdiff_t i = -skip; i < n; i += 32) {
    random_words(key, stream, first + (uint64_t)i, 32, w);
    for (int l = 0; l < 16; l++) {
      a[l] = (float)((w[2 * l] >> 8) + 1) * 0x1p-24f;
      b[l] = (float)(w[2 * l + 1] >> 8) * 0x1p-24f;
    }
    v16 radius = sqrt16(log16(load16(a)) * -2.0f), sine, cosine;
    sincos_turn16(load16(b), &sine, &cosine);
    store16(a, (radius * cosine) * deviation);
    store16(b, (radius * sine) * deviation);
    for (int l = 0; l < 32; l++)
      if (i + l >= 0 && i + l < n) out[i + l] = l & 1 ? b[l / 2] : a[l / 2];
  }
}
