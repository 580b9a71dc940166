// Scalar binary64 functions by + − × ÷ alone, and RoPE's tables made with them: the section
// "Tables" of Specs/Arithmetic.md. Coefficients are rounded 1/n! and 1/(2n+1).
#include "include/CanonicalKernels.h"
#include <math.h>
#include <string.h>

static double power_of_two(int n) {
  uint64_t bits = (uint64_t)(n + 1023) << 52;
  double x;
  memcpy(&x, &bits, 8);
  return x;
}
/// Nearest integer, ties to even, for |x| < 2⁵¹.
static double nearest(double x) { return (x + 0x1.8p52) - 0x1.8p52; }

double ck_exp64(double x) {
  if (x != x) return x;
  if (x > 709.0) x = 709.0;
  if (x < -708.0) return 0;
  double n = nearest(x * 0x1.71547652b82fep+0);
  double r = (x - n * 0x1.62e42feep-1) - n * 0x1.a39ef35793c76p-33;
  double p = 1.0 / 6227020800.0;
  static const double factorials[] = {479001600, 39916800, 3628800, 362880, 40320, 5040, 720,
                                      120, 24, 6, 2, 1, 1};
  for (int i = 0; i < 13; i++) p = p * r + 1.0 / factorials[i];
  return p * power_of_two((int)n);
}

double ck_log64(double x) {
  if (!(x > 0)) return x == 0 ? -INFINITY : NAN;
  if (x == INFINITY || x < 0x1p-1022) return x == INFINITY ? x : ck_log64(x * 0x1p54) - 54 * 0x1.62e42fefa39efp-1;
  int64_t bits;
  memcpy(&bits, &x, 8);
  int64_t e = (bits - 0x3FE6A09E667F3BCD) >> 52;
  bits -= e * ((int64_t)1 << 52);
  double m;
  memcpy(&m, &bits, 8);
  double s = (m - 1) / (m + 1), z = s * s, p = 1.0 / 23.0;
  for (int i = 21; i >= 1; i -= 2) p = p * z + 1.0 / i;
  return (double)e * 0x1.62e42feep-1 + (2 * s * p + (double)e * 0x1.a39ef35793c76p-33);
}

double ck_pow64(double x, double y) { return ck_exp64(y * ck_log64(x)); }

void ck_sincos64(double x, double *sine, double *cosine) {
  double n = nearest(x * 0x1.45f306dc9c883p-1);
  double r = ((x - n * 0x1.921fb544p+0) - n * 0x1.0b4611a6p-34) - n * 0x1.3198a2e037073p-69;
  // ±1/i!, rounded: the compiler divides.
  static const double odd[9] = {1.0, -1.0 / 6, 1.0 / 120, -1.0 / 5040, 1.0 / 362880, -1.0 / 39916800,
                                1.0 / 6227020800, -1.0 / 1307674368000, 1.0 / 355687428096000};
  static const double even[10] = {1.0, -1.0 / 2, 1.0 / 24, -1.0 / 720, 1.0 / 40320, -1.0 / 3628800,
                                  1.0 / 479001600, -1.0 / 87178291200, 1.0 / 20922789888000,
                                  -1.0 / 6402373705728000};
  double z = r * r, s = 0, c = 0;
  for (int i = 8; i >= 0; i--) s = s * z + odd[i];
  for (int i = 9; i >= 0; i--) c = c * z + even[i];
  s = s * r;
  switch ((int64_t)n & 3) {
    case 0: *sine = s, *cosine = c; break;
    case 1: *sine = c, *cosine = -s; break;
    case 2: *sine = -s, *cosine = -c; break;
    default: *sine = -c, *cosine = s; break;
  }
}

void ck_rotation_table(ptrdiff_t firstPosition, ptrdiff_t positions, ptrdiff_t n,
                       const float *frequencies, float *cosines, float *sines) {
  for (ptrdiff_t p = 0; p < positions; p++)
    for (ptrdiff_t i = 0; i < n; i++) {
      double s, c;
      float angle = (float)(firstPosition + p) * frequencies[i];
      ck_sincos64((double)angle, &s, &c);
      cosines[p * n + i] = (float)c, sines[p * n + i] = (float)s;
    }
}
