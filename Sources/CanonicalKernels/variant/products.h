// Matrix products of every form, shape and stored format: which path a shape takes, blocking,
// packing and the split over threads. The order of every sum is the tile's; nothing here can change
// a bit.
#pragma once
#include "tiles.h"

enum {
  /// Columns of k whose panels of B are packed at a time: a chunk, so that few panels come between a
  /// panel's uses. A shorter rest goes with the last.
  K_BLOCK = CHAIN,
  K_REST = 256,
  /// Panels of one task of packing.
  PACKED_PANELS = 4,
  /// Floats of packed B at a time.
  B_BLOCK = 4 << 20,
  /// Rows of one task, at most: the first where that leaves every thread several tasks, else the
  /// second.
  ROW_BLOCK = 144,
  SMALL_ROW_BLOCK = 64,
  /// Columns of one task whose rows of A are read where they lie.
  TASK_COLUMNS = 192,
  /// Rows of one task of a thin or shallow product.
  THIN_ROW_BLOCK = 48,
  /// With no more rows than this, a B whose rows or panels can be read where they lie is.
  FEW_ROWS = 16,
  /// With no more rows than this, a B not in panels is packed a tile's width at a time, while it is in
  /// the cache.
  SOME_ROWS = 64,
  /// Tiles of one such task.
  SOME_TILES = 64 / TILE_COLUMNS,
  /// Sums of no more terms than this cost less than writing their results.
  SHALLOW = 64,
  /// Operations of one task of a product with few rows.
  TASK_OPERATIONS = 1 << 17,
};

INLINE ptrdiff_t lesser(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }
INLINE ptrdiff_t greater(ptrdiff_t a, ptrdiff_t b) { return a > b ? a : b; }
INLINE ptrdiff_t round16(ptrdiff_t n) { return (n + 15) / 16 * 16; }

typedef struct {
  int form, accumulate;
  const ck_matrix *a, *b;
  float *c;
  const float *panels;
  float *packed;
  ptrdiff_t m, n, depth, cs, panelStride, j0, j1, k0, k1, each, columnGroups, rowBlock;
  int packsA;
} products;

// The general path: B in panels, tiles by blocks of rows.

static void pack_b_task(void *p, ptrdiff_t index) {
  const products *e = p;
  ptrdiff_t j = e->j0 + index * 16 * PACKED_PANELS, j1 = lesser(j + 16 * PACKED_PANELS, e->j1);
  ptrdiff_t kn = e->k1 - e->k0;
  float *out = e->packed + (j - e->j0) * kn;
  const ck_matrix *b = e->b;
  if (e->form != CK_NT && b->format == CK_FLOAT32 && j1 - j == 16 * PACKED_PANELS) {
    // Along the rows, as they lie.
    const float *from = (const float *)b->data + e->k0 * b->stride + j;
    for (ptrdiff_t k = 0; k < kn; k++, from += b->stride, out += 16)
      EACH_UNROLLED(l, PACKED_PANELS) store16(out + l * 16 * kn, load16(from + l * 16));
    return;
  }
  for (; j < j1; j += 16, out += 16 * kn) {
    if (e->form == CK_NT) pack_rows(b, j, e->k0, e->k1, out);
    else pack_columns(b, j, e->k0, e->k1, out);
  }
}

/// Rows i ..< i1 of A, as many as a tile has, in the order in which a tile reads them:
/// out[l·TILE_ROWS + r] = A(i + r, k + l).
INLINE void pack_a(const products *e, ptrdiff_t i, ptrdiff_t i1, ptrdiff_t k, ptrdiff_t kn, float *out) {
  const float *a = e->a->data;
  ptrdiff_t as = e->a->stride, n = lesser(TILE_ROWS, i1 - i), l = 0;
  if (e->form == CK_TN) {
    a += k * as + i;
    // Whole vectors: what is too much at a tile's end is overwritten by the next row's numbers.
    if (i + 8 <= e->m)
      for (; l < kn; l++) store8(out + l * TILE_ROWS, load8(a + l * as));
    for (; l < kn; l++) memcpy(out + l * TILE_ROWS, a + l * as, (size_t)n * 4);
    return;
  }
  a += i * as + k;
  for (; n == TILE_ROWS && i + 8 <= e->m && l + 8 <= kn; l += 8) {
    v8 r[8];
    load_transposed8(a + l, as, r);
    EACH_UNROLLED(x, 8) store8(out + (l + x) * TILE_ROWS, r[x]);
  }
  for (; l < kn; l++)
    for (ptrdiff_t r = 0; r < n; r++) out[l * TILE_ROWS + r] = a[r * as + l];
}

