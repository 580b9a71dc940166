// Makes a segment out of keys and signatures; see Specs/Duplicates.md, "Segments".

public import Cryptography

/// What is kept of records between reading them and writing a segment. Several threads may each fill
/// one for a stretch of records, to be joined in order.
public struct DuplicateRows: Sendable {
  /// Exact forms are hashed when so many bytes wait: two at a time, and still in the cache.
  private static let mostWaitingBytes = 256 << 10

  /// Of the first records; those of the others wait.
  fileprivate var keys: [ExactKey] = []
  fileprivate var counts: [UInt16] = []
  /// Row after row, each `DuplicateSignature.lanes` long.
  fileprivate var lanes: [UInt8] = []
  /// Exact forms that are not hashed yet, and where each ends.
  private var forms: [UInt8] = []
  private var formEnds: [Int] = []

  public init() {}

  public var count: Int { counts.count }

  public mutating func append(_ reader: borrowing DuplicateReader) {
    forms.append(contentsOf: reader.form)
    formEnds.append(forms.count)
    if forms.count >= DuplicateRows.mostWaitingBytes { hashForms() }
    counts.append(UInt16(clamping: reader.signature.shingles))
    lanes.append(contentsOf: reader.signature.lanes)
  }

  public mutating func append(contentsOf other: consuming DuplicateRows) {
    hashForms()
    other.hashForms()
    keys.append(contentsOf: other.keys)
    counts.append(contentsOf: other.counts)
    lanes.append(contentsOf: other.lanes)
  }

