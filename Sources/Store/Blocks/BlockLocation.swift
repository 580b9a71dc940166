// Where a block's bytes can be read, and reading them: checked against their address every time.
// Specs/Store.md, "Reading".

public import Content
internal import Cryptography

/// A place from which one block can be read, on any thread.
public struct BlockLocation: Sendable {
  public let cid: CID
  /// Bytes of the block.
  public let byteCount: Int
  let place: Place

  enum Place: Sendable {
    case pack(PackFiles, BlockPlace)
    case inPlace(InPlaceFiles, InPlacePiece)
  }

  /// The block's bytes, which have its address.
  public func read() throws -> [UInt8] {
    switch place {
    case .pack(let files, let place):
      if let block = try Self.block(place, in: try files.reader(place.pack)) { return block }
      // The number may belong to another file by now: a collection has rewritten the pack.
      files.forget(place.pack)
      if let block = try Self.block(place, in: try files.reader(place.pack)) { return block }
      throw StoreError.damaged(cid, path: files.path(place.pack), offset: place.offset)
    case .inPlace(let files, let piece):
      return try files.read(piece, cid: cid)
    }
  }

  /// Reads several blocks, neighbours at once, each checked against its address. `body` gets each
  /// with its number, in order. Reading ends with the first that fails.
  public static func read(
    _ locations: [BlockLocation], _ body: (Int, RawSpan) throws -> Void
  ) throws {
    try BlockRun(locations: locations).forEach(body)
  }

  private static func block(_ place: BlockPlace, in file: any DiskFile) throws -> [UInt8]? {
    guard let stored = try file.bytes(at: place.offset, count: place.entry.stored),
      let block = place.entry.form.block(from: stored, length: place.entry.length),
      SHA256.hash(block) == place.entry.digest
    else { return nil }
    return block
  }
}
