// The messages of the chunk exchange (Specs/Exchange.md, "Messages"). All but the chunks
// themselves are DAG-CBOR arrays on the requests channel.

public import Content
public import Cryptography

public enum ExchangeMessage: Equatable, Sendable {
  /// "Of this contribution I have these chunks", from a place on.
  case have(contribution: Digest, from: UInt32, runs: [UInt8])
  /// "Send me these blocks, in this order."
  case request([Digest])
  /// "No longer needed."
  case cancel([Digest])
  case refuse([Digest], Refusal)
  /// Whether the sender serves the receiver now.
  case slot(isOpen: Bool)
  /// Whether the sender lacks something that the receiver has.
  case interest(Bool)
  /// "Tell me, now and as it changes, which chunks you have of these contributions"; or no longer.
  case seek([Digest], isOn: Bool)
  /// "Send me these pieces of these blocks": the rest is rebuilt from what is held.
  case pieces([Pieces])

  /// Ranges of one block's bytes, ascending, not touching each other.
  public struct Pieces: Equatable, Sendable {
    public var digest: Digest
    public var ranges: [Range<Int>]

    public init(digest: Digest, ranges: [Range<Int>]) {
      self.digest = digest
      self.ranges = ranges
    }

    public var byteCount: Int { ranges.reduce(0) { $0 + $1.count } }

    /// For each range the distance from the last one's end and the length, as LEB128.
    var packed: [UInt8] {
      var bytes: [UInt8] = []
      var end = 0
      for range in ranges {
        bytes.append(variable: UInt32(truncatingIfNeeded: range.lowerBound - end))
        bytes.append(variable: UInt32(truncatingIfNeeded: range.count))
        end = range.upperBound
      }
      return bytes
    }

    /// What is asked for, in as few messages as their channel takes.
    static func messages(of all: [Pieces]) -> [[Pieces]] {
      var messages: [[Pieces]] = []
      var ranges = ExchangeLimits.rangesAtOnce
      for pieces in all {
        ranges += pieces.ranges.count
        if ranges > ExchangeLimits.rangesAtOnce
          || messages.last?.count == ExchangeLimits.piecesAtOnce
        {
          messages.append([])
          ranges = pieces.ranges.count
        }
        messages[messages.count - 1].append(pieces)
      }
      return messages
    }

    /// Nil when malformed or beyond a block's limit.
    init?(digest: Digest, packed: [UInt8]) {
      var cursor = ByteCursor(packed)
      var ranges: [Range<Int>] = []
      var end = 0
      while !cursor.isAtEnd {
        guard ranges.count < ExchangeLimits.rangesOfBlock, let gap = cursor.variable(),
          let length = cursor.variable(), length > 0, gap > 0 || ranges.isEmpty,
          end + Int(gap) + Int(length) <= Value.maximumByteCount
        else { return nil }
        let start = end + Int(gap)
        end = start + Int(length)
        ranges.append(start..<end)
      }
      guard !ranges.isEmpty else { return nil }
      self.init(digest: digest, ranges: ranges)
    }
  }

  public enum Refusal: UInt8, Sendable {
    /// Not here, or not for this Datanet.
    case absent = 0
    /// The sender has no slot.
    case closed = 1
    /// Held, but not given: the owner's choice or a limit.
    case unwilling = 2
  }

  public var value: Value {
    func pack(_ digests: [Digest]) -> Value { .bytes(digests.flatMap(\.bytes)) }
    switch self {
    case .have(let contribution, let from, let runs):
      return [0, .bytes(contribution.bytes), Value(from), .bytes(runs)]
    case .request(let digests): return [1, pack(digests)]
    case .cancel(let digests): return [2, pack(digests)]
    case .refuse(let digests, let reason): return [3, pack(digests), Value(reason.rawValue)]
    case .slot(let isOpen): return [4, .bool(isOpen)]
    case .interest(let isThere): return [5, .bool(isThere)]
    case .seek(let digests, let isOn): return [6, pack(digests), .bool(isOn)]
    case .pieces(let list):
      return [7, .array(list.map { [.bytes($0.digest.bytes), .bytes($0.packed)] })]
    }
  }

