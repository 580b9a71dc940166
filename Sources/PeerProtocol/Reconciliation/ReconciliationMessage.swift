// The messages of reconciliation, as DAG-CBOR arrays (Specs/Reconciliation.md, "Messages").

public import Content

public enum ReconciliationMessage: Equatable, Sendable {
  /// One bucket of the sender, for the receiver to compare entry by entry.
  public struct Bucket: Equatable, Sendable {
    public var number: UInt32
    /// The exclusive or of the top bytes of the low halves of the authors' places.
    public var authors: UInt8
    /// The first 16 bits of each entry's state, in order of place.
    public var fingerprints: [UInt16]
  }

  /// "This is my frontier in short." → same, sketch or buckets.
  case summary(authors: UInt64, sum: UInt64, estimate: [UInt8])
  case same
  /// "This is my set in `symbols`." → states (wants), or `ask` when it does not decode.
  case sketch([UInt8])
  /// "Send me buckets." → buckets
  case ask(bits: UInt8)
  /// Twelve bits a bucket. → lists
  case buckets(bits: UInt8, fingerprints: [UInt8])
  /// The buckets that differ. → states (answer)
  case lists(bits: UInt8, buckets: [Bucket])
  /// "I have just this: send me what I lack." With `isAnswer`, also: "and ask for what you lack";
  /// `whole` lists buckets whose entries are all among the states.
  case states([TaggedState], isAnswer: Bool, bits: UInt8, whole: [UInt32])

  public var value: Value {
    switch self {
    case .summary(let authors, let sum, let estimate):
      var bytes: [UInt8] = []
      bytes.append(number: sum, bytes: 8)
      return [0, Value(authors), .bytes(bytes), .bytes(estimate)]
    case .same: return [1]
    case .sketch(let symbols): return [2, .bytes(symbols)]
    case .ask(let bits): return [3, Value(bits)]
    case .buckets(let bits, let fingerprints): return [4, Value(bits), .bytes(fingerprints)]
    case .lists(let bits, let buckets):
      var bytes: [UInt8] = []
      var last: UInt32 = 0
      for bucket in buckets {
        bytes.append(variable: bucket.number &- last)
        last = bucket.number
        bytes.append(bucket.authors)
        bytes.append(variable: UInt32(truncatingIfNeeded: bucket.fingerprints.count))
        for fingerprint in bucket.fingerprints {
          bytes.append(number: UInt64(fingerprint), bytes: 2)
        }
      }
      return [5, Value(bits), .bytes(bytes)]
    case .states(let states, let isAnswer, let bits, let whole):
      var bytes: [UInt8] = []
      var tag: UInt32 = 0
      for state in states.sorted(by: { $0.tag < $1.tag }) {
        bytes.append(step: state.tag - tag)
        tag = state.tag
        bytes.append(variable: state.count)
        bytes.append(number: UInt64(state.fingerprint), bytes: 2)
      }
      var packed: [UInt8] = []
      var last: UInt32 = 0
      for number in whole {
        packed.append(variable: number &- last)
        last = number
      }
      return [6, .bytes(bytes), .bool(isAnswer), Value(bits), .bytes(packed)]
    }
  }

