// Causal attention over ragged records with grouped key/value heads, forward and backward: the
// section "Attention" of Specs/Arithmetic.md. Scores exist for one block of queries at a time, so
// memory grows with the record, not with its square. Threads split (record, head).
#pragma once
#include "products.h"

/// Queries whose scores exist at once. Divides CHAIN, so a chain never ends inside a block.
enum { QUERY_BLOCK = 64 };

/// c[r][·] = chain over k of A(r, k)·b[k], k from lo[r] to hi[r] alone, on from c when `onward`.
/// Every row sees f0 ..< f1; `first` and `last` bound what any row sees.
typedef void (*ragged_function)(ptrdiff_t first, ptrdiff_t f0, ptrdiff_t f1, ptrdiff_t last,
                                const ptrdiff_t *lo, const ptrdiff_t *hi, const float *a, ptrdiff_t as,
                                const float *b, ptrdiff_t bs, float *c, ptrdiff_t cs, int onward);
#define RAGGED_EDGE(FROM, TO, ROWS, PANELS, A)                                             \
  for (ptrdiff_t i = FROM; i < TO; i++) {                                                  \
    const float *x = b + i * bs;                                                           \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) if (lo[r] <= i && i < hi[r]) \
        _Pragma("clang loop unroll(full)") for (int v = 0; v < PANELS; v++)                \
            acc[r][v] = fma16(all16(A), load16(x + v * PANEL), acc[r][v]);                 \
  }
#define RAGGED(name, ROWS, PANELS, A)                                                              \
  static void name(ptrdiff_t first, ptrdiff_t f0, ptrdiff_t f1, ptrdiff_t last, const ptrdiff_t *lo, \
                   const ptrdiff_t *hi, const float *a, ptrdiff_t as, const float *b, ptrdiff_t bs, \
                   float *c, ptrdiff_t cs, int onward) {                                           \
    v16 acc[ROWS][PANELS];                                                                         \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)                              \
      _Pragma("clang loop unroll(full)") for (int v = 0; v < PANELS; v++)                          \
        acc[r][v] = onward ? load16(c + r * cs + v * PANEL) : all16(0);                            \
    RAGGED_EDGE(first, f0, ROWS, PANELS, A)                                                        \
    for (ptrdiff_t i = f0; i < f1; i++) {                                                          \
      v16 x[PANELS];                                                                               \
      _Pragma("clang loop unroll(full)") for (int v = 0; v < PANELS; v++)                          \
        x[v] = load16(b + i * bs + v * PANEL);                                                     \
      _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {                          \
        v16 y = all16(A);                                                                          \
        _Pragma("clang loop unroll(full)") for (int v = 0; v < PANELS; v++)                        \
          acc[r][v] = fma16(y, x[v], acc[r][v]);                                                   \
      }                                                                                            \
    }                                                                                              \
    RAGGED_EDGE(f1, last, ROWS, PANELS, A)                                                         \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)                              \
      _Pragma("clang loop unroll(full)") for (int v = 0; v < PANELS; v++)                          \
        store16(c + r * cs + v * PANEL, acc[r][v]);                                                \
  }
