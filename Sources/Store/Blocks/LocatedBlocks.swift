// The places of a contribution's blocks, looked up once for all of them.
// Specs/Store.md, "Reading".

public import Content
public import Cryptography

/// Where many blocks lie, by their number in a list. Twelve bytes a block.
public struct LocatedBlocks: Sendable {
  private let files: PackFiles
  private var packs: [UInt32]
  private var offsets: [UInt32]
  /// Nothing for a block that is not in a pack as it is.
  private var lengths: [UInt32]
  /// The index as it was: places may have changed when it is another.
  public let version: Int

  fileprivate init(_ files: PackFiles, count: Int, version: Int) {
    self.files = files
    self.version = version
    packs = Array(repeating: 0, count: count)
    offsets = packs
    lengths = packs
  }

  fileprivate mutating func note(_ place: BlockPlace, at number: Int) {
    guard packs.indices.contains(number), place.entry.form == .plain,
      let offset = UInt32(exactly: place.offset), let length = UInt32(exactly: place.entry.length)
    else { return }
    (packs[number], offsets[number], lengths[number]) = (place.pack, offset, length)
  }

  public func isLocated(_ number: Int) -> Bool { lengths[number] != 0 }

  /// Nil for a block that has to be looked for alone.
  public func location(of cid: CID, number: Int) -> BlockLocation? {
    guard lengths.indices.contains(number), lengths[number] != 0 else { return nil }
    let length = Int(lengths[number])
    let entry = PackEntry(digest: cid.digest, form: .plain, stored: length, length: length)
    return BlockLocation(
      cid: cid, byteCount: length,
      place: .pack(
        files, BlockPlace(pack: packs[number], offset: Int(offsets[number]), entry: entry)))
  }
}

extension BlockStore {
  /// With more blocks in the index than this many times those that are looked for, each is asked
  /// for alone: reading a row costs about a sixth of a question.
  private static let mostRowsEach = 6

  /// Reads through the index once, where that is cheaper than asking for each of `count` blocks:
  /// else nil. `number` tells which block a digest is, nil for one that is not looked for.
  public func located(_ count: Int, _ number: (Digest) -> Int?) throws -> LocatedBlocks? {
    guard try totals().blocks <= count * Self.mostRowsEach else { return nil }
    var located = LocatedBlocks(files, count: count, version: try dataVersion())
    try index.forEachPlace { place in
      if let number = number(place.entry.digest) { located.note(place, at: number) }
    }
    return located
  }

  /// Whether blocks may lie in files where they were added.
  public var hasBlocksInPlace: Bool {
    get throws { try totals().inPlaceFiles > 0 }
  }
}
