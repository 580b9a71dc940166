// The chunks of a fraud proof, which travel like those of a contribution (Specs/Proofs.md, "Fraud
// proof"; Specs/Node.md, "Contributions").

internal import Content
internal import Cryptography

/// What has to be fetched beside the proof's block. Whether it proves anything is for verifiers.
struct ProofChunks {
  static let type = "datanet/fraud-proof/1"
  /// Every chunk but the last is so large.
  static let chunkBytes = 1 << 20
  /// A state of 1 GiB; a proof with more is not passed on.
  static let mostChunks = 1024

  private(set) var digests: [Digest] = []
  private(set) var byteCounts: [UInt32] = []

  /// Nil when the block is something else, or no proof that is passed on.
  init?(_ block: [UInt8]) {
    guard let value = try? Value(decoding: block), value["type"]?.text == Self.type else {
      return nil
    }
    // Proofs of what a run published itself bring no file.
    guard let file = value["state"] else { return }
    guard let bytes: Int = file["bytes"]?.integer(), let links = file["chunks"]?.array,
      links.count <= Self.mostChunks, bytes >= 0, bytes <= links.count * Self.chunkBytes,
      bytes > (links.count - 1) * Self.chunkBytes
    else { return nil }
    var seen: Set<Digest> = []
    for (place, link) in links.enumerated() {
      guard let cid = link.link, cid.codec == .raw else { return nil }
      guard seen.insert(cid.digest).inserted else { continue }
      digests.append(cid.digest)
      byteCounts.append(UInt32(min(Self.chunkBytes, bytes - place * Self.chunkBytes)))
    }
  }
}
