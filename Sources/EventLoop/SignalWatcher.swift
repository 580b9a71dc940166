// Signals as events of the loop (Specs/EventLoop.md).

internal import CUV

/// Hears one signal until closed. The loop keeps it alive; the handle is freed in its close callback.
@safe public final class SignalWatcher {
  private let handle: UnsafeMutablePointer<uv_signal_t>
  private let body: () -> Void
  private var isClosed = false

  /// Waiting for a signal alone keeps no loop running.
  public init(_ number: Int32, on loop: EventLoop, _ body: @escaping () -> Void) throws(LoopError) {
    self.body = body
    let handle = UnsafeMutablePointer<uv_signal_t>.allocate(capacity: 1)
    unsafe uv_signal_init(loop.pointer, handle)
    unsafe self.handle = handle
    // Retained until the close callback.
    unsafe handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    let status = unsafe uv_signal_start(
      handle,
      { handle, _ in
        guard let data = unsafe handle?.pointee.data else { return }
        unsafe Unmanaged<SignalWatcher>.fromOpaque(data).takeUnretainedValue().body()
      }, number)
    guard status == 0 else {
      close()
      throw LoopError(status, "listen for signal \(number)")
    }
    unsafe uv_unref(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self))
  }

  public func close() {
    guard !isClosed else { return }
    isClosed = true
    unsafe uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) {
      handle in
      guard let handle = unsafe handle else { return }
      if let data = unsafe handle.pointee.data {
        unsafe Unmanaged<SignalWatcher>.fromOpaque(data).release()
      }
      unsafe UnsafeMutableRawPointer(handle).deallocate()
    }
  }
}