static void product_task(void *p, ptrdiff_t index) {
  const products *e = p;
  ptrdiff_t i0 = index / e->columnGroups * e->rowBlock, g = index % e->columnGroups;
  ptrdiff_t i1 = lesser(i0 + e->rowBlock, e->m);
  ptrdiff_t j0 = e->j0 + g * e->each, j1 = lesser(j0 + e->each, e->j1);
  const float *a = e->a->data;
  ptrdiff_t as = e->a->stride;
  if (e->depth <= SHALLOW) {
    // The result outweighs what is read for it: it is written along its rows.
    for (ptrdiff_t i = i0; i < i1; i += TILE_ROWS)
      for (ptrdiff_t j = j0; j < j1; j += TILE_COLUMNS)
        run_tile(e->form == CK_TN ? BY_COLUMNS : BY_ROWS, lesser(TILE_ROWS, i1 - i),
                 lesser(TILE_COLUMNS, j1 - j), e->depth, e->form == CK_TN ? a + i : a + i * as, as,
                 e->panels + (j - e->j0) / 16 * e->panelStride, 16, e->panelStride,
                 e->c + i * e->cs + j, e->cs, e->accumulate);
    return;
  }
  // A line more than the tiles need: powers of two apart, they would all fall on the same cache lines.
  enum { APART = CHAIN + 32 / TILE_ROWS, BLOCK = (ROW_BLOCK + TILE_ROWS) * APART };
  enum { CHUNKS = (K_BLOCK + K_REST + CHAIN - 1) / CHAIN };
  float *blocks = e->packsA ? ck_scratch(CK_SLOT_TILE, (BLOCK * CHUNKS + 8) * 4) : NULL;
  int kind = blocks ? BY_COLUMNS : BY_ROWS;
  for (ptrdiff_t k0 = e->k0, k1; k0 < e->k1; k0 = k1) {
    k1 = e->k1 - k0 <= K_BLOCK + K_REST ? e->k1 : k0 + K_BLOCK;
    if (blocks)
      for (ptrdiff_t k = k0; k < k1; k += CHAIN)
        for (ptrdiff_t i = i0; i < i1; i += TILE_ROWS)
          pack_a(e, i, i1, k, lesser(CHAIN, k1 - k),
                 blocks + (k - k0) / CHAIN * BLOCK + (i - i0) * APART);
    for (ptrdiff_t j = j0; j < j1; j += TILE_COLUMNS)
      for (ptrdiff_t k = k0; k < k1; k += CHAIN) {
        const float *b = e->panels + (j - e->j0) / 16 * e->panelStride + (k - e->k0) * 16;
        ptrdiff_t jn = lesser(TILE_COLUMNS, j1 - j), kn = lesser(CHAIN, k1 - k);
        for (ptrdiff_t i = i0; i < i1; i += TILE_ROWS)
          run_tile(kind, lesser(TILE_ROWS, i1 - i), jn, kn,
                   blocks ? blocks + (k - k0) / CHAIN * BLOCK + (i - i0) * APART : a + i * as + k,
                   blocks ? TILE_ROWS : as, b, 16, e->panelStride, e->c + i * e->cs + j, e->cs,
                   k > 0 || e->accumulate);
      }
  }
}
/// Rows of one task, `most` or fewer, so that threads have as many tasks each, of whole tiles.
static ptrdiff_t even_rows(ptrdiff_t rows, ptrdiff_t most) {
  ptrdiff_t share = blocks_of(rows, ck_threads());
  return blocks_of(blocks_of(share, blocks_of(share, most)), TILE_ROWS) * TILE_ROWS;
}
static void split(products *e) {
  ptrdiff_t width = e->j1 - e->j0, few = 4 * ck_threads();
  if (e->depth <= SHALLOW) {
    e->rowBlock = even_rows(e->m, THIN_ROW_BLOCK);
    e->each = width;
  } else {
    e->rowBlock = even_rows(e->m, ROW_BLOCK);
    ptrdiff_t rowBlocks = blocks_of(e->m, e->rowBlock);
    if (e->packsA) {
      // Each task packs its rows of A: few columns a task would do so again and again.
      if (ck_threads() > 1 && rowBlocks < few) e->rowBlock = even_rows(e->m, SMALL_ROW_BLOCK);
      rowBlocks = blocks_of(e->m, e->rowBlock);
      e->each = greater(1, blocks_of(width / blocks_of(few, rowBlocks), TILE_COLUMNS)) * TILE_COLUMNS;
    } else {
      e->each = blocks_of(TASK_COLUMNS, TILE_COLUMNS) * TILE_COLUMNS;
      if (ck_threads() > 1 && rowBlocks * blocks_of(width, e->each) < 2 * few)
        e->rowBlock = even_rows(e->m, SMALL_ROW_BLOCK);
    }
  }
  e->columnGroups = blocks_of(width, e->each);
}
static void run_general(products *e) {
  split(e);
  ck_parallel(blocks_of(e->m, e->rowBlock) * e->columnGroups, product_task, e);
}
static void general_product(products *e) {
  // Rows a power of two apart would fall on the same cache lines.
  e->packsA = e->form == CK_TN || (e->depth > SHALLOW && e->a->stride % 512 == 0);
  if (e->b->panels && e->b->format == CK_FLOAT32) {
    e->panels = e->b->data, e->panelStride = e->depth * 16;
    e->j0 = 0, e->j1 = e->n, e->k0 = 0, e->k1 = e->depth;
    run_general(e);
    return;
  }
  ptrdiff_t kb = lesser(e->depth, K_BLOCK + K_REST);
  ptrdiff_t nb = greater(B_BLOCK / kb / TILE_COLUMNS * TILE_COLUMNS, TILE_COLUMNS);
  e->packed = ck_scratch(CK_SLOT_B, (size_t)(lesser(round16(e->n), nb) * kb) * 4);
  e->panels = e->packed;
  for (e->j0 = 0; e->j0 < e->n; e->j0 = e->j1) {
    e->j1 = lesser(e->j0 + nb, e->n);
    for (e->k0 = 0; e->k0 < e->depth; e->k0 = e->k1) {
      e->k1 = e->depth - e->k0 <= kb ? e->depth : e->k0 + K_BLOCK;
      e->panelStride = (e->k1 - e->k0) * 16;
      ck_parallel(blocks_of(e->j1 - e->j0, 16 * PACKED_PANELS), pack_b_task, e);
      run_general(e);
    }
  }
}

