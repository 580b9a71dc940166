// Functions of one element or one column at a time, reductions over whole tensors, conversions and
// AdamW: the sections "Elementwise", "Reductions", "Formats" and "AdamW" of Specs/Arithmetic.md.
#pragma once
#include "../include/CanonicalKernels.h"
#include "../support.h"
#include "functions.h"

/// Elements per task of an elementwise function: large enough to pay for handing it out.
enum { ELEMENTS_PER_TASK = 16384 };

typedef struct {
  ptrdiff_t n;
  const float *x, *z;
  float *y;
  float a;
  int function;
} elements;

#define EACH_BLOCK(e, begin, end)                              \
  ptrdiff_t begin = index * ELEMENTS_PER_TASK;                 \
  ptrdiff_t end = begin + ELEMENTS_PER_TASK < e->n ? begin + ELEMENTS_PER_TASK : e->n

INLINE ptrdiff_t blocks_of(ptrdiff_t n, ptrdiff_t size) { return (n + size - 1) / size; }

INLINE v16 function16(int function, v16 x) {
  v16 s, c;
  switch (function) {
    case CK_EXP: return exp16(x);
    case CK_LOG: return log16(x);
    case CK_SIGMOID: return sigmoid16(x);
    case CK_TANH: return tanh16(x);
    case CK_SILU: return silu16(x);
    case CK_GELU_ERF: return gelu_erf16(x);
    case CK_GELU_TANH: return gelu_tanh16(x);
    case CK_ERF: return erf16(x);
    case CK_SINE_TURN: sincos_turn16(x, &s, &c); return s;
    case CK_COSINE_TURN: sincos_turn16(x, &s, &c); return c;
    default: return sqrt16(x);
  }
}
static void map_task(void *p, ptrdiff_t index) {
  const elements *e = p;
  EACH_BLOCK(e, i, end);
  for (; i < end; i += 16)
    store_up_to(e->y + i, end - i, function16(e->function, load_up_to(e->x + i, end - i, 0)));
}
static void map(int function, ptrdiff_t n, const float *x, float *y) {
  elements e = {.n = n, .x = x, .y = y, .function = function};
  ck_parallel(blocks_of(n, ELEMENTS_PER_TASK), map_task, &e);
}
static void scale_task(void *p, ptrdiff_t index) {
  const elements *e = p;
  EACH_BLOCK(e, i, end);
  for (; i < end; i += 16)
    store_up_to(e->y + i, end - i, load_up_to(e->x + i, end - i, 0) * e->a);
}
static void scale(ptrdiff_t n, float a, const float *x, float *y) {
  elements e = {.n = n, .x = x, .y = y, .a = a};
  ck_parallel(blocks_of(n, ELEMENTS_PER_TASK), scale_task, &e);
}
static void add_task(void *p, ptrdiff_t index) {
  const elements *e = p;
  EACH_BLOCK(e, i, end);
  for (; i < end; i += 16)
    store_up_to(e->y + i, end - i,
                load_up_to(e->y + i, end - i, 0) + load_up_to(e->x + i, end - i, 0));
}
static void add(ptrdiff_t n, const float *x, float *y) {
  elements e = {.n = n, .x = x, .y = y};
  ck_parallel(blocks_of(n, ELEMENTS_PER_TASK), add_task, &e);
}
static void axpy_task(void *p, ptrdiff_t index) {
  const elements *e = p;
  EACH_BLOCK(e, i, end);
  for (; i < end; i += 16)
    store_up_to(e->y + i, end - i, fma16(all16(e->a), load_up_to(e->x + i, end - i, 0),
                                         load_up_to(e->y + i, end - i, 0)));
}
static void axpy(ptrdiff_t n, float a, const float *x, float *y) {
  elements e = {.n = n, .x = x, .y = y, .a = a};
  ck_parallel(blocks_of(n, ELEMENTS_PER_TASK), axpy_task, &e);
}
static void multiply_task(void *p, ptrdiff_t index) {
  const elements *e = p;
  EACH_BLOCK(e, i, end);
  for (; i < end; i += 16)
    store_up_to(e->y + i, end - i,
                load_up_to(e->x + i, end - i, 0) * load_up_to(e->z + i, end - i, 0));
}
static void multiply(ptrdiff_t n, const float *x, const float *z, float *y) {
  elements e = {.n = n, .x = x, .z = z, .y = y};
  ck_parallel(blocks_of(n, ELEMENTS_PER_TASK), multiply_task, &e);
}

