// The neighbourhood of an address: what one liar can easily have many of lies in one group
// (Specs/Discovery.md, "Table").

/// A numeric address without its port, read strictly; names have no group.
public struct AddressGroup: Hashable, Sendable {
  /// The family and the leading bytes: 4 and a /16, 6 and a /32; 127.0.0.0/8 and ::1 are 0.
  public let bytes: [UInt8]

  /// Nil for text that is not `v4:port` or `[v6]:port`.
  public init?(_ text: String) {
    guard let (host, isV6) = Self.host(of: text) else { return nil }
    if isV6 {
      guard let bytes = Self.v6(host) else { return nil }
      let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 255 && bytes[11] == 255
      if isMapped {
        self.bytes = [4] + bytes[12..<14]
      } else if bytes.dropLast().allSatisfy({ $0 == 0 }) {
        self.bytes = [0]
      } else {
        self.bytes = [6] + bytes.prefix(4)
      }
    } else {
      guard let bytes = Self.v4(host) else { return nil }
      self.bytes = bytes[0] == 127 ? [0] : [4] + bytes.prefix(2)
    }
  }

  private static func host(of text: String) -> (Substring, Bool)? {
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      let rest = text[text.index(after: end)...]
      guard rest.first == ":", UInt16(rest.dropFirst()) != nil else { return nil }
      return (text[text.index(after: text.startIndex)..<end], true)
    }
    guard let colon = text.firstIndex(of: ":"), UInt16(text[text.index(after: colon)...]) != nil
    else { return nil }
    return (text[..<colon], false)
  }

  private static func v4(_ text: Substring) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let bytes = parts.compactMap { part -> UInt8? in
      part.utf8.allSatisfy { (0x30...0x39).contains($0) } && part.utf8.count <= 3
        ? UInt8(part) : nil
    }
    return parts.count == 4 && bytes.count == 4 ? bytes : nil
  }

  private static func v6(_ text: Substring) -> [UInt8]? {
    let halves: [Substring]
    if let gap = text.range(of: "::") {
      let tail = text[gap.upperBound...]
      guard tail.range(of: "::") == nil else { return nil }
      halves = [text[..<gap.lowerBound], tail]
    } else {
      halves = [text]
    }
    var groups: [[UInt8]] = []
    for half in halves {
      var bytes: [UInt8] = []
      if !half.isEmpty {
        for part in half.split(separator: ":", omittingEmptySubsequences: false) {
          if let dotted = v4(part) {
            bytes += dotted
          } else {
            guard (1...4).contains(part.utf8.count), let word = UInt16(part, radix: 16),
              part.utf8.first != UInt8(ascii: "+")
            else { return nil }
            bytes += [UInt8(word >> 8), UInt8(word & 255)]
          }
        }
      }
      groups.append(bytes)
    }
    let count = groups.reduce(0) { $0 + $1.count }
    if groups.count == 1 { return count == 16 ? groups[0] : nil }
    guard count <= 14 else { return nil }
    return groups[0] + [UInt8](repeating: 0, count: 16 - count) + groups[1]
  }
}

extension Substring {
  fileprivate func range(of pair: String) -> Range<Index>? {
    var place = startIndex
    while place < endIndex {
      if self[place...].hasPrefix(pair) { return place..<index(place, offsetBy: pair.count) }
      place = index(after: place)
    }
    return nil
  }
}