#define RAGGEDS(ROWS, PANELS)                                        \
  RAGGED(ragged_rows_##ROWS##_##PANELS, ROWS, PANELS, a[r * as + i]) \
  RAGGED(ragged_columns_##ROWS##_##PANELS, ROWS, PANELS, a[i * as + r])
#if TILE_ROWS == 8
RAGGEDS(1, 1) RAGGEDS(4, 1) RAGGEDS(8, 1) RAGGEDS(1, 2) RAGGEDS(4, 2) RAGGEDS(8, 2)
enum { RAGGED_ROWS = 8, RAGGED_PANELS = 2 };
#define RAGGED_TABLE(KIND)                                              \
  {{ragged_##KIND##_1_1, ragged_##KIND##_4_1, ragged_##KIND##_8_1},     \
   {ragged_##KIND##_1_2, ragged_##KIND##_4_2, ragged_##KIND##_8_2}}
#else
RAGGEDS(1, 1) RAGGEDS(4, 1) RAGGEDS(6, 1)
enum { RAGGED_ROWS = 6, RAGGED_PANELS = 1 };
#define RAGGED_TABLE(KIND) \
  {{ragged_##KIND##_1_1, ragged_##KIND##_4_1, ragged_##KIND##_6_1}, {0, 0, 0}}
#endif
static const ragged_function raggeds[2][2][3] = {RAGGED_TABLE(rows), RAGGED_TABLE(columns)};

/// Up to RAGGED_ROWS rows of any multiple of 16 columns. Rows past `rows` are neither read nor written.
INLINE void run_ragged(int byColumns, ptrdiff_t rows, ptrdiff_t columns, const ptrdiff_t *lo,
                       const ptrdiff_t *hi, const float *a, ptrdiff_t as, const float *b, ptrdiff_t bs,
                       float *c, ptrdiff_t cs, int onward) {
  for (ptrdiff_t r0 = 0; r0 < rows;) {
    ptrdiff_t n = rows - r0 >= RAGGED_ROWS ? RAGGED_ROWS : rows - r0 >= 4 ? 4 : 1;
    int height = n == 1 ? 0 : n == 4 ? 1 : 2;
    ptrdiff_t first = lo[r0], f0 = lo[r0], f1 = hi[r0], last = hi[r0];
    for (ptrdiff_t r = r0 + 1; r < r0 + n; r++) {
      first = lo[r] < first ? lo[r] : first, f0 = lo[r] > f0 ? lo[r] : f0;
      last = hi[r] > last ? hi[r] : last, f1 = hi[r] < f1 ? hi[r] : f1;
    }
    if (f1 < f0) f0 = f1 = last;
    const float *from = a + (byColumns ? r0 : r0 * as);
    for (ptrdiff_t j = 0; j < columns;) {
      int wide = RAGGED_PANELS > 1 && j + RAGGED_PANELS * PANEL <= columns;
      raggeds[byColumns][wide][height](first, f0, f1, last, lo + r0, hi + r0, from, as, b + j, bs,
                                       c + r0 * cs + j, cs, onward);
      j += wide ? RAGGED_PANELS * PANEL : PANEL;
    }
    r0 += n;
  }
}

typedef struct {
  const ck_attention *shape;
  const ck_segment *segments;
  const float *q, *k, *v, *out, *statistics, *dout;
  float *o, *stats, *dq, *dk, *dv;
  ptrdiff_t qs, ks, vs, os, dos, dqs, dks, dvs;
} attention;


/// `rows` × `width` (a multiple of 16) floats: x itself where it is that wide, or a padded copy.
INLINE const float *padded(const float *x, ptrdiff_t xs, ptrdiff_t rows, ptrdiff_t d, float *copy,
                           ptrdiff_t *stride) {
  ptrdiff_t width = round16(d);
  *stride = xs;
  if (width == d) return x;
  *stride = width;
  for (ptrdiff_t t = 0; t < rows; t++)
    for (ptrdiff_t j = 0; j < width; j += 16)
      store16(copy + t * width + j, load_up_to(x + t * xs + j, d - j < 0 ? 0 : d - j, 0));
  return copy;
}
INLINE void pack_head(const float *x, ptrdiff_t xs, ptrdiff_t rows, ptrdiff_t d, float *panels) {
  ck_matrix m = {.data = x, .rows = rows, .columns = d, .stride = xs, .format = CK_FLOAT32};
  for (ptrdiff_t j = 0; j < rows; j += 16) pack_rows(&m, j, 0, d, panels + j * d);
}
/// s[r][j] = Σ_e x[r][e]·y[j][e] for `rows` rows and the keys from j0 to j1 (j0 a multiple of 16).
INLINE void scores(ptrdiff_t rows, ptrdiff_t j0, ptrdiff_t j1, ptrdiff_t d, const float *x, ptrdiff_t xs,
                   const float *panels, float *s, ptrdiff_t ss) {
  for (ptrdiff_t j = j0; j < j1; j += TILE_COLUMNS)
    for (ptrdiff_t r = 0; r < rows; r += TILE_ROWS)
      for (ptrdiff_t e = 0; e < d; e += CHAIN)
        run_tile(0, lesser(rows - r, TILE_ROWS), lesser(round16(j1 - j), TILE_COLUMNS),
                 lesser(d - e, CHAIN), x + r * xs + e, xs, panels + j * d + e * 16, 16, d * 16,
                 s + r * ss + j, ss, e > 0);
}

/// out rows = Σ_j a(i, j)·b[j] over each row's visible keys, in chunks of 512 keys; then times factor.
INLINE void weighted_rows(ptrdiff_t rows, ptrdiff_t d, const ptrdiff_t *lo, const ptrdiff_t *hi,
                          const float *a, ptrdiff_t as, const float *b, ptrdiff_t bs, float *out,
                          ptrdiff_t os, const float *factors) {
  ptrdiff_t width = round16(d);
  float t[RAGGED_ROWS * 512];
  for (ptrdiff_t r0 = 0; r0 < rows; r0 += RAGGED_ROWS) {
    ptrdiff_t n = lesser(rows - r0, RAGGED_ROWS), from[RAGGED_ROWS], to[RAGGED_ROWS];
    ptrdiff_t last = 0;
    for (ptrdiff_t r = 0; r < n; r++) last = greater(last, hi[r0 + r]);
    for (ptrdiff_t k = lo[r0] / CHAIN * CHAIN; k < last; k += CHAIN) {
      for (ptrdiff_t r = 0; r < n; r++) {
        from[r] = lesser(greater(lo[r0 + r], k), k + CHAIN), to[r] = lesser(hi[r0 + r], k + CHAIN);
        if (to[r] < from[r]) to[r] = from[r];
      }
      for (ptrdiff_t j0 = 0; j0 < width; j0 += 512) {
        ptrdiff_t w = lesser(width - j0, 512);
        run_ragged(0, n, w, from, to, a + r0 * as, as, b + j0, bs, t, 512, 0);
        for (ptrdiff_t r = 0; r < n; r++) {
          if (from[r] == to[r]) continue;
          int begins = lo[r0 + r] >= k;
          for (ptrdiff_t j = 0; j < w; j += 16) {
            float *p = out + (r0 + r) * os + j0 + j;
            ptrdiff_t left = d - j0 - j;
            v16 x = load16(t + r * 512 + j);
            x = begins ? x : load_up_to(p, left, 0) + x;
            store_up_to(p, left, to[r] == hi[r0 + r] ? x * factors[r0 + r] : x);
          }
        }
      }
    }
  }
}

/// The keys that each of `rows` queries from i0 sees.
INLINE void visible(const ck_attention *shape, const ck_segment *g, ptrdiff_t i0, ptrdiff_t rows,
                    ptrdiff_t *lo, ptrdiff_t *hi) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    hi[r] = g->keyCount - g->queryCount + i0 + r + 1;
    lo[r] = shape->window > 0 && hi[r] > shape->window ? hi[r] - shape->window : 0;
  }
}

static void attention_forward_task(void *p, ptrdiff_t index) {
  const attention *c = p;
  const ck_attention *shape = c->shape;
  const ck_segment *g = c->segments + index / shape->heads;
  ptrdiff_t h = index % shape->heads, d = shape->headDimension, width = round16(d);
  ptrdiff_t kh = h / (shape->heads / shape->keyValueHeads), nk = round16(g->keyCount);
  ptrdiff_t ss = nk + TILE_COLUMNS, lo[QUERY_BLOCK], hi[QUERY_BLOCK], vs;
  float inverse[QUERY_BLOCK];
  float *panels = ck_scratch(CK_SLOT_KEYS, (size_t)(nk * (d + width) + 16) * 4);
  float *s = ck_scratch(CK_SLOT_TILE, (size_t)(QUERY_BLOCK * ss) * 4);
  pack_head(c->k + g->keyOffset * c->ks + kh * d, c->ks, g->keyCount, d, panels);
  const float *v = padded(c->v + g->keyOffset * c->vs + kh * d, c->vs, g->keyCount, d,
                          panels + nk * d, &vs);
  for (ptrdiff_t i = 0; i < g->queryCount; i += QUERY_BLOCK) {
    ptrdiff_t rows = lesser(g->queryCount - i, QUERY_BLOCK), t0 = g->queryOffset + i;
    visible(shape, g, i, rows, lo, hi);
    for (ptrdiff_t r = 0; r < rows; r += TILE_ROWS) {
      ptrdiff_t n = lesser(rows - r, TILE_ROWS);
      scores(n, lo[r] / 16 * 16, hi[r + n - 1], d, c->q + (t0 + r) * c->qs + h * d, c->qs, panels,
             s + r * ss, ss);
    }
    for (ptrdiff_t r = 0; r < rows; r++) {
      float *x = s + r * ss + lo[r], m = scaled_max(hi[r] - lo[r], shape->scale, x);
      inverse[r] = 1.0f / exponentials(hi[r] - lo[r], shape->scale, m, x, x);
      if (c->stats) {
        float *at = c->stats + (t0 + r) * 2 * shape->heads + h;
        at[0] = m;
        at[shape->heads] = inverse[r];
      }
    }
    weighted_rows(rows, d, lo, hi, s, ss, v, vs, c->o + t0 * c->os + h * d, c->os, inverse);
  }
}
/// One query by a record's cache: the heads that share a key head are the rows of one product, and
/// keys are turned in registers, so that the cache is read once.
static void attention_decode_task(void *p, ptrdiff_t index) {
  const attention *c = p;
  const ck_attention *shape = c->shape;
  const ck_segment *g = c->segments + index / shape->keyValueHeads;
  ptrdiff_t kh = index % shape->keyValueHeads, group = shape->heads / shape->keyValueHeads;
  ptrdiff_t d = shape->headDimension, nk = g->keyCount, ss = round16(nk) + 32;
  ptrdiff_t lo[DOTS_ROWS], hi[DOTS_ROWS];
  float inverse[DOTS_ROWS], t[DOTS_ROWS * 32];
  float *s = ck_scratch(CK_SLOT_TILE, (size_t)(DOTS_ROWS * ss + 32 * d) * 4), *edge = s + DOTS_ROWS * ss;
  const float *k = c->k + g->keyOffset * c->ks + kh * d, *v = c->v + g->keyOffset * c->vs + kh * d;
  ck_matrix keys = {.data = k, .rows = nk, .columns = d, .stride = c->ks, .format = CK_FLOAT32};
  for (ptrdiff_t h0 = kh * group; h0 < (kh + 1) * group; h0 += DOTS_ROWS) {
    ptrdiff_t rows = lesser((kh + 1) * group - h0, DOTS_ROWS), width = dots_width(rows);
    const float *q = c->q + g->queryOffset * c->qs + h0 * d;
    visible(shape, g, 0, 1, lo, hi);
    for (ptrdiff_t j = lo[0] / 16 * 16; j < nk; j += width) {
      if (j + width <= nk) {
        dots_functions[rows - 1][CK_FLOAT32](k, c->ks, j, 0, d, q, d, t);
      } else {
        for (ptrdiff_t l = 0; l < nk - j; l += 16) {
          pack_rows(&keys, j + l, 0, d, edge + l * d);
          for (ptrdiff_t r = 0; r < rows; r += TILE_ROWS)
            run_tile(BY_ROWS, lesser(rows - r, TILE_ROWS), 16, d, q + r * d, d, edge + l * d, 16, 0,
                     t + r * 32 + l, 32, 0);
        }
      }
      for (ptrdiff_t r = 0; r < rows; r++)
        for (ptrdiff_t l = 0; l < width && j + l < nk; l += 16)
          store16(s + r * ss + j + l, load16(t + r * 32 + l));
    }
    for (ptrdiff_t r = 0; r < rows; r++) {
      lo[r] = lo[0], hi[r] = hi[0];
      float *x = s + r * ss + lo[r], m = scaled_max(hi[r] - lo[r], shape->scale, x);
      inverse[r] = 1.0f / exponentials(hi[r] - lo[r], shape->scale, m, x, x);
    }
    weighted_rows(rows, d, lo, hi, s, ss, v, c->vs, c->o + g->queryOffset * c->os + h0 * d, d, inverse);
  }
}
static void attention_forward(const ck_attention *shape, ptrdiff_t segmentCount,
                              const ck_segment *segments, const float *q, ptrdiff_t qs, const float *k,
                              ptrdiff_t ks, const float *v, ptrdiff_t vs, float *out, ptrdiff_t os,
                              float *statistics) {
  attention c = {.shape = shape, .segments = segments, .q = q, .k = k, .v = v, .o = out,
                 .stats = statistics, .qs = qs, .ks = ks, .vs = vs, .os = os};
  int single = !statistics && shape->headDimension % 16 == 0 && shape->headDimension <= CHAIN;
  for (ptrdiff_t i = 0; i < segmentCount; i++) single = single && segments[i].queryCount == 1;
  if (single) ck_parallel(segmentCount * shape->keyValueHeads, attention_decode_task, &c);
  else ck_parallel(segmentCount * shape->heads, attention_forward_task, &c);
}

/// Adds a block of queries to the running chains of its keys: acc[j] goes on with a(i, j)·b[i].
INLINE void extend_keys(const ck_attention *shape, const ck_segment *g, ptrdiff_t i0, ptrdiff_t rows,
                        ptrdiff_t j0, ptrdiff_t j1, ptrdiff_t width, const float *a, ptrdiff_t as,
                        const float *b, ptrdiff_t bs, float *acc) {
  ptrdiff_t base = g->keyCount - g->queryCount, from[RAGGED_ROWS], to[RAGGED_ROWS];
  for (ptrdiff_t j = j0; j < j1; j += RAGGED_ROWS) {
    ptrdiff_t n = lesser(j1 - j, RAGGED_ROWS);
    for (ptrdiff_t r = 0; r < n; r++) {
      ptrdiff_t earliest = j + r - base - i0;
      from[r] = lesser(greater(earliest, 0), rows);
      to[r] = shape->window > 0 ? lesser(greater(earliest + shape->window, 0), rows) : rows;
      if (to[r] < from[r]) to[r] = from[r];
    }
    run_ragged(1, n, width, from, to, a + j, as, b, bs, acc + j * width, width, 1);
  }
}

static void attention_backward_task(void *p, ptrdiff_t index) {
  const attention *c = p;
  const ck_attention *shape = c->shape;
  const ck_segment *g = c->segments + index / shape->keyValueHeads;
  ptrdiff_t kh = index % shape->keyValueHeads, group = shape->heads / shape->keyValueHeads;
  ptrdiff_t d = shape->headDimension, width = round16(d), nk = round16(g->keyCount);
  ptrdiff_t ss = nk + TILE_COLUMNS, lo[QUERY_BLOCK], hi[QUERY_BLOCK], ks, qs, dos;
  float factors[QUERY_BLOCK], dots[QUERY_BLOCK];
  for (ptrdiff_t r = 0; r < QUERY_BLOCK; r++) factors[r] = shape->scale;
  float *keys = ck_scratch(CK_SLOT_KEYS, (size_t)(nk * (2 * d + width) + 32) * 4);
  float *values = keys + nk * d, *keyCopy = values + nk * d;
  float *s = ck_scratch(CK_SLOT_TILE, (size_t)(QUERY_BLOCK * ss * 2) * 4), *ds = s + QUERY_BLOCK * ss;
  float *accK = ck_scratch(CK_SLOT_GRADIENT, (size_t)(4 * nk * width + 2 * QUERY_BLOCK * width) * 4);
  float *accV = accK + nk * width, *totalK = accV + nk * width, *totalV = totalK + nk * width;
  float *qCopy = totalV + nk * width, *doCopy = qCopy + QUERY_BLOCK * width;
  const float *k = c->k + g->keyOffset * c->ks + kh * d;
  pack_head(k, c->ks, g->keyCount, d, keys);
  pack_head(c->v + g->keyOffset * c->vs + kh * d, c->vs, g->keyCount, d, values);
  k = padded(k, c->ks, g->keyCount, d, keyCopy, &ks);
  // Adding a chain's result to −0 leaves its bits alone: a total that starts at −0 starts at the
  // first chain's result.
  for (ptrdiff_t i = 0; i < 2 * nk * width; i += 16) store16(totalK + i, all16(-0.0f));
  for (ptrdiff_t h = kh * group; h < (kh + 1) * group; h++)
    for (ptrdiff_t i0 = 0; i0 < g->queryCount; i0 += CHAIN) {
      ptrdiff_t i1 = lesser(g->queryCount, i0 + CHAIN), seenFrom = g->keyCount, seenTo = 0;
      memset(accK, 0, (size_t)(2 * nk * width) * 4);
      for (ptrdiff_t i = i0; i < i1; i += QUERY_BLOCK) {
        ptrdiff_t rows = lesser(i1 - i, QUERY_BLOCK), t0 = g->queryOffset + i;
        visible(shape, g, i, rows, lo, hi);
        ptrdiff_t j0 = lo[0] / 16 * 16, j1 = hi[rows - 1];
        seenFrom = lesser(seenFrom, lo[0]), seenTo = greater(seenTo, j1);
        const float *q = padded(c->q + t0 * c->qs + h * d, c->qs, rows, d, qCopy, &qs);
        const float *dout = padded(c->dout + t0 * c->dos + h * d, c->dos, rows, d, doCopy, &dos);
        for (ptrdiff_t r = 0; r < rows; r += TILE_ROWS) {
          ptrdiff_t n = lesser(rows - r, TILE_ROWS), end = hi[r + n - 1];
          scores(n, lo[r] / 16 * 16, end, d, q + r * qs, qs, keys, s + r * ss, ss);
          scores(n, lo[r] / 16 * 16, end, d, dout + r * dos, dos, values, ds + r * ss, ss);
        }
        for (ptrdiff_t r = 0; r < rows; r++) {
          const float *at = c->statistics + (t0 + r) * 2 * shape->heads + h;
          float m = at[0], inverse = at[shape->heads];
          dots[r] = row_dot(d, c->dout + (t0 + r) * c->dos + h * d, c->out + (t0 + r) * c->os + h * d);
          for (ptrdiff_t j = lo[r] / 16 * 16; j < hi[r]; j += 16) {
            float *x = s + r * ss + j, *y = ds + r * ss + j;
            v16 e = exp16(load16(x) * shape->scale - m) * inverse;
            store16(x, e);
            store16(y, e * (load16(y) - dots[r]));
          }
        }
        weighted_rows(rows, d, lo, hi, ds, ss, k, ks, c->dq + t0 * c->dqs + h * d, c->dqs, factors);
        extend_keys(shape, g, i, rows, lo[0], j1, width, s, ss, dout, dos, accV);
        extend_keys(shape, g, i, rows, lo[0], j1, width, ds, ss, q, qs, accK);
        (void)j0;
      }
      for (ptrdiff_t i = seenFrom * width; i < seenTo * width; i += 16) {
        store16(totalK + i, load16(totalK + i) + load16(accK + i));
        store16(totalV + i, load16(totalV + i) + load16(accV + i));
      }
    }
  for (ptrdiff_t j = 0; j < g->keyCount; j++) {
    float *dk = c->dk + (g->keyOffset + j) * c->dks + kh * d;
    float *dv = c->dv + (g->keyOffset + j) * c->dvs + kh * d;
    for (ptrdiff_t e = 0; e < d; e += 16) {
      store_up_to(dk + e, d - e, load16(totalK + j * width + e) * shape->scale);
      store_up_to(dv + e, d - e, load16(totalV + j * width + e));
    }
  }
}
static void attention_backward(const ck_attention *shape, ptrdiff_t segmentCount,
                               const ck_segment *segments, const float *q, ptrdiff_t qs, const float *k,
                               ptrdiff_t ks, const float *v, ptrdiff_t vs, const float *out,
                               ptrdiff_t os, const float *statistics, const float *dout, ptrdiff_t dos,
                               float *dq, ptrdiff_t dqs, float *dk, ptrdiff_t dks, float *dv,
                               ptrdiff_t dvs) {
  attention c = {.shape = shape, .segments = segments, .q = q, .k = k, .v = v, .out = out,
                 .statistics = statistics, .dout = dout, .dq = dq, .dk = dk, .dv = dv, .qs = qs,
                 .ks = ks, .vs = vs, .os = os, .dos = dos, .dqs = dqs, .dks = dks, .dvs = dvs};
  ck_parallel(segmentCount * shape->keyValueHeads, attention_backward_task, &c);
}
