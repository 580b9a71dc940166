// Names of machines into numeric addresses, on libuv's pool (Specs/EventLoop.md).

internal import CUV
internal import Glibc

extension EventLoop {
  /// Addresses that one name may give.
  static let mostResolved = 8

  /// Numeric addresses of `host:port`, v4 and v6, as the system prefers them; at once when it is
  /// numeric already. `done` is called once, on the loop.
  public func resolve(
    _ text: String, done: @escaping (Result<[SocketAddress], LoopError>) -> Void
  ) {
    if let address = SocketAddress(text) { return done(.success([address])) }
    guard let (host, port) = SocketAddress.split(text) else {
      return done(.failure(LoopError(UV_EINVAL.rawValue, "understand the address \(text)")))
    }
    let request = UnsafeMutablePointer<uv_getaddrinfo_t>.allocate(capacity: 1)
    let question = Question(action: "find \(host)", port: port, done: done)
    unsafe request.pointee.data = Unmanaged.passRetained(question).toOpaque()
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = AI_ADDRCONFIG
    let status = unsafe uv_getaddrinfo(
      pointer, request,
      { request, status, list in
        guard let request = unsafe request, let data = unsafe request.pointee.data else { return }
        let question = unsafe Unmanaged<Question>.fromOpaque(data).takeRetainedValue()
        unsafe request.deallocate()
        unsafe question.finish(status, list)
        unsafe uv_freeaddrinfo(list)
      }, host, nil, &hints)
    if status < 0 {
      unsafe Unmanaged.passUnretained(question).release()
      unsafe request.deallocate()
      done(.failure(LoopError(status, question.action)))
    }
  }
}

/// One name that is being asked for; kept alive by its request until the answer.
private final class Question {
  let action: String
  private let port: UInt16
  private let done: (Result<[SocketAddress], LoopError>) -> Void

  init(
    action: String, port: UInt16, done: @escaping (Result<[SocketAddress], LoopError>) -> Void
  ) {
    self.action = action
    self.port = port
    self.done = done
  }

  func finish(_ status: Int32, _ list: UnsafeMutablePointer<addrinfo>?) {
    guard status == 0 else { return done(.failure(LoopError(status, action))) }
    var found: [SocketAddress] = []
    var next = unsafe list
    while let entry = unsafe next, found.count < EventLoop.mostResolved {
      if let system = unsafe entry.pointee.ai_addr,
        let address = unsafe SocketAddress(system: UnsafePointer(system)),
        let whole = SocketAddress(bytes: address.bytes, port: port), !found.contains(whole)
      {
        found.append(whole)
      }
      unsafe next = entry.pointee.ai_next
    }
    done(.success(found))
  }
}
