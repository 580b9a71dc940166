// Listening and connecting, over TCP and local sockets (Specs/EventLoop.md).

internal import CUV
internal import Glibc

/// A listening socket. Closed by `close`; the handle is freed in its close callback.
@safe public final class Listener {
  /// Connections that may wait to be accepted.
  static let backlog: Int32 = 128

  private let handle: UnsafeMutablePointer<uv_stream_t>
  private let isTCP: Bool
  private let loop: EventLoop
  private var isClosed = false
  private let onConnection: (ByteStream) -> Void

  private init(
    owning handle: UnsafeMutablePointer<uv_stream_t>, isTCP: Bool, on loop: EventLoop,
    onConnection: @escaping (ByteStream) -> Void
  ) {
    unsafe self.handle = handle
    self.isTCP = isTCP
    self.loop = loop
    self.onConnection = onConnection
    // Retained until the close callback.
    unsafe handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
  }

  /// Listens at a TCP address; port 0 lets the system choose.
  public convenience init(
    tcp address: SocketAddress, on loop: EventLoop,
    onConnection: @escaping (ByteStream) -> Void
  ) throws(LoopError) {
    let handle = unsafe Handles.tcp(on: loop)
    unsafe self.init(owning: handle, isTCP: true, on: loop, onConnection: onConnection)
    let status = unsafe address.withSystemAddress { system in
      // A v6 socket takes v6 only: v4 has its own listener, and addresses stay comparable.
      unsafe uv_tcp_bind(
        UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_tcp_t.self), system,
        address.isV6 ? UInt32(UV_TCP_IPV6ONLY.rawValue) : 0)
    }
    try begin(status, "listen on \(address)")
  }

  /// Listens at a local socket that only this user may open. The path must be free.
  public convenience init(
    local path: String, on loop: EventLoop, onConnection: @escaping (ByteStream) -> Void
  ) throws(LoopError) {
    let handle = unsafe Handles.pipe(on: loop)
    unsafe self.init(owning: handle, isTCP: false, on: loop, onConnection: onConnection)
    // The mask makes the file 0600 from its first moment.
    let mask = umask(0o177)
    let status = unsafe uv_pipe_bind(
      UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_pipe_t.self), path)
    umask(mask)
    try begin(status, "listen on \(path)")
  }

  private func begin(_ bound: Int32, _ action: String) throws(LoopError) {
    var status = bound
    if status == 0 {
      status = unsafe uv_listen(handle, Self.backlog) { handle, status in
        guard status == 0, let data = unsafe handle?.pointee.data else { return }
        unsafe Unmanaged<Listener>.fromOpaque(data).takeUnretainedValue().accept()
      }
    }
    guard status == 0 else {
      close()
      throw LoopError(status, action)
    }
  }

  private func accept() {
    let fresh = unsafe isTCP ? Handles.tcp(on: loop) : Handles.pipe(on: loop)
    let stream = unsafe ByteStream(owning: fresh)
    guard unsafe uv_accept(handle, fresh) == 0 else { return stream.close() }
    if isTCP { unsafe Handles.prepare(fresh) }
    onConnection(stream)
  }

  /// Where a TCP listener listens; nil for local sockets.
  public var address: SocketAddress? {
    guard isTCP else { return nil }
    var storage = sockaddr_storage()
    var length = Int32(MemoryLayout<sockaddr_storage>.size)
    let status = unsafe withUnsafeMutablePointer(to: &storage) {
      unsafe uv_tcp_getsockname(
        UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_tcp_t.self),
        UnsafeMutableRawPointer($0).assumingMemoryBound(to: sockaddr.self), &length)
    }
    return status == 0 ? SocketAddress(storage) : nil
  }

  public func close() {
    guard !isClosed else { return }
    isClosed = true
    unsafe uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) {
      handle in
      guard let handle = unsafe handle else { return }
      if let data = unsafe handle.pointee.data {
        unsafe Unmanaged<Listener>.fromOpaque(data).release()
      }
      unsafe UnsafeMutableRawPointer(handle).deallocate()
    }
  }
}

/// Fresh handles; whoever takes one frees it in its close callback.
enum Handles {
  static func tcp(on loop: EventLoop) -> UnsafeMutablePointer<uv_stream_t> {
    let handle = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
    unsafe uv_tcp_init(loop.pointer, handle)
    return unsafe UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_stream_t.self)
  }

  static func pipe(on loop: EventLoop) -> UnsafeMutablePointer<uv_stream_t> {
    let handle = UnsafeMutablePointer<uv_pipe_t>.allocate(capacity: 1)
    unsafe uv_pipe_init(loop.pointer, handle, 0)
    return unsafe UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_stream_t.self)
  }

  /// Small frames leave at once.
  static func prepare(_ handle: UnsafeMutablePointer<uv_stream_t>) {
    unsafe uv_tcp_nodelay(
      UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_tcp_t.self), 1)
  }
}

/// One attempt to connect; keeps itself alive until its callback.
@safe private final class Attempt {
  let stream: ByteStream
  let isTCP: Bool
  let action: String
  let done: (Result<ByteStream, LoopError>) -> Void

  init(
    _ stream: ByteStream, isTCP: Bool, action: String,
    done: @escaping (Result<ByteStream, LoopError>) -> Void
  ) {
    self.stream = stream
    self.isTCP = isTCP
    self.action = action
    self.done = done
  }

  /// A fresh request that holds this attempt.
  func request() -> UnsafeMutablePointer<uv_connect_t> {
    let request = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)
    unsafe request.pointee.data = Unmanaged.passRetained(self).toOpaque()
    return unsafe request
  }

  static let finished: uv_connect_cb = { request, status in
    guard let request = unsafe request, let data = unsafe request.pointee.data else { return }
    let attempt = unsafe Unmanaged<Attempt>.fromOpaque(data).takeRetainedValue()
    unsafe request.deallocate()
    attempt.finish(status)
  }

  func finish(_ status: Int32) {
    guard status == 0 else {
      stream.close()
      return done(.failure(LoopError(status, action)))
    }
    if isTCP { unsafe Handles.prepare(stream.handle) }
    done(.success(stream))
  }
}

extension EventLoop {
  /// Connects to a TCP address; `done` is called once, on the loop. The stream does not read
  /// before `resume`.
  public func connect(
    tcp address: SocketAddress, done: @escaping (Result<ByteStream, LoopError>) -> Void
  ) {
    let handle = unsafe Handles.tcp(on: self)
    let stream = unsafe ByteStream(owning: handle)
    let attempt = Attempt(stream, isTCP: true, action: "connect to \(address)", done: done)
    let request = unsafe attempt.request()
    let status = unsafe address.withSystemAddress { system in
      unsafe uv_tcp_connect(
        request, UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_tcp_t.self), system,
        Attempt.finished)
    }
    if status < 0 {
      unsafe Unmanaged.passUnretained(attempt).release()
      unsafe request.deallocate()
      attempt.finish(status)
    }
  }

  /// Connects to a local socket.
  public func connect(
    local path: String, done: @escaping (Result<ByteStream, LoopError>) -> Void
  ) {
    let handle = unsafe Handles.pipe(on: self)
    let stream = unsafe ByteStream(owning: handle)
    let attempt = Attempt(stream, isTCP: false, action: "connect to \(path)", done: done)
    unsafe uv_pipe_connect(
      attempt.request(), UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_pipe_t.self),
      path, Attempt.finished)
  }
}
