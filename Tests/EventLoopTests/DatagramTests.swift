// Datagrams, groups, signals and names on the loop, in bounded time.

import EventLoop
import Glibc
import Testing

@Suite struct DatagramTests {
  /// Runs the loop until `done` holds or five seconds have passed.
  private func wait(_ loop: EventLoop, until done: @escaping () -> Bool) {
    let start = loop.nowMilliseconds
    let timer = Timer(on: loop) {
      if done() || loop.nowMilliseconds - start > 5_000 { loop.stop() }
    }
    timer.start(afterMilliseconds: 1, everyMilliseconds: 5)
    loop.run()
    timer.close()
  }

  @Test func aDatagramArrivesWithItsSender() throws { try aDatagramArrives(at: "127.0.0.1:0") }

  @Test(.enabled(if: LoopbackV6.isHere, "this machine has no IPv6"))
  func aDatagramArrivesWithItsSenderOverIPv6() throws { try aDatagramArrives(at: "[::1]:0") }

  private func aDatagramArrives(at place: String) throws {
    let loop = try EventLoop()
    var received: [([UInt8], SocketAddress)] = []
    let address = try #require(SocketAddress(place))
    let receiver = try DatagramSocket(address, on: loop) { received.append(($0, $1)) }
    let sender = try DatagramSocket(address, on: loop) { _, _ in }
    try sender.send([1, 2, 3], to: try #require(receiver.address))
    wait(loop) { !received.isEmpty }
    #expect(received.count == 1 && received[0].0 == [1, 2, 3])
    #expect(received.first?.1 == sender.address)
    receiver.close()
    sender.close()
    loop.run()
  }

  @Test func everySocketOfTheMachineHearsAGroup() throws {
    let loop = try EventLoop()
    let loopback = try #require(try NetworkInterface.all().first { $0.isLoopback })
    #expect(loopback.addresses.contains([127, 0, 0, 1]))
    var heard = [0, 0]
    let probe = try DatagramSocket(try #require(SocketAddress("127.0.0.1:0")), on: loop) { _, _ in }
    let port = try #require(probe.address?.port)
    probe.close()
    let any = try #require(SocketAddress("0.0.0.0:\(port)"))
    let sockets = try [0, 1].map { number in
      try DatagramSocket(any, sharing: true, on: loop) { bytes, _ in
        if bytes == [7] { heard[number] += 1 }
      }
    }
    for socket in sockets {
      try socket.join("224.0.0.251", on: loopback)
      try socket.join("224.0.0.251", on: loopback)
    }
    try sockets[0].send(
      [7], to: try #require(SocketAddress("224.0.0.251:\(port)")), from: loopback)
    wait(loop) { heard == [1, 1] }
    #expect(heard == [1, 1])
    for socket in sockets { socket.close() }
    loop.run()
  }

  @Test func aPortThatSomebodyHasIsRefusedWithItsAddress() throws {
    let loop = try EventLoop()
    let first = try DatagramSocket(try #require(SocketAddress("127.0.0.1:0")), on: loop) { _, _ in }
    let address = try #require(first.address)
    let error = #expect(throws: LoopError.self) {
      try DatagramSocket(address, on: loop) { _, _ in }
    }
    #expect(error?.isAddressInUse == true)
    #expect(error?.description.contains("\(address)") == true)
    first.close()
    loop.run()
  }

  @Test func aSignalIsAnEvent() throws {
    let loop = try EventLoop()
    var count = 0
    let watcher = try SignalWatcher(SIGWINCH, on: loop) { count += 1 }
    kill(getpid(), SIGWINCH)
    wait(loop) { count > 0 }
    #expect(count == 1)
    watcher.close()
    loop.run()
  }

  @Test func namesBecomeAddresses() throws {
    let loop = try EventLoop()
    var answers: [[String]] = []
    for text in ["localhost:80", "[::1]:81", "127.0.0.1:82", "no port"] {
      loop.resolve(text) { result in
        answers.append(((try? result.get()) ?? []).map(\.description).sorted())
      }
    }
    loop.run()
    #expect(answers.contains(["[::1]:81"]) && answers.contains(["127.0.0.1:82"]))
    #expect(answers.contains { $0.contains("127.0.0.1:80") || $0.contains("[::1]:80") })
    #expect(answers.contains([]) && answers.count == 4)
  }

  @Test func kindsOfAddressesAreTold() throws {
    func address(_ text: String) throws -> SocketAddress { try #require(SocketAddress(text)) }
    #expect(try address("0.0.0.0:1").isWildcard && address("[::]:1").isWildcard)
    #expect(try address("127.9.0.1:1").isLoopback && address("[::1]:1").isLoopback)
    #expect(try !address("[::2]:1").isLoopback && !address("1.0.0.127:1").isLoopback)
    #expect(try address("[fe80::1]:1").isLinkLocalV6 && !address("[fec0::1]:1").isLinkLocalV6)
  }
}