// Few columns: eight lanes, A read where it lies.

static void product(int form, const ck_matrix *a, const ck_matrix *b, float *c, ptrdiff_t cs,
                    int accumulate);

static void thin_task(void *p, ptrdiff_t index) {
  const products *e = p;
  ptrdiff_t i0 = index * THIN_ROW_BLOCK, i1 = lesser(i0 + THIN_ROW_BLOCK, e->m);
  ptrdiff_t as = e->a->stride;
  const float *a = e->a->data;
  float t[THIN_ROWS * THIN];
  // Rows 4096 bytes apart fall on the same lines of the first-level cache: they are copied closer.
  enum { SPREAD = CHAIN + 16 };
  float *copy = as % 1024 == 0 ? ck_scratch(CK_SLOT_TILE, THIN_ROWS * SPREAD * 4) : NULL;
  for (ptrdiff_t i = i0; i < i1;) {
    ptrdiff_t rows = i1 - i >= THIN_ROWS ? THIN_ROWS : i1 - i >= 4 ? 4 : 1;
    thin_function tile = rows == THIN_ROWS ? thin_rows_12 : rows == 4 ? thin_rows_4 : thin_rows_1;
    for (ptrdiff_t k = 0; k < e->depth; k += CHAIN) {
      ptrdiff_t kn = lesser(CHAIN, e->depth - k);
      const float *at = a + i * as + k;
      if (copy)
        for (ptrdiff_t r = 0; r < rows; r++) memcpy(copy + r * SPREAD, at + r * as, (size_t)kn * 4);
      tile(kn, copy ? copy : at, copy ? SPREAD : as, e->panels + k * THIN, t);
      int add = k > 0 || e->accumulate;
      for (ptrdiff_t r = 0; r < rows; r++) {
        float *c = e->c + (i + r) * e->cs;
        if (e->n == THIN) {
          v8 x = load8(t + r * THIN);
          store8(c, add ? load8(c) + x : x);
        } else {
          for (ptrdiff_t j = 0; j < e->n; j++) c[j] = add ? c[j] + t[r * THIN + j] : t[r * THIN + j];
        }
      }
    }
    i += rows;
  }
}
static void thin_product(products *e) {
  float *b = ck_scratch(CK_SLOT_B, (size_t)(e->depth * THIN + 16) * 4);
  const ck_matrix *m = e->b;
  e->panels = b;
  if (e->form == CK_NT && !m->panels) {
    for (ptrdiff_t k = 0; k < e->depth; k += 8) {
      v8 r[8];
      for (ptrdiff_t l = 0; l < 8; l++) {
        r[l] = (v8)0.0f;
        if (l < e->n && k + 8 <= e->depth) r[l] = load8_format(m->format, m->data, l * m->stride + k);
        else if (l < e->n)
          for (ptrdiff_t x = 0; k + x < e->depth; x++) r[l][x] = element(m, l, k + x);
      }
      transpose8(r);
      for (ptrdiff_t l = 0; l < lesser(8, e->depth - k); l++) store8(b + (k + l) * THIN, r[l]);
    }
  } else {
    float row[16];
    for (ptrdiff_t k = 0; k < e->depth; k++) {
      if (m->panels) store16(row, load_format(m->format, m->data, k * 16));
      else store16(row, load_format_part(m->format, m->data, k * m->stride, e->n));
      store8(b + k * THIN, load8(row));
    }
  }
  ck_parallel(blocks_of(e->m, THIN_ROW_BLOCK), thin_task, e);
}

