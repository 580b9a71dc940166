// Whether this machine can speak IPv6 to itself; containers often cannot.

import EventLoop

enum LoopbackV6 {
  static let isHere: Bool = {
    guard let loop = try? EventLoop(), let address = SocketAddress("[::1]:0"),
      let socket = try? DatagramSocket(address, on: loop, onDatagram: { _, _ in })
    else { return false }
    socket.close()
    loop.run()
    return true
  }()
}
