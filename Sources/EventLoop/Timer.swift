// A timer on the loop (Specs/EventLoop.md).

internal import CUV

/// Fires once, or again and again, until stopped. The loop keeps a started timer alive; the handle
/// is freed in its close callback.
@safe public final class Timer {
  private var handle: UnsafeMutablePointer<uv_timer_t>?
  private let loop: EventLoop
  private let body: () -> Void

  public init(on loop: EventLoop, _ body: @escaping () -> Void) {
    self.loop = loop
    self.body = body
    let handle = UnsafeMutablePointer<uv_timer_t>.allocate(capacity: 1)
    unsafe uv_timer_init(loop.pointer, handle)
    // Retained until the close callback.
    unsafe handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    unsafe self.handle = handle
  }

  /// Starts, or starts over. From within a timer it is at least a millisecond, so that sockets and
  /// finished work have their turn in between.
  public func start(afterMilliseconds delay: UInt64, everyMilliseconds period: UInt64 = 0) {
    guard let handle = unsafe handle else { return }
    unsafe uv_timer_start(
      handle,
      { handle in
        guard let data = unsafe handle?.pointee.data else { return }
        unsafe Unmanaged<Timer>.fromOpaque(data).takeUnretainedValue().fire()
      }, loop.isInTimer ? max(1, delay) : delay, period)
  }

  private func fire() {
    loop.isInTimer = true
    defer { loop.isInTimer = false }
    body()
  }

  public func pause() {
    guard let handle = unsafe handle else { return }
    unsafe uv_timer_stop(handle)
  }

  /// Ends the timer for good.
  public func close() {
    guard let handle = unsafe handle else { return }
    unsafe self.handle = nil
    unsafe uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) {
      handle in
      guard let handle = unsafe handle else { return }
      if let data = unsafe handle.pointee.data {
        unsafe Unmanaged<Timer>.fromOpaque(data).release()
      }
      unsafe UnsafeMutableRawPointer(handle).deallocate()
    }
  }
}
