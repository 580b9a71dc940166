// Why bytes are not strict DAG-CBOR (Specs/ContentAddresses.md, "Refusals").

/// Why bytes are not DAG-CBOR, and where.
public struct DagCBORError: Error, Equatable {
  public enum Rule: String, Sendable, Equatable, CaseIterable {
    case endOfInput = "the input ends inside an item"
    case trailingBytes = "bytes follow the item"
    case shortestInteger = "a number is not in its shortest form"
    case reserved = "a reserved or unknown head"
    case indefinite = "indefinite lengths are not allowed"
    case tag = "tag 42 is the only tag"
    case link = "a link is a byte string of a zero byte and a CID"
    case simple = "only false, true and null are simple values"
    case halfFloat = "floats have 64 bits"
    case finiteFloat = "NaN and infinities are not allowed"
    case text = "text is valid UTF-8"
    case key = "map keys are text"
    case keyOrder = "map keys are in order, shorter first, then bytewise"
    case duplicateKey = "map keys are unique"
    case depth = "nesting is at most 256 deep"
    case size = "a block holds at most 1 MiB"
    case expected = "another type or value is expected here"
  }

  public let offset: Int
  public let rule: Rule

  public init(offset: Int, rule: Rule) {
    self.offset = offset
    self.rule = rule
  }
}

extension DagCBORError: CustomStringConvertible {
  public var description: String { "DAG-CBOR, byte \(offset): \(rule.rawValue)" }
}
