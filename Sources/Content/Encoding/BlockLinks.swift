// The links of a block, without a tree: for marking, exporting and fetching what a block needs
// (Specs/ContentAddresses.md, "Links").

extension Block {
  /// The addresses that a DAG-CBOR block links to, in order, repeated as often as they stand
  /// there; none for raw bytes. Foreign links are passed over.
  public static func links(in bytes: [UInt8], of cid: CID) throws(DagCBORError) -> [CID] {
    guard cid.codec == .dagCBOR else { return [] }
    var decoder = DagCBORDecoder(bytes)
    let links = try decoder.links()
    try decoder.finish()
    return links
  }

  public func links() throws(DagCBORError) -> [CID] { try Self.links(in: bytes, of: cid) }
}
