// The first bytes in the clear: which versions are spoken and, for a private Datanet, which key
// is meant, said so that only its holders understand (Specs/Session.md, "Opening").
//
//   opening = "DATANET" lowest:u8 highest:u8 mode:u8 [hint:16, mode 1 only]
//   answer  = 0 version:u8  |  1 lowest:u8 highest:u8
//   Each is followed by handshake messages: length:u16 (big-endian) message.

internal import Cryptography

struct Opening: Equatable {
  static let magic = Array("DATANET".utf8)
  static let hintByteCount = 16
  static let plainByteCount = magic.count + 3

  var lowest: UInt8
  var highest: UInt8
  /// Present when the handshake uses a private Datanet's key.
  var hint: [UInt8]?

  var bytes: [UInt8] {
    Self.magic + [lowest, highest, hint == nil ? 0 : 1] + (hint ?? [])
  }

  /// The number of bytes of the opening that starts with `head`; nil when `head` cannot be one.
  static func byteCount(head: ArraySlice<UInt8>) -> Int? {
    for (byte, expected) in zip(head, magic) where byte != expected { return nil }
    guard head.count >= plainByteCount else { return plainByteCount }
    switch head[head.startIndex + plainByteCount - 1] {
    case 0: return plainByteCount
    case 1: return plainByteCount + hintByteCount
    default: return nil
    }
  }

  /// Parses exactly the bytes that `byteCount` asked for.
  init?(_ bytes: ArraySlice<UInt8>) {
    let all = Array(bytes)
    guard all.count >= Self.plainByteCount, Self.byteCount(head: bytes) == all.count else {
      return nil
    }
    lowest = all[Self.magic.count]
    highest = all[Self.magic.count + 1]
    hint = all.count > Self.plainByteCount ? Array(all[Self.plainByteCount...]) : nil
    guard lowest <= highest else { return nil }
  }

  init(lowest: UInt8, highest: UInt8, hint: [UInt8]?) {
    self.lowest = lowest
    self.highest = highest
    self.hint = hint
  }

  /// What names `key` to its holders: fresh for each handshake, meaningless to others.
  static func hint(key: Digest, ephemeral: [UInt8]) -> [UInt8] {
    let label = Array("datanet key hint".utf8)
    return Array(HMAC.sha256(key: key.bytes, label + ephemeral).bytes.prefix(hintByteCount))
  }
}
