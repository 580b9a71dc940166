// The thread pool and the floating-point environment of its threads; Specs/Arithmetic.md, "Threads".
//
// One 64-bit word holds the state of the current call: its number, how many workers have joined, and
// whether it is still open. A worker joins by compare-and-swap while the call is open; the caller
// works too, closes the call when no task is left, and waits only for those who joined. So a call
// never waits for a sleeping worker, and short calls cost no more than one atomic addition.
//
// Linux likes to wake a worker on the CPU of the thread that wakes it, and takes a hundred
// milliseconds to find out that the two get half of a CPU each while another one has time. So the
// caller's CPU is taken from the workers' affinity, again whenever the caller has moved.
#define _GNU_SOURCE
#include "include/CanonicalKernels.h"
#include "support.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
  /// More threads than this are never started.
  MAXIMUM_THREADS = 256,
  /// Looks at the state before a worker sleeps: some tens of microseconds.
  SPINS = 2000,
};

static _Atomic uint64_t state;
static _Atomic uint32_t signalled;
static _Atomic int sleepers;
/// Each thread's share of the tasks, on a cache line of its own: a contiguous range, so that call
/// after call a thread meets the same rows, which lie in its cache. Whoever is done helps others.
typedef struct {
  _Alignas(64) _Atomic ptrdiff_t next;
  ptrdiff_t end;
} share;
static share shares[MAXIMUM_THREADS];
static int share_count;
static ck_task current_task;
static void *current_context;
static pthread_mutex_t busy = PTHREAD_MUTEX_INITIALIZER;
static int started;
static pthread_t workers[MAXIMUM_THREADS];
/// The CPU that the workers keep off; −1 before the first.
static int avoided = -1;
static _Atomic int wanted;
static _Thread_local int inside;

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// The floating-point environment.
#if defined(__x86_64__)
/// Flush-to-zero, denormals-are-zero and the rounding bits: all must be clear.
enum { NOT_CANONICAL = 0xE040 };
static inline unsigned control(void) { return __builtin_ia32_stmxcsr(); }
static inline void set_control(unsigned c) { __builtin_ia32_ldmxcsr(c); }
static const unsigned FLUSH = 0x8000;
#elif defined(__aarch64__)
/// FZ, FZ16, RMode and DN.
enum { NOT_CANONICAL = 0x3C80000 };
static inline uint64_t control(void) { uint64_t c; __asm__ volatile("mrs %0, fpcr" : "=r"(c)); return c; }
static inline void set_control(uint64_t c) { __asm__ volatile("msr fpcr, %0" ::"r"(c)); }
static const uint64_t FLUSH = 0x1000000;
#else
enum { NOT_CANONICAL = 0 };
static inline unsigned control(void) { return 0; }
static inline void set_control(unsigned c) { (void)c; }
static const unsigned FLUSH = 0;
#endif

void ck_make_environment_canonical(void) {
  if (control() & NOT_CANONICAL) set_control(control() & ~NOT_CANONICAL);
}
void ck_set_flush_to_zero(int on) { set_control(on ? control() | FLUSH : control() & ~FLUSH); }

static void run_tasks(int own) {
  for (int turn = 0; turn < share_count; turn++) {
    share *s = &shares[own + turn < share_count ? own + turn : own + turn - share_count];
    for (;;) {
      ptrdiff_t i = atomic_fetch_add_explicit(&s->next, 1, memory_order_relaxed);
      if (i >= s->end) break;
      current_task(current_context, i);
    }
  }
}

static void *worker(void *number) {
  uint64_t seen = 0;
  inside = 1;
  for (;;) {
    uint32_t signal = atomic_load(&signalled);
    int spins = 0;
    for (;;) {
      uint64_t s = atomic_load_explicit(&state, memory_order_acquire);
      if ((s & 1) && s >> 16 != seen) {
        if ((intptr_t)number >= atomic_load_explicit(&wanted, memory_order_relaxed)) {
          seen = s >> 16;
          continue;
        }
        if (!atomic_compare_exchange_weak(&state, &s, s + 2)) continue;
        seen = s >> 16;
        ck_make_environment_canonical();
        run_tasks((int)(intptr_t)number);
        atomic_fetch_sub_explicit(&state, 2, memory_order_release);
        spins = 0;
        signal = atomic_load(&signalled);
        continue;
      }
      if (++spins < SPINS) { relax(); continue; }
      break;
    }
    atomic_fetch_add(&sleepers, 1);
    syscall(SYS_futex, &signalled, FUTEX_WAIT_PRIVATE, signal, NULL, NULL, 0);
    atomic_fetch_sub(&sleepers, 1);
  }
  return NULL;
}

int ck_available_cpus(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
  return 1;
}
int ck_threads(void) {
  int n = atomic_load_explicit(&wanted, memory_order_relaxed);
  if (n > 0) return n;
  n = ck_available_cpus();
  n = n < MAXIMUM_THREADS ? n : MAXIMUM_THREADS;
  atomic_store(&wanted, n);
  return n;
}
void ck_set_threads(int n) {
  atomic_store(&wanted, n < 1 ? 1 : n > MAXIMUM_THREADS ? MAXIMUM_THREADS : n);
}

