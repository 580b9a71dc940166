// Register tiles of a matrix product and the packing of what they read: the section "Matrix product"
// of Specs/Arithmetic.md. A tile is one chain of fma over ascending k per element, from +0.
#pragma once
#include "rows.h"

// TILE_ROWS × TILE_PANELS accumulators of 16 lanes fill the registers without spilling. With one or
// two rows a tile is wider instead, so that enough chains run side by side to hide a chain's latency.
#ifndef TILE_ROWS
#error "a variant defines TILE_ROWS and TILE_PANELS"
#endif
enum { PANEL = 16, TILE_COLUMNS = TILE_PANELS * PANEL };

/// c[r][16·v + l] = (add ? c : nothing) + Σ_k A(r, k)·b[v·bp + k·bk + l]. A(r, k) is a[r·as + k] for a
/// tile "by rows" and a[k·as + r] for one "by columns". b holds float32, or 16-bit numbers that are
/// widened as they are read.
typedef void (*tile_function)(ptrdiff_t k, const float *a, ptrdiff_t as, const void *b, ptrdiff_t bk,
                              ptrdiff_t bp, float *c, ptrdiff_t cs, int add);

/// A tile with as many terms fetches the places of its results while it sums.
enum { LONG = 64 };

#define EACH_UNROLLED(i, n) _Pragma("clang loop unroll(full)") for (int i = 0; i < n; i++)
#define LOAD_FLOAT(p) load16(p)
#define LOAD_BFLOAT(p) widen_bfloat(*(const h16u *)(p))
#define LOAD_HALF(p) widen_half(*(const h16u *)(p))
#define TILE(name, ROWS, PANELS, A, TYPE, LOAD, AHEAD)                                      \
  static void name(ptrdiff_t k, const float *a, ptrdiff_t as, const void *bytes, ptrdiff_t bk,  \
                   ptrdiff_t bp, float *c, ptrdiff_t cs, int add) {                             \
    const TYPE *b = bytes;                                                                      \
    v16 acc[ROWS][PANELS];                                                                      \
    EACH_UNROLLED(r, ROWS) EACH_UNROLLED(v, PANELS) acc[r][v] = all16(0);                       \
    if (k >= LONG) EACH_UNROLLED(r, ROWS) EACH_UNROLLED(v, PANELS)                              \
      __builtin_prefetch(c + r * cs + v * PANEL, 1);                                            \
    for (ptrdiff_t i = 0; i < k; i++) {                                                         \
      v16 x[PANELS];                                                                            \
      EACH_UNROLLED(v, PANELS) x[v] = LOAD(b + v * bp);                                         \
      if (AHEAD) EACH_UNROLLED(v, PANELS) __builtin_prefetch(b + (v + AHEAD * PANELS) * 16);    \
      b += bk;                                                                                  \
      EACH_UNROLLED(r, ROWS) {                                                                  \
        v16 y = all16(A);                                                                       \
        EACH_UNROLLED(v, PANELS) acc[r][v] = fma16(y, x[v], acc[r][v]);                         \
      }                                                                                         \
    }                                                                                           \
    EACH_UNROLLED(r, ROWS) EACH_UNROLLED(v, PANELS) {                                           \
      float *p = c + r * cs + v * PANEL;                                                        \
      store16(p, add ? load16(p) + acc[r][v] : acc[r][v]);                                      \
    }                                                                                           \
  }

