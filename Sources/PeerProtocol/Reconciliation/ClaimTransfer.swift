// Claims on their way after two peers have found out what each lacks, and questions for single
// ones (Specs/Reconciliation.md, "Claims on the wire").

public import Content
public import Cryptography

public enum ClaimTransfer: Equatable, Sendable {
  /// Claims in full, those of one author in order.
  case claims([[UInt8]])
  /// "Send me this author's claims of these heights."
  case want(PublicKey, heights: Range<Int>)
  /// "Send me the claim with this address."
  case find(Digest)

  /// Heights in one wish.
  public static let maximumHeights = 1_024
  /// Claims in one message.
  public static let maximumClaims = 1_024
  static let highestHeight = 1 << 31

  public var value: Value {
    switch self {
    case .claims(let payloads): [0, .array(payloads.map { .bytes($0) })]
    case .want(let author, let heights):
      [1, .bytes(author.bytes), Value(heights.lowerBound), Value(heights.count)]
    case .find(let digest): [2, .bytes(digest.bytes)]
    }
  }

  /// Nil when malformed or over a limit.
  public init?(_ value: Value) {
    guard let items = value.array, let type = items.first?.integer(as: Int.self) else { return nil }
    switch (type, items.count) {
    case (0, 2):
      guard let values = items[1].array, values.count <= Self.maximumClaims else { return nil }
      let payloads = values.compactMap(\.bytes)
      guard payloads.count == values.count else { return nil }
      self = .claims(payloads)
    case (1, 4):
      guard let author = items[1].bytes.flatMap({ PublicKey(bytes: $0) }),
        let first = items[2].integer(as: Int.self), (0..<Self.highestHeight).contains(first),
        let count = items[3].integer(as: Int.self), (1...Self.maximumHeights).contains(count)
      else { return nil }
      self = .want(author, heights: first..<first + count)
    case (2, 2):
      guard let digest = items[1].bytes.flatMap({ Digest(bytes: $0) }) else { return nil }
      self = .find(digest)
    default: return nil
    }
  }
}
