// Writes CARv1 archives, part by part (Specs/Archives.md).

public enum CARWriter {
  /// The first bytes of an archive. An archive names 1 to `CARReader.maximumRootCount` roots.
  public static func header(roots: [CID]) throws(CARError) -> [UInt8] {
    guard (1...CARReader.maximumRootCount).contains(roots.count) else {
      throw CARError(offset: 0, rule: .rootCount(roots.count))
    }
    var encoder = DagCBOREncoder(reserving: 32 + roots.count * 41)
    encoder.map(count: 2)
    encoder.text("roots")
    encoder.array(count: roots.count)
    for root in roots { encoder.link(root) }
    encoder.text("version")
    encoder.unsigned(1)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(encoder.bytes.count + 4)
    Varint.append(UInt64(encoder.bytes.count), to: &bytes)
    bytes.append(contentsOf: encoder.bytes)
    return bytes
  }

  /// What stands before a block's bytes: the length of both, and the address.
  public static func sectionHead(_ cid: CID, byteCount: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4 + CID.byteCount)
    Varint.append(UInt64(CID.byteCount + byteCount), to: &bytes)
    bytes.append(contentsOf: cid.bytes)
    return bytes
  }

  /// A block as a section.
  public static func section(_ block: Block) -> [UInt8] {
    sectionHead(block.cid, byteCount: block.bytes.count) + block.bytes
  }
}
