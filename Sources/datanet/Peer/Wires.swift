// The connections of a running peer: links of the Node on one side, streams of the loop on the other
// (Specs/Running.md, "Shell").

import EventLoop
import Node

/// Carries out what the Node wants of its links, and tells it what became of that.
@safe final class Wires {
  /// After a last word is sent, a connection is closed at the latest after this.
  static let farewellMilliseconds: UInt64 = 1_000

  private final class Wire {
    var stream: ByteStream?
    /// The Node has let go of it: closed as soon as everything is written.
    var isLeaving = false
  }

  private let loop: EventLoop
  private var wires: [LinkID: Wire] = [:]
  private var acceptedCount: UInt64 = 0
  /// The Node's ear.
  var feed: (NodeEvent) -> Void = { _ in }
  var received: (UnsafeRawBufferPointer, LinkID) -> Void = { _, _ in }

  init(loop: EventLoop) { self.loop = loop }

  var isEmpty: Bool { wires.isEmpty }

  // MARK: New connections

  func accept(_ stream: ByteStream) {
    acceptedCount += 1
    let link = LinkID.accepted(acceptedCount)
    let wire = Wire()
    wires[link] = wire
    attach(stream, to: wire, link)
    feed(.accepted(link, from: stream.remoteAddress.map { "\($0)" } ?? "an unknown address"))
    resume(link)
  }

  /// Connects to a numeric address, or to the addresses of a name one after the other.
  func dial(_ link: LinkID, _ address: String) {
    wires[link] = Wire()
    loop.resolve(address) { [weak self] result in
      switch result {
      case .success(let places): self?.dial(link, places[...], last: nil)
      case .failure(let error): self?.failed(link, error)
      }
    }
  }

  private func dial(_ link: LinkID, _ places: ArraySlice<SocketAddress>, last: LoopError?) {
    guard let wire = wires[link] else { return }
    guard let place = places.first else {
      wires[link] = nil
      return feed(.dialFailed(link, reason: last.map { "\($0)" } ?? "the name has no address"))
    }
    loop.connect(tcp: place) { [weak self] result in
      guard let self else { return }
      switch result {
      case .success(let stream):
        // The Node may have given up meanwhile.
        guard self.wires[link] === wire, !wire.isLeaving else { return stream.close() }
        self.attach(stream, to: wire, link)
        self.feed(.dialled(link))
        self.resume(link)
      case .failure(let error): self.dial(link, places.dropFirst(), last: error)
      }
    }
  }

  private func failed(_ link: LinkID, _ error: LoopError) {
    guard wires.removeValue(forKey: link) != nil else { return }
    feed(.dialFailed(link, reason: "\(error)"))
  }

  private func attach(_ stream: ByteStream, to wire: Wire, _ link: LinkID) {
    wire.stream = stream
    unsafe stream.onBytes = { [weak self] bytes in unsafe self?.received(bytes, link) }
    stream.onDrained = { [weak self, weak wire] in
      guard let self, let wire else { return }
      if wire.isLeaving { return self.drop(link) }
      self.feed(.drained(link))
    }
    stream.onEnd = { [weak self, weak wire] error in
      guard let self, let wire else { return }
      let isLeaving = wire.isLeaving
      self.drop(link)
      if !isLeaving { self.feed(.ended(link, reason: error.map { "\($0)" })) }
    }
  }

  // MARK: What the Node wants

  func send(_ bytes: [UInt8], on link: LinkID) { wires[link]?.stream?.write(bytes) }

  func pause(_ link: LinkID) { wires[link]?.stream?.pause() }

  func resume(_ link: LinkID) {
    guard let wire = wires[link], !wire.isLeaving else { return }
    wire.stream?.resume()
  }

  /// Closes once everything is written, or after a second.
  func close(_ link: LinkID) {
    guard let wire = wires[link], !wire.isLeaving else { return }
    wire.isLeaving = true
    guard let stream = wire.stream, stream.queuedByteCount > 0 else { return drop(link) }
    stream.pause()
    let timer = Timer(on: loop) { [weak self] in self?.drop(link) }
    timer.start(afterMilliseconds: Self.farewellMilliseconds)
    stream.onDrained = { [weak self] in
      timer.close()
      self?.drop(link)
    }
  }

  private func drop(_ link: LinkID) {
    wires.removeValue(forKey: link)?.stream?.close()
  }

  func closeAll() { for link in wires.keys.sorted() { drop(link) } }
}