/// Few columns and A transposed, as in the gradient of a LoRA B: C's transpose is the product whose
/// B has many columns, which tiles read in long runs.
static void turned_product(products *e) {
  float *t = ck_scratch(CK_SLOT_A, (size_t)(e->m * e->n) * 4);
  if (e->accumulate)
    for (ptrdiff_t i = 0; i < e->m; i++)
      for (ptrdiff_t j = 0; j < e->n; j++) t[j * e->m + i] = e->c[i * e->cs + j];
  product(CK_TN, e->b, e->a, t, e->m, e->accumulate);
  for (ptrdiff_t i = 0; i < e->m; i++)
    for (ptrdiff_t j = 0; j < e->n; j++) e->c[i * e->cs + j] = t[j * e->m + i];
}

// Few rows: B is read where it lies, once.

static void few_rows_task(void *p, ptrdiff_t index) {
  const products *e = p;
  ptrdiff_t j0 = index * e->each, j1 = lesser(j0 + e->each, e->n), as = e->a->stride;
  const float *a = e->a->data;
  const ck_matrix *b = e->b;
  int columns = e->form == CK_TN, direct = !b->panels;
  int kind = direct ? (columns ? BY_COLUMNS_DIRECT : BY_ROWS_DIRECT)
                    : b->format == CK_FLOAT32 ? BY_ROWS
                                              : b->format == CK_BFLOAT16 ? BY_ROWS_BFLOAT : BY_ROWS_HALF;
  ptrdiff_t size = b->format == CK_FLOAT32 ? 4 : 2;
  // A matrix's own rows are read in whole sixteens; what is left at its right edge is packed.
  ptrdiff_t whole = direct ? j0 + (j1 - j0) / 16 * 16 : j1;
  for (ptrdiff_t i = 0; i < e->m; i += TILE_ROWS) {
    ptrdiff_t rows = lesser(TILE_ROWS, e->m - i), width = tile_width(rows);
    for (ptrdiff_t k = 0; k < e->depth; k += CHAIN) {
      ptrdiff_t kn = lesser(CHAIN, e->depth - k);
      int add = k > 0 || e->accumulate;
      const float *at = columns ? a + k * as + i : a + i * as + k;
      float *c = e->c + i * e->cs;
      for (ptrdiff_t j = j0; j < whole; j += width) {
        ptrdiff_t from = direct ? k * b->stride + j : j * e->depth + k * 16;
        run_tile(kind, rows, lesser(width, whole - j), kn, at, as, (const char *)b->data + from * size,
                 direct ? b->stride : 16, direct ? 16 : e->depth * 16, c + j, e->cs, add);
      }
      if (whole < j1) {
        float *edge = ck_scratch(CK_SLOT_TILE, CHAIN * 16 * 4);
        pack_columns(b, whole, k, k + kn, edge);
        run_tile(columns ? BY_COLUMNS : BY_ROWS, rows, j1 - whole, kn, at, as, edge, 16, 0, c + whole,
                 e->cs, add);
      }
    }
  }
}
static void few_rows_product(products *e) {
  ptrdiff_t width = WIDEST_TILE * PANEL;
  e->each = greater(1, TASK_OPERATIONS / (e->depth * greater(e->m, 4)) / width) * width;
  ck_parallel(blocks_of(e->n, e->each), few_rows_task, e);
}

