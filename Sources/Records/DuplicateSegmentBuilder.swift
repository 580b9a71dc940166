// Makes a segment out of keys and signatures; see Specs/Duplicates.md, "Segments".

public import Cryptography

/// What is kept of records between reading them and writing a segment. Several threads may each fill
/// one for a stretch of records, to be joined in order.
public struct DuplicateRows: Sendable {
  fileprivate var keys: [ExactKey] = []
  fileprivate var counts: [UInt16] = []
  /// Row after row, each `DuplicateSignature.lanes` long.
  fileprivate var lanes: [UInt8] = []

  public init() {}

  public var count: Int { keys.count }

  public mutating func append(_ reader: DuplicateReader) {
    keys.append(reader.key)
    counts.append(UInt16(clamping: reader.signature.shingles))
    lanes.append(contentsOf: reader.signature.lanes)
  }

  public mutating func append(contentsOf other: DuplicateRows) {
    keys.append(contentsOf: other.keys)
    counts.append(contentsOf: other.counts)
    lanes.append(contentsOf: other.lanes)
  }

  /// Takes the first rows away, as many as there are up to `count`.
  public mutating func takeFirst(_ count: Int) -> DuplicateRows {
    let count = min(count, keys.count)
    var first = DuplicateRows()
    first.keys = Array(keys[..<count])
    first.counts = Array(counts[..<count])
    first.lanes = Array(lanes[..<(count * DuplicateSignature.lanes)])
    keys.removeFirst(count)
    counts.removeFirst(count)
    lanes.removeFirst(count * DuplicateSignature.lanes)
    return first
  }

  /// The bytes of a segment of all rows; there are no more than a segment holds.
  public func segment(manifest: Digest, firstRecord: UInt64) -> [UInt8] {
    precondition(count <= DuplicateSegment.greatestRows)
    let layout = SegmentLayout(rows: count)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(layout.length)
    let comparable = counts.count { $0 > 0 }
    bytes += SegmentLayout.magic
    bytes.append(littleEndian: UInt32(truncatingIfNeeded: count))
    bytes.append(littleEndian: UInt32(truncatingIfNeeded: comparable))
    bytes.append(littleEndian: firstRecord)
    bytes += manifest.bytes
    bytes.append(littleEndian: UInt64(0))
    for key in keys {
      bytes.append(littleEndian: key.high)
      bytes.append(littleEndian: key.low)
    }
    for count in counts { bytes.append(littleEndian: count) }
    bytes.pad(to: layout.bands)
    for band in 0..<DuplicateSignature.bands {
      for row in 0..<count {
        let start = row * DuplicateSignature.lanes + band * DuplicateSignature.groups
        bytes += lanes[start..<start + DuplicateSignature.groups]
      }
    }
    bytes.pad(to: layout.keyOrder)
    for row in rowsByKey() { bytes.append(littleEndian: row) }
    var sorter = BandSorter(rows: count)
    for band in 0..<DuplicateSignature.bands {
      for row in sorter.sorted(keys: (0..<count).map { bandKey(band, row: $0) }) {
        bytes.append(littleEndian: row)
      }
    }
    bytes += SHA256.hash(bytes).bytes
    return bytes
  }

  private func rowsByKey() -> [UInt32] {
    (0..<UInt32(truncatingIfNeeded: count)).sorted { left, right in
      let (leftKey, rightKey) = (keys[Int(left)], keys[Int(right)])
      return leftKey == rightKey ? left < right : leftKey < rightKey
    }
  }

  /// The key that a row is sorted by: its five lanes; rows without shingles stand behind all.
  private func bandKey(_ band: Int, row: Int) -> UInt64 {
    if counts[row] == 0 { return 1 << 40 }
    let start = row * DuplicateSignature.lanes + band * DuplicateSignature.groups
    var key: UInt64 = 0
    for lane in 0..<DuplicateSignature.groups {
      key |= UInt64(lanes[start + lane]) << UInt64(lane * 8)
    }
    return key
  }
}

/// Sorts rows by keys of 41 bits, in four passes by digits; equal keys keep their order.
private struct BandSorter {
  private static let digitBits: UInt64 = 11

  private var from: [UInt64]
  private var to: [UInt64]

  init(rows: Int) {
    from = Array(repeating: 0, count: rows)
    to = from
  }

  mutating func sorted(keys: [UInt64]) -> [UInt32] {
    // Rows have 18 bits, so key and row fit one word.
    for row in keys.indices { from[row] = keys[row] << 18 | UInt64(row) }
    for pass in 0..<UInt64(4) {
      let shift = 18 + pass * BandSorter.digitBits
      var starts = [Int](repeating: 0, count: 1 << BandSorter.digitBits + 1)
      for word in from { starts[Int(word >> shift & 0x7FF) + 1] += 1 }
      for digit in 1..<starts.count { starts[digit] += starts[digit - 1] }
      for word in from {
        let digit = Int(word >> shift & 0x7FF)
        to[starts[digit]] = word
        starts[digit] += 1
      }
      swap(&from, &to)
    }
    return from.map { UInt32($0 & 0x3FFFF) }
  }
}

extension [UInt8] {
  fileprivate mutating func append(littleEndian value: some FixedWidthInteger) {
    var rest = value.littleEndian
    unsafe Swift.withUnsafeBytes(of: &rest) { unsafe append(contentsOf: $0) }
  }

  fileprivate mutating func pad(to length: Int) {
    append(contentsOf: repeatElement(0, count: Swift.max(0, length - count)))
  }
}
