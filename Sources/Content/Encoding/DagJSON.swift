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
    case .float(let value): text += Self.text(value).utf8
    case .text(let value): Self.append(value, to: &text)
    case .bytes(let value):
      text += "{\"/\":{\"bytes\":\"".utf8
      text += Base64.text(of: value).utf8
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

  /// Swift writes the fewest digits that read back as the same bits, always with a point or an
  /// exponent, so that a float stays one; only the exponent's leading zero is its own.
  private static func text(_ value: Double) -> String {
    let text = "\(value)"
    guard let mark = text.lastIndex(where: { $0 == "e" }) else { return text }
    let digits = text.index(mark, offsetBy: 2)
    guard text[digits] == "0" else { return text }
    return String(text[..<digits] + text[text.index(after: digits)...])
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
}
