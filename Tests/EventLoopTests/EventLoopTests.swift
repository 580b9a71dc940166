// The loop carries bytes between real sockets on loopback, in bounded time.

import EventLoop
import Testing

@Suite struct EventLoopTests {
  @Test func addressesAreReadAndShown() throws {
    #expect(try #require(SocketAddress("127.0.0.1:80")).description == "127.0.0.1:80")
    #expect(try #require(SocketAddress("[::1]:443")).description == "[::1]:443")
    for bad in ["", "1.2.3.4", "::1:80", "[::1]80", "1.2.3.4:70000", "name:1", ":1"] {
      #expect(SocketAddress(bad) == nil, "\(bad)")
    }
  }

  @Test func bytesArriveWholeAndInOrder() throws { try bytesArrive(at: "127.0.0.1:0") }

  @Test(.enabled(if: LoopbackV6.isHere, "this machine has no IPv6"))
  func bytesArriveWholeAndInOrderOverIPv6() throws { try bytesArrive(at: "[::1]:0") }

  private func bytesArrive(at place: String) throws {
    let loop = try EventLoop()
    var received: [UInt8] = []
    var ended = false
    let sent = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let guardTimer = Timer(on: loop) { loop.stop() }
    guardTimer.start(afterMilliseconds: 20_000)
    var listener: Listener?
    listener = try Listener(tcp: try #require(SocketAddress(place)), on: loop) { stream in
      stream.onBytes = { received += $0 }
      stream.onEnd = { _ in
        ended = true
        stream.close()
        listener?.close()
        guardTimer.close()
      }
      stream.resume()
    }
    let address = try #require(listener?.address)
    loop.connect(tcp: address) { result in
      guard case .success(let stream) = result else { return }
      stream.onDrained = { stream.close() }
      stream.write(sent)
    }
    loop.run()
    #expect(ended)
    #expect(received.count == sent.count)
    #expect(received == sent)
  }

  @Test func aRefusedConnectionIsAnErrorWithItsAddress() throws {
    let loop = try EventLoop()
    let listener = try Listener(tcp: try #require(SocketAddress("127.0.0.1:0")), on: loop) { _ in }
    let address = try #require(listener.address)
    listener.close()
    loop.runReady()
    var message = ""
    loop.connect(tcp: address) { result in
      if case .failure(let error) = result { message = error.description }
    }
    loop.run()
    #expect(message.contains("ECONNREFUSED") && message.contains("\(address)"))
  }

  @Test func otherThreadsAndThePoolHandWorkToTheLoop() throws {
    let loop = try EventLoop()
    var results: [Int] = []
    for number in 0..<10 { loop.offload({ number * number }) { results.append($0) } }
    loop.run()
    #expect(results.sorted() == (0..<10).map { $0 * $0 })
  }

  @Test func aTimerThatIsAlwaysDueKeepsNothingElseFromItsTurn() throws {
    let loop = try EventLoop()
    var fired = 0
    var result: Int?
    var timer: Timer?
    timer = Timer(on: loop) {
      fired += 1
      // Long enough that a clock which went on would have the next millisecond over.
      let begun = loop.nowMilliseconds
      let clock = ContinuousClock()
      let until = clock.now + .milliseconds(3)
      while clock.now < until {}
      #expect(loop.nowMilliseconds == begun)
      if result == nil, fired < 2_000 { timer?.start(afterMilliseconds: 0) } else { timer?.close() }
    }
    timer?.start(afterMilliseconds: 0)
    loop.offload({ 7 }) { result = $0 }
    loop.run()
    #expect(result == 7)
    #expect(fired < 2_000)
  }
}
