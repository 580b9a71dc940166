// Where a peer listens, and the addresses that it tells others (Specs/Running.md, "Addresses").

import EventLoop
import Store
import Terminal

/// The listening sockets of a running peer.
struct ListenPlaces {
  /// The port that is tried first when nobody says where to listen.
  static let usualPort: UInt16 = 4180

  private(set) var listeners: [Listener] = []
  /// Where they listen, with the ports that the system chose.
  private(set) var places: [SocketAddress] = []

  /// What a person typed: `127.0.0.1:4180`, `[::]:0`, or `:4180` for all of this machine's
  /// addresses.
  static func parse(_ texts: [String]) throws(Failure) -> [SocketAddress] {
    guard texts.count <= PeerSettings.mostListenAddresses else {
      throw .usage("a peer listens at most at \(PeerSettings.mostListenAddresses) addresses")
    }
    var found: [SocketAddress] = []
    for text in texts {
      let both = text.hasPrefix(":") ? ["0.0.0.0\(text)", "[::]\(text)"] : [text]
      for place in both {
        guard let address = SocketAddress(place) else {
          throw .usage(
            "--listen takes an address in numbers and a port, such as 0.0.0.0:4180, [::]:4180 or "
              + "127.0.0.1:0, not '\(Printable.line(text))'")
        }
        if !found.contains(address) { found.append(address) }
      }
    }
    return found
  }

  /// Opens every place that a person asked for, or fails. Places with port 0 get one port together,
  /// so that a peer has the same port on v4 and v6 where that is possible.
  mutating func open(
    _ asked: [SocketAddress], on loop: EventLoop, accept: @escaping (ByteStream) -> Void
  ) throws {
    var chosen: UInt16?
    for place in asked {
      if place.port == 0, let chosen,
        let same = SocketAddress(bytes: place.bytes, port: chosen),
        (try? open(same, loop, accept)) != nil
      {
        continue
      }
      let port = try open(place, loop, accept)
      if place.port == 0, chosen == nil { chosen = port }
    }
  }

  /// Opens the places of the last time, or the usual ones; what somebody else has by now is opened
  /// at another port, and what this machine does not have is passed over.
  mutating func open(
    remembered: [SocketAddress], on loop: EventLoop, accept: @escaping (ByteStream) -> Void
  ) throws {
    var first: LoopError?
    let usual = ["0.0.0.0:\(Self.usualPort)", "[::]:\(Self.usualPort)"]
    var ports: [UInt16: UInt16] = [:]
    for place in remembered.isEmpty ? usual.compactMap({ SocketAddress($0) }) : remembered {
      for port in [ports[place.port] ?? place.port, 0] {
        guard let address = SocketAddress(bytes: place.bytes, port: port) else { continue }
        do {
          ports[place.port] = try open(address, loop, accept)
          break
        } catch let error as LoopError {
          first = first ?? error
          guard error.isAddressInUse else { break }
        }
      }
    }
    if listeners.isEmpty, let first { throw first }
  }

  @discardableResult
  private mutating func open(
    _ place: SocketAddress, _ loop: EventLoop, _ accept: @escaping (ByteStream) -> Void
  ) throws -> UInt16 {
    let listener = try Listener(tcp: place, on: loop, onConnection: accept)
    let bound = listener.address ?? place
    listeners.append(listener)
    places.append(bound)
    return bound.port
  }

  func close() { for listener in listeners { listener.close() } }

  // MARK: What others are told

  /// Addresses at which others may dial: of a wildcard every address of this machine that means
  /// something elsewhere, and loopback only where there is nothing else or it was asked for.
  static func dialable(_ places: [SocketAddress], _ interfaces: [NetworkInterface]) -> [String] {
    var far: [SocketAddress] = []
    var near: [SocketAddress] = []
    for place in places {
      if !place.isWildcard {
        far.append(place)
        continue
      }
      for interface in interfaces {
        for bytes in interface.addresses where bytes.count == place.bytes.count {
          guard let address = SocketAddress(bytes: bytes, port: place.port),
            !address.isLinkLocalV6
          else { continue }
          if interface.isLoopback { near.append(address) } else { far.append(address) }
        }
      }
    }
    var all: [String] = []
    for address in far.isEmpty ? near : far where !all.contains("\(address)") {
      all.append("\(address)")
    }
    return all
  }

  /// What is announced on one interface: the addresses that lead there, by port.
  static func announced(
    _ places: [SocketAddress], on interface: NetworkInterface
  ) -> [(port: UInt16, addresses: [[UInt8]])] {
    var all: [(port: UInt16, addresses: [[UInt8]])] = []
    for place in places {
      let here = interface.addresses.filter {
        $0.count == place.bytes.count && (place.isWildcard || $0 == place.bytes)
          && SocketAddress(bytes: $0, port: 0)?.isLinkLocalV6 == false
      }
      if here.isEmpty { continue }
      if let index = all.firstIndex(where: { $0.port == place.port }) {
        all[index].addresses += here
      } else {
        all.append((place.port, here))
      }
    }
    return all
  }
}
