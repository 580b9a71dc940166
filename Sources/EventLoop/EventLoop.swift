// The libuv loop: one thread owns it and everything on it; bytes only, no protocol
// (Specs/EventLoop.md).

internal import CUV
internal import Synchronization

/// A loop and its clock. Everything but `perform` is to be called on the thread that runs it.
@safe public final class EventLoop {
  /// Owned by this object: closed and freed in `deinit`.
  let pointer: UnsafeMutablePointer<uv_loop_t>
  private let mailbox: Mailbox
  private let wakeUp: UnsafeMutablePointer<uv_async_t>
  /// What all streams read into, one after the other; freed after the loop is closed.
  private let readBuffer: UnsafeMutableRawPointer

  public init() throws(LoopError) {
    unsafe pointer = .allocate(capacity: 1)
    unsafe wakeUp = .allocate(capacity: 1)
    mailbox = Mailbox()
    unsafe readBuffer = .allocate(byteCount: ByteStream.readByteCount, alignment: 64)
    let status = unsafe uv_loop_init(pointer)
    guard status == 0 else {
      unsafe readBuffer.deallocate()
      unsafe pointer.deallocate()
      unsafe wakeUp.deallocate()
      throw LoopError(status, "start an event loop")
    }
    unsafe pointer.pointee.data = readBuffer
    unsafe uv_async_init(pointer, wakeUp) { handle in
      guard let handle = unsafe handle, let data = unsafe handle.pointee.data else { return }
      unsafe Unmanaged<Mailbox>.fromOpaque(data).takeUnretainedValue().deliver()
    }
    // The mailbox outlives the handle: this object holds it and closes the handle first.
    unsafe wakeUp.pointee.data = Unmanaged.passUnretained(mailbox).toOpaque()
    // Waiting for other threads alone keeps no loop alive.
    unsafe uv_unref(UnsafeMutableRawPointer(wakeUp).assumingMemoryBound(to: uv_handle_t.self))
    unsafe mailbox.connect(wakeUp)
  }

  deinit {
    mailbox.disconnect()
    unsafe uv_close(
      UnsafeMutableRawPointer(wakeUp).assumingMemoryBound(to: uv_handle_t.self), nil)
    unsafe uv_run(pointer, UV_RUN_DEFAULT)
    unsafe uv_loop_close(pointer)
    unsafe wakeUp.deallocate()
    unsafe pointer.deallocate()
    unsafe readBuffer.deallocate()
  }

  /// Runs until nothing is left to wait for, or `stop`.
  public func run() { unsafe uv_run(pointer, UV_RUN_DEFAULT) }

  /// Runs what is ready and returns.
  public func runReady() { unsafe uv_run(pointer, UV_RUN_NOWAIT) }

  public func stop() { unsafe uv_stop(pointer) }

  /// A timer's body runs.
  var isInTimer = false

  /// Milliseconds of the loop's own clock, which never goes back. It stands still while timers run:
  /// libuv runs all that are due before it looks at sockets and finished work, so with a clock that
  /// went on a timer that is set anew each time would keep everything else from its turn.
  public var nowMilliseconds: UInt64 {
    if !isInTimer { unsafe uv_update_time(pointer) }
    return unsafe uv_now(pointer)
  }

  /// Hands work to the loop from any thread.
  public var remote: LoopRemote { LoopRemote(mailbox: mailbox) }

  /// Runs `work` on libuv's pool and `done` with its result on the loop.
  public func offload<Result: Sendable>(
    _ work: @escaping @Sendable () -> Result, done: @escaping (Result) -> Void
  ) {
    let job = Job(
      work: {
        let result = work()
        return { finish in finish(result) }
      },
      done: { box in if let result = box as? Result { done(result) } })
    unsafe job.start(on: pointer)
  }
}

/// The loop's door for other threads.
public struct LoopRemote: Sendable {
  fileprivate let mailbox: Mailbox

  /// Runs `body` on the loop's thread, soon. Nothing happens when the loop is gone.
  public func perform(_ body: @escaping @Sendable () -> Void) { mailbox.post(body) }
}

/// Work from other threads. Its lock guards both the queue and the handle's life, so nobody wakes
/// a loop that is gone.
@safe private final class Mailbox: @unchecked Sendable {
  private struct Contents {
    var jobs: [@Sendable () -> Void] = []
    var handle: UInt = 0
  }
  private let contents = Mutex(Contents())

  func connect(_ handle: UnsafeMutablePointer<uv_async_t>) {
    let address = UInt(bitPattern: handle)
    contents.withLock { $0.handle = address }
  }

  func disconnect() { contents.withLock { $0.handle = 0 } }

  func post(_ job: @escaping @Sendable () -> Void) {
    contents.withLock { contents in
      guard let handle = unsafe UnsafeMutablePointer<uv_async_t>(bitPattern: contents.handle)
      else { return }
      contents.jobs.append(job)
      unsafe uv_async_send(handle)
    }
  }

  func deliver() {
    let jobs = contents.withLock { contents in
      let jobs = contents.jobs
      contents.jobs = []
      return jobs
    }
    for job in jobs { job() }
  }
}

/// One piece of work on the pool; keeps itself alive from `start` until its callback.
@safe private final class Job {
  private let work: @Sendable () -> (((Any) -> Void) -> Void)
  private let done: (Any) -> Void
  private var outcome: (((Any) -> Void) -> Void)?

  init(
    work: @escaping @Sendable () -> (((Any) -> Void) -> Void), done: @escaping (Any) -> Void
  ) {
    self.work = work
    self.done = done
  }

  func start(on loop: UnsafeMutablePointer<uv_loop_t>) {
    let request = UnsafeMutablePointer<uv_work_t>.allocate(capacity: 1)
    unsafe request.pointee.data = Unmanaged.passRetained(self).toOpaque()
    unsafe uv_queue_work(
      loop, request,
      { request in
        guard let data = unsafe request?.pointee.data else { return }
        let job = unsafe Unmanaged<Job>.fromOpaque(data).takeUnretainedValue()
        job.outcome = job.work()
      },
      { request, _ in
        guard let request = unsafe request, let data = unsafe request.pointee.data else { return }
        let job = unsafe Unmanaged<Job>.fromOpaque(data).takeRetainedValue()
        unsafe request.deallocate()
        job.outcome?(job.done)
      })
  }
}