/// Some rows: each task packs a tile's width of one chunk of B and uses it at once.
static void some_rows_task(void *p, ptrdiff_t index) {
  const products *e = p;
  ptrdiff_t j0 = index * TILE_COLUMNS * SOME_TILES, j1 = lesser(j0 + TILE_COLUMNS * SOME_TILES, e->n);
  const float *a = e->a->data;
  ptrdiff_t as = e->a->stride;
  float *b = ck_scratch(CK_SLOT_TILE, CHAIN * TILE_COLUMNS * 4);
  for (ptrdiff_t j = j0; j < j1; j += TILE_COLUMNS)
    for (ptrdiff_t k = 0; k < e->depth; k += CHAIN) {
      ptrdiff_t k1 = lesser(k + CHAIN, e->depth), n = lesser(TILE_COLUMNS, j1 - j);
      for (ptrdiff_t l = 0; l < n; l += 16) {
        if (e->form == CK_NT) pack_rows(e->b, j + l, k, k1, b + l * CHAIN);
        else pack_columns(e->b, j + l, k, k1, b + l * CHAIN);
      }
      for (ptrdiff_t i = 0; i < e->m; i += TILE_ROWS)
        run_tile(e->form == CK_TN ? BY_COLUMNS : BY_ROWS, lesser(TILE_ROWS, e->m - i), n, k1 - k,
                 e->form == CK_TN ? a + k * as + i : a + i * as + k, as, b, 16, CHAIN * 16,
                 e->c + i * e->cs + j, e->cs, k > 0 || e->accumulate);
    }
}

/// One row by a B read row after row: eight rows at a time go into a line of running chains.
static void one_row_task(void *p, ptrdiff_t index) {
  const products *e = p;
  ptrdiff_t j0 = index * e->each, j1 = lesser(j0 + e->each, e->n), bs = e->b->stride;
  ptrdiff_t as = e->form == CK_TN ? e->a->stride : 1, whole = j0 + (j1 - j0) / 16 * 16;
  const float *a = e->a->data, *data = e->b->data;
  float *acc = ck_scratch(CK_SLOT_TILE, (size_t)(e->each + 16) * 4) ;
  for (ptrdiff_t k0 = 0; k0 < e->depth; k0 += CHAIN) {
    ptrdiff_t k1 = lesser(k0 + CHAIN, e->depth), k = k0;
    memset(acc, 0, (size_t)(j1 - j0) * 4);
    for (; k + 8 <= k1; k += 8) {
      const float *b = data + k * bs;
      v16 y[8];
      EACH_UNROLLED(l, 8) y[l] = all16(a[(k + l) * as]);
      for (ptrdiff_t j = j0; j < whole; j += 16) {
        v16 x = load16(acc + j - j0);
        EACH_UNROLLED(l, 8) x = fma16(y[l], load16(b + l * bs + j), x);
        store16(acc + j - j0, x);
      }
      for (ptrdiff_t j = whole; j < j1; j++)
        EACH_UNROLLED(l, 8) acc[j - j0] = fma1(a[(k + l) * as], b[l * bs + j], acc[j - j0]);
    }
    for (; k < k1; k++)
      for (ptrdiff_t j = j0; j < j1; j++) acc[j - j0] = fma1(a[k * as], data[k * bs + j], acc[j - j0]);
    for (ptrdiff_t j = j0; j < j1; j++)
      e->c[j] = k0 > 0 || e->accumulate ? e->c[j] + acc[j - j0] : acc[j - j0];
  }
}

