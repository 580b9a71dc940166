// Finding peers on the local network: sockets and time around the messages of
// PeerProtocol/Discovery (Specs/Discovery.md, "Local network").

import Cryptography
import EventLoop
import PeerProtocol

/// Asks who is there, says who this is, and hears of others.
final class LocalDiscovery {
  /// Messages heard in a second; more are passed over, so that a flood costs little.
  static let messagesPerSecond = 200
  /// An interface hears this peer's announcement at most this often (RFC 6762, 6).
  static let quietMilliseconds: UInt64 = 1_000
  /// An answer waits a random part of this, so that all do not answer at once.
  static let spreadMilliseconds: UInt64 = 100
  /// Questions are repeated after 1, 2, 4 … seconds, up to this.
  static let longestPauseMilliseconds: UInt64 = 300_000
  /// Interfaces are looked at again this often.
  static let lookMilliseconds: UInt64 = 15_000

  private static let port: UInt16 = 5353
  private static let groups = (v4: "224.0.0.251", v6: "ff02::fb")

  private let loop: EventLoop
  private let identity: PublicKey
  private let places: [SocketAddress]
  private let found: (PeerContact, String) -> Void
  private var sockets: [(socket: DatagramSocket, group: SocketAddress)] = []
  private var interfaces: [NetworkInterface] = []
  private var timer: Timer?
  private var answered: UInt64?
  private var answerDue: UInt64?
  private var askDue: UInt64
  private var pause: UInt64 = 1_000
  private var lookDue: UInt64
  private var second: (start: UInt64, count: Int) = (0, 0)
  /// Why the local network cannot be used, for the log; empty when it can.
  private(set) var troubles: [String] = []

  init(
    identity: PublicKey, places: [SocketAddress], loop: EventLoop,
    found: @escaping (PeerContact, String) -> Void
  ) {
    self.loop = loop
    self.identity = identity
    self.places = places
    self.found = found
    let now = loop.nowMilliseconds
    (askDue, lookDue, answerDue) = (now, now, now)
    for (host, group) in [("0.0.0.0", Self.groups.v4), ("::", Self.groups.v6)] {
      guard let bind = SocketAddress(host: host, port: Self.port),
        let target = SocketAddress(host: group, port: Self.port)
      else { continue }
      do {
        let socket = try DatagramSocket(bind, sharing: true, on: loop) {
          [weak self] bytes, sender in self?.heard(bytes, from: sender)
        }
        sockets.append((socket, target))
      } catch {
        troubles.append("\(error)")
      }
    }
    guard !sockets.isEmpty else { return }
    timer = Timer(on: loop) { [weak self] in self?.tick() }
    tick()
  }

  func close() {
    timer?.close()
    for (socket, _) in sockets { socket.close() }
    sockets = []
  }

  // MARK: Time

  private func tick() {
    let now = loop.nowMilliseconds
    if now >= lookDue {
      look()
      lookDue = now + Self.lookMilliseconds
    }
    if now >= askDue {
      for interface in interfaces { send(ServiceDiscovery.query, from: interface) }
      askDue = now + pause
      pause = min(pause * 2, Self.longestPauseMilliseconds)
    }
    if let due = answerDue, now >= due {
      announce()
      (answered, answerDue) = (now, nil)
    }
    let next = min(lookDue, askDue, answerDue ?? .max)
    timer?.start(afterMilliseconds: max(1, next > now ? next - now : 1))
  }

  /// Joins the groups on interfaces that are new, and tells them at once.
  private func look() {
    let now = (try? NetworkInterface.all()) ?? []
    guard now != interfaces else { return }
    interfaces = now
    for interface in interfaces {
      for (socket, group) in sockets where leads(interface, group) {
        try? socket.join(group.host, on: interface)
      }
    }
    answerDue = loop.nowMilliseconds
    askDue = loop.nowMilliseconds
    pause = 1_000
  }

  private func leads(_ interface: NetworkInterface, _ group: SocketAddress) -> Bool {
    interface.addresses.contains { $0.count == group.bytes.count }
  }

  private func send(_ bytes: [UInt8], from interface: NetworkInterface) {
    for (socket, group) in sockets where leads(interface, group) {
      // An interface may do no multicast; others will.
      try? socket.send(bytes, to: group, from: interface)
    }
  }

  private func announce() {
    for interface in interfaces {
      for (port, addresses) in ListenPlaces.announced(places, on: interface) {
        let announcement = ServiceAnnouncement(
          identity: identity, port: port, addresses: addresses)
        send(ServiceDiscovery.answer(announcement), from: interface)
      }
    }
  }

  // MARK: Messages

  private func heard(_ bytes: [UInt8], from sender: SocketAddress) {
    let now = loop.nowMilliseconds
    if now >= second.start + 1_000 { second = (now, 0) }
    second.count += 1
    guard second.count <= Self.messagesPerSecond else { return }
    switch ServiceDiscovery.read(bytes) {
    case .query:
      guard answerDue == nil else { return }
      let spread = UInt64.random(in: 0...Self.spreadMilliseconds)
      answerDue = max(now + spread, (answered ?? 0) + Self.quietMilliseconds)
      tick()
    case .announcements(let all):
      for peer in all where peer.identity != identity {
        let addresses = peer.addresses.compactMap { bytes in
          SocketAddress(bytes: bytes, port: peer.port).map { "\($0)" }
        }
        if addresses.isEmpty { continue }
        found(PeerContact(identity: peer.identity, addresses: addresses), "\(sender)")
      }
    case nil: break
    }
  }
}
