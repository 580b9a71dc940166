// The canonical kernels: one arithmetic, the same bits for every instruction set, vector width and
// number of threads. `Specs/Arithmetic.md` is the definition; `CanonicalMath` is the Swift face.
//
// Every function of the table works on row-major float32 unless a `ck_matrix` says otherwise.
// Lengths and strides count elements. Pointers may be unaligned; outputs never overlap inputs unless
// a comment says "in place".
#pragma once
#include <stddef.h>
#include <stdint.h>

/// The version of the arithmetic: it changes whenever one bit of any result does.
#define CK_ARITHMETIC_VERSION 1

typedef enum { CK_FLOAT32 = 0, CK_BFLOAT16 = 1, CK_FLOAT16 = 2 } ck_format;

/// A read-only matrix. Element (r, c) is `data[r * stride + c]`, or, when `panels` is 1, panel
/// `r / 16`'s element `c * 16 + r % 16`, the panels `16 * columns` elements apart.
typedef struct {
  const void *data;
  ptrdiff_t rows, columns, stride;
  int32_t format;
  int32_t panels;
} ck_matrix;

/// C[i,j] = Σ_k A[i,k]·B[k,j] with A and B as stored (NN), B stored transposed (NT) or A (TN).
typedef enum { CK_NN = 0, CK_NT = 1, CK_TN = 2 } ck_form;

/// One record of a ragged batch: its rows in the queries and in the keys. The last query sees the
/// last key; query i sees the keys up to keyCount − queryCount + i.
typedef struct {
  ptrdiff_t queryOffset, queryCount, keyOffset, keyCount;
} ck_segment;

typedef struct {
  ptrdiff_t heads, keyValueHeads, headDimension;
  float scale;
  /// Keys visible to a query, itself included; 0 means all of them.
  ptrdiff_t window;
} ck_attention;

typedef struct {
  float learningRate, beta1, beta2, epsilon, weightDecay, correction1, correction2, gradientScale;
} ck_adamw;

/// Elementwise functions of one argument.
typedef enum {
  CK_EXP = 0, CK_LOG, CK_SIGMOID, CK_TANH, CK_SILU, CK_GELU_ERF, CK_GELU_TANH, CK_ERF,
  CK_SINE_TURN, CK_COSINE_TURN, CK_SQUARE_ROOT, CK_FUNCTION_COUNT
} ck_function;

/// The activation of a gated feed-forward layer.
typedef enum { CK_GATE_SILU = 0, CK_GATE_GELU_ERF = 1, CK_GATE_GELU_TANH = 2 } ck_gate;