  /// Nil when malformed or over a limit.
  public init?(_ value: Value) {
    guard let items = value.array, let type = items.first?.integer(as: Int.self) else { return nil }
    func bits(_ index: Int) -> UInt8? {
      items[index].integer(as: UInt8.self).flatMap {
        Int($0) <= ReconciliationLimits.bucketBits ? $0 : nil
      }
    }
    switch (type, items.count) {
    case (0, 4):
      guard let authors = items[1].integer(as: UInt64.self), authors < ReconciliationLimits.authors,
        let sum = items[2].bytes, sum.count == 8, let estimate = items[3].bytes,
        estimate.count == DifferenceEstimate.byteCount
      else { return nil }
      var cursor = ByteCursor(sum)
      self = .summary(
        authors: authors, sum: cursor.number(bytes: 8) ?? 0, estimate: estimate)
    case (1, 1): self = .same
    case (2, 2):
      guard let symbols = items[1].bytes, symbols.count % Sketch.Symbol.byteCount == 0,
        symbols.count <= ReconciliationLimits.symbols * Sketch.Symbol.byteCount
      else { return nil }
      self = .sketch(symbols)
    case (3, 2):
      guard let bits = bits(1) else { return nil }
      self = .ask(bits: bits)
    case (4, 3):
      guard let bits = bits(1), let fingerprints = items[2].bytes,
        fingerprints.count == ((1 << Int(bits)) * 3 + 1) / 2
      else { return nil }
      self = .buckets(bits: bits, fingerprints: fingerprints)
    case (5, 3):
      guard let bits = bits(1), let bytes = items[2].bytes,
        let buckets = Self.buckets(bytes, bits: bits)
      else { return nil }
      self = .lists(bits: bits, buckets: buckets)
    case (6, 5):
      guard let bytes = items[1].bytes, let states = Self.states(bytes),
        let isAnswer = items[2].bool, let bits = bits(3), let packed = items[4].bytes,
        let whole = Self.whole(packed, bits: bits)
      else { return nil }
      self = .states(states, isAnswer: isAnswer, bits: bits, whole: whole)
    default: return nil
    }
  }

  /// The next bucket number of an ascending list; nil at a repetition or beyond the last bucket.
  private static func next(
    _ cursor: inout ByteCursor, after last: UInt32?, bits: UInt8
  ) -> UInt32? {
    guard let step = cursor.variable() else { return nil }
    guard let last else { return step < 1 << UInt32(bits) ? step : nil }
    let (number, overflow) = last.addingReportingOverflow(step)
    return step > 0 && !overflow && number < 1 << UInt32(bits) ? number : nil
  }

  private static func buckets(_ bytes: [UInt8], bits: UInt8) -> [Bucket]? {
    var cursor = ByteCursor(bytes)
    var buckets: [Bucket] = []
    while !cursor.isAtEnd {
      guard let number = next(&cursor, after: buckets.last?.number, bits: bits),
        let authors = cursor.number(bytes: 1), let count = cursor.variable(),
        Int(count) <= bytes.count / 2
      else { return nil }
      var fingerprints: [UInt16] = []
      fingerprints.reserveCapacity(Int(count))
      for _ in 0..<count {
        guard let fingerprint = cursor.number(bytes: 2) else { return nil }
        fingerprints.append(UInt16(fingerprint))
      }
      buckets.append(Bucket(number: number, authors: UInt8(authors), fingerprints: fingerprints))
    }
    return buckets
  }

  private static func states(_ bytes: [UInt8]) -> [TaggedState]? {
    var cursor = ByteCursor(bytes)
    var states: [TaggedState] = []
    while !cursor.isAtEnd {
      guard states.count < ReconciliationLimits.states, let step = cursor.step(),
        let count = cursor.variable(), let fingerprint = cursor.number(bytes: 2)
      else { return nil }
      let (tag, overflow) = (states.last?.tag ?? 0).addingReportingOverflow(step)
      guard !overflow else { return nil }
      states.append(
        TaggedState(tag: tag, count: count, fingerprint: UInt16(fingerprint)))
    }
    return states
  }

  private static func whole(_ bytes: [UInt8], bits: UInt8) -> [UInt32]? {
    var cursor = ByteCursor(bytes)
    var numbers: [UInt32] = []
    while !cursor.isAtEnd {
      guard let number = next(&cursor, after: numbers.last, bits: bits) else { return nil }
      numbers.append(number)
    }
    return numbers
  }
}

extension ReconciliationMessage {
  /// Whether it speaks to the side that began the round.
  public var isForAsker: Bool {
    switch self {
    case .same, .sketch, .buckets: true
    case .states(_, let isAnswer, _, _): isAnswer
    case .summary, .ask, .lists: false
    }
  }
}
