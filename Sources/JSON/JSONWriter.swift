// JSON text from values: compact or indented, keys in their order; see Specs/Records.md, "JSON".

/// How a document is laid out.
public enum JSONLayout: Sendable, Equatable {
  /// On one line, without spaces.
  case compact
  /// Two spaces of indentation a level, one member or element a line.
  case pretty
}

/// Doubles are written with the fewest digits that read back as the same bits and always carry a
/// point or an exponent, so that they read back as doubles. Not-a-number and the infinities have no
/// JSON form and become `null`, as in JavaScript. Strings stay UTF-8; only the quote, the backslash
/// and control characters are escaped.
public struct JSONWriter: Sendable {
  public private(set) var bytes: [UInt8] = []
  private let layout: JSONLayout

  public init(layout: JSONLayout = .compact) { self.layout = layout }

  public mutating func write(_ value: JSONValue) { write(value, level: 0) }

  /// Ends the line, as JSONL wants after each document.
  public mutating func newline() { bytes.append(0x0A) }

  private mutating func write(_ value: JSONValue, level: Int) {
    switch value {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .integer(let value): bytes.append(contentsOf: value.description.utf8)
    case .double(let value):
      bytes.append(contentsOf: (value.isFinite ? value.description : "null").utf8)
    case .string(let value): write(string: value)
    case .array(let values):
      bytes.append(0x5B)
      for (place, value) in values.enumerated() {
        if place > 0 { bytes.append(0x2C) }
        indent(level + 1)
        write(value, level: level + 1)
      }
      if !values.isEmpty { indent(level) }
      bytes.append(0x5D)
    case .object(let object):
      bytes.append(0x7B)
      for (place, member) in object.members.enumerated() {
        if place > 0 { bytes.append(0x2C) }
        indent(level + 1)
        write(string: member.0)
        bytes.append(0x3A)
        if layout == .pretty { bytes.append(0x20) }
        write(member.1, level: level + 1)
      }
      if !object.isEmpty { indent(level) }
      bytes.append(0x7D)
    }
  }

  private mutating func indent(_ level: Int) {
    guard layout == .pretty else { return }
    bytes.append(0x0A)
    bytes.append(contentsOf: repeatElement(0x20, count: level * 2))
  }

  private mutating func write(string: String) {
    bytes.append(0x22)
    for byte in string.utf8 {
      switch byte {
      case 0x22, 0x5C:
        bytes.append(0x5C)
        bytes.append(byte)
      case 0x0A: bytes.append(contentsOf: "\\n".utf8)
      case 0x0D: bytes.append(contentsOf: "\\r".utf8)
      case 0x09: bytes.append(contentsOf: "\\t".utf8)
      case 0x08: bytes.append(contentsOf: "\\b".utf8)
      case 0x0C: bytes.append(contentsOf: "\\f".utf8)
      case 0..<0x20, 0x7F:
        bytes.append(contentsOf: "\\u00".utf8)
        bytes.append(JSONWriter.hexDigit(byte >> 4))
        bytes.append(JSONWriter.hexDigit(byte & 15))
      default: bytes.append(byte)
      }
    }
    bytes.append(0x22)
  }

  private static func hexDigit(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? 0x30 + nibble : 0x57 + nibble
  }

  /// A string as a JSON string with its quotes, for messages.
  public static func quoted(_ string: String) -> String {
    JSONValue.string(string).serialized()
  }
}

extension JSONValue {
  /// This value as JSON text.
  public func serialized(_ layout: JSONLayout = .compact) -> String {
    String(decoding: serializedBytes(layout), as: UTF8.self)
  }

  /// This value as UTF-8 bytes of JSON text.
  public func serializedBytes(_ layout: JSONLayout = .compact) -> [UInt8] {
    var writer = JSONWriter(layout: layout)
    writer.write(self)
    return writer.bytes
  }
}

extension JSONValue: CustomStringConvertible {
  public var description: String { serialized() }
}