/// Few rows by a transposed B that is not packed: 8·OCTETS of its rows at a time, so that enough
/// chains run side by side, turned in registers eight columns at a time. What follows is fetched
/// ahead in order: no hardware sees that many streams coming.
typedef void (*dots_function)(const void *data, ptrdiff_t bs, ptrdiff_t j, ptrdiff_t k0, ptrdiff_t k1,
                              const float *a, ptrdiff_t as, float *out);
#define DOTS(NAME, R, OCTETS, FORMAT, SIZE, HALVES)                                               \
  static void NAME(const void *data, ptrdiff_t bs, ptrdiff_t j, ptrdiff_t k0, ptrdiff_t k1,       \
                   const float *a, ptrdiff_t as, float *out) {                                    \
    const char *ahead = (const char *)data + ((j + 8 * OCTETS) * bs + k0 * 8 * OCTETS) * SIZE;    \
    v8 acc[R][OCTETS];                                                                            \
    EACH_UNROLLED(r, R) EACH_UNROLLED(h, OCTETS) acc[r][h] = (v8)0.0f;                            \
    for (ptrdiff_t k = k0; k < k1; k += 8 * HALVES) {                                             \
      EACH_UNROLLED(l, OCTETS * HALVES * SIZE) __builtin_prefetch(ahead + 64 * l, 0, 2);          \
      ahead += 64 * OCTETS * HALVES * SIZE;                                                       \
      EACH_UNROLLED(h, OCTETS) EACH_UNROLLED(half, HALVES) {                                      \
        ptrdiff_t at = k + 8 * half;                                                              \
        v8 x[8];                                                                                  \
        if (FORMAT == CK_FLOAT32) {                                                               \
          load_transposed8((const float *)data + (j + 8 * h) * bs + at, bs, x);                   \
        } else {                                                                                  \
          EACH_UNROLLED(l, 8) x[l] = load8_format(FORMAT, data, (j + 8 * h + l) * bs + at);       \
          transpose8(x);                                                                          \
        }                                                                                         \
        EACH_UNROLLED(l, 8) EACH_UNROLLED(r, R)                                                   \
            acc[r][h] = fma8((v8)a[r * as + at + l], x[l], acc[r][h]);                            \
      }                                                                                           \
    }                                                                                             \
    EACH_UNROLLED(r, R) EACH_UNROLLED(h, OCTETS) store8(out + r * 32 + 8 * h, acc[r][h]);         \
  }
