// What every variant shares: the thread pool and each thread's scratch memory.
#pragma once
#include <stddef.h>

/// Runs `task(context, index, worker)` for every index below `count`, on up to `ck_threads()` threads,
/// and returns when all are done. Each thread takes a contiguous range, in ascending order, and then what
/// others have left of theirs. A call from within a task,
/// or while another thread uses the pool, runs on the caller alone: only time depends on it.
typedef void (*ck_task)(void *context, ptrdiff_t index);
void ck_parallel(ptrdiff_t count, ck_task task, void *context);

/// At least `bytes` of this thread's memory, on a 64-byte boundary; each slot keeps its own until the
/// thread ends. Contents are whatever the last user left.
enum { CK_SLOT_B = 0, CK_SLOT_A, CK_SLOT_TILE, CK_SLOT_ROW, CK_SLOT_KEYS, CK_SLOT_GRADIENT, CK_SLOTS };
void *ck_scratch(int slot, size_t bytes);
