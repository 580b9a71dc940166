// The kernels for aarch64, whose baseline has NEON and fused multiply-add: tiles of 6 × 16.
#if defined(__aarch64__)
#define CK_HARDWARE_FMA 1
#define CK_HARDWARE_HALF 1
#define TILE_ROWS 6
#define TILE_PANELS 1
#include "variant/table.h"
const ck_table ck_table_neon = CK_TABLE("neon");
#endif
typedef int ck_neon_may_be_empty;
