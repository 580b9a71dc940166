// What the operating system refused, with libuv's name for it (Specs/EventLoop.md).

internal import CUV

public struct LoopError: Error, Equatable, CustomStringConvertible {
  /// libuv's code, negative; -98 (address in use) and the like on Linux.
  public let code: Int32
  /// What was tried, in words: "listen on 127.0.0.1:4001".
  public let action: String

  init(_ code: Int32, _ action: String) {
    self.code = code
    self.action = action
  }

  /// libuv's short name: `EADDRINUSE`.
  public var name: String {
    guard let text = unsafe uv_err_name(code) else { return "error \(code)" }
    return unsafe String(cString: text)
  }

  public var description: String {
    let reason = unsafe uv_strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    return "cannot \(action): \(reason) (\(name))"
  }

  public var isAddressInUse: Bool { code == UV_EADDRINUSE.rawValue }

  /// Throws unless `code` is a success.
  static func check(_ code: Int32, _ action: @autoclosure () -> String) throws(LoopError) {
    guard code >= 0 else { throw LoopError(code, action()) }
  }
}
