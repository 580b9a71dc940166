// Bounds, options and errors of the JSON reader; see Specs/Records.md, "JSON".

/// What a reader does with a key that an object already holds.
public enum JSONDuplicateKeys: Sendable, Equatable {
  /// The document is refused.
  case refuse
  /// The last value wins, as in most readers, and the key is reported.
  case report
}

/// Bounds on a document from outside.
public struct JSONLimits: Sendable, Equatable {
  /// Arrays and objects nest no deeper than this; the reader recurses, so it guards the stack.
  public var depth: Int
  /// A document is no longer than this many bytes.
  public var bytes: Int
  /// What happens to a repeated key.
  public var duplicateKeys: JSONDuplicateKeys

  /// No caller may ask for deeper nesting: this much fits a 512 KiB thread stack with room to spare.
  public static let greatestDepth = 512

  public init(
    depth: Int = 128, bytes: Int = 1 << 30, duplicateKeys: JSONDuplicateKeys = .refuse
  ) {
    self.depth = min(max(depth, 0), JSONLimits.greatestDepth)
    self.bytes = max(bytes, 0)
    self.duplicateKeys = duplicateKeys
  }
}

/// Why and where a document was refused.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Reason: Sendable, Equatable {
    case tooLong(limit: Int)
    case tooDeep(limit: Int)
    case unexpectedEnd
    case unexpectedByte(UInt8, expected: String)
    case trailingBytes
    case byteOrderMark
    case leadingZero
    case numberOutOfRange
    case controlCharacter(UInt8)
    case invalidEscape
    case loneSurrogate
    case invalidUTF8
    case duplicateKey(String)
  }

  public let reason: Reason
  /// The byte that broke the rule, counted from 0.
  public let offset: Int
  /// The line of that byte, counted from 1.
  public let line: Int

  public init(reason: Reason, offset: Int, line: Int) {
    self.reason = reason
    self.offset = offset
    self.line = line
  }

  public var description: String { "line \(line), byte \(offset): \(reason.explanation)" }
}

extension JSONError.Reason {
  /// One clause that says what was wrong and, where there is one, the limit.
  public var explanation: String {
    switch self {
    case .tooLong(let limit): "the document is longer than the limit of \(limit) bytes"
    case .tooDeep(let limit): "nesting is deeper than the limit of \(limit)"
    case .unexpectedEnd: "the document ends too early"
    case .unexpectedByte(let byte, let expected):
      "expected \(expected), found \(JSONError.Reason.shown(byte))"
    case .trailingBytes: "something follows the document's value"
    case .byteOrderMark: "a byte order mark is not part of JSON"
    case .leadingZero: "a number has no leading zeros"
    case .numberOutOfRange: "the number does not fit a 64-bit float"
    case .controlCharacter(let byte):
      "the control character \(JSONError.Reason.shown(byte)) must be escaped in a string"
    case .invalidEscape: "the escape is none of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX"
    case .loneSurrogate: "half of a surrogate pair stands alone"
    case .invalidUTF8: "the string is not valid UTF-8"
    case .duplicateKey(let key): "the key \(JSONWriter.quoted(key)) occurs twice in one object"
    }
  }

  private static func shown(_ byte: UInt8) -> String {
    if byte > 0x20 && byte < 0x7F { return "'\(Character(Unicode.Scalar(byte)))'" }
    let hex = String(byte, radix: 16, uppercase: true)
    return "0x\(hex.utf8.count == 1 ? "0" : "")\(hex)"
  }
}

/// A repeated key that the limits allowed.
public struct JSONDuplicateKey: Sendable, Equatable {
  public let key: String
  /// Where the later occurrence's string begins.
  public let offset: Int

  public init(key: String, offset: Int) {
    self.key = key
    self.offset = offset
  }
}
