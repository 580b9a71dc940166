// A value as DAG-JSON, for people and for tools of IPLD: links are {"/": "bafy…"}, bytes are
// {"/": {"bytes": "base64"}}, keys are sorted bytewise (Specs/ContentAddresses.md, "As JSON").

extension Value {
  /// One line of DAG-JSON, without spaces. Integers of any size are written in full.
  public var dagJSON: String {
    var text: [UInt8] = []
    appendDagJSON(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  private func appendDagJSON(to text: inout [UInt8]) {
    switch self {
    case .null: text += "null".utf8
    case .bool(let value): text += (value ? "true" : "false").utf8
    case .integer(let value): text += "\(value)".utf8
    // Swift writes the fewest digits that read back as the same bits, always with a point or an
    // exponent, so that a float stays one.
    case .float(let value): text += "\(value)".utf8
    case .text(let value): Self.append(value, to: &text)
    case .bytes(let value):
      text += "{\"/\":{\"bytes\":\"".utf8
      text += Self.base64(value)
      text += "\"}}".utf8
    case .link(let cid): text += "{\"/\":\"\(cid)\"}".utf8
    case .foreignLink(let link): text += "{\"/\":\"\(link)\"}".utf8
    case .array(let items):
      text.append(UInt8(ascii: "["))
      for (index, item) in items.enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        item.appendDagJSON(to: &text)
      }
      text.append(UInt8(ascii: "]"))
    case .map(let map):
      text.append(UInt8(ascii: "{"))
      // DAG-JSON sorts bytewise; DAG-CBOR puts shorter keys first.
      let entries = map.entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      for (index, entry) in entries.enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        Self.append(entry.key, to: &text)
        text.append(UInt8(ascii: ":"))
        entry.value.appendDagJSON(to: &text)
      }
      text.append(UInt8(ascii: "}"))
    }
  }

  private static func append(_ string: String, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""): text += "\\\"".utf8
      case UInt8(ascii: "\\"): text += "\\\\".utf8
      case 0x08: text += "\\b".utf8
      case 0x09: text += "\\t".utf8
      case 0x0A: text += "\\n".utf8
      case 0x0C: text += "\\f".utf8
      case 0x0D: text += "\\r".utf8
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        text += ("\\u00" + (digits.count == 1 ? "0" : "") + digits).utf8
      default: text.append(byte)
      }
    }
    text.append(UInt8(ascii: "\""))
  }

  /// RFC 4648 without padding, as DAG-JSON has it.
  private static func base64(_ bytes: [UInt8]) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    var pending: UInt32 = 0
    var bits = 0
    for byte in bytes {
      pending = pending << 8 | UInt32(byte)
      bits += 8
      while bits >= 6 {
        bits -= 6
        text.append(alphabet[Int(pending >> UInt32(bits) & 63)])
      }
      pending &= (1 << UInt32(bits)) - 1
    }
    if bits > 0 { text.append(alphabet[Int(pending << UInt32(6 - bits) & 63)]) }
    return text
  }
}