typedef struct {
  const char *name;

  /// c = (accumulate ? c : nothing) + A·B, `rows` × `columns` with row stride `cstride`.
  void (*product)(int form, const ck_matrix *a, const ck_matrix *b, float *c, ptrdiff_t cstride,
                  int accumulate);
  /// Packs the rows of `b` into panels of 16 in b's own format: `((rows + 15) / 16) * 16 * columns`.
  void (*pack)(const ck_matrix *b, void *out);

  void (*map)(int function, ptrdiff_t n, const float *x, float *y);
  /// y = x·a (in place allowed), y = y + x, y = fma(a, x, y).
  void (*scale)(ptrdiff_t n, float a, const float *x, float *y);
  void (*add)(ptrdiff_t n, const float *x, float *y);
  void (*axpy)(ptrdiff_t n, float a, const float *x, float *y);
  void (*multiply)(ptrdiff_t n, const float *x, const float *z, float *y);
  /// Adds `bias` to each row in place.
  void (*addBias)(ptrdiff_t rows, ptrdiff_t columns, const float *bias, float *y, ptrdiff_t ystride);
  /// out[j] = (accumulate ? out[j] : nothing) + the column sums of x by the product's rule with ones.
  void (*columnSums)(ptrdiff_t rows, ptrdiff_t columns, const float *x, ptrdiff_t xstride, float *out,
                     int accumulate);

  /// y = (x·(1/√(Σx²/n + ε)))·w, r[row] = 1/√(…). With `residual`, x = x + residual first, in place.
  void (*normForward)(ptrdiff_t rows, ptrdiff_t n, float epsilon, float *x, ptrdiff_t xstride,
                      const float *residual, ptrdiff_t rstride, const float *w, float *y,
                      ptrdiff_t ystride, float *r);
  /// dx = (accumulate ? dx : nothing) + gradient; see the specification for its order.
  void (*normBackward)(ptrdiff_t rows, ptrdiff_t n, const float *x, ptrdiff_t xstride, const float *w,
                       const float *r, const float *dy, ptrdiff_t dystride, float *dx,
                       ptrdiff_t dxstride, int accumulate);
  /// dw[j] = (accumulate ? dw[j] : nothing) + Σ_t dy[t,j]·(x[t,j]·r[t]) by the product's rule.
  void (*normWeightGradient)(ptrdiff_t rows, ptrdiff_t n, const float *x, ptrdiff_t xstride,
                             const float *r, const float *dy, ptrdiff_t dystride, float *dw,
                             int accumulate);

  /// y = f(gate)·up.
  void (*gateForward)(int gate, ptrdiff_t rows, ptrdiff_t n, const float *g, ptrdiff_t gstride,
                      const float *u, ptrdiff_t ustride, float *y, ptrdiff_t ystride);
  /// dg = (dy·u)·f'(g), du = dy·f(g); in place of g and u allowed.
  void (*gateBackward)(int gate, ptrdiff_t rows, ptrdiff_t n, const float *g, ptrdiff_t gstride,
                       const float *u, ptrdiff_t ustride, const float *dy, ptrdiff_t dystride,
                       float *dg, ptrdiff_t dgstride, float *du, ptrdiff_t dustride);

  /// Rotates each head's halves in place by its row's angle; `sign` is +1 forward, −1 backward.
  /// Row t uses row positions[t] of the tables, which have headDimension/2 columns.
  void (*rotate)(ptrdiff_t rows, ptrdiff_t heads, ptrdiff_t headDimension, const int32_t *positions,
                 const float *cosines, const float *sines, int sign, float *x, ptrdiff_t xstride);

  /// Row-wise softmax of x·scale, in place allowed.
  void (*softmax)(ptrdiff_t rows, ptrdiff_t n, float scale, const float *x, ptrdiff_t xstride, float *y,
                  ptrdiff_t ystride);
  /// loss[t] = (m + log s) − x[t,target]; x becomes (softmax − one-hot)·weight[t] when `gradient`.
  /// A target below 0 gives loss +0 and gradient +0.
  void (*crossEntropy)(ptrdiff_t rows, ptrdiff_t n, float *x, ptrdiff_t xstride, const int32_t *targets,
                       const float *weights, float *loss, int gradient);

  /// Causal attention per segment and head; statistics[t, h] = m, statistics[t, heads + h] = 1/s.
  void (*attentionForward)(const ck_attention *shape, ptrdiff_t segmentCount,
                           const ck_segment *segments, const float *q, ptrdiff_t qstride,
                           const float *k, ptrdiff_t kstride, const float *v, ptrdiff_t vstride,
                           float *out, ptrdiff_t outstride, float *statistics);
  /// The gradients of every query, key and value row of the segments (overwritten).
  void (*attentionBackward)(const ck_attention *shape, ptrdiff_t segmentCount,
                            const ck_segment *segments, const float *q, ptrdiff_t qstride,
                            const float *k, ptrdiff_t kstride, const float *v, ptrdiff_t vstride,
                            const float *out, ptrdiff_t outstride, const float *statistics,
                            const float *dout, ptrdiff_t doutstride, float *dq, ptrdiff_t dqstride,
                            float *dk, ptrdiff_t dkstride, float *dv, ptrdiff_t dvstride);

  /// y[t] = row ids[t] of the table. Ids are checked by the caller.
  void (*gather)(const ck_matrix *table, ptrdiff_t rows, const int32_t *ids, float *y,
                 ptrdiff_t ystride);
  /// table[ids[t]] = table[ids[t]] + x[t], t ascending.
  void (*scatterAdd)(ptrdiff_t rows, ptrdiff_t columns, const int32_t *ids, const float *x,
                     ptrdiff_t xstride, float *table, ptrdiff_t tablestride);

  void (*adamw)(const ck_adamw *step, ptrdiff_t n, float *p, const float *g, float *m, float *v);

  /// The row rule: 16 accumulators and the tree. `sumOfProducts` is the chain of fma.
  float (*sumRow)(ptrdiff_t n, const float *x);
  float (*dotRow)(ptrdiff_t n, const float *x, const float *y);
  float (*maxRow)(ptrdiff_t n, const float *x);
  /// The tensor rule: the row rule over blocks of 4096, then over the blocks' results.
  float (*sum)(ptrdiff_t n, const float *x);
  float (*sumOfSquares)(ptrdiff_t n, const float *x);
  /// out[t] = row rule of a[t]·b[t].
  void (*rowDots)(ptrdiff_t rows, ptrdiff_t n, const float *a, ptrdiff_t astride, const float *b,
                  ptrdiff_t bstride, float *out);

  /// Any stored format to float32, exactly; float32 to bfloat16 or float16, nearest even.
  void (*widen)(int format, ptrdiff_t n, const void *x, float *y);
  void (*narrow)(int format, ptrdiff_t n, const float *x, void *y);
  /// Every NaN becomes 0x7FC00000, in place.
  void (*canonicalise)(ptrdiff_t n, float *x);

  int (*hasNaN)(ptrdiff_t n, const float *x);

  /// Philox4x32-10: element i is word i mod 4 of block (first + i) / 4; see the specification.
  void (*randomWords)(uint64_t key, uint64_t stream, uint64_t first, ptrdiff_t n, uint32_t *out);
  void (*uniform)(uint64_t key, uint64_t stream, uint64_t first, float low, float high, ptrdiff_t n,
                  float *out);
  void (*normal)(uint64_t key, uint64_t stream, uint64_t first, float deviation, ptrdiff_t n,
                 float *out);
} ck_table;