static void add_bias(ptrdiff_t rows, ptrdiff_t columns, const float *bias, float *y, ptrdiff_t ystride) {
  for (ptrdiff_t t = 0; t < rows; t++) {
    float *row = y + t * ystride;
    for (ptrdiff_t j = 0; j < columns; j += 16)
      store_up_to(row + j, columns - j, load_up_to(row + j, columns - j, 0) +
                                            load_up_to(bias + j, columns - j, 0));
  }
}

// Sums down columns: chains of 512 rows from +0, added in ascending order (the product's rule).
enum { CHAIN = 512, COLUMNS_PER_TASK = 64 };
typedef struct {
  ptrdiff_t rows, n, xstride, dystride;
  const float *x, *r, *dy;
  float *out;
  int accumulate;
} columns;
/// With `dy`: Σ dy·(x·r); otherwise Σ x. Columns of one task side by side, so that rows stream.
static void columns_task(void *p, ptrdiff_t index) {
  const columns *c = p;
  ptrdiff_t begin = index * COLUMNS_PER_TASK;
  for (ptrdiff_t j = begin; j < begin + COLUMNS_PER_TASK && j < c->n; j += 16) {
    ptrdiff_t left = c->n - j;
    v16 total = c->accumulate ? load_up_to(c->out + j, left, 0) : all16(0);
    for (ptrdiff_t t0 = 0; t0 < c->rows; t0 += CHAIN) {
      ptrdiff_t t1 = t0 + CHAIN < c->rows ? t0 + CHAIN : c->rows;
      v16 acc = all16(0);
      for (ptrdiff_t t = t0; t < t1; t++) {
        v16 x = load_up_to(c->x + t * c->xstride + j, left, 0);
        if (c->dy)
          acc = fma16(load_up_to(c->dy + t * c->dystride + j, left, 0), x * c->r[t], acc);
        else
          acc += x;
      }
      total = t0 == 0 && !c->accumulate ? acc : total + acc;
    }
    store_up_to(c->out + j, left, total);
  }
}
static void column_sums(ptrdiff_t rows, ptrdiff_t n, const float *x, ptrdiff_t xstride, float *out,
                        int accumulate) {
  columns c = {.rows = rows, .n = n, .xstride = xstride, .x = x, .out = out, .accumulate = accumulate};
  ck_parallel(blocks_of(n, COLUMNS_PER_TASK), columns_task, &c);
}
static void norm_weight_gradient(ptrdiff_t rows, ptrdiff_t n, const float *x, ptrdiff_t xstride,
                                 const float *r, const float *dy, ptrdiff_t dystride, float *dw,
                                 int accumulate) {
  columns c = {.rows = rows, .n = n, .xstride = xstride, .dystride = dystride, .x = x, .r = r,
               .dy = dy, .out = dw, .accumulate = accumulate};
  ck_parallel(blocks_of(n, COLUMNS_PER_TASK), columns_task, &c);
}

// The tensor rule: the row rule over blocks of 4096, and again over their results.
enum { TENSOR_BLOCK = 4096 };
typedef struct {
  ptrdiff_t n;
  const float *x;
  float *out;
  int squares;
} tensor;
static void tensor_task(void *p, ptrdiff_t index) {
  const tensor *t = p;
  const float *x = t->x + index * TENSOR_BLOCK;
  ptrdiff_t n = t->n - index * TENSOR_BLOCK;
  n = n < TENSOR_BLOCK ? n : TENSOR_BLOCK;
  t->out[index] = t->squares ? row_dot(n, x, x) : row_sum(n, x);
}
static float tensor_sum(ptrdiff_t n, const float *x, int squares) {
  ptrdiff_t count = blocks_of(n, TENSOR_BLOCK);
  float *partial = ck_scratch(CK_SLOT_ROW, (size_t)(count > 0 ? count : 1) * 4);
  tensor t = {.n = n, .x = x, .out = partial, .squares = squares};
  ck_parallel(count, tensor_task, &t);
  return row_sum(count, partial);
}
static float sum(ptrdiff_t n, const float *x) { return tensor_sum(n, x, 0); }
static float sum_of_squares(ptrdiff_t n, const float *x) { return tensor_sum(n, x, 1); }
static float sum_row(ptrdiff_t n, const float *x) { return row_sum(n, x); }
static float dot_row(ptrdiff_t n, const float *x, const float *y) { return row_dot(n, x, y); }
static float max_row(ptrdiff_t n, const float *x) { return row_max(n, x); }

