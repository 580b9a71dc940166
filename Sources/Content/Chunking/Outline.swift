// The outline of a chunk: the lengths and fingerprints of its segments, from which a peer that
// holds most of the records sees which few it lacks (Specs/Chunking.md, "Segments").

/// A run of whole records inside a chunk, known by length and fingerprint.
public struct Segment: Hashable, Sendable {
  public let byteCount: Int
  /// The upper half of the segment's hash. Equal fingerprints are a hint, never a proof.
  public let fingerprint: UInt32

  public init(byteCount: Int, fingerprint: UInt32) {
    self.byteCount = byteCount
    self.fingerprint = fingerprint
  }
}

/// The segments of one chunk as they stand in a manifest: for each a varint length and four
/// bytes of fingerprint, little-endian. Empty when nothing smaller than the chunk is described.
public struct Outline: Hashable, Sendable {
  /// A segment of this many bytes may end, if its last record's hash says so.
  static let minimumSegment = 256
  /// A segment of this many bytes ends with the record that reaches it.
  static let fullSegment = 1024

  public let bytes: [UInt8]

  public static let empty = Outline(bytes: [])

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// Nil unless `bytes` are well-formed and the segments, two or more, fill `chunk` bytes.
  public init?(decoding bytes: [UInt8], chunk: Int) {
    self.bytes = bytes
    if bytes.isEmpty { return }
    guard let segments = Self.segments(of: bytes), segments.count > 1 else { return nil }
    var total = 0
    for segment in segments {
      guard segment.byteCount <= chunk - total else { return nil }
      total += segment.byteCount
    }
    guard total == chunk else { return nil }
  }

  public var segments: [Segment] { Self.segments(of: bytes) ?? [] }

  private static func segments(of bytes: [UInt8]) -> [Segment]? {
    var segments: [Segment] = []
    segments.reserveCapacity(bytes.count / 6)
    var at = 0
    while at < bytes.count {
      guard let (length, next) = Varint.read(bytes, at: at), bytes.count - next >= 4,
        length > 0, length <= UInt64(Block.maximumByteCount)
      else { return nil }
      var fingerprint: UInt32 = 0
      for index in 0..<4 { fingerprint |= UInt32(bytes[next + index]) << UInt32(index * 8) }
      segments.append(Segment(byteCount: Int(length), fingerprint: fingerprint))
      at = next + 4
    }
    return segments
  }
}

/// Gathers the records of one chunk into segments.
struct OutlineBuilder {
  private var bytes: [UInt8] = []
  private var count = 0
  private var length = 0
  private var hash: UInt64 = 0

  mutating func add(byteCount: Int, hash next: UInt64) {
    hash = length == 0 ? next : XXHash64.joined(hash, next)
    length += byteCount
    if length >= Outline.fullSegment || length >= Outline.minimumSegment && next & 3 == 0 {
      close()
    }
  }

  private mutating func close() {
    if bytes.isEmpty { bytes.reserveCapacity(128) }
    Varint.append(UInt64(length), to: &bytes)
    let fingerprint = UInt32(truncatingIfNeeded: hash >> 32)
    for index in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: fingerprint >> UInt32(index * 8))) }
    count += 1
    length = 0
    hash = 0
  }

  mutating func finish() -> Outline {
    if length > 0 { close() }
    defer { self = OutlineBuilder() }
    return count > 1 ? Outline(bytes: bytes) : .empty
  }
}
