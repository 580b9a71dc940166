// Register tiles of a matrix product and the packing of what they read: the section "Matrix product"
// of Specs/Arithmetic.md. A tile is one chain of fma over ascending k per element, from +0.
#pragma once
#include "rows.h"

// TILE_ROWS × TILE_PANELS accumulators of 16 lanes fill the registers without spilling.
#ifndef TILE_ROWS
#error "a variant defines TILE_ROWS and TILE_PANELS"
#endif
enum { PANEL = 16, TILE_COLUMNS = TILE_PANELS * PANEL };

/// c[r][16·v + l] = (add ? c : nothing) + Σ_k A(r, k)·b[v·bp + k·bk + l]. A(r, k) is a[r·as + k] for a
/// tile "by rows" and a[k·as + r] for one "by columns".
typedef void (*tile_function)(ptrdiff_t k, const float *a, ptrdiff_t as, const float *b, ptrdiff_t bk,
                              ptrdiff_t bp, float *c, ptrdiff_t cs, int add);

#define TILE(name, ROWS, PANELS, A)                                                                \
  static void name(ptrdiff_t k, const float *a, ptrdiff_t as, const float *b, ptrdiff_t bk,        \
                   ptrdiff_t bp, float *c, ptrdiff_t cs, int add) {                                \
    v16 acc[ROWS][PANELS];                                                                         \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)                              \
      _Pragma("clang loop unroll(full)") for (int v = 0; v < PANELS; v++) acc[r][v] = all16(0);    \
    for (ptrdiff_t i = 0; i < k; i++) {                                                            \
      v16 x[PANELS];                                                                               \
      _Pragma("clang loop unroll(full)") for (int v = 0; v < PANELS; v++)                          \
        x[v] = load16(b + v * bp);                                                                 \
      b += bk;                                                                                     \
      _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {                          \
        v16 y = all16(A);                                                                          \
        _Pragma("clang loop unroll(full)") for (int v = 0; v < PANELS; v++)                        \
          acc[r][v] = fma16(y, x[v], acc[r][v]);                                                   \
      }                                                                                            \
    }                                                                                              \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)                              \
      _Pragma("clang loop unroll(full)") for (int v = 0; v < PANELS; v++) {                        \
        float *p = c + r * cs + v * PANEL;                                                         \
        store16(p, add ? load16(p) + acc[r][v] : acc[r][v]);                                       \
      }                                                                                            \
  }
#define TILES(ROWS, PANELS)                                  \
  TILE(tile_rows_##ROWS##_##PANELS, ROWS, PANELS, a[r * as + i]) \
  TILE(tile_columns_##ROWS##_##PANELS, ROWS, PANELS, a[i * as + r])
#define TILES_OF_HEIGHT(PANELS) \
  TILES(1, PANELS) TILES(2, PANELS) TILES(3, PANELS) TILES(4, PANELS) TILES(5, PANELS) TILES(6, PANELS)
#define NAMES(KIND, PANELS)                                                        \
  {tile_##KIND##_1_##PANELS, tile_##KIND##_2_##PANELS, tile_##KIND##_3_##PANELS,   \
   tile_##KIND##_4_##PANELS, tile_##KIND##_5_##PANELS, tile_##KIND##_6_##PANELS
TILES_OF_HEIGHT(1)
#if TILE_ROWS == 8
TILES(7, 1) TILES(8, 1)
TILES_OF_HEIGHT(2) TILES(7, 2) TILES(8, 2)
TILES_OF_HEIGHT(3) TILES(7, 3) TILES(8, 3)
#define NAMED(KIND, PANELS) NAMES(KIND, PANELS), tile_##KIND##_7_##PANELS, tile_##KIND##_8_##PANELS}
static const tile_function tiles_by_rows[3][8] = {NAMED(rows, 1), NAMED(rows, 2), NAMED(rows, 3)};
static const tile_function tiles_by_columns[3][8] = {NAMED(columns, 1), NAMED(columns, 2),
                                                     NAMED(columns, 3)};
#else
#define NAMED(KIND, PANELS) NAMES(KIND, PANELS)}
static const tile_function tiles_by_rows[1][6] = {NAMED(rows, 1)};
static const tile_function tiles_by_columns[1][6] = {NAMED(columns, 1)};
#endif

/// A tile of any height up to TILE_ROWS and any number of columns up to TILE_COLUMNS. Columns past
/// `columns` are computed from whatever the panel holds there and thrown away.
INLINE void run_tile(int byColumns, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t k, const float *a,
                     ptrdiff_t as, const float *b, ptrdiff_t bk, ptrdiff_t bp, float *c, ptrdiff_t cs,
                     int add) {
  ptrdiff_t panels = (columns + PANEL - 1) / PANEL;
  tile_function tile = (byColumns ? tiles_by_columns : tiles_by_rows)[panels - 1][rows - 1];
  if (columns == panels * PANEL) {
    tile(k, a, as, b, bk, bp, c, cs, add);
    return;
  }
  float t[TILE_ROWS * TILE_COLUMNS];
  tile(k, a, as, b, bk, bp, t, TILE_COLUMNS, 0);
  for (ptrdiff_t r = 0; r < rows; r++)
    for (ptrdiff_t j = 0; j < columns; j += 16) {
      float *p = c + r * cs + j;
      v16 x = load16(t + r * TILE_COLUMNS + j);
      store_up_to(p, columns - j, add ? load_up_to(p, columns - j, 0) + x : x);
    }
}

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
  for (ptrdiff_t k = 0; k < b->columns; k++)
    for (ptrdiff_t l = 0; l < 16; l++)
      out[k * 16 + l] = index * 16 + l < b->rows ? data[(index * 16 + l) * b->stride + k] : 0;
}
static void pack(const ck_matrix *b, void *out) {
  packing c = {.b = b, .out = out};
  ck_parallel(blocks_of(b->rows, 16), pack_task, &c);
}