  /// Takes the first rows away, as many as there are up to `count`.
  public mutating func takeFirst(_ count: Int) -> DuplicateRows {
    hashForms()
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

  /// Makes keys of the forms that wait. Whoever hands rows to another thread does it before.
  public mutating func hashForms() {
    var start = 0
    let ranges = formEnds.map { end in
      defer { start = end }
      return start..<end
    }
    for digest in SHA256.hash(unsafe forms.span.bytes, at: ranges) { keys.append(ExactKey(digest)) }
    forms.removeAll(keepingCapacity: true)
    formEnds.removeAll(keepingCapacity: true)
  }

  /// The bytes of a segment of all rows; there are no more than a segment holds.
  public consuming func segment(manifest: Digest, firstRecord: UInt64) -> [UInt8] {
    precondition(count <= DuplicateSegment.greatestRows)
    hashForms()
    let rows = count
    let layout = SegmentLayout(rows: rows)
    var head = SegmentLayout.magic
    head.append(littleEndian: UInt32(truncatingIfNeeded: rows))
    head.append(littleEndian: UInt32(truncatingIfNeeded: counts.count { $0 > 0 }))
    head.append(littleEndian: firstRecord)
    head += manifest.bytes
    var sorter = RowSorter(rows: rows)
    var bytes = [UInt8](repeating: 0, count: layout.length)
    unsafe bytes.withUnsafeMutableBytes { room in
      // Every offset is the layout's, for as many rows as there are.
      unsafe room.copyBytes(from: head)
      for (row, key) in keys.enumerated() {
        let place = layout.keys + row * ExactKey.byteCount
        unsafe room.store(key.high, at: place)
        unsafe room.store(key.low, at: place + 8)
      }
      for (row, count) in counts.enumerated() {
        unsafe room.store(count, at: layout.counts + row * 2)
      }
      unsafe writeBands(layout, room)
      for (place, row) in rowsByKey(&sorter).enumerated() {
        unsafe room.store(row, at: layout.keyOrder + place * 4)
      }
      for band in 0..<DuplicateSignature.bands {
        let order = sorter.sorted { row in
          // Rows without shingles stand behind all others.
          if counts[row] == 0 { return 1 << 40 }
          let place = layout.bands + (band * rows + row) * DuplicateSignature.groups
          return unsafe UInt64(
            littleEndian: room.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            & 0xFF_FFFF_FFFF
        }
        let start = layout.bandOrders + band * rows * 4
        for (place, row) in order.enumerated() { unsafe room.store(row, at: start + place * 4) }
      }
      let checked = unsafe UnsafeRawBufferPointer(rebasing: room[..<layout.end])
      let checksum = unsafe SHA256.hash(checked)
      unsafe checksum.withUnsafeBytes { checksum in
        unsafe UnsafeMutableRawBufferPointer(rebasing: room[layout.end...])
          .copyMemory(from: checksum)
      }
    }
    return bytes
  }

  /// Five lanes of each row, band after band. Row by row, so that each row is read once.
  private func writeBands(_ layout: SegmentLayout, _ room: UnsafeMutableRawBufferPointer) {
    unsafe lanes.withUnsafeBytes { lanes in
      for row in 0..<layout.rows {
        for band in 0..<DuplicateSignature.bands {
          let from = row * DuplicateSignature.lanes + band * DuplicateSignature.groups
          let to = layout.bands + (band * layout.rows + row) * DuplicateSignature.groups
          for lane in 0..<DuplicateSignature.groups { unsafe room[to + lane] = lanes[from + lane] }
        }
      }
    }
  }

  private func rowsByKey(_ sorter: inout RowSorter) -> [UInt32] {
    // By 41 bits of the key first; few have those in common and not the rest.
    var order = sorter.sorted { keys[$0].high >> 23 }
    var start = 0
    while start < order.count {
      var end = start + 1
      let bits = keys[Int(order[start])].high >> 23
      while end < order.count, keys[Int(order[end])].high >> 23 == bits { end += 1 }
      if end - start > 1 {
        order[start..<end].sort { left, right in
          let (leftKey, rightKey) = (keys[Int(left)], keys[Int(right)])
          return leftKey == rightKey ? left < right : leftKey < rightKey
        }
      }
      start = end
    }
    return order
  }
}

/// Sorts rows by keys of 41 bits, in four passes by digits; equal keys keep their order.
private struct RowSorter {
  private static let digitBits: UInt64 = 11
  private static let passes = 4

  private var from: [UInt64]
  private var to: [UInt64]

  init(rows: Int) {
    from = Array(repeating: 0, count: rows)
    to = from
  }

  mutating func sorted(by key: (Int) -> UInt64) -> [UInt32] {
    let digits = 1 << Int(RowSorter.digitBits)
    // How often each digit occurs, for all passes at once; then where its first row goes.
    var starts = [UInt32](repeating: 0, count: digits * RowSorter.passes)
    for row in from.indices {
      // Rows have 18 bits, so key and row fit one word.
      let word = key(row) << 18 | UInt64(row)
      from[row] = word
      for pass in 0..<RowSorter.passes { starts[pass * digits + RowSorter.digit(word, pass)] += 1 }
    }
    for pass in 0..<RowSorter.passes {
      var next: UInt32 = 0
      for place in pass * digits..<(pass + 1) * digits {
        (starts[place], next) = (next, next + starts[place])
      }
      for word in from {
        let place = pass * digits + RowSorter.digit(word, pass)
        to[Int(starts[place])] = word
        starts[place] += 1
      }
      swap(&from, &to)
    }
    return from.map { UInt32($0 & 0x3FFFF) }
  }

  @inline(__always) private static func digit(_ word: UInt64, _ pass: Int) -> Int {
    Int(word >> (18 + UInt64(pass) * digitBits) & (1 << digitBits - 1))
  }
}

extension UnsafeMutableRawBufferPointer {
  @inline(__always) @unsafe fileprivate func store(
    _ value: some FixedWidthInteger & BitwiseCopyable, at offset: Int
  ) {
    unsafe storeBytes(of: value.littleEndian, toByteOffset: offset, as: type(of: value))
  }
}

extension [UInt8] {
  fileprivate mutating func append(littleEndian value: some FixedWidthInteger) {
    var rest = value.littleEndian
    unsafe Swift.withUnsafeBytes(of: &rest) { unsafe append(contentsOf: $0) }
  }
}
