// Functions of one row at a time: norms, gates, rotations, softmax, the loss, embeddings; the
// sections of the same names in Specs/Arithmetic.md. Threads split rows.
#pragma once
#include "elementwise.h"

INLINE ptrdiff_t rows_per_task(ptrdiff_t n) {
  ptrdiff_t r = ELEMENTS_PER_TASK / (n > 0 ? n : 1);
  return r < 1 ? 1 : r;
}
#define EACH_ROW(c, t)                                                                   \
  ptrdiff_t last_ = (index + 1) * c->each < c->rows ? (index + 1) * c->each : c->rows;   \
  for (ptrdiff_t t = index * c->each; t < last_; t++)

typedef struct {
  ptrdiff_t rows, n, each, xs, ys, ds, es, us;
  const float *x, *y, *w, *r, *u;
  float *a, *b, *s;
  float value;
  int flag;
  const int32_t *ids;
  ptrdiff_t heads;
} rowwise;

static void norm_forward_task(void *p, ptrdiff_t index) {
  const rowwise *c = p;
  ptrdiff_t n = c->n;
  EACH_ROW(c, t) {
    float *x = c->a + t * c->xs, *y = c->b + t * c->ys;
    if (c->x) {
      const float *residual = c->x + t * c->ds;
      for (ptrdiff_t i = 0; i < n; i += 16)
        store_up_to(x + i, n - i, load_up_to(x + i, n - i, 0) + load_up_to(residual + i, n - i, 0));
    }
    float r = 1.0f / sqrt1(row_dot(n, x, x) / (float)n + c->value);
    c->s[t] = r;
    for (ptrdiff_t i = 0; i < n; i += 16)
      store_up_to(y + i, n - i, (load_up_to(x + i, n - i, 0) * r) * load_up_to(c->w + i, n - i, 0));
  }
}
static void norm_forward(ptrdiff_t rows, ptrdiff_t n, float epsilon, float *x, ptrdiff_t xs,
                         const float *residual, ptrdiff_t rs, const float *w, float *y, ptrdiff_t ys,
                         float *r) {
  rowwise c = {.rows = rows, .n = n, .each = rows_per_task(n), .a = x, .xs = xs, .x = residual,
               .ds = rs, .w = w, .b = y, .ys = ys, .s = r, .value = epsilon};
  ck_parallel(blocks_of(rows, c.each), norm_forward_task, &c);
}

static void norm_backward_task(void *p, ptrdiff_t index) {
  const rowwise *c = p;
  ptrdiff_t n = c->n;
  EACH_ROW(c, t) {
    const float *x = c->x + t * c->xs, *dy = c->y + t * c->ys;
    float *dx = c->a + t * c->ds, r = c->r[t];
    v16 acc = all16(0);
    for (ptrdiff_t i = 0; i < n; i += 16)
      acc = fma16(load_up_to(dy + i, n - i, 0) * load_up_to(c->w + i, n - i, 0),
                  load_up_to(x + i, n - i, 0), acc);
    float k = (((tree_sum(acc) * r) * r) * r) / (float)n;
    for (ptrdiff_t i = 0; i < n; i += 16) {
      v16 g = load_up_to(dy + i, n - i, 0) * load_up_to(c->w + i, n - i, 0);
      v16 d = fma16(load_up_to(x + i, n - i, 0), all16(-k), g * r);
      store_up_to(dx + i, n - i, c->flag ? load_up_to(dx + i, n - i, 0) + d : d);
    }
  }
}
static void norm_backward(ptrdiff_t rows, ptrdiff_t n, const float *x, ptrdiff_t xs, const float *w,
                          const float *r, const float *dy, ptrdiff_t dys, float *dx, ptrdiff_t dxs,
                          int accumulate) {
  rowwise c = {.rows = rows, .n = n, .each = rows_per_task(n), .x = x, .xs = xs, .w = w, .r = r,
               .y = dy, .ys = dys, .a = dx, .ds = dxs, .flag = accumulate};
  ck_parallel(blocks_of(rows, c.each), norm_backward_task, &c);
}

