// Finding peers on the local network by multicast DNS service discovery, `_datanet._tcp.local`
// (RFC 6762, RFC 6763; Specs/Discovery.md, "Local network"). Messages only; sockets elsewhere.

public import Cryptography

public struct ServiceAnnouncement: Equatable, Sendable {
  public var identity: PublicKey
  public var port: UInt16
  /// 4 or 16 bytes each.
  public var addresses: [[UInt8]]

  public init(identity: PublicKey, port: UInt16, addresses: [[UInt8]]) {
    self.identity = identity
    self.port = port
    self.addresses = addresses
  }
}

public enum ServiceDiscovery {
  /// Bytes of a message; longer ones are not looked at.
  public static let maximumMessage = 1_472
  /// Records of a message that are read.
  static let maximumRecords = 64
  /// Addresses of one peer.
  static let maximumAddresses = 8
  /// Seconds that others may remember an announcement.
  static let timeToLive: UInt32 = 120

  private static let service = ["_datanet", "_tcp", "local"]
  private static let types: (a: UInt16, ptr: UInt16, txt: UInt16, aaaa: UInt16, srv: UInt16) =
    (1, 12, 16, 28, 33)

  /// The instance's label: the first 32 hexadecimal digits of the identity.
  private static func label(of identity: PublicKey) -> String {
    Hexadecimal.text(of: identity.bytes.prefix(16))
  }

  private static func write(_ labels: [String], into bytes: inout [UInt8]) {
    for label in labels {
      bytes.append(UInt8(truncatingIfNeeded: label.utf8.count))
      bytes += label.utf8
    }
    bytes.append(0)
  }

  private static func record(
    _ name: [String], type: UInt16, isUnique: Bool, data: [UInt8], into bytes: inout [UInt8]
  ) {
    write(name, into: &bytes)
    bytes.append(number: UInt64(type), bytes: 2)
    bytes.append(number: isUnique ? 0x8001 : 1, bytes: 2)
    bytes.append(number: UInt64(timeToLive), bytes: 4)
    bytes.append(number: UInt64(data.count), bytes: 2)
    bytes += data
  }

  /// "Who is there?"
  public static var query: [UInt8] {
    var bytes: [UInt8] = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    write(service, into: &bytes)
    bytes.append(number: UInt64(types.ptr), bytes: 2)
    bytes.append(number: 1, bytes: 2)
    return bytes
  }

  /// "I am here." Says who and where, never which Datanets.
  public static func answer(_ announcement: ServiceAnnouncement) -> [UInt8] {
    let instance = [label(of: announcement.identity)] + service
    let host = [label(of: announcement.identity), "local"]
    let addresses = announcement.addresses.prefix(maximumAddresses)
    var bytes: [UInt8] = [0, 0, 0x84, 0, 0, 0]
    bytes.append(number: UInt64(3 + addresses.count), bytes: 2)
    bytes += [0, 0, 0, 0]
    var target: [UInt8] = []
    write(instance, into: &target)
    record(service, type: types.ptr, isUnique: false, data: target, into: &bytes)
    var server: [UInt8] = [0, 0, 0, 0]
    server.append(number: UInt64(announcement.port), bytes: 2)
    write(host, into: &server)
    record(instance, type: types.srv, isUnique: true, data: server, into: &bytes)
    let identity = "id=" + Hexadecimal.text(of: announcement.identity.bytes)
    let text = [UInt8(truncatingIfNeeded: identity.utf8.count)] + Array(identity.utf8)
    record(instance, type: types.txt, isUnique: true, data: text, into: &bytes)
    for address in addresses {
      record(
        host, type: address.count == 4 ? types.a : types.aaaa, isUnique: true, data: address,
        into: &bytes)
    }
    return bytes
  }

  public enum Message: Equatable, Sendable {
    case query
    case announcements([ServiceAnnouncement])
  }