#define DOTS_OF(R, OCTETS)                                    \
  DOTS(dots_float_##R, R, OCTETS, CK_FLOAT32, 4, 2)           \
  DOTS(dots_bfloat_##R, R, OCTETS, CK_BFLOAT16, 2, 1)         \
  DOTS(dots_half_##R, R, OCTETS, CK_FLOAT16, 2, 1)
#define DOTS_NAMES(R) {dots_float_##R, dots_bfloat_##R, dots_half_##R}
DOTS_OF(1, 4) DOTS_OF(2, 4)
#if TILE_ROWS == 8
DOTS_OF(3, 4) DOTS_OF(4, 4) DOTS_OF(5, 2) DOTS_OF(6, 2) DOTS_OF(7, 2) DOTS_OF(8, 2)
enum { DOTS_ROWS = 8 };
static const dots_function dots_functions[DOTS_ROWS][3] = {
    DOTS_NAMES(1), DOTS_NAMES(2), DOTS_NAMES(3), DOTS_NAMES(4),
    DOTS_NAMES(5), DOTS_NAMES(6), DOTS_NAMES(7), DOTS_NAMES(8)};
#else
enum { DOTS_ROWS = 2 };
static const dots_function dots_functions[DOTS_ROWS][3] = {DOTS_NAMES(1), DOTS_NAMES(2)};
#endif
/// The rows of B that one call takes.
INLINE ptrdiff_t dots_width(ptrdiff_t m) { return m <= 4 ? 32 : 16; }

static void dots_task(void *p, ptrdiff_t index) {
  const products *e = p;
  ptrdiff_t j0 = index * e->each, j1 = lesser(j0 + e->each, e->n), as = e->a->stride;
  ptrdiff_t width = dots_width(e->m);
  const float *a = e->a->data;
  float t[DOTS_ROWS * 32];
  for (ptrdiff_t j = j0; j < j1; j += width)
    for (ptrdiff_t k = 0; k < e->depth; k += CHAIN) {
      ptrdiff_t k1 = lesser(k + CHAIN, e->depth), n = lesser(width, j1 - j);
      if (n == width && (k1 - k) % 16 == 0) {
        dots_functions[e->m - 1][e->b->format](e->b->data, e->b->stride, j, k, k1, a, as, t);
      } else {
        float *edge = ck_scratch(CK_SLOT_TILE, CHAIN * 32 * 4);
        for (ptrdiff_t l = 0; l < n; l += 16) pack_rows(e->b, j + l, k, k1, edge + l * CHAIN);
        for (ptrdiff_t l = 0; l < n; l += 16)
          for (ptrdiff_t r = 0; r < e->m; r += TILE_ROWS)
            run_tile(BY_ROWS, lesser(TILE_ROWS, e->m - r), 16, k1 - k, a + r * as + k, as,
                     edge + l * CHAIN, 16, 0, t + r * 32 + l, 32, 0);
      }
      for (ptrdiff_t r = 0; r < e->m; r++)
        for (ptrdiff_t l = 0; l < n; l += 16) {
          float *c = e->c + r * e->cs + j + l;
          v16 x = load16(t + r * 32 + l);
          store_up_to(c, n - l, k > 0 || e->accumulate ? load_up_to(c, n - l, 0) + x : x);
        }
    }
}

static void product(int form, const ck_matrix *a, const ck_matrix *b, float *c, ptrdiff_t cs,
                    int accumulate) {
  products e = {.form = form, .a = a, .b = b, .c = c, .cs = cs, .accumulate = accumulate};
  e.m = form == CK_TN ? a->columns : a->rows;
  e.n = form == CK_NT ? b->rows : b->columns;
  e.depth = form == CK_TN ? a->rows : a->columns;
  if (e.m == 0 || e.n == 0) return;
  if (e.depth == 0) {
    if (!accumulate)
      for (ptrdiff_t i = 0; i < e.m; i++) memset(c + i * cs, 0, (size_t)e.n * 4);
    return;
  }
  int plain = b->format == CK_FLOAT32 && !b->panels;
  if (form == CK_TN && plain && e.n <= 16 && e.m > 2 * e.n) {
    turned_product(&e);
  } else if (e.n <= THIN && form != CK_TN && e.m >= THIN_ROWS) {
    thin_product(&e);
  } else if (e.m == 1 && plain && form != CK_NT) {
    e.each = greater(64, lesser(2048, TASK_OPERATIONS / e.depth / 64 * 64));
    ck_parallel(blocks_of(e.n, e.each), one_row_task, &e);
  } else if (e.m <= FEW_ROWS && (b->panels || (plain && form != CK_NT))) {
    few_rows_product(&e);
  } else if (e.m <= DOTS_ROWS && form == CK_NT) {
    // Long tasks: what follows is fetched ahead only for the thread that goes on.
    e.each = greater(greater(1, TASK_OPERATIONS / e.depth / 64), blocks_of(e.n, 128 * ck_threads())) * 32;
    ck_parallel(blocks_of(e.n, e.each), dots_task, &e);
  } else if (e.m <= SOME_ROWS && !(b->panels && b->format == CK_FLOAT32)) {
    ck_parallel(blocks_of(e.n, TILE_COLUMNS * SOME_TILES), some_rows_task, &e);
  } else {
    general_product(&e);
  }
}
