// Work done by several threads whose results come back in order, with a limit on what waits
// (Specs/Chunking.md, "Pipeline").

import Glibc
import Synchronization

/// A source thread makes inputs, worker threads turn each into an output, and the caller takes the
/// outputs in the order of the inputs.
///
/// `@unchecked Sendable`: all state is behind `lock`; the condition is only used with it. The two
/// C objects live at fixed addresses that `deinit` frees, after all threads have been joined.
@safe final class OrderedWork<Input: Sendable, Output: Sendable>: @unchecked Sendable {
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  /// Waiting to be worked on, with their places.
  private var inputs: [(place: Int, input: Input)] = []
  /// Worked on, and not taken yet.
  private var outputs: [Int: Output] = [:]
  private var nextPlace = 0
  private var nextOutput = 0
  private var sourceEnded = false
  private var failure: (any Error)?
  private var stopped = false
  /// Inputs and outputs that may wait together; the source then waits.
  private let most: Int
  private let work: @Sendable (Input) -> Output
  private var threads: [pthread_t] = []

  init(workers: Int, most: Int, work: @escaping @Sendable (Input) -> Output) {
    unsafe lock = .allocate(capacity: 1)
    unsafe changed = .allocate(capacity: 1)
    unsafe pthread_mutex_init(lock, nil)
    unsafe pthread_cond_init(changed, nil)
    self.most = most
    self.work = work
    for _ in 0..<workers { start { $0.workerLoop() } }
  }

  deinit {
    unsafe pthread_cond_destroy(changed)
    unsafe pthread_mutex_destroy(lock)
    unsafe changed.deallocate()
    unsafe lock.deallocate()
  }

  /// Runs `source` on its own thread; it gives inputs to the closure it is handed, which answers
  /// false when nobody wants more.
  func run(source: @escaping @Sendable ((Input) -> Bool) throws -> Void) {
    start { work in
      do {
        try source { work.submit($0) }
        work.endSource(nil)
      } catch {
        work.endSource(error)
      }
    }
  }

  /// The next output in order; `nil` when there are no more. Throws what the source threw, after
  /// everything before it has been taken.
  func next() throws -> Output? {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    while true {
      if let output = outputs.removeValue(forKey: nextOutput) {
        nextOutput += 1
        unsafe pthread_cond_broadcast(changed)
        return output
      }
      if sourceEnded, nextOutput == nextPlace {
        if let failure { throw failure }
        return nil
      }
      unsafe pthread_cond_wait(changed, lock)
    }
  }

  /// Ends all threads, whether or not everything was taken. To be called once, at the end.
  func finish() {
    unsafe pthread_mutex_lock(lock)
    stopped = true
    unsafe pthread_cond_broadcast(changed)
    unsafe pthread_mutex_unlock(lock)
    for thread in threads { pthread_join(thread, nil) }
    threads = []
  }

  private func submit(_ input: Input) -> Bool {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    while !stopped, nextPlace - nextOutput >= most { unsafe pthread_cond_wait(changed, lock) }
    if stopped { return false }
    inputs.append((nextPlace, input))
    nextPlace += 1
    unsafe pthread_cond_broadcast(changed)
    return true
  }

  private func endSource(_ error: (any Error)?) {
    unsafe pthread_mutex_lock(lock)
    sourceEnded = true
    failure = error
    unsafe pthread_cond_broadcast(changed)
    unsafe pthread_mutex_unlock(lock)
  }

  private func workerLoop() {
    unsafe pthread_mutex_lock(lock)
    while true {
      if stopped || sourceEnded && inputs.isEmpty { break }
      if inputs.isEmpty {
        unsafe pthread_cond_wait(changed, lock)
        continue
      }
      let (place, input) = inputs.removeFirst()
      unsafe pthread_mutex_unlock(lock)
      let output = work(input)
      unsafe pthread_mutex_lock(lock)
      outputs[place] = output
      unsafe pthread_cond_broadcast(changed)
    }
    unsafe pthread_mutex_unlock(lock)
  }

  private func start(_ body: @escaping @Sendable (OrderedWork) -> Void) {
    let box = unsafe Unmanaged.passRetained(ThreadBody { [self] in body(self) })
    var thread = pthread_t()
    // The thread takes over the box's one reference.
    let fault = unsafe pthread_create(
      &thread, nil,
      { raw in
        guard let raw = unsafe raw else { return nil }
        unsafe Unmanaged<ThreadBody>.fromOpaque(raw).takeRetainedValue().run()
        return nil
      }, unsafe box.toOpaque())
    guard fault == 0 else { fatalError("no thread can be started: error \(fault)") }
    threads.append(thread)
  }
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void

  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