static void gate_forward_task(void *p, ptrdiff_t index) {
  const rowwise *c = p;
  ptrdiff_t n = c->n;
  EACH_ROW(c, t) {
    const float *g = c->x + t * c->xs, *u = c->u + t * c->us;
    float *y = c->a + t * c->ys;
    for (ptrdiff_t i = 0; i < n; i += 16)
      store_up_to(y + i, n - i,
                  gate16(c->flag, load_up_to(g + i, n - i, 0)) * load_up_to(u + i, n - i, 0));
  }
}
static void gate_forward(int gate, ptrdiff_t rows, ptrdiff_t n, const float *g, ptrdiff_t gs,
                         const float *u, ptrdiff_t us, float *y, ptrdiff_t ys) {
  rowwise c = {.rows = rows, .n = n, .each = rows_per_task(n), .x = g, .xs = gs, .u = u, .us = us,
               .a = y, .ys = ys, .flag = gate};
  ck_parallel(blocks_of(rows, c.each), gate_forward_task, &c);
}
static void gate_backward_task(void *p, ptrdiff_t index) {
  const rowwise *c = p;
  ptrdiff_t n = c->n;
  EACH_ROW(c, t) {
    const float *g = c->x + t * c->xs, *u = c->u + t * c->us, *dy = c->y + t * c->ys;
    float *dg = c->a + t * c->ds, *du = c->b + t * c->es;
    for (ptrdiff_t i = 0; i < n; i += 16) {
      v16 value, d = load_up_to(dy + i, n - i, 0);
      v16 slope = gate_slope16(c->flag, load_up_to(g + i, n - i, 0), &value);
      v16 up = load_up_to(u + i, n - i, 0);
      store_up_to(dg + i, n - i, (d * up) * slope);
      store_up_to(du + i, n - i, d * value);
    }
  }
}
static void gate_backward(int gate, ptrdiff_t rows, ptrdiff_t n, const float *g, ptrdiff_t gs,
                          const float *u, ptrdiff_t us, const float *dy, ptrdiff_t dys, float *dg,
                          ptrdiff_t dgs, float *du, ptrdiff_t dus) {
  rowwise c = {.rows = rows, .n = n, .each = rows_per_task(n), .x = g, .xs = gs, .u = u, .us = us,
               .y = dy, .ys = dys, .a = dg, .ds = dgs, .b = du, .es = dus, .flag = gate};
  ck_parallel(blocks_of(rows, c.each), gate_backward_task, &c);
}

static void rotate_task(void *p, ptrdiff_t index) {
  const rowwise *c = p;
  ptrdiff_t half = c->n / 2;
  EACH_ROW(c, t) {
    const float *cosines = c->w + c->ids[t] * half, *sines = c->r + c->ids[t] * half;
    for (ptrdiff_t h = 0; h < c->heads; h++) {
      float *x = c->a + t * c->xs + h * c->n, *y = x + half;
      for (ptrdiff_t i = 0; i < half; i += 16) {
        v16 cosine = load_up_to(cosines + i, half - i, 0), sine = load_up_to(sines + i, half - i, 0);
        sine = c->flag < 0 ? -sine : sine;
        v16 a = load_up_to(x + i, half - i, 0), b = load_up_to(y + i, half - i, 0);
        store_up_to(x + i, half - i, fma16(a, cosine, -(b * sine)));
        store_up_to(y + i, half - i, fma16(b, cosine, a * sine));
      }
    }
  }
}
static void rotate(ptrdiff_t rows, ptrdiff_t heads, ptrdiff_t headDimension, const int32_t *positions,
                   const float *cosines, const float *sines, int sign, float *x, ptrdiff_t xs) {
  rowwise c = {.rows = rows, .n = headDimension, .each = rows_per_task(heads * headDimension),
               .heads = heads, .ids = positions, .w = cosines, .r = sines, .flag = sign, .a = x,
               .xs = xs};
  ck_parallel(blocks_of(rows, c.each), rotate_task, &c);
}

/// e = exp(x·scale − m) into y, m = the largest x·scale; the sum of e.
INLINE float exponentials(ptrdiff_t n, float scale, float m, const float *x, float *y) {
  v16 acc = all16(0);
  ptrdiff_t i = 0;
  for (; i + 16 <= n; i += 16) {
    v16 e = exp16(load16(x + i) * scale - m);
    store16(y + i, e);
    acc += e;
  }
  if (i < n) {
    v16 e = first_lanes(exp16(load_part(x + i, n - i, 0) * scale - m), n - i, 0);
    store_part(y + i, n - i, e);
    acc += e;
  }
  return tree_sum(acc);
}
INLINE float scaled_max(ptrdiff_t n, float scale, const float *x) {
  v16 acc = all16(-INFINITY);
  ptrdiff_t i = 0;
  for (; i + 16 <= n; i += 16) acc = max16(acc, load16(x + i) * scale);
  if (i < n) acc = max16(acc, first_lanes(load_part(x + i, n - i, 0) * scale, n - i, -INFINITY));
  return tree_max(acc);
}
INLINE void scale_row(ptrdiff_t n, float a, float *y) {
  for (ptrdiff_t i = 0; i < n; i += 16) store_up_to(y + i, n - i, load_up_to(y + i, n - i, 0) * a);
}
static void softmax_task(void *p, ptrdiff_t index) {
  const rowwise *c = p;
  EACH_ROW(c, t) {
    const float *x = c->x + t * c->xs;
    float *y = c->a + t * c->ys;
    float s = exponentials(c->n, c->value, scaled_max(c->n, c->value, x), x, y);
    scale_row(c->n, 1.0f / s, y);
  }
}
static void softmax(ptrdiff_t rows, ptrdiff_t n, float scale, const float *x, ptrdiff_t xs, float *y,
                    ptrdiff_t ys) {
  rowwise c = {.rows = rows, .n = n, .each = rows_per_task(n), .x = x, .xs = xs, .a = y, .ys = ys,
               .value = scale};
  ck_parallel(blocks_of(rows, c.each), softmax_task, &c);
}

