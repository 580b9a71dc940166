// Addresses as text, `127.0.0.1:4001` and `[::1]:4001`, and as the system wants them
// (Specs/Discovery.md, "Addresses").

internal import CUV
internal import Glibc

/// A numeric address and port. Names are resolved by `EventLoop.resolve`.
public struct SocketAddress: Hashable, Sendable {
  /// 4 or 16 bytes, network order.
  public let bytes: [UInt8]
  public let port: UInt16

  public init?(bytes: [UInt8], port: UInt16) {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    self.bytes = bytes
    self.port = port
  }

  public var isV6: Bool { bytes.count == 16 }

  /// 0.0.0.0 and [::]: every address of this machine.
  public var isWildcard: Bool { bytes.allSatisfy { $0 == 0 } }

  public var isLoopback: Bool {
    isV6 ? bytes.last == 1 && bytes.dropLast().allSatisfy { $0 == 0 } : bytes[0] == 127
  }

  /// fe80::/10: means nothing without an interface beside it.
  public var isLinkLocalV6: Bool { isV6 && bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80 }

  /// Splits `host:port`; the host of a v6 address stands in brackets.
  public static func split(_ text: String) -> (host: String, port: UInt16)? {
    let parts: (Substring, Substring)
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      let rest = text[text.index(after: end)...]
      guard rest.hasPrefix(":") else { return nil }
      parts = (text[text.index(after: text.startIndex)..<end], rest.dropFirst())
    } else {
      guard let colon = text.lastIndex(of: ":") else { return nil }
      parts = (text[..<colon], text[text.index(after: colon)...])
      guard !parts.0.contains(":") else { return nil }
    }
    guard let port = UInt16(parts.1), !parts.0.isEmpty else { return nil }
    return (String(parts.0), port)
  }

  /// A numeric address; nil for names and for anything malformed.
  public init?(_ text: String) {
    guard let (host, port) = Self.split(text) else { return nil }
    self.init(host: host, port: port)
  }

  public init?(host: String, port: UInt16) {
    var v4 = in_addr()
    var v6 = in6_addr()
    if unsafe inet_pton(AF_INET, host, &v4) == 1 {
      self.init(bytes: unsafe withUnsafeBytes(of: &v4) { unsafe [UInt8]($0) }, port: port)
    } else if unsafe inet_pton(AF_INET6, host, &v6) == 1 {
      self.init(bytes: unsafe withUnsafeBytes(of: &v6) { unsafe [UInt8]($0) }, port: port)
    } else {
      return nil
    }
  }

  /// Reads what the system filled in; nil for other families.
  init?(_ storage: sockaddr_storage) {
    var storage = storage
    let found: ([UInt8], UInt16)? = unsafe withUnsafePointer(to: &storage) { pointer in
      let raw = unsafe UnsafeRawPointer(pointer)
      switch Int32(unsafe pointer.pointee.ss_family) {
      case AF_INET:
        let address = unsafe raw.load(as: sockaddr_in.self)
        var bytes = address.sin_addr
        return (
          unsafe withUnsafeBytes(of: &bytes) { unsafe [UInt8]($0) },
          UInt16(bigEndian: address.sin_port)
        )
      case AF_INET6:
        let address = unsafe raw.load(as: sockaddr_in6.self)
        var bytes = address.sin6_addr
        return (
          unsafe withUnsafeBytes(of: &bytes) { unsafe [UInt8]($0) },
          UInt16(bigEndian: address.sin6_port)
        )
      default: return nil
      }
    }
    guard let found else { return nil }
    self.init(bytes: found.0, port: found.1)
  }

  /// Reads an address that the system points at.
  init?(system: UnsafePointer<sockaddr>) {
    var storage = sockaddr_storage()
    let isV6 = unsafe Int32(system.pointee.sa_family) == AF_INET6
    let size = isV6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
    unsafe withUnsafeMutableBytes(of: &storage) {
      unsafe $0.copyMemory(from: UnsafeRawBufferPointer(start: system, count: size))
    }
    self.init(storage)
  }

  /// The system's form.
  var storage: sockaddr_storage {
    var storage = sockaddr_storage()
    unsafe withUnsafeMutablePointer(to: &storage) { pointer in
      let raw = UnsafeMutableRawPointer(pointer)
      if isV6 {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        unsafe withUnsafeMutableBytes(of: &address.sin6_addr) { unsafe $0.copyBytes(from: bytes) }
        unsafe raw.storeBytes(of: address, as: sockaddr_in6.self)
      } else {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        unsafe withUnsafeMutableBytes(of: &address.sin_addr) { unsafe $0.copyBytes(from: bytes) }
        unsafe raw.storeBytes(of: address, as: sockaddr_in.self)
      }
    }
    return storage
  }

  func withSystemAddress<Result>(
    _ body: (UnsafePointer<sockaddr>) -> Result
  ) -> Result {
    var storage = storage
    return unsafe withUnsafePointer(to: &storage) {
      unsafe body(UnsafeRawPointer($0).assumingMemoryBound(to: sockaddr.self))
    }
  }
}

extension SocketAddress: CustomStringConvertible {
  /// The address without its port and without brackets.
  public var host: String {
    var text = [CChar](repeating: 0, count: 64)
    unsafe _ = inet_ntop(isV6 ? AF_INET6 : AF_INET, bytes, &text, socklen_t(text.count))
    return String(
      decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  public var description: String {
    isV6 ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
