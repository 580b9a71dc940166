// Links to blocks of other systems: kept and written back, never followed
// (Specs/ContentAddresses.md, "Links").

internal import Cryptography

/// A well-formed CID that is not an address here: version 0, another codec or another hash.
public struct ForeignLink: Hashable, Sendable {
  /// The binary form.
  public let bytes: [UInt8]

  /// Nil when `bytes` are no CID, or are one that `CID` holds.
  public init?(bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    guard Self.isVersion0(bytes) || Self.isVersion1(bytes), (try? CID(bytes: bytes)) == nil else {
      return nil
    }
    self.bytes = bytes
  }

  /// Reads `Qm…` of version 0 or `b…` of version 1.
  public init?(_ text: String) {
    if text.utf8.first == UInt8(ascii: "b") {
      guard let bytes = Base32.bytes(of: text.utf8.dropFirst()), !Self.isVersion0(bytes) else {
        return nil
      }
      self.init(bytes: bytes)
    } else {
      guard text.utf8.count == 46, let bytes = Base58.bytes(of: text), Self.isVersion0(bytes)
      else { return nil }
      self.init(bytes: bytes)
    }
  }

  private static func isVersion0(_ bytes: [UInt8]) -> Bool {
    bytes.count == 34 && bytes[0] == 0x12 && bytes[1] == 0x20
  }

  private static func isVersion1(_ bytes: [UInt8]) -> Bool {
    guard bytes.first == 1, let codec = Varint.read(bytes, at: 1),
      let hash = Varint.read(bytes, at: codec.end), let length = Varint.read(bytes, at: hash.end),
      length.value == UInt64(bytes.count - length.end)
    else { return false }
    // Digests of the common functions may be shortened, never longer than they are made.
    return switch hash.value {
    case 0x11: length.value <= 20
    case 0x12, 0x16, 0x1B, 0x1E, 0x56: length.value <= 32
    case 0x13, 0x14: length.value <= 64
    default: true
    }
  }
}

extension ForeignLink: CustomStringConvertible {
  public var description: String {
    Self.isVersion0(bytes) ? Base58.text(of: bytes) : "b" + Base32.text(of: bytes)
  }
}
