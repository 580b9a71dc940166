// The addresses that this machine has, interface by interface (Specs/EventLoop.md).

internal import CUV
internal import Glibc

/// One interface of this machine, with its addresses.
public struct NetworkInterface: Equatable, Sendable {
  /// The system's name: `lo`, `eth0`.
  public var name: String
  public var isLoopback: Bool
  /// 4 or 16 bytes each, in the system's order.
  public var addresses: [[UInt8]]

  /// Interfaces that are up, in the system's order.
  public static func all() throws(LoopError) -> [NetworkInterface] {
    var list: UnsafeMutablePointer<uv_interface_address_t>?
    var count: Int32 = 0
    try LoopError.check(
      unsafe uv_interface_addresses(&list, &count), "ask for this machine's addresses")
    defer { unsafe uv_free_interface_addresses(list, count) }
    var interfaces: [NetworkInterface] = []
    for index in 0..<Int(count) {
      guard let entry = unsafe list?[index], let text = unsafe entry.name else { continue }
      let name = unsafe String(cString: text)
      var storage = sockaddr_storage()
      unsafe withUnsafeMutableBytes(of: &storage) { target in
        unsafe withUnsafeBytes(of: entry.address) { unsafe target.copyMemory(from: $0) }
      }
      guard let address = SocketAddress(storage) else { continue }
      if let place = interfaces.firstIndex(where: { $0.name == name }) {
        interfaces[place].addresses.append(address.bytes)
      } else {
        interfaces.append(
          NetworkInterface(
            name: name, isLoopback: unsafe entry.is_internal != 0, addresses: [address.bytes]))
      }
    }
    return interfaces
  }

  /// How libuv wants to be told of an interface: by a v4 address, or by a scope.
  func place(isV6: Bool) -> String? {
    if isV6 { return "::%\(name)" }
    return addresses.first { $0.count == 4 }.flatMap { SocketAddress(bytes: $0, port: 0)?.host }
  }
}
