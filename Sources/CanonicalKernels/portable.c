// The kernels for any CPU with IEEE 754 arithmetic: the fused multiply-add is made of binary64
// operations. It is what the others are compared with on one machine.
#define CK_HARDWARE_FMA 0
#define CK_HARDWARE_HALF 0
#define TILE_ROWS 6
#define TILE_PANELS 1
#include "variant/table.h"
const ck_table ck_table_portable = CK_TABLE("portable");
