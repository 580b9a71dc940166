// An immutable index of up to 262,144 records of one contribution; see Specs/Duplicates.md,
// "Segments".

public import Cryptography

/// Why bytes are not a segment.
public struct DuplicateSegmentError: Error, Sendable, Equatable, CustomStringConvertible {
  public let reason: String
  public var description: String { "duplicate index: \(reason)" }
}

/// Where a segment's parts lie, which follows from its number of rows.
struct SegmentLayout: Sendable {
  static let headerLength = 64
  static let checksumLength = Digest.byteCount
  static let magic: [UInt8] = Array("DNDUPS02".utf8)

  let rows: Int
  let keys: Int
  let counts: Int
  let bands: Int
  let keyOrder: Int
  let bandOrders: Int
  let end: Int

  init(rows: Int) {
    func aligned(_ offset: Int) -> Int { (offset + 7) & ~7 }
    self.rows = rows
    keys = SegmentLayout.headerLength
    counts = keys + rows * ExactKey.byteCount
    bands = aligned(counts + rows * 2)
    keyOrder = aligned(bands + rows * DuplicateSignature.lanes)
    bandOrders = keyOrder + rows * 4
    end = bandOrders + rows * 4 * DuplicateSignature.bands
  }

  var length: Int { end + SegmentLayout.checksumLength }
}

/// A view of a segment's bytes, which stay where they are: memory that another object maps or holds.
///
/// `@unchecked Sendable`, because the memory does not change while the owner lives, and the owner is
/// kept. `@safe`, because every offset is made of row numbers below `rows`, for which the length was
/// compared when the segment was opened.
@safe public final class DuplicateSegment: @unchecked Sendable {
  /// A segment holds no more records than this, so that one can be built in 50 MiB of memory.
  public static let greatestRows = 1 << 18

  /// The digest of the manifest whose records these are.
  public let manifest: Digest
  /// The number of row 0's record in the contribution; the others follow.
  public let firstRecord: UInt64
  public let rows: Int
  /// Rows that have shingles: they come first in the orders of the bands.
  let comparable: Int

  private let base: UnsafeRawPointer
  private let layout: SegmentLayout
  private let owner: AnyObject?

  /// Takes memory that stays valid and unchanged as long as `owner` lives. The checksum is compared.
  @unsafe public init(
    _ buffer: UnsafeRawBufferPointer, owner: AnyObject?
  ) throws(DuplicateSegmentError) {
    guard buffer.count >= SegmentLayout(rows: 0).length, let base = buffer.baseAddress else {
      throw DuplicateSegmentError(reason: "\(buffer.count) bytes are too few")
    }
    guard unsafe buffer.prefix(8).elementsEqual(SegmentLayout.magic) else {
      throw DuplicateSegmentError(reason: "it does not begin with DNDUPS02")
    }
    func word32(_ offset: Int) -> Int {
      Int(UInt32(littleEndian: unsafe base.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
    let rows = word32(8)
    let layout = SegmentLayout(rows: rows)
    guard rows <= DuplicateSegment.greatestRows, buffer.count == layout.length else {
      throw DuplicateSegmentError(reason: "\(buffer.count) bytes do not fit \(rows) records")
    }
    guard word32(12) <= rows else {
      throw DuplicateSegmentError(reason: "more comparable records than records")
    }
    let checked = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<layout.end])
    let checksum = unsafe UnsafeRawBufferPointer(rebasing: buffer[layout.end...])
    guard unsafe SHA256.hash(checked) == Digest(bytes: checksum) else {
      throw DuplicateSegmentError(reason: "its checksum is wrong")
    }
    guard let manifest = unsafe Digest(bytes: buffer[24..<56]) else {
      throw DuplicateSegmentError(reason: "no manifest")
    }
    self.manifest = manifest
    firstRecord = unsafe UInt64(
      littleEndian: base.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
    self.rows = rows
    comparable = word32(12)
    unsafe self.base = base
    self.layout = layout
    self.owner = owner
  }

  /// Holds the bytes itself.
  public convenience init(_ bytes: [UInt8]) throws(DuplicateSegmentError) {
    let holder = HeldBytes(bytes)
    try unsafe self.init(UnsafeRawBufferPointer(holder.buffer), owner: holder)
  }

  /// How many bytes the segment takes.
  public var byteCount: Int { layout.length }

  @inline(__always) private func word64(_ offset: Int) -> UInt64 {
    unsafe UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  @inline(__always) private func row(_ offset: Int) -> Int {
    let row = unsafe UInt32(
      littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    // A row that does not exist cannot come from our own writer; it must not lead out of bounds.
    return min(Int(row), max(rows - 1, 0))
  }

  func key(_ row: Int) -> ExactKey {
    let offset = layout.keys + row * ExactKey.byteCount
    return ExactKey(high: word64(offset), low: word64(offset + 8))
  }

  /// The row at a place of the order by key.
  func rowByKey(_ place: Int) -> Int { row(layout.keyOrder + place * 4) }

  /// The row at a place of the order by a band's key; places go up to `comparable`.
  @inline(__always) func row(inBand band: Int, at place: Int) -> Int {
    row(layout.bandOrders + (band * rows + place) * 4)
  }

  /// The five lanes of a band as a number.
  @inline(__always) func bandKey(_ band: Int, row: Int) -> UInt64 {
    // Eight bytes from there are always inside: orders and checksum lie behind the bands.
    word64(layout.bands + (band * rows + row) * DuplicateSignature.groups) & 0xFF_FFFF_FFFF
  }

  /// A band's keys in their order, for those who go through all of them: rows lie anywhere.
  func sortedKeys(inBand band: Int) -> [UInt64] {
    (0..<comparable).map { bandKey(band, row: row(inBand: band, at: $0)) }
  }

  /// How many shingles a record has; 65,535 stands for more.
  @inline(__always) func shingleCount(_ row: Int) -> Int {
    Int(
      UInt16(
        littleEndian: unsafe base.loadUnaligned(
          fromByteOffset: layout.counts + row * 2, as: UInt16.self)))
  }

  /// In how many lanes two records agree.
  func agreeing(_ row: Int, _ other: DuplicateSegment, _ otherRow: Int) -> Int {
    var agreeing = 0
    for band in 0..<DuplicateSignature.bands {
      var difference = bandKey(band, row: row) ^ other.bandKey(band, row: otherRow)
      difference |= difference >> 4 & 0x0F0F_0F0F_0F0F_0F0F
      difference |= difference >> 2 & 0x0303_0303_0303_0303
      difference |= difference >> 1
      agreeing += 5 - (difference & 0x01_0101_0101).nonzeroBitCount
    }
    return agreeing
  }
}

/// Bytes that stay in one place; freed when the last segment that uses them goes.
@safe private final class HeldBytes {
  let buffer: UnsafeMutableRawBufferPointer

  init(_ bytes: [UInt8]) {
    unsafe buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
    unsafe buffer.copyBytes(from: bytes)
  }

  deinit { unsafe buffer.deallocate() }
}
