// `datanet export`: a Datanet as one file; see Specs/Archives.md.

import Claims
import Content
import JSON
import Store
import Terminal

enum ExportCommand: Command {
  static let declaration = Declaration(
    "export", group: CommandTable.Group.move,
    summary: "Write a Datanet, or one contribution, to a CAR file",
    prose: """
      Writes all claims of a Datanet and the blocks of every contribution that counts, or of one \
      contribution, into a CARv1 archive, which other tools of IPFS read too. The file gets its \
      name when it is whole. Stopped exports go on where they ended.
      """,
    arguments: [
      Argument("NET", .datanet, .one, "a Datanet, or a contribution's claim"),
      Argument("FILE", .file, .one, "the archive, usually NAME.car"),
    ],
    options: [.flag("claims", "Only the claims, no contributed bytes")],
    examples: [
      Example("datanet export recipes recipes.car", "Everything, for a USB stick."),
      Example("datanet export bafyreigbtj4x7ip part.car", "One contribution."),
    ])

  static func run(_ context: Context) throws {
    let store = try context.store(access: .readOnly)
    let names = Names(store: store)
    let text = context.invocation.required("NET")
    let wanted = context.invocation.has("claims") ? [] : try FilePlace.entries(text, in: store)
    let datanet = try FilePlace.datanet(text, in: store)
    let isWhole = (try? names.datanet(text)) != nil
    // One contribution travels with the claims that say what it is worth.
    let roots = isWhole ? [datanet] : [datanet] + wanted.map(\.id.cid)
    let archive = try ArchiveFile(context.invocation.required("FILE"), roots: roots)
    let progress = context.progress(
      "Exporting", total: wanted.reduce(0) { $0 &+ $1.publication.bytes })
    defer { progress.finish() }

    let claims = try writeClaims(of: datanet, store, archive)
    var skipped: [String] = []
    for entry in wanted.reversed() {
      let reader = try? ContributionReader(entry.publication.manifest, in: store.blocks)
      guard let reader, try reader.firstMissing() == nil else {
        skipped.append(Shown.entry(entry.id))
        continue
      }
      try write(entry.publication.manifest, store, archive) { count in
        progress.advance(by: count, item: Shown.entry(entry.id))
        guard !Interruption.isRequested else {
          throw Failure.failed(
            "stopped at \(Quantity.bytes(archive.bytes)); the same command goes on from there")
        }
      }
    }
    if isWhole, !context.invocation.has("claims") {
      try writeOthers(of: datanet, beside: wanted, store, archive)
    }
    try archive.finish()
    context.output.json([
      "blocks": .int(archive.blocks - claims), "claims": .int(claims), "bytes": .int(archive.bytes),
      "contributions": .int(wanted.count - skipped.count), "file": .string(archive.path),
      "incomplete": .array(skipped.map { .string($0) }),
    ])
    context.output.text(
      "Wrote \(Quantity.count(claims, "claim")) and "
        + "\(Quantity.count(archive.blocks - claims, "block")) of "
        + "\(Quantity.count(wanted.count - skipped.count, "contribution")), "
        + "\(Quantity.bytes(archive.bytes)), to \(archive.path)")
    if !skipped.isEmpty {
      context.output.text(
        "Left out, because blocks of them are not here: \(skipped.joined(separator: ", "))")
    }
  }

  private static func writeClaims(
    of datanet: CID, _ store: Store, _ archive: ArchiveFile
  ) throws -> Int {
    guard let genesis = try store.claims.genesis(of: datanet) else {
      throw ClaimStoreError.unknownDatanet(datanet)
    }
    try archive.put(genesis.cid) { genesis.bytes }
    var next = 0
    while true {
      let arrivals = try store.claims.arrivals(after: next, in: datanet)
      for claim in arrivals.claims + arrivals.proofs.flatMap({ [$0.first, $0.second] }) {
        try archive.put(claim.cid) { claim.bytes }
      }
      if arrivals.claims.isEmpty || arrivals.next == next { return archive.blocks }
      next = arrivals.next
    }
  }

  /// Bases, yardsticks and what runs consist of, as far as they are wholly here.
  private static func writeOthers(
    of datanet: CID, beside wanted: [DatanetState.Entry], _ store: Store, _ archive: ArchiveFile
  ) throws {
    let known = Set(wanted.map(\.id))
    var manifests = try
      (store.claims.entries(of: datanet, kind: .base, standing: .live)
      + store.claims.entries(of: datanet, kind: .yardstick, standing: .live))
      .filter { !known.contains($0.id) }.map(\.publication.manifest)
    for run in try store.claims.runs(of: datanet) where !run.isWithdrawn {
      manifests += run.run.manifests
      for proof in run.checks.proofs.map(\.proof) where try store.blocks.has(proof) {
        try write(proof, store, archive) { _ in }
      }
    }
    for manifest in manifests {
      guard let reader = try? ContributionReader(manifest, in: store.blocks),
        try reader.firstMissing() == nil
      else { continue }
      try write(manifest, store, archive) { _ in }
    }
  }

  /// A block and, before the next one, all that it links to.
  private static func write(
    _ cid: CID, _ store: Store, _ archive: ArchiveFile, report: (Int) throws -> Void
  ) throws {
    if archive.holds(cid) { return }
    guard cid.codec == .dagCBOR else {
      let before = archive.bytes
      try archive.put(cid) { try store.blocks.block(cid) }
      return try report(archive.bytes - before)
    }
    let bytes = try store.blocks.block(cid)
    try archive.put(cid) { bytes }
    for link in try Value(decoding: bytes).links {
      try write(link, store, archive, report: report)
    }
  }
}

extension Value {
  /// All links, in the order of the encoding.
  var links: [CID] {
    switch self {
    case .link(let cid): [cid]
    case .array(let items): items.flatMap(\.links)
    case .map(let map): map.entries.flatMap(\.value.links)
    default: []
    }
  }
}
