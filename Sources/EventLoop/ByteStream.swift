// A connected byte stream, TCP or local socket, with back-pressure both ways
// (Specs/EventLoop.md).

internal import CUV
internal import Glibc

/// A connection. The loop keeps it alive until it is closed; the handle is freed in its close
/// callback.
@safe public final class ByteStream {
  /// Bytes read at once.
  static let readByteCount = 256 << 10

  let handle: UnsafeMutablePointer<uv_stream_t>
  private var isReading = false
  private var isEnded = false
  public private(set) var isClosed = false
  /// Bytes given to the system but not yet taken by it.
  public var queuedByteCount: Int { unsafe Int(handle.pointee.write_queue_size) }

  /// Bytes arrived: look at them now, they are gone after the call.
  public var onBytes: (UnsafeRawBufferPointer) -> Void = { _ in }
  /// The other side closed, or the connection broke. Called once.
  public var onEnd: (LoopError?) -> Void = { _ in }
  /// Everything that was written has been taken by the system.
  public var onDrained: () -> Void = {}

  /// Takes over an initialised handle.
  init(owning handle: UnsafeMutablePointer<uv_stream_t>) {
    unsafe self.handle = handle
    // Retained until the close callback.
    unsafe handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
  }

  private static func from(_ data: UnsafeMutableRawPointer?) -> ByteStream? {
    guard let data = unsafe data else { return nil }
    return unsafe Unmanaged<ByteStream>.fromOpaque(data).takeUnretainedValue()
  }

  /// Begins, or goes on, to read.
  public func resume() {
    guard !isReading, !isClosed else { return }
    isReading = true
    unsafe uv_read_start(
      handle,
      { handle, _, buffer in
        // The loop's one buffer: what was read is looked at before anything else is.
        guard let loop = unsafe handle?.pointee.loop, let buffer = unsafe buffer else { return }
        unsafe buffer.pointee = uv_buf_init(
          loop.pointee.data?.assumingMemoryBound(to: CChar.self),
          UInt32(ByteStream.readByteCount))
      },
      { handle, count, buffer in
        guard let stream = unsafe ByteStream.from(handle?.pointee.data) else { return }
        if count > 0 {
          unsafe stream.onBytes(UnsafeRawBufferPointer(start: buffer?.pointee.base, count: count))
        } else if count < 0 {
          let error = Int32(truncatingIfNeeded: count)
          stream.end(error == UV_EOF.rawValue ? nil : LoopError(error, "read from a peer"))
        }
      })
  }

  /// Stops reading: the other side feels it by and by.
  public func pause() {
    guard isReading, !isClosed else { return }
    isReading = false
    unsafe uv_read_stop(handle)
  }

  private func end(_ error: LoopError?) {
    guard !isEnded, !isClosed else { return }
    isEnded = true
    pause()
    onEnd(error)
  }

  /// Writes at once what the system takes, and the rest when it can.
  public func write(_ bytes: [UInt8]) {
    guard !isClosed, !bytes.isEmpty else { return }
    var start = 0
    if queuedByteCount == 0 {
      let taken = unsafe bytes.withUnsafeBytes { source -> Int32 in
        var buffer = unsafe uv_buf_init(
          UnsafeMutablePointer(
            mutating: source.baseAddress?.assumingMemoryBound(to: CChar.self)),
          UInt32(source.count))
        return unsafe uv_try_write(handle, &buffer, 1)
      }
      if taken > 0 { start = Int(taken) }
      if start == bytes.count { return onDrained() }
    }
    PendingWrite(bytes, from: start, on: self).begin()
  }

  fileprivate func written(_ status: Int32) {
    guard !isClosed else { return }
    if status < 0 {
      end(LoopError(status, "write to a peer"))
    } else if queuedByteCount == 0 {
      onDrained()
    }
  }

  /// Closes at once; what the system has not taken is dropped.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    unsafe (onBytes, onEnd, onDrained) = ({ _ in }, { _ in }, {})
    unsafe uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) {
      handle in
      guard let handle = unsafe handle else { return }
      if let data = unsafe handle.pointee.data {
        unsafe Unmanaged<ByteStream>.fromOpaque(data).release()
      }
      unsafe UnsafeMutableRawPointer(handle).deallocate()
    }
  }

  /// The other side's address; nil for local sockets.
  public var remoteAddress: SocketAddress? {
    guard unsafe handle.pointee.type == UV_TCP else { return nil }
    var storage = sockaddr_storage()
    var length = Int32(MemoryLayout<sockaddr_storage>.size)
    let status = unsafe withUnsafeMutablePointer(to: &storage) {
      unsafe uv_tcp_getpeername(
        UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_tcp_t.self),
        UnsafeMutableRawPointer($0).assumingMemoryBound(to: sockaddr.self), &length)
    }
    return status == 0 ? SocketAddress(storage) : nil
  }
}

/// One write under way; keeps its bytes and itself alive until its callback.
@safe private final class PendingWrite {
  /// Never changed: so the array's memory, which nobody can write while it is shared, stays where it
  /// is until this object goes, and the system may read from it.
  private let bytes: [UInt8]
  private let start: Int
  private let stream: ByteStream

  init(_ bytes: [UInt8], from start: Int, on stream: ByteStream) {
    self.bytes = bytes
    self.start = start
    self.stream = stream
  }

  func begin() {
    let request = UnsafeMutablePointer<uv_write_t>.allocate(capacity: 1)
    unsafe request.pointee.data = Unmanaged.passRetained(self).toOpaque()
    let rest = unsafe bytes.withUnsafeBytes { unsafe $0.baseAddress?.advanced(by: start) }
    var buffer = unsafe uv_buf_init(
      UnsafeMutablePointer(mutating: rest?.assumingMemoryBound(to: CChar.self)),
      UInt32(bytes.count - start))
    let status = unsafe uv_write(request, stream.handle, &buffer, 1) { request, status in
      guard let request = unsafe request, let data = unsafe request.pointee.data else { return }
      let write = unsafe Unmanaged<PendingWrite>.fromOpaque(data).takeRetainedValue()
      unsafe request.deallocate()
      write.stream.written(status)
    }
    if status < 0 {
      unsafe Unmanaged<PendingWrite>.passUnretained(self).release()
      unsafe request.deallocate()
      stream.written(status)
    }
  }
}