/// Keeps the workers off `cpu`, where the caller runs, if they may run elsewhere.
static void keep_off(int cpu) {
  cpu_set_t set;
  avoided = cpu;
  if (cpu < 0 || sched_getaffinity(0, sizeof set, &set) != 0) return;
  if (CPU_COUNT(&set) > 1 && cpu < CPU_SETSIZE) CPU_CLR((size_t)cpu, &set);
  for (int i = 0; i < started; i++) pthread_setaffinity_np(workers[i], sizeof set, &set);
}

static void start_workers(int n) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 1 << 20);
  while (started < n - 1) {
    if (pthread_create(&workers[started], &attributes, worker, (void *)(intptr_t)(started + 1)) != 0)
      break;
    started++;
  }
  pthread_attr_destroy(&attributes);
  avoided = -1;
}

void ck_parallel(ptrdiff_t count, ck_task task, void *context) {
  int threads = ck_threads();
  unsigned long long before = control();
  if (before & NOT_CANONICAL) ck_make_environment_canonical();
  if (count <= 1 || threads <= 1 || inside || pthread_mutex_trylock(&busy) != 0) {
    for (ptrdiff_t i = 0; i < count; i++) task(context, i);
    if (before & NOT_CANONICAL) set_control(before);
    return;
  }
  inside = 1;
  if (started < threads - 1) start_workers(threads);
  int cpu = sched_getcpu();
  if (cpu != avoided) keep_off(cpu);
  current_task = task, current_context = context, share_count = threads;
  for (int t = 0; t < threads; t++) {
    atomic_store_explicit(&shares[t].next, count * t / threads, memory_order_relaxed);
    shares[t].end = count * (t + 1) / threads;
  }
  uint64_t number = (atomic_load(&state) >> 16) + 1;
  atomic_store(&state, number << 16 | 1);
  atomic_fetch_add(&signalled, 1);
  int asleep = atomic_load(&sleepers);
  if (asleep > 0) {
    // A worker with a number too high may be the one that wakes, so all of them are woken.
    syscall(SYS_futex, &signalled, FUTEX_WAKE_PRIVATE, asleep, NULL, NULL, 0);
  }
  run_tasks(0);
  atomic_fetch_and(&state, ~(uint64_t)1);
  for (int spins = 0; atomic_load_explicit(&state, memory_order_acquire) & 0xFFFE; spins++) {
    if (spins < SPINS) relax(); else sched_yield();
  }
  inside = 0;
  pthread_mutex_unlock(&busy);
  if (before & NOT_CANONICAL) set_control(before);
}

typedef struct { _Atomic int bad; _Atomic int arrived; int threads; } environment_check;
static void check_task(void *p, ptrdiff_t index) {
  environment_check *c = p;
  (void)index;
  if (control() & NOT_CANONICAL) atomic_store(&c->bad, 1);
}
int ck_environment_is_canonical(void) {
  if (control() & NOT_CANONICAL) return 0;
  environment_check c = {0};
  ck_parallel(4 * ck_threads(), check_task, &c);
  return !atomic_load(&c.bad);
}

// Scratch memory: freed by the key's destructor when its thread ends.
typedef struct { void *p; size_t size; } slot;
static _Thread_local slot slots[CK_SLOTS];
static pthread_key_t slots_key;
static pthread_once_t slots_once = PTHREAD_ONCE_INIT;
static void free_slots(void *p) {
  slot *s = p;
  for (int i = 0; i < CK_SLOTS; i++) {
    free(s[i].p);
    s[i] = (slot){0};
  }
}
static void make_slots_key(void) { pthread_key_create(&slots_key, free_slots); }

void *ck_scratch(int index, size_t bytes) {
  slot *s = &slots[index];
  if (s->size >= bytes && s->p) return s->p;
  pthread_once(&slots_once, make_slots_key);
  pthread_setspecific(slots_key, slots);
  free(s->p);
  s->size = (bytes + bytes / 4 + 4095) & ~(size_t)4095;
  s->p = NULL;
  if (posix_memalign(&s->p, 64, s->size) != 0 || !s->p) {
    fprintf(stderr, "datanet: out of memory: %zu bytes of scratch space for the kernels\n", s->size);
    abort();
  }
  return s->p;
}

float *ck_allocate(ptrdiff_t count, int zeroed) {
  size_t bytes = ((size_t)(count > 0 ? count : 1) * 4 + 63) & ~(size_t)63;
  void *p = NULL;
  if (posix_memalign(&p, bytes >= 1 << 21 ? 1 << 21 : 64, bytes) != 0) return NULL;
#ifdef MADV_HUGEPAGE
  if (bytes >= 1 << 22) madvise(p, bytes, MADV_HUGEPAGE);
#endif
  if (zeroed) memset(p, 0, bytes);
  return p;
}
void ck_release(float *p, ptrdiff_t count) {
  (void)count;
  free(p);
}