/// The table in use. The first call picks the best one, or the one that DATANET_KERNELS names.
const ck_table *ck_kernels(void);
/// Null, or why the kernels that DATANET_KERNELS names cannot be used (a static string).
const char *ck_selection_error(void);
/// Names in order of preference: 0 avx512, 1 avx2, 2 neon, 3 portable; null past the end.
const char *ck_variant_name(int index);
/// Null where the variant is not compiled in or the CPU lacks it.
const ck_table *ck_variant(int index);
/// Makes `index` the table in use; 0 where unavailable.
int ck_use_variant(int index);

/// Threads that share one call's outputs, the caller included.
int ck_threads(void);
void ck_set_threads(int n);
/// CPUs that this process may run on.
int ck_available_cpus(void);

/// 1 where rounding is to nearest even and subnormals are kept, in this thread and all workers.
int ck_environment_is_canonical(void);
/// Sets rounding to nearest even and keeps subnormals in this thread.
void ck_make_environment_canonical(void);
/// Flips flush-to-zero on in this thread, where the CPU has it: for tests of the check above.
void ck_set_flush_to_zero(int on);

/// Memory on a 64-byte boundary, zeroed on request; null when there is none. `ck_release` frees it.
float *ck_allocate(ptrdiff_t count, int zeroed);
void ck_release(float *p, ptrdiff_t count);

/// Scalar functions in binary64 by + − × ÷ alone, for tables and schedules.
double ck_exp64(double x);
double ck_log64(double x);
double ck_pow64(double x, double y);
void ck_sincos64(double x, double *sine, double *cosine);
/// cosines/sines[p, i] = of the float32 product position·frequency[i], rounded to float32.
void ck_rotation_table(ptrdiff_t firstPosition, ptrdiff_t positions, ptrdiff_t n,
                       const float *frequencies, float *cosines, float *sines);

/// The battery of Fixtures/arithmetic: case `index` on the kernels of `table`. The result is `count`
/// numbers in `*out`, which the caller releases; `ck_digest` of them must be `ck_battery_expected`.
int ck_battery_count(void);
const char *ck_battery_name(int index);
uint64_t ck_battery_expected(int index);
ptrdiff_t ck_battery_run(const ck_table *table, int index, float **out);
/// FNV-1a, 64 bits, over the little-endian bits, every NaN as 0x7FC00000.
uint64_t ck_digest(ptrdiff_t n, const float *x);
