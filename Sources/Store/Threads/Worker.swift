// A thread that runs one closure. Specs/Store.md, "Threads".

internal import Glibc

/// A started thread; it must be joined.
final class Worker: Sendable {
  private let thread: pthread_t

  /// Nil when the system gives no more threads.
  init?(_ body: @escaping @Sendable () -> Void) {
    // Taken over by the thread, or released below.
    let context = unsafe Unmanaged.passRetained(Context(body))
    var thread = pthread_t()
    let code = unsafe pthread_create(
      &thread, nil,
      { pointer in
        guard let pointer = unsafe pointer else { return nil }
        unsafe Unmanaged<Context>.fromOpaque(pointer).takeRetainedValue().body()
        return nil
      }, context.toOpaque())
    guard code == 0 else {
      unsafe context.release()
      return nil
    }
    self.thread = thread
  }

  func join() { pthread_join(thread, nil) }

  private final class Context {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// The processors that this process may use.
  static var processors: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
}
