// Where held segments lie, by length and fingerprint (Specs/Chunking.md, "Rebuilding").

/// Finds segments in chunks that are held. Sixteen bytes a place in an open-addressed table that
/// is at most three quarters full; the first of two equal segments is kept.
public struct SegmentIndex: Sendable {
  /// More are not taken: 2 GiB of table. What is not indexed is only fetched again.
  public static let maximumCount = 1 << 26

  public struct Place: Hashable, Sendable {
    public let chunk: CID
    public let range: Range<Int>
  }

  private struct Slot: Sendable {
    /// Fingerprint above, length below; 0 when free, as no segment is empty.
    var key: UInt64 = 0
    /// The chunk's number above, the offset in it in the lower 20 bits.
    var place: UInt64 = 0
  }

  private var slots: [Slot] = Array(repeating: Slot(), count: 1024)
  private var chunks: [CID] = []
  public private(set) var count = 0

  public init() {}

  /// Adds the segments of a chunk that is held.
  public mutating func add(_ chunk: CID, outline: Outline) {
    let segments = outline.segments
    guard !segments.isEmpty, count + segments.count <= Self.maximumCount else { return }
    var offset = 0
    for segment in segments {
      if (count + 1) * 4 > slots.count * 3 { grow() }
      let slot = slot(of: Self.key(segment))
      if slots[slot].key == 0 {
        slots[slot].key = Self.key(segment)
        slots[slot].place = UInt64(chunks.count) << 20 | UInt64(offset)
        count += 1
      }
      offset += segment.byteCount
    }
    chunks.append(chunk)
  }

  public func place(of segment: Segment) -> Place? {
    let slot = slots[slot(of: Self.key(segment))]
    guard slot.key != 0 else { return nil }
    let offset = Int(slot.place & 0xF_FFFF)
    return Place(
      chunk: chunks[Int(slot.place >> 20)], range: offset..<offset + segment.byteCount)
  }

  private static func key(_ segment: Segment) -> UInt64 {
    UInt64(segment.fingerprint) << 32 | UInt64(segment.byteCount)
  }

  /// The slot that holds `key`, or the free one where it belongs.
  private func slot(of key: UInt64) -> Int {
    let mask = slots.count - 1
    var slot = Int((key &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
    while slots[slot].key != 0, slots[slot].key != key { slot = (slot + 1) & mask }
    return slot
  }

  private mutating func grow() {
    let old = slots
    slots = Array(repeating: Slot(), count: old.count * 2)
    for entry in old where entry.key != 0 { slots[slot(of: entry.key)] = entry }
  }
}
