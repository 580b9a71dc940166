// The kernels for AVX-512 (F, BW, DQ, VL): 32 registers of 16 lanes, tiles of 8 × 48.
#if defined(__x86_64__)
#include <immintrin.h>
#define CK_HARDWARE_FMA 1
#define CK_HARDWARE_HALF 1
#define CK_AVX512 1
#define TILE_ROWS 8
#define TILE_PANELS 3
#pragma clang attribute push( \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#include "variant/table.h"
#pragma clang attribute pop
const ck_table ck_table_avx512 = CK_TABLE("avx512");
#endif
typedef int ck_avx512_may_be_empty;