// Formats.
static void widen(int format, ptrdiff_t n, const void *x, float *y) {
  ptrdiff_t i = 0;
  for (; i + 16 <= n; i += 16) store16(y + i, load_format(format, x, i));
  if (i < n) store_part(y + i, n - i, load_format_part(format, x, i, n - i));
}
INLINE uint16_t narrow_bfloat(float x) {
  uint32_t u = bitsOf(x);
  if (x != x) return (uint16_t)((u >> 16) | 0x0040);
  return (uint16_t)((u + 0x7FFF + ((u >> 16) & 1)) >> 16);
}
/// Nearest even through integer arithmetic; overflow gives infinity, a NaN stays one.
INLINE uint16_t narrow_half(float x) {
  uint32_t u = bitsOf(x), sign = (u >> 16) & 0x8000, a = u & 0x7FFFFFFF;
  if (a > 0x7F800000) return (uint16_t)(sign | 0x7E00);
  if (a >= 0x477FF000) return (uint16_t)(sign | 0x7C00);
  if (a < 0x38800000) {
    // Adding 2⁻¹ rounds at 2⁻²⁴, the spacing of subnormal halves.
    float f = floatOf(a) + 0.5f;
    return (uint16_t)(sign | (bitsOf(f) - 0x3F000000));
  }
  return (uint16_t)(sign | ((a - 0x38000000 + 0xFFF + ((a >> 13) & 1)) >> 13));
}
static void narrow(int format, ptrdiff_t n, const float *x, void *y) {
  if (format == CK_FLOAT32) { memcpy(y, x, (size_t)n * 4); return; }
  uint16_t *out = y;
  for (ptrdiff_t i = 0; i < n; i++) {
    uint16_t h = format == CK_BFLOAT16 ? narrow_bfloat(x[i]) : narrow_half(x[i]);
    memcpy(out + i, &h, 2);
  }
}
static void canonicalise(ptrdiff_t n, float *x) {
  for (ptrdiff_t i = 0; i < n; i += 16) {
    v16 a = load_up_to(x + i, n - i, 0);
    store_up_to(x + i, n - i, a != a ? from16((i16)0x7FC00000) : a);
  }
}
static int has_nan(ptrdiff_t n, const float *x) {
  for (ptrdiff_t i = 0; i < n; i += 1024) {
    i16 found = 0;
    for (ptrdiff_t j = i; j < i + 1024 && j < n; j += 16) {
      v16 a = load_up_to(x + j, n - j, 0);
      found |= a != a;
    }
    if (__builtin_reduce_or(found)) return 1;
  }
  return 0;
}

// AdamW.
typedef struct {
  ck_adamw s;
  ptrdiff_t n;
  float *p, *m, *v;
  const float *g;
} adam;
static void adamw_task(void *context, ptrdiff_t index) {
  const adam *e = context;
  const ck_adamw s = e->s;
  EACH_BLOCK(e, i, end);
  const v16 rate = all16(-s.learningRate), decay = all16(s.weightDecay);
  const float one1 = 1.0f - s.beta1, one2 = 1.0f - s.beta2;
  for (; i < end; i += 16) {
    ptrdiff_t n = end - i;
    v16 g = load_up_to(e->g + i, n, 0) * s.gradientScale, p = load_up_to(e->p + i, n, 0);
    v16 m = fma16(all16(s.beta1), load_up_to(e->m + i, n, 0), g * one1);
    v16 v = fma16(all16(s.beta2), load_up_to(e->v + i, n, 0), (g * one2) * g);
    v16 u = (m * s.correction1) / (sqrt16(v * s.correction2) + s.epsilon);
    store_up_to(e->m + i, n, m);
    store_up_to(e->v + i, n, v);
    store_up_to(e->p + i, n, fma16(rate, fma16(decay, p, u), p));
  }
}
static void adamw(const ck_adamw *s, ptrdiff_t n, float *p, const float *g, float *m, float *v) {
  adam e = {.s = *s, .n = n, .p = p, .m = m, .v = v, .g = g};
  ck_parallel(blocks_of(n, ELEMENTS_PER_TASK), adamw_task, &e);
}
