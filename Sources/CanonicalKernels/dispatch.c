// Which kernels run: the best that the CPU has, or those that DATANET_KERNELS names.
#include "include/CanonicalKernels.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

extern const ck_table ck_table_portable;
#if defined(__x86_64__)
extern const ck_table ck_table_avx512, ck_table_avx2;
#endif
#if defined(__aarch64__)
extern const ck_table ck_table_neon;
#endif

static const char *const names[] = {"avx512", "avx2", "neon", "portable"};
static _Atomic(const ck_table *) table;
static const char *_Atomic failure;

const char *ck_variant_name(int index) { return index >= 0 && index < 4 ? names[index] : NULL; }

const ck_table *ck_variant(int index) {
  switch (index) {
#if defined(__x86_64__)
    case 0:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                     __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                     __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c")
                 ? &ck_table_avx512 : NULL;
    case 1:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                     __builtin_cpu_supports("f16c")
                 ? &ck_table_avx2 : NULL;
#endif
#if defined(__aarch64__)
    case 2: return &ck_table_neon;
#endif
    case 3: return &ck_table_portable;
    default: return NULL;
  }
}

static void choose(void) {
  const char *forced = getenv("DATANET_KERNELS");
  const ck_table *best = NULL;
  ck_make_environment_canonical();
  for (int i = 0; i < 4 && !best; i++) best = ck_variant(i);
  if (forced && *forced) {
    int known = 0;
    for (int i = 0; i < 4; i++) {
      if (strcmp(forced, names[i]) != 0) continue;
      known = 1;
      if (ck_variant(i)) best = ck_variant(i);
      else failure = "DATANET_KERNELS names kernels that this CPU cannot run";
    }
    if (!known) failure = "DATANET_KERNELS is none of avx512, avx2, neon, portable";
  }
  const ck_table *none = NULL;
  atomic_compare_exchange_strong(&table, &none, best);
}

const ck_table *ck_kernels(void) {
  const ck_table *t = atomic_load_explicit(&table, memory_order_acquire);
  if (t) return t;
  choose();
  return atomic_load(&table);
}
const char *ck_selection_error(void) {
  (void)ck_kernels();
  return failure;
}
int ck_use_variant(int index) {
  const ck_table *t = ck_variant(index);
  if (!t) return 0;
  atomic_store(&table, t);
  return 1;
}
