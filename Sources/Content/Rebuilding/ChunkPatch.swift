// A chunk described by pieces of chunks that are held and the few bytes that are new: what a
// peer asks for instead of the whole, and what a store may keep instead of it
// (Specs/Chunking.md, "Rebuilding").

/// The parts of one chunk in order. Whether they are right is known when they are put together:
/// the address decides. A wrong guess costs the fetch of the whole chunk, nothing else.
public struct ChunkPatch: Hashable, Sendable {
  /// A patch that names more chunks is not worth reading them.
  public static let maximumBaseCount = 64

  public enum Part: Hashable, Sendable {
    case held(SegmentIndex.Place)
    /// These bytes of the new chunk are not held.
    case new(Range<Int>)
  }

  public let chunk: ChunkEntry
  public let parts: [Part]

  /// Finds the segments of `chunk` among those that are held; neighbours are joined.
  public init(_ chunk: ChunkEntry, outline: Outline, held index: SegmentIndex) {
    self.chunk = chunk
    var parts: [Part] = []
    var offset = 0
    for segment in outline.segments {
      let range = offset..<offset + segment.byteCount
      offset = range.upperBound
      let place = index.place(of: segment)
      switch (parts.last, place) {
      case (.new(let last), nil):
        parts[parts.count - 1] = .new(last.lowerBound..<range.upperBound)
      case (.held(let last), let place?)
      where last.chunk == place.chunk && last.range.upperBound == place.range.lowerBound:
        let joined = last.range.lowerBound..<place.range.upperBound
        parts[parts.count - 1] = .held(SegmentIndex.Place(chunk: last.chunk, range: joined))
      default:
        parts.append(place.map(Part.held) ?? .new(range))
      }
    }
    if offset < chunk.byteCount { parts.append(.new(offset..<chunk.byteCount)) }
    self.parts = parts
  }

  /// What has to be fetched, in order.
  public var newRanges: [Range<Int>] {
    parts.compactMap { if case .new(let range) = $0 { range } else { nil } }
  }

  public var newByteCount: Int { newRanges.reduce(0) { $0 + $1.count } }

  /// The chunks that are read, each once, in order of first use.
  public var bases: [CID] {
    var bases: [CID] = []
    for case .held(let place) in parts where !bases.contains(place.chunk) {
      bases.append(place.chunk)
    }
    return bases
  }

  /// True when at least half of the chunk is held in few enough chunks.
  public var isWorthwhile: Bool {
    newByteCount * 2 <= chunk.byteCount && bases.count <= Self.maximumBaseCount
  }

  /// The chunk, or nil when the parts do not make the bytes that its address names. `newBytes`
  /// are those of `newRanges`, one after the other.
  public func rebuilt(
    newBytes: [UInt8], _ source: BlockSource
  ) throws -> [UInt8]? {
    guard newBytes.count == newByteCount else { return nil }
    var bases: [(cid: CID, bytes: [UInt8])] = []
    var bytes: [UInt8] = []
    bytes.reserveCapacity(chunk.byteCount)
    var used = 0
    for part in parts {
      switch part {
      case .new(let range):
        bytes.append(contentsOf: newBytes[used..<used + range.count])
        used += range.count
      case .held(let place):
        if !bases.contains(where: { $0.cid == place.chunk }) {
          bases.append((place.chunk, try source(place.chunk)))
        }
        guard let base = bases.first(where: { $0.cid == place.chunk })?.bytes,
          place.range.upperBound <= base.count
        else { return nil }
        bytes.append(contentsOf: base[place.range])
      }
    }
    return CID(of: bytes, codec: chunk.cid.codec) == chunk.cid ? bytes : nil
  }
}
