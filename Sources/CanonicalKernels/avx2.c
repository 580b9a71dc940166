// The kernels for AVX2 with FMA and F16C: 16 registers of 8 lanes, tiles of 6 × 16.
#if defined(__x86_64__)
#include <immintrin.h>
#define CK_HARDWARE_FMA 1
#define CK_HARDWARE_HALF 1
#define TILE_ROWS 6
#define TILE_PANELS 1
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include "variant/table.h"
#pragma clang attribute pop
const ck_table ck_table_avx2 = CK_TABLE("avx2");
#endif
typedef int ck_avx2_may_be_empty;
