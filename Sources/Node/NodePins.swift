// What pins mean: files, records, and runs with everything that is needed to execute them again
// (Specs/Node.md, "Pins").

internal import Claims
internal import Content
internal import Cryptography
internal import PeerProtocol
internal import Store

extension Node {
  /// None unless the Datanet is followed for its pins.
  func pins(of membership: Membership) -> [Pin] {
    guard membership.mode == .pinned else { return [] }
    return settings.pins.filter { $0.datanet == membership.datanet }
  }

  /// Whether a pin may name a run.
  func isRunOrUnknown(_ pin: Pin) -> Bool {
    guard let cid = pin.claim else { return false }
    guard let claim = storing("read a pinned claim", { try claims.claim(cid) }) ?? nil else {
      return true
    }
    if case .run = claim.content { return true }
    return false
  }

  /// The entries from which pinned runs were made: the base, the yardstick, and what counted in the
  /// milestone, also what was replaced since.
  func needsOfPinnedRuns(_ membership: Membership) -> Set<EntryID> {
    var needs: Set<EntryID> = []
    for pin in pins(of: membership) {
      guard let cid = pin.claim,
        let claim = storing("read a pinned claim", { try claims.claim(cid) }) ?? nil,
        claim.datanet == membership.datanet, case .run(let run) = claim.content
      else { continue }
      needs.insert(run.base)
      if let yardstick = run.yardstick { needs.insert(yardstick) }
      let counted = storing("read a milestone") {
        try claims.entries(at: run.milestone, kind: .contribution)
      }
      for (entry, standing) in (counted ?? nil) ?? [] {
        if standing == .live, !run.leftOut.contains(entry.id) { needs.insert(entry.id) }
      }
    }
    return needs
  }

  /// All chunks, or those of pinned files and records.
  func wantedPlaces(
    _ plan: ContributionPlan, _ manifest: Manifest, _ chunks: ContributionChunks,
    _ read: BlockSource, _ membership: Membership
  ) throws -> PlaceSet {
    guard plan.isWanted else { return PlaceSet(limit: chunks.digests.count) }
    guard membership.mode == .pinned,
      !membership.contributions.pinnedWhole.contains(plan.manifest.digest)
    else {
      return PlaceSet(limit: chunks.digests.count, full: true)
    }
    let pins = try pins(of: membership).filter { pin in
      guard let claim = pin.claim else { return true }
      return try claims.claim(claim)?.content.publications.contains {
        $0.manifest == plan.manifest
      } ?? false
    }
    if pins.contains(where: { $0.path == nil && $0.records == nil }) {
      return PlaceSet(limit: chunks.digests.count, full: true)
    }
    var digests: Set<Digest> = []
    for pin in pins { try add(pin, manifest, read, &digests) }
    var places = PlaceSet(limit: chunks.digests.count)
    for (place, digest) in chunks.digests.enumerated() where digests.contains(digest) {
      places.insert(place)
    }
    return places
  }

  /// The chunks that a pin means.
  private func add(
    _ pin: Pin, _ manifest: Manifest, _ read: BlockSource, _ digests: inout Set<Digest>
  ) throws {
    var files = manifest.fileCursor()
    while let file = try files.next(read) {
      guard pin.includes(path: file.item.path.text) else { continue }
      var range = file.before.bytes..<file.before.bytes + file.item.bytes
      if let records = pin.records {
        let first = file.before.records + UInt64(clamping: records.lowerBound)
        let past = file.before.records + UInt64(clamping: records.upperBound)
        let end = file.before.records + file.item.records
        guard first < end else { continue }
        let start = try manifest.place(ofRecord: first, read).chunkStart
        var stop = range.upperBound
        if past < end {
          let place = try manifest.place(ofRecord: past - 1, read)
          stop = place.chunkStart + UInt64(place.chunk.byteCount)
        }
        // A stranger's list of files may say otherwise than the chunks where records lie.
        let lower = max(range.lowerBound, start)
        let upper = min(range.upperBound, stop)
        guard lower < upper else { continue }
        range = lower..<upper
      }
      try manifest.forEachPart(of: range, read) { digests.insert($0.chunk.cid.digest) }
    }
  }
}