// The kinds of tile: how A lies, what b holds, and whether b is a matrix's own rows, whose next
// columns are then fetched ahead because no hardware sees them coming.
enum { BY_ROWS, BY_COLUMNS, BY_ROWS_DIRECT, BY_COLUMNS_DIRECT, BY_ROWS_BFLOAT, BY_ROWS_HALF, KINDS };
#define TILES(R, P)                                                                    \
  TILE(tile_rows_##R##_##P, R, P, a[r * as + i], float, LOAD_FLOAT, (P == 1 ? 16 : 0))                 \
  TILE(tile_columns_##R##_##P, R, P, a[i * as + r], float, LOAD_FLOAT, 0)              \
  TILE(tile_rows_direct_##R##_##P, R, P, a[r * as + i], float, LOAD_FLOAT, 1)          \
  TILE(tile_columns_direct_##R##_##P, R, P, a[i * as + r], float, LOAD_FLOAT, 1)       \
  TILE(tile_bfloat_##R##_##P, R, P, a[r * as + i], uint16_t, LOAD_BFLOAT, 0)           \
  TILE(tile_half_##R##_##P, R, P, a[r * as + i], uint16_t, LOAD_HALF, 0)
#define KINDS_OF(R, P)                                                                      \
  {tile_rows_##R##_##P, tile_columns_##R##_##P, tile_rows_direct_##R##_##P,                 \
   tile_columns_direct_##R##_##P, tile_bfloat_##R##_##P, tile_half_##R##_##P}

TILES(1, 1) TILES(2, 1) TILES(3, 1) TILES(4, 1) TILES(5, 1) TILES(6, 1)
#if TILE_ROWS == 8
enum { WIDEST_TILE = 8 };
TILES(7, 1) TILES(8, 1)
TILES(1, 2) TILES(2, 2) TILES(3, 2) TILES(4, 2) TILES(5, 2) TILES(6, 2) TILES(7, 2) TILES(8, 2)
TILES(1, 3) TILES(2, 3) TILES(3, 3) TILES(4, 3) TILES(5, 3) TILES(6, 3) TILES(7, 3) TILES(8, 3)
TILES(1, 8) TILES(2, 6)
static const tile_function tiles[3][8][KINDS] = {
    {KINDS_OF(1, 1), KINDS_OF(2, 1), KINDS_OF(3, 1), KINDS_OF(4, 1), KINDS_OF(5, 1), KINDS_OF(6, 1),
     KINDS_OF(7, 1), KINDS_OF(8, 1)},
    {KINDS_OF(1, 2), KINDS_OF(2, 2), KINDS_OF(3, 2), KINDS_OF(4, 2), KINDS_OF(5, 2), KINDS_OF(6, 2),
     KINDS_OF(7, 2), KINDS_OF(8, 2)},
    {KINDS_OF(1, 3), KINDS_OF(2, 3), KINDS_OF(3, 3), KINDS_OF(4, 3), KINDS_OF(5, 3), KINDS_OF(6, 3),
     KINDS_OF(7, 3), KINDS_OF(8, 3)}};
static const tile_function wide_tiles[3][KINDS] = {KINDS_OF(1, 8), KINDS_OF(2, 6), KINDS_OF(3, 3)};
static const int wide_panels[3] = {8, 6, 3};
#else
enum { WIDEST_TILE = 4 };
TILES(1, 4) TILES(2, 3) TILES(3, 2)
static const tile_function tiles[1][6][KINDS] = {{KINDS_OF(1, 1), KINDS_OF(2, 1), KINDS_OF(3, 1),
                                                  KINDS_OF(4, 1), KINDS_OF(5, 1), KINDS_OF(6, 1)}};
static const tile_function wide_tiles[3][KINDS] = {KINDS_OF(1, 4), KINDS_OF(2, 3), KINDS_OF(3, 2)};
static const int wide_panels[3] = {4, 3, 2};
#endif

/// The columns that a tile of so many rows takes at once.
INLINE ptrdiff_t tile_width(ptrdiff_t rows) {
  return rows <= 3 ? wide_panels[rows - 1] * PANEL : TILE_COLUMNS;
}

/// A tile of any height up to TILE_ROWS and any number of columns up to `tile_width`. Columns past
/// `columns` are computed from whatever the panel holds there and thrown away.
INLINE void run_tile(int kind, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t k, const float *a,
                     ptrdiff_t as, const void *b, ptrdiff_t bk, ptrdiff_t bp, float *c, ptrdiff_t cs,
                     int add) {
  if (rows <= 3 && columns == wide_panels[rows - 1] * PANEL) {
    wide_tiles[rows - 1][kind](k, a, as, b, bk, bp, c, cs, add);
    return;
  }
  ptrdiff_t size = kind >= BY_ROWS_BFLOAT ? 2 : 4;
  for (ptrdiff_t j = 0; j < columns; j += TILE_COLUMNS) {
    ptrdiff_t n = columns - j < TILE_COLUMNS ? columns - j : TILE_COLUMNS;
    ptrdiff_t panels = (n + PANEL - 1) / PANEL;
    const void *from = (const char *)b + j / PANEL * bp * size;
    tile_function tile = tiles[panels - 1][rows - 1][kind];
    if (n == panels * PANEL) {
      tile(k, a, as, from, bk, bp, c + j, cs, add);
      continue;
    }
    float t[TILE_ROWS * TILE_COLUMNS];
    tile(k, a, as, from, bk, bp, t, TILE_COLUMNS, 0);
    for (ptrdiff_t r = 0; r < rows; r++)
      for (ptrdiff_t l = 0; l < n; l += 16) {
        float *p = c + r * cs + j + l;
        v16 x = load16(t + r * TILE_COLUMNS + l);
        store_up_to(p, n - l, add ? load_up_to(p, n - l, 0) + x : x);
      }
  }
}

// Tiles for up to eight columns: eight lanes, so that no lane idles, and more rows instead.
// b is packed, eight numbers a row.
enum { THIN = 8, THIN_ROWS = 12 };
typedef void (*thin_function)(ptrdiff_t k, const float *a, ptrdiff_t as, const float *b, float *out);
#define THIN_TILE(R, KIND, A)                                                                   \
  static void thin_##KIND##_##R(ptrdiff_t k, const float *a, ptrdiff_t as, const float *b,      \
                                float *out) {                                                   \
    v8 acc[R];                                                                                  \
    EACH_UNROLLED(r, R) acc[r] = (v8)0.0f;                                                      \
    for (ptrdiff_t i = 0; i < k; i++) {                                                         \
      v8 x = load8(b + i * THIN);                                                               \
      EACH_UNROLLED(r, R) acc[r] = fma8((v8)(A), x, acc[r]);                                    \
    }                                                                                           \
    EACH_UNROLLED(r, R) store8(out + r * THIN, acc[r]);                                         \
  }
THIN_TILE(12, rows, a[r * as + i]) THIN_TILE(4, rows, a[r * as + i]) THIN_TILE(1, rows, a[r * as + i])

#define PICK(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
/// Eight vectors of eight become their columns.
INLINE void transpose8(v8 r[8]) {
  v8 t[8], u[8];
  for (int i = 0; i < 4; i++) {
    t[2 * i] = PICK(r[2 * i], r[2 * i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    t[2 * i + 1] = PICK(r[2 * i], r[2 * i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (int i = 0; i < 2; i++) {
    u[4 * i] = PICK(t[4 * i], t[4 * i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
    u[4 * i + 1] = PICK(t[4 * i], t[4 * i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    u[4 * i + 2] = PICK(t[4 * i + 1], t[4 * i + 3], 0, 1, 8, 9, 4, 5, 12, 13);
    u[4 * i + 3] = PICK(t[4 * i + 1], t[4 * i + 3], 2, 3, 10, 11, 6, 7, 14, 15);
  }
  for (int i = 0; i < 4; i++) {
    r[i] = PICK(u[i], u[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    r[i + 4] = PICK(u[i], u[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}
/// The same from memory: eight rows of eight floats `stride` apart. Halves meet as they are loaded,
/// which leaves two rounds of shuffles instead of three.
INLINE void load_transposed8(const float *p, ptrdiff_t stride, v8 r[8]) {
  for (int half = 0; half < 2; half++) {
    v8 x[4], t[4];
    for (int i = 0; i < 4; i++)
      x[i] = PICK(load4(p + i * stride + 4 * half), load4(p + (i + 4) * stride + 4 * half), 0, 1, 2, 3,
                  4, 5, 6, 7);
    t[0] = PICK(x[0], x[1], 0, 8, 1, 9, 4, 12, 5, 13);
    t[1] = PICK(x[0], x[1], 2, 10, 3, 11, 6, 14, 7, 15);
    t[2] = PICK(x[2], x[3], 0, 8, 1, 9, 4, 12, 5, 13);
    t[3] = PICK(x[2], x[3], 2, 10, 3, 11, 6, 14, 7, 15);
    r[4 * half] = PICK(t[0], t[2], 0, 1, 8, 9, 4, 5, 12, 13);
    r[4 * half + 1] = PICK(t[0], t[2], 2, 3, 10, 11, 6, 7, 14, 15);
    r[4 * half + 2] = PICK(t[1], t[3], 0, 1, 8, 9, 4, 5, 12, 13);
    r[4 * half + 3] = PICK(t[1], t[3], 2, 3, 10, 11, 6, 7, 14, 15);
  }
}
INLINE v8 load8_format(int format, const void *p, ptrdiff_t i) {
  if (format == CK_FLOAT32) return load8((const float *)p + i);
  h16 x = 0;
  memcpy(&x, (const uint16_t *)p + i, 16);
  return (format == CK_BFLOAT16 ? widen_bfloat(x) : widen_half(x)).lo;
}
INLINE float element(const ck_matrix *m, ptrdiff_t row, ptrdiff_t column) {
  if (m->format == CK_FLOAT32) return ((const float *)m->data)[row * m->stride + column];
  uint16_t h;
  memcpy(&h, (const uint16_t *)m->data + row * m->stride + column, 2);
  return m->format == CK_BFLOAT16 ? floatOf((uint32_t)h << 16) : widen_half((h16)h).x;
}

/// Columns k0 ..< k1 of 16 rows from j0: out[(k − k0)·16 + l] = m[j0 + l, k]; rows past the end are 0.
static void pack_rows(const ck_matrix *m, ptrdiff_t j0, ptrdiff_t k0, ptrdiff_t k1, float *out) {
  ptrdiff_t rows = m->rows - j0 < 16 ? m->rows - j0 : 16;
  if (m->panels) {
    size_t at = (size_t)(j0 * m->columns + k0 * 16);
    for (ptrdiff_t i = 0; i < (k1 - k0) * 16; i += 16)
      store16(out + i, load_format(m->format, m->data, (ptrdiff_t)at + i));
    return;
  }
  for (ptrdiff_t half = 0; half < 16; half += 8) {
    ptrdiff_t k = k0;
    if (m->format == CK_FLOAT32 && half + 8 <= rows) {
      const float *p = (const float *)m->data + (j0 + half) * m->stride;
      for (; k + 8 <= k1; k += 8) {
        v8 r[8];
        // Each line of the next eight rows once.
        if ((k - k0) % 16 == 0)
          EACH_UNROLLED(l, 8) __builtin_prefetch(p + (8 + l) * m->stride + k, 0, 2);
        load_transposed8(p + k, m->stride, r);
        EACH_UNROLLED(l, 8) store8(out + (k - k0 + l) * 16 + half, r[l]);
      }
    }
    for (; k + 8 <= k1; k += 8) {
      v8 r[8];
      for (ptrdiff_t l = 0; l < 8; l++)
        r[l] = half + l < rows ? load8_format(m->format, m->data, (j0 + half + l) * m->stride + k) : (v8)0.0f;
      transpose8(r);
      for (ptrdiff_t l = 0; l < 8; l++) store8(out + (k - k0 + l) * 16 + half, r[l]);
    }
    for (; k < k1; k++)
      for (ptrdiff_t l = half; l < half + 8; l++)
        out[(k - k0) * 16 + l] = l < rows ? element(m, j0 + l, k) : 0;
  }
}
/// Rows k0 ..< k1 of 16 columns from j0: out[(k − k0)·16 + l] = m[k, j0 + l]; columns past the end are 0.
static void pack_columns(const ck_matrix *m, ptrdiff_t j0, ptrdiff_t k0, ptrdiff_t k1, float *out) {
  ptrdiff_t n = m->columns - j0;
  for (ptrdiff_t k = k0; k < k1; k++)
    store16(out + (k - k0) * 16, n >= 16 ? load_format(m->format, m->data, k * m->stride + j0)
                                         : load_format_part(m->format, m->data, k * m->stride + j0, n));
}

typedef uint16_t s8 __attribute__((ext_vector_type(8)));
/// Eight vectors of eight 16-bit numbers become their columns.
INLINE void transpose_shorts(s8 r[8]) {
  s8 t[8], u[8];
  for (int i = 0; i < 4; i++) {
    t[2 * i] = PICK(r[i], r[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
    t[2 * i + 1] = PICK(r[i], r[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
  }
  for (int i = 0; i < 4; i++) {
    u[2 * i] = PICK(t[i], t[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
    u[2 * i + 1] = PICK(t[i], t[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
  }
  for (int i = 0; i < 4; i++) {
    r[2 * i] = PICK(u[i], u[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
    r[2 * i + 1] = PICK(u[i], u[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
  }
}

typedef struct {
  const ck_matrix *b;
  void *out;
} packing;
static void pack_task(void *p, ptrdiff_t index) {
  const packing *c = p;
  const ck_matrix *b = c->b;
  ptrdiff_t at = index * 16 * b->columns;
  if (b->format == CK_FLOAT32) {
    pack_rows(b, index * 16, 0, b->columns, (float *)c->out + at);
    return;
  }
  const uint16_t *data = b->data;
  uint16_t *out = (uint16_t *)c->out + at;
  ptrdiff_t k = 0;
  if (index * 16 + 16 <= b->rows)
    for (; k + 8 <= b->columns; k += 8)
      for (ptrdiff_t half = 0; half < 16; half += 8) {
        s8 r[8];
        for (int l = 0; l < 8; l++) memcpy(&r[l], data + (index * 16 + half + l) * b->stride + k, 16);
        transpose_shorts(r);
        for (int l = 0; l < 8; l++) memcpy(out + (k + l) * 16 + half, &r[l], 16);
      }
  for (; k < b->columns; k++)
    for (ptrdiff_t l = 0; l < 16; l++)
      out[k * 16 + l] = index * 16 + l < b->rows ? data[(index * 16 + l) * b->stride + k] : 0;
}
static void pack(const ck_matrix *b, void *out) {
  packing c = {.b = b, .out = out};
  ck_parallel(blocks_of(b->rows, 16), pack_task, &c);
}
