// Matrix products of every form, shape and stored format: blocking, packing and the split over
// threads. The order of every sum is the tile's; nothing here can change a bit.
#pragma once
#include "tiles.h"

enum {
  /// Columns of k whose panels of B are packed at a time.
  K_BLOCK = 2048,
  /// Floats of packed B at a time.
  B_BLOCK = 4 << 20,
  /// Rows of one task.
  ROW_BLOCK = 96,
};

typedef struct {
  int form, accumulate;
  const ck_matrix *a, *b;
  float *c, *panels;
  ptrdiff_t m, n, cs, j0, j1, k0, k1, columnsEach, columnGroups;
} product_block;

static void pack_b_task(void *p, ptrdiff_t index) {
  const product_block *e = p;
  float *out = e->panels + index * 16 * (e->k1 - e->k0);
  ptrdiff_t j = e->j0 + index * 16;
  if (e->form == CK_NT) pack_rows(e->b, j, e->k0, e->k1, out);
  else pack_columns(e->b, j, e->k0, e->k1, out);
}

static void product_task(void *p, ptrdiff_t index) {
  const product_block *e = p;
  ptrdiff_t i0 = index / e->columnGroups * ROW_BLOCK, g = index % e->columnGroups;
  ptrdiff_t i1 = i0 + ROW_BLOCK < e->m ? i0 + ROW_BLOCK : e->m;
  ptrdiff_t j0 = e->j0 + g * e->columnsEach;
  ptrdiff_t j1 = j0 + e->columnsEach < e->j1 ? j0 + e->columnsEach : e->j1;
  const float *a = e->a->data;
  ptrdiff_t as = e->a->stride, depth = e->k1 - e->k0;
  for (ptrdiff_t k = e->k0; k < e->k1; k += CHAIN) {
    ptrdiff_t kn = k + CHAIN < e->k1 ? CHAIN : e->k1 - k;
    int add = k > 0 || e->accumulate;
    for (ptrdiff_t j = j0; j < j1; j += TILE_COLUMNS) {
      ptrdiff_t jn = j + TILE_COLUMNS < j1 ? TILE_COLUMNS : j1 - j;
      const float *b = e->panels + (j - e->j0) * depth + (k - e->k0) * 16;
      for (ptrdiff_t i = i0; i < i1; i += TILE_ROWS) {
        ptrdiff_t in = i + TILE_ROWS < i1 ? TILE_ROWS : i1 - i;
        const float *at = e->form == CK_TN ? a + k * as + i : a + i * as + k;
        run_tile(e->form == CK_TN, in, jn, kn, at, as, b, 16, depth * 16, e->c + i * e->cs + j, e->cs,
                 add);
      }
    }
  }
}

static void product(int form, const ck_matrix *a, const ck_matrix *b, float *c, ptrdiff_t cs,
                    int accumulate) {
  ptrdiff_t m = form == CK_TN ? a->columns : a->rows;
  ptrdiff_t n = form == CK_NT ? b->rows : b->columns;
  ptrdiff_t depth = form == CK_TN ? a->rows : a->columns;
  if (depth == 0) {
    if (!accumulate)
      for (ptrdiff_t i = 0; i < m; i++) memset(c + i * cs, 0, (size_t)n * 4);
    return;
  }
  if (m == 0 || n == 0) return;
  ptrdiff_t kb = depth < K_BLOCK ? depth : K_BLOCK, nb = B_BLOCK / kb / TILE_COLUMNS * TILE_COLUMNS;
  product_block e = {.form = form, .a = a, .b = b, .c = c, .m = m, .n = n, .cs = cs,
                     .accumulate = accumulate};
  ptrdiff_t widest = n < nb ? blocks_of(n, 16) * 16 : nb;
  e.panels = ck_scratch(CK_SLOT_B, (size_t)(widest * kb) * 4);
  for (e.j0 = 0; e.j0 < n; e.j0 = e.j1) {
    e.j1 = e.j0 + nb < n ? e.j0 + nb : n;
    for (e.k0 = 0; e.k0 < depth; e.k0 = e.k1) {
      e.k1 = e.k0 + kb < depth ? e.k0 + kb : depth;
      ck_parallel(blocks_of(e.j1 - e.j0, 16), pack_b_task, &e);
      e.columnsEach = blocks_of(e.j1 - e.j0, TILE_COLUMNS * 4) * TILE_COLUMNS;
      e.columnGroups = blocks_of(e.j1 - e.j0, e.columnsEach);
      ck_parallel(blocks_of(m, ROW_BLOCK) * e.columnGroups, product_task, &e);
    }
  }
}
