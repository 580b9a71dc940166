// Chunks that are put together from held ones and a few new pieces (Specs/Node.md, "Contributions";
// Specs/Chunking.md, "Rebuilding").

internal import Content
internal import Cryptography
internal import PeerProtocol
internal import Store

extension Node {
  /// Finds chunks that share most of their records with chunks of the author's earlier
  /// contributions: of these only the new pieces are asked for.
  func patch(
    _ plan: ContributionPlan, _ manifest: Manifest, _ read: BlockSource, _ held: PlaceSet,
    _ wanted: PlaceSet, _ membership: Membership
  ) throws -> [Digest: [Range<Int>]] {
    plan.patches = [:]
    guard plan.isWanted, let chunks = plan.chunks,
      manifest.bytes >= NodeLimits.patchedBytes, manifest.bytes <= NodeLimits.patchedBytesAtMost,
      let author = membership.contributions.author[plan.manifest.digest]
    else { return [:] }
    var index = SegmentIndex()
    for cid in membership.contributions.newest[author] ?? [] where cid != plan.manifest {
      // One that is not wholly here helps as far as it is.
      guard let bytes = try blocks.get(cid),
        let other = try? Manifest(decoding: Block(trusted: cid, bytes: bytes)),
        other.bytes <= NodeLimits.patchedBytesAtMost
      else { continue }
      try? blocks.reading {
        try index.add(other, { try self.blocks.block($0) }) { try self.blocks.has($0) }
      }
    }
    guard index.count > 0 else { return [:] }
    var places: [Digest: Int] = [:]
    for (place, digest) in chunks.digests.enumerated() { places[digest] = place }
    var pieces: [Digest: [Range<Int>]] = [:]
    try manifest.forEachOutlinedLeaf(read) { leaf in
      for (placed, outline) in zip(leaf.chunks, leaf.outlines) {
        let digest = placed.item.cid.digest
        guard let place = places[digest], wanted.contains(place), !held.contains(place),
          plan.patches[digest] == nil
        else { continue }
        let patch = ChunkPatch(placed.item, outline: outline, held: index)
        guard patch.isWorthwhile, patch.newRanges.count <= ExchangeLimits.rangesOfBlock else {
          continue
        }
        plan.patches[digest] = patch
        pieces[digest] = patch.newRanges
      }
    }
    return pieces
  }
}
