// `datanet shares`: whose records made an adapter better; see Specs/Shares.md.

import Attribution
import Checkpoints
import Claims
import Content
import Cryptography
import JSON
import Learning
import Store
import Terminal

enum SharesCommand: Command {
  static let declaration = Declaration(
    "shares", group: CommandTable.Group.prove,
    summary: "Show whose records made an adapter better, and by how much",
    prose: """
      Shows what each contributor's records did to the loss on the yardstick while a run trained, as \
      its trainer signed it, with intervals; negative where they did harm. Below it stands how \
      concentrated that is, and what others found when they checked the run. Where the run's \
      evidence is here, contributions are shown too, and everything is computed again.

      --prove writes a file that proves one contributor's sum to anyone who has the run's claim; \
      --check reads one, and needs neither the data nor the model.
      """,
    arguments: [Argument("RUN|NET", .identifier, .optional, "a run, or a Datanet's newest")],
    options: [
      .flag("contributions", "Also what each contribution did"),
      .value("prove", "DID", .identifier, "Write a proof of this contributor's sum"),
      .value("out", "FILE", .file, "Where the proof goes", default: "standard output, as JSON"),
      .value("check", "FILE", .file, "Check such a proof"),
    ],
    examples: [
      Example("datanet shares recipes", "The newest run's."),
      Example(
        "datanet shares bafyreigbtj4x7ip --prove did:key:z6Mk… --out mine.json", "A proof."),
      Example("datanet shares --check mine.json", "What it shows."),
    ])

  static func run(_ context: Context) throws {
    let options = context.invocation
    if let path = options.text("check") { return try check(path, context) }
    guard let text = options.text("RUN|NET") else {
      throw Failure.usage("name a run, or a Datanet: datanet shares NET")
    }
    let store = try context.storeToRead()
    let found = try run(text, store)
    if let did = options.text("prove") {
      return try prove(did, found.entry, found.net, store, context)
    }
    try show(found.entry, store, context)
  }

  /// The run that is meant: by its claim, or the newest of a Datanet that is neither withdrawn nor
  /// refuted.
  static func run(_ text: String, _ store: Store) throws -> (entry: RunBook.Entry, net: CID) {
    let names = Names(store: store)
    if !(try names.datanets().contains { $0.name == text }), let claim = try names.claimIfAny(text),
      !claim.isGenesis
    {
      guard let entry = try store.claims.run(claim.cid) else {
        throw Failure.usage("\(Shown.cid(claim.cid)) is a \(claim.kind), not a run")
      }
      return (entry, claim.datanet)
    }
    let datanet = try names.datanet(text)
    let runs = try store.claims.runs(of: datanet).filter {
      !$0.isWithdrawn && $0.checks.state != .refuted
    }
    guard
      let newest = runs.max(by: {
        ($0.timeMilliseconds, $0.height) < ($1.timeMilliseconds, $1.height)
      })
    else {
      throw Failure.notFound(
        "nobody has published a run of '\(Printable.line(text))' yet; 'datanet train --data "
          + "\(Printable.line(text)) --out DIR --publish' does")
    }
    return (newest, datanet)
  }

  private static func show(
    _ entry: RunBook.Entry, _ store: Store, _ context: Context
  ) throws {
    guard let published = entry.shares else {
      throw Failure.notFound(
        "\(Shown.cid(entry.cid)) has no shares: its trainer measured or published none")
    }
    let evidence: RunEvidenceHere?
    do {
      evidence = try RunEvidenceHere(entry.run, store)
    } catch StoreError.missing {
      evidence = nil
    }
    let shares = try evidence?.shares()
    let report = SharesReport(
      entry: entry, published: published, shares: shares,
      yardstick: evidence?.recipe.yardstick, repetitions: evidence?.repetitions.count ?? 0,
      snapshot: evidence?.snapshot)
    report.show(context, contributions: context.invocation.has("contributions"))
    if let shares, let evidence,
      shares.published(run: entry.cid, root: published.root).parts != published.parts
        || evidence.transcript.root != entry.run.root
    {
      throw Failure.refused("the trainer's claim says other shares than the run's own transcript")
    }
  }

  private static func prove(
    _ did: String, _ entry: RunBook.Entry, _ net: CID, _ store: Store, _ context: Context
  ) throws {
    let author = try Names(store: store).author(did, in: net)
    let evidence = try RunEvidenceHere(entry.run, store)
    let proof = try ContributorProof(
      run: entry.cid, snapshot: evidence.snapshot, records: evidence.records, contributor: author,
      tree: evidence.tree())
    let text = proof.value.dagJSON + "\n"
    guard let path = context.invocation.text("out") else {
      context.output.raw(Array(text.utf8))
      return
    }
    try AtomicFile.write(Array(text.utf8), to: path)
    context.output.json([
      "file": .string(path), "run": .cid(entry.cid), "contributor": .string(author.did),
      "bytes": .int(text.utf8.count),
    ])
    context.output.text(
      "\(path): \(Quantity.bytes(text.utf8.count)) that prove the sum of \(Shown.author(author)) "
        + "to anyone who has run \(Shown.cid(entry.cid))")
  }

  private static func check(_ path: String, _ context: Context) throws {
    let bytes = try SmallFile.read(path, mostBytes: 8 << 20)
    let proof: ContributorProof
    do {
      proof = try ContributorProof(Value(dagJSON: bytes))
    } catch {
      throw Failure.refused("\(path) is no proof of a share: \(error)")
    }
    guard let shown = proof.shown else {
      throw Failure.refused("\(path) cannot be followed: its nodes lead to no root")
    }
    let store = context.home.exists ? try context.storeToRead() : nil
    let run = try store?.claims.run(proof.run)
    if let run, run.run.shares != shown.root || run.run.snapshot != proof.snapshot {
      throw Failure.refused(
        "\(path) leads to another root than run \(Shown.cid(proof.run)) signed")
    }
    context.output.json([
      "run": .cid(proof.run), "contributor": .string(proof.contributor.did),
      "sum": .double(Score.loss(shown.sum)), "total": .double(Score.loss(shown.total)),
      "units": .int(Int(shown.sum)), "records": .int(shown.records),
      "root": .string("\(shown.root)"), "runIsHere": .bool(run != nil),
    ])
    let part =
      shown.total > 0
      ? ", \(Quantity.percent(Double(shown.sum) / Double(shown.total)))" : ""
    context.output.text(
      "\(Quantity.count(shown.records, "record")) of \(proof.contributor.did) did "
        + "\(Quantity.fixed(Score.loss(shown.sum), 4)) of \(Quantity.fixed(Score.loss(shown.total), 4))"
        + part)
    context.output.text(
      run == nil
        ? "The run's claim is not here: compare its shares with \(shown.root)"
        : "That is the root which the trainer of \(Shown.cid(proof.run)) signed.")
  }
}
