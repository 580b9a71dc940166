// Two messages through SHA-256 side by side (FIPS 180-4; Specs/ContentAddresses.md, "Decisions").
// The instruction for two rounds answers after four cycles and takes a new question every two, so
// a second message costs little more than nothing.

#include "CSHA256.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

// The fractional parts of the cube roots of the first 64 primes.
static const uint32_t constants[64] __attribute__((aligned(16))) = {
    0x428a2f98u, 0x71374491u, 0xb5c0fbcfu, 0xe9b5dba5u,
    0x3956c25bu, 0x59f111f1u, 0x923f82a4u, 0xab1c5ed5u,
    0xd807aa98u, 0x12835b01u, 0x243185beu, 0x550c7dc3u,
    0x72be5d74u, 0x80deb1feu, 0x9bdc06a7u, 0xc19bf174u,
    0xe49b69c1u, 0xefbe4786u, 0x0fc19dc6u, 0x240ca1ccu,
    0x2de92c6fu, 0x4a7484aau, 0x5cb0a9dcu, 0x76f988dau,
    0x983e5152u, 0xa831c66du, 0xb00327c8u, 0xbf597fc7u,
    0xc6e00bf3u, 0xd5a79147u, 0x06ca6351u, 0x14292967u,
    0x27b70a85u, 0x2e1b2138u, 0x4d2c6dfcu, 0x53380d13u,
    0x650a7354u, 0x766a0abbu, 0x81c2c92eu, 0x92722c85u,
    0xa2bfe8a1u, 0xa81a664bu, 0xc24b8b70u, 0xc76c51a3u,
    0xd192e819u, 0xd6990624u, 0xf40e3585u, 0x106aa070u,
    0x19a4c116u, 0x1e376c08u, 0x2748774cu, 0x34b0bcb5u,
    0x391c0cb3u, 0x4ed8aa4au, 0x5b9cca4fu, 0x682e6ff3u,
    0x748f82eeu, 0x78a5636fu, 0x84c87814u, 0x8cc70208u,
    0x90befffau, 0xa4506cebu, 0xbef9a3f7u, 0xc67178f2u,
};

bool sha256_pair_is_here(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return false;
  const bool shuffles = (c & bit_SSSE3) && (c & bit_SSE4_1);
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  return shuffles && (b & bit_SHA);
}

#define WITH_SHA __attribute__((target("sha,sse4.1,ssse3")))

// The instructions keep the words a, b, e, f in one register and c, d, g, h in the other.
typedef struct {
  __m128i abef, cdgh;
} Halves;

WITH_SHA static inline Halves halves_of(const uint32_t state[8]) {
  const __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
  const __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1B);
  return (Halves){_mm_alignr_epi8(low, high, 8), _mm_blend_epi16(high, low, 0xF0)};
}

WITH_SHA static inline void store(Halves halves, uint32_t state[8]) {
  const __m128i low = _mm_shuffle_epi32(halves.abef, 0x1B);
  const __m128i high = _mm_shuffle_epi32(halves.cdgh, 0xB1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(low, high, 0xF0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(high, low, 8));
}

// Four rounds of one message with its next four words.
#define ROUNDS(halves, words, k)                                              \
  do {                                                                        \
    const __m128i sum = _mm_add_epi32(words, k);                              \
    halves.cdgh = _mm_sha256rnds2_epu32(halves.cdgh, halves.abef, sum);       \
    halves.abef = _mm_sha256rnds2_epu32(                                      \
        halves.abef, halves.cdgh, _mm_shuffle_epi32(sum, 0x0E));              \
  } while (0)

// The four words that follow the sixteen in w0 … w3; they take w0's place.
#define EXTEND(w0, w1, w2, w3)                                                \
  w0 = _mm_sha256msg2_epu32(                                                  \
      _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4)), w3)

#define LOAD(place)                                                           \
  _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(place)), turned)

#define FOUR(number, a0, b0)                                                  \
  do {                                                                        \
    const __m128i k = _mm_load_si128((const __m128i *)(constants + 4 * (number))); \
    ROUNDS(one, a0, k);                                                       \
    ROUNDS(two, b0, k);                                                       \
  } while (0)

#define EXTENDED(number, a0, a1, a2, a3, b0, b1, b2, b3)                      \
  do {                                                                        \
    EXTEND(a0, a1, a2, a3);                                                   \
    EXTEND(b0, b1, b2, b3);                                                   \
    FOUR(number, a0, b0);                                                     \
  } while (0)

#define SIXTEEN(number)                                                       \
  do {                                                                        \
    EXTENDED(number, a0, a1, a2, a3, b0, b1, b2, b3);                         \
    EXTENDED(number + 1, a1, a2, a3, a0, b1, b2, b3, b0);                     \
    EXTENDED(number + 2, a2, a3, a0, a1, b2, b3, b0, b1);                     \
    EXTENDED(number + 3, a3, a0, a1, a2, b3, b0, b1, b2);                     \
  } while (0)

WITH_SHA void sha256_blocks_of_two(
    uint32_t first[8], const uint8_t *first_blocks, uint32_t second[8],
    const uint8_t *second_blocks, size_t count) {
  // Words are big-endian in a message.
  const __m128i turned = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
  Halves one = halves_of(first), two = halves_of(second);
  for (; count > 0; count--, first_blocks += 64, second_blocks += 64) {
    const Halves one_before = one, two_before = two;
    __m128i a0 = LOAD(first_blocks), b0 = LOAD(second_blocks);
    FOUR(0, a0, b0);
    __m128i a1 = LOAD(first_blocks + 16), b1 = LOAD(second_blocks + 16);
    FOUR(1, a1, b1);
    __m128i a2 = LOAD(first_blocks + 32), b2 = LOAD(second_blocks + 32);
    FOUR(2, a2, b2);
    __m128i a3 = LOAD(first_blocks + 48), b3 = LOAD(second_blocks + 48);
    FOUR(3, a3, b3);
    SIXTEEN(4);
    SIXTEEN(8);
    SIXTEEN(12);
    one.abef = _mm_add_epi32(one.abef, one_before.abef);
    one.cdgh = _mm_add_epi32(one.cdgh, one_before.cdgh);
    two.abef = _mm_add_epi32(two.abef, two_before.abef);
    two.cdgh = _mm_add_epi32(two.cdgh, two_before.cdgh);
  }
  store(one, first);
  store(two, second);
}

#else

bool sha256_pair_is_here(void) { return false; }

void sha256_blocks_of_two(
    uint32_t first[8], const uint8_t *first_blocks, uint32_t second[8],
    const uint8_t *second_blocks, size_t count) {
  (void)first, (void)first_blocks, (void)second, (void)second_blocks, (void)count;
}

#endif
