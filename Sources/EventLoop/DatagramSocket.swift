// UDP, with multicast, for finding peers on the local network (Specs/EventLoop.md).

internal import CUV
internal import Glibc

/// A bound UDP socket. The loop keeps it alive until it is closed; the handle is freed in its close
/// callback.
@safe public final class DatagramSocket {
  /// Longer datagrams are cut by the system and passed over here.
  static let largestDatagram = 9_216
  /// Multicast DNS says 255, so that a receiver may see that no router was crossed (RFC 6762, 11).
  static let multicastHops: Int32 = 255

  private let handle: UnsafeMutablePointer<uv_udp_t>
  private let buffer: UnsafeMutableRawBufferPointer
  private let isV6: Bool
  private var isClosed = false
  private let onDatagram: ([UInt8], SocketAddress) -> Void

  /// Binds and receives. With `sharing`, several sockets of one machine may have the port, and each
  /// receives every multicast datagram.
  public init(
    _ address: SocketAddress, sharing: Bool = false, on loop: EventLoop,
    onDatagram: @escaping ([UInt8], SocketAddress) -> Void
  ) throws(LoopError) {
    let handle = UnsafeMutablePointer<uv_udp_t>.allocate(capacity: 1)
    unsafe uv_udp_init(loop.pointer, handle)
    unsafe self.handle = handle
    unsafe buffer = .allocate(byteCount: Self.largestDatagram, alignment: 16)
    isV6 = address.isV6
    self.onDatagram = onDatagram
    // Retained until the close callback.
    unsafe handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    let flags =
      (address.isV6 ? UInt32(UV_UDP_IPV6ONLY.rawValue) : 0)
      | (sharing ? UInt32(UV_UDP_REUSEADDR.rawValue) : 0)
    var status = unsafe address.withSystemAddress { unsafe uv_udp_bind(handle, $0, flags) }
    if status == 0 { status = start() }
    guard status == 0 else {
      close()
      throw LoopError(status, "receive datagrams at \(address)")
    }
  }

  deinit { unsafe buffer.deallocate() }

  private static func from(_ data: UnsafeMutableRawPointer?) -> DatagramSocket? {
    guard let data = unsafe data else { return nil }
    return unsafe Unmanaged<DatagramSocket>.fromOpaque(data).takeUnretainedValue()
  }

  private func start() -> Int32 {
    unsafe uv_udp_recv_start(
      handle,
      { handle, _, buffer in
        guard let socket = unsafe DatagramSocket.from(handle?.pointee.data),
          let buffer = unsafe buffer
        else { return }
        unsafe buffer.pointee = uv_buf_init(
          socket.buffer.baseAddress?.assumingMemoryBound(to: CChar.self),
          UInt32(DatagramSocket.largestDatagram))
      },
      { handle, count, _, sender, flags in
        guard let socket = unsafe DatagramSocket.from(handle?.pointee.data), count > 0,
          flags & UInt32(UV_UDP_PARTIAL.rawValue) == 0, let sender = unsafe sender,
          let from = unsafe SocketAddress(system: sender)
        else { return }
        unsafe socket.onDatagram([UInt8](socket.buffer[..<count]), from)
      })
  }

  /// Where the socket is bound.
  public var address: SocketAddress? {
    var storage = sockaddr_storage()
    var length = Int32(MemoryLayout<sockaddr_storage>.size)
    let status = unsafe withUnsafeMutablePointer(to: &storage) {
      unsafe uv_udp_getsockname(
        handle, UnsafeMutableRawPointer($0).assumingMemoryBound(to: sockaddr.self), &length)
    }
    return status == 0 ? SocketAddress(storage) : nil
  }

  /// Receives what is sent to `group` on an interface. A group that was joined before stays joined.
  public func join(_ group: String, on interface: NetworkInterface) throws(LoopError) {
    let status = unsafe uv_udp_set_membership(
      handle, group, interface.place(isV6: isV6), UV_JOIN_GROUP)
    guard status == 0 || status == UV_EADDRINUSE.rawValue else {
      throw LoopError(status, "join \(group) on \(interface.name)")
    }
  }

  /// Sends at once or not at all, from `interface` when it is to a group; what the system does not
  /// take is lost, as datagrams are.
  public func send(
    _ bytes: [UInt8], to address: SocketAddress, from interface: NetworkInterface? = nil
  ) throws(LoopError) {
    guard !isClosed else { return }
    if let interface {
      try LoopError.check(
        unsafe uv_udp_set_multicast_interface(handle, interface.place(isV6: isV6)),
        "send from \(interface.name)")
      unsafe uv_udp_set_multicast_loop(handle, 1)
      unsafe uv_udp_set_multicast_ttl(handle, Self.multicastHops)
    }
    let status = unsafe bytes.withUnsafeBytes { source in
      var buffer = unsafe uv_buf_init(
        UnsafeMutablePointer(mutating: source.baseAddress?.assumingMemoryBound(to: CChar.self)),
        UInt32(source.count))
      return unsafe address.withSystemAddress { unsafe uv_udp_try_send(handle, &buffer, 1, $0) }
    }
    try LoopError.check(status, "send to \(address)")
  }

  public func close() {
    guard !isClosed else { return }
    isClosed = true
    unsafe uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) {
      handle in
      guard let handle = unsafe handle else { return }
      if let data = unsafe handle.pointee.data {
        unsafe Unmanaged<DatagramSocket>.fromOpaque(data).release()
      }
      unsafe UnsafeMutableRawPointer(handle).deallocate()
    }
  }
}