  /// Nil for anything that is not about this service, or malformed.
  public static func read(_ bytes: [UInt8]) -> Message? {
    guard bytes.count <= maximumMessage else { return nil }
    var reader = DNSReader(bytes)
    guard reader.number(2) != nil, let flags = reader.number(2), let questions = reader.number(2),
      let answers = reader.number(2), let authorities = reader.number(2),
      let additional = reader.number(2)
    else { return nil }
    if flags & 0x8000 == 0 {
      for _ in 0..<min(questions, 16) {
        guard let name = reader.name(), let type = reader.number(2), reader.number(2) != nil else {
          return nil
        }
        if name == service, type == types.ptr || type == 255 { return .query }
      }
      return nil
    }
    guard questions == 0 else { return nil }
    var servers: [(instance: [String], host: [String], port: UInt16)] = []
    var identities: [(instance: [String], identity: PublicKey)] = []
    var addresses: [(host: [String], bytes: [UInt8])] = []
    for _ in 0..<min(answers + authorities + additional, maximumRecords) {
      guard let name = reader.name(), let type = reader.number(2), reader.number(2) != nil,
        reader.number(4) != nil, let length = reader.number(2),
        let data = reader.bytes(length)
      else { return nil }
      switch UInt16(truncatingIfNeeded: type) {
      case types.srv where name.count == 4 && Array(name.dropFirst()) == service:
        var inner = DNSReader(bytes, at: reader.offset - length + 6)
        guard data.count >= 7, let host = inner.name() else { return nil }
        servers.append((name, host, UInt16(data[4]) << 8 | UInt16(data[5])))
      case types.txt where name.count == 4 && Array(name.dropFirst()) == service:
        guard data.count == 68, data[0] == 67, data[1...].starts(with: "id=".utf8),
          let key = Hexadecimal.bytes(of: String(decoding: data[4...], as: UTF8.self)),
          let identity = PublicKey(bytes: key)
        else { continue }
        identities.append((name, identity))
      case types.a where data.count == 4: addresses.append((name, data))
      case types.aaaa where data.count == 16: addresses.append((name, data))
      default: continue
      }
    }
    let found = identities.compactMap { instance, identity -> ServiceAnnouncement? in
      guard let server = servers.first(where: { $0.instance == instance }), server.port > 0 else {
        return nil
      }
      let places = addresses.filter { $0.host == server.host }.map(\.bytes)
      return ServiceAnnouncement(
        identity: identity, port: server.port, addresses: Array(places.prefix(maximumAddresses)))
    }
    return found.isEmpty ? nil : .announcements(found)
  }
}

/// Reads DNS wire format; compressed names are followed backwards only, so they end.
private struct DNSReader {
  private let all: [UInt8]
  private(set) var offset: Int

  init(_ bytes: [UInt8], at offset: Int = 0) {
    all = bytes
    self.offset = offset
  }

  mutating func number(_ count: Int) -> Int? {
    guard all.count - offset >= count else { return nil }
    var value = 0
    for _ in 0..<count {
      value = value << 8 | Int(all[offset])
      offset += 1
    }
    return value
  }

  mutating func bytes(_ count: Int) -> [UInt8]? {
    guard all.count - offset >= count else { return nil }
    defer { offset += count }
    return Array(all[offset..<offset + count])
  }

  mutating func name() -> [String]? {
    var labels: [String] = []
    var place = offset
    var end: Int?
    var total = 0
    while true {
      guard place < all.count else { return nil }
      let length = Int(all[place])
      switch length {
      case 0:
        offset = end ?? place + 1
        return labels
      case 1...63:
        total += length + 1
        guard place + 1 + length <= all.count, total <= 255 else { return nil }
        let text = String(decoding: all[(place + 1)..<(place + 1 + length)], as: UTF8.self)
        labels.append(text.lowercased())
        place += 1 + length
      case 0xC0...0xFF:
        guard place + 1 < all.count else { return nil }
        let target = (length & 0x3F) << 8 | Int(all[place + 1])
        if end == nil { end = place + 2 }
        guard target < place else { return nil }
        place = target
      default: return nil
      }
    }
  }
}