  /// Nil when malformed or over a limit.
  public init?(_ value: Value) {
    guard let items = value.array, let type = items.first?.integer(as: Int.self) else { return nil }
    func digests() -> [Digest]? {
      guard let bytes = items[1].bytes, bytes.count % Digest.byteCount == 0,
        bytes.count <= ExchangeLimits.digests * Digest.byteCount
      else { return nil }
      return stride(from: 0, to: bytes.count, by: Digest.byteCount).compactMap {
        Digest(bytes: bytes[$0..<$0 + Digest.byteCount])
      }
    }
    switch (type, items.count) {
    case (0, 4):
      guard let contribution = items[1].bytes.flatMap({ Digest(bytes: $0) }),
        let from = items[2].integer(as: UInt32.self), from < ExchangeLimits.chunks,
        from % ExchangeLimits.places == 0, let runs = items[3].bytes
      else { return nil }
      self = .have(contribution: contribution, from: from, runs: runs)
    case (1, 2):
      guard let list = digests() else { return nil }
      self = .request(list)
    case (2, 2):
      guard let list = digests() else { return nil }
      self = .cancel(list)
    case (3, 3):
      guard let list = digests(), let code = items[2].integer(as: UInt8.self),
        let reason = Refusal(rawValue: code)
      else { return nil }
      self = .refuse(list, reason)
    case (4, 2), (5, 2):
      guard let flag = items[1].bool else { return nil }
      self = type == 4 ? .slot(isOpen: flag) : .interest(flag)
    case (6, 3):
      guard let list = digests(), let isOn = items[2].bool else { return nil }
      self = .seek(list, isOn: isOn)
    case (7, 2):
      guard let values = items[1].array, values.count <= ExchangeLimits.piecesAtOnce else {
        return nil
      }
      let list = values.compactMap { value -> Pieces? in
        guard let pair = value.array, pair.count == 2, let packed = pair[1].bytes,
          let digest = pair[0].bytes.flatMap({ Digest(bytes: $0) })
        else { return nil }
        return Pieces(digest: digest, packed: packed)
      }
      guard list.count == values.count else { return nil }
      self = .pieces(list)
    default: return nil
    }
  }
}

/// A block on the chunks channel: digest:32 form:1 plain length:4 (big-endian) bytes.
public struct ChunkMessage: Equatable, Sendable {
  public enum Form: UInt8, Sendable {
    case plain = 0
    case zstd = 1
    /// The pieces that were asked for, one behind the other.
    case pieces = 2
    case packedPieces = 3

    public var isPacked: Bool { self == .zstd || self == .packedPieces }
    public var isPieces: Bool { self == .pieces || self == .packedPieces }
  }

  public static let headByteCount = Digest.byteCount + 5

  public var digest: Digest
  public var form: Form
  /// The length of the block, or of all its pieces, before packing.
  public var byteCount: Int
  public var payload: ArraySlice<UInt8>

  public init(digest: Digest, form: Form, byteCount: Int, payload: ArraySlice<UInt8>) {
    self.digest = digest
    self.form = form
    self.byteCount = byteCount
    self.payload = payload
  }

  public var bytes: [UInt8] {
    var bytes = Self.head(digest, form, byteCount: byteCount, room: payload.count)
    bytes += payload
    return bytes
  }

  /// A message's beginning, with room for `room` bytes behind it: whoever reads a block reads it
  /// to its place.
  public static func head(
    _ digest: Digest, _ form: Form, byteCount: Int, room: Int
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(headByteCount + room)
    unsafe digest.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    bytes.append(form.rawValue)
    bytes.append(number: UInt64(byteCount), bytes: 4)
    return bytes
  }

  /// Nil when malformed or over a block's limit.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count >= Self.headByteCount, let digest = Digest(bytes: bytes[..<Digest.byteCount]),
      let form = Form(rawValue: bytes[Digest.byteCount])
    else { return nil }
    let length = bytes[(Digest.byteCount + 1)..<Self.headByteCount].reduce(UInt64(0)) {
      $0 << 8 | UInt64($1)
    }
    guard length <= UInt64(Value.maximumByteCount) else { return nil }
    let payload = bytes[Self.headByteCount...]
    guard form.isPacked || payload.count == Int(length) else { return nil }
    self.init(digest: digest, form: form, byteCount: Int(length), payload: payload)
  }
}