INLINE float log1_of(float x) { return log16(all16(x)).x; }
static void cross_entropy_task(void *p, ptrdiff_t index) {
  const rowwise *c = p;
  ptrdiff_t n = c->n;
  EACH_ROW(c, t) {
    float *x = c->a + t * c->xs;
    int32_t target = c->ids[t];
    if (target < 0) {
      c->s[t] = 0;
      if (c->flag) memset(x, 0, (size_t)n * 4);
      continue;
    }
    float m = row_max(n, x), at = x[target], s;
    if (c->flag) {
      s = exponentials(n, 1.0f, m, x, x);
      float inverse = 1.0f / s, weight = c->r[t], hit = x[target];
      for (ptrdiff_t i = 0; i < n; i += 16)
        store_up_to(x + i, n - i, (load_up_to(x + i, n - i, 0) * inverse) * weight);
      x[target] = (hit * inverse - 1.0f) * weight;
    } else {
      v16 acc = all16(0);
      ptrdiff_t i = 0;
      for (; i + 16 <= n; i += 16) acc += exp16(load16(x + i) - m);
      if (i < n) acc += exp16(load_part(x + i, n - i, -INFINITY) - m);
      s = tree_sum(acc);
    }
    c->s[t] = (m + log1_of(s)) - at;
  }
}
static void cross_entropy(ptrdiff_t rows, ptrdiff_t n, float *x, ptrdiff_t xs, const int32_t *targets,
                          const float *weights, float *loss, int gradient) {
  rowwise c = {.rows = rows, .n = n, .each = rows_per_task(n), .a = x, .xs = xs, .ids = targets,
               .r = weights, .s = loss, .flag = gradient};
  ck_parallel(blocks_of(rows, c.each), cross_entropy_task, &c);
}

static void row_dots_task(void *p, ptrdiff_t index) {
  const rowwise *c = p;
  EACH_ROW(c, t) c->s[t] = row_dot(c->n, c->x + t * c->xs, c->y + t * c->ys);
}
static void row_dots(ptrdiff_t rows, ptrdiff_t n, const float *a, ptrdiff_t as, const float *b,
                     ptrdiff_t bs, float *out) {
  rowwise c = {.rows = rows, .n = n, .each = rows_per_task(n), .x = a, .xs = as, .y = b, .ys = bs,
               .s = out};
  ck_parallel(blocks_of(rows, c.each), row_dots_task, &c);
}

// Embeddings.
INLINE const void *element_at(const ck_matrix *m, ptrdiff_t row, ptrdiff_t column) {
  ptrdiff_t i = row * m->stride + column;
  return (const char *)m->data + i * (m->format == CK_FLOAT32 ? 4 : 2);
}
static void gather(const ck_matrix *table, ptrdiff_t rows, const int32_t *ids, float *y, ptrdiff_t ys) {
  for (ptrdiff_t t = 0; t < rows; t++) {
    if (table->panels) {
      ptrdiff_t at = (ids[t] / 16) * 16 * table->columns + ids[t] % 16;
      for (ptrdiff_t j = 0; j < table->columns; j++)
        widen(table->format, 1,
              (const char *)table->data + (at + j * 16) * (table->format == CK_FLOAT32 ? 4 : 2),
              y + t * ys + j);
    } else {
      widen(table->format, table->columns, element_at(table, ids[t], 0), y + t * ys);
    }
  }
}
typedef struct {
  ptrdiff_t rows, n, xs, ts;
  const int32_t *ids;
  const float *x;
  float *table;
} scatter;
static void scatter_task(void *p, ptrdiff_t index) {
  const scatter *c = p;
  ptrdiff_t j0 = index * COLUMNS_PER_TASK;
  ptrdiff_t j1 = j0 + COLUMNS_PER_TASK < c->n ? j0 + COLUMNS_PER_TASK : c->n;
  for (ptrdiff_t t = 0; t < c->rows; t++) {
    float *y = c->table + c->ids[t] * c->ts;
    const float *x = c->x + t * c->xs;
    for (ptrdiff_t j = j0; j < j1; j += 16)
      store_up_to(y + j, j1 - j, load_up_to(y + j, j1 - j, 0) + load_up_to(x + j, j1 - j, 0));
  }
}
static void scatter_add(ptrdiff_t rows, ptrdiff_t n, const int32_t *ids, const float *x, ptrdiff_t xs,
                        float *table, ptrdiff_t ts) {
  scatter c = {.rows = rows, .n = n, .xs = xs, .ts = ts, .ids = ids, .x = x, .table = table};
  ck_parallel(blocks_of(n, COLUMNS_PER_TASK), scatter_task, &c);
}
