// A lock with a place to wait. Specs/Store.md, "Threads".

internal import Glibc

/// A mutex and its condition variable, which Swift's own `Mutex` does not have.
///
/// Safe to share: both live at fixed addresses from `init` to `deinit` and are made for threads.
@safe final class Condition: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let variable: UnsafeMutablePointer<pthread_cond_t>

  init() {
    unsafe mutex = .allocate(capacity: 1)
    unsafe mutex.initialize(to: pthread_mutex_t())
    unsafe pthread_mutex_init(mutex, nil)
    unsafe variable = .allocate(capacity: 1)
    unsafe variable.initialize(to: pthread_cond_t())
    unsafe pthread_cond_init(variable, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(variable)
    unsafe variable.deallocate()
    unsafe pthread_mutex_destroy(mutex)
    unsafe mutex.deallocate()
  }

  func lock() { unsafe pthread_mutex_lock(mutex) }

  func unlock() { unsafe pthread_mutex_unlock(mutex) }

  /// Gives up the lock until `wake`; the caller looks again at what it waits for.
  func wait() { unsafe pthread_cond_wait(variable, mutex) }

  func wake() { unsafe pthread_cond_broadcast(variable) }
}
