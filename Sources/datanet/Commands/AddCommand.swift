// `datanet add`: contributes files; see Specs/Store.md, "Adding", and Specs/Claims.md,
// "contribution".

import Claims
import Content
import Cryptography
import JSON
import Store
import Terminal

enum AddCommand: Command {
  static let declaration = Declaration(
    "add", group: CommandTable.Group.contribute,
    summary: "Contribute files to a Datanet",
    prose: """
      Reads the files, finds their records (JSONL, CSV, text, Markdown; other files are kept as \
      bytes), cuts them into chunks, stores what is not here yet, and signs a contribution. One \
      folder gives the paths inside it; several paths keep their own names. Symbolic links inside \
      folders are left out.

      A record that does not parse is counted and shown with its line, and the rest goes on; with \
      --strict nothing is contributed. With --in-place the bytes stay where they are, and a file \
      that changes later is noticed and no longer served.

      When the contribution is signed, its records are compared with those of the Datanet's other \
      contributions and with each other; 'datanet duplicates' shows what was found. Of more than \
      262,144 records that takes longer than adding: a person at a terminal sees it go on, and \
      Ctrl-C ends it without harm; with --json, or where nobody watches, it is left to \
      'datanet duplicates' unless --duplicates asks for it. So it is where more than 524,288 \
      records of others have to be read first.

      Ctrl-C keeps the chunks that are stored; adding the same files again goes on from there.
      """,
    arguments: [
      Argument("NET", .datanet, .one, "the Datanet"),
      Argument("PATH", .file, .oneOrMore, "files or folders"),
    ],
    options: [
      .value("license", "SPDX", "The licence of these records", default: "the Datanet's"),
      .value("name", "TEXT", "What the contribution is called", default: "the path's last name"),
      .value("note", "TEXT", "What a reader should know about it"),
      .value(
        "replaces", "CLAIM", .identifier, "Your older contribution that this one takes the place of"
      ),
      .flag("in-place", "Leave the bytes where they are"),
      .flag("strict", "Stop at the first record that does not parse"),
      .flag("duplicates", "Look for duplicates now, however many records there are"),
      .flag("no-duplicates", "Leave looking for duplicates to 'datanet duplicates'"),
    ],
    examples: [
      Example("datanet add recipes train.jsonl", "One file."),
      Example(
        "datanet add recipes data/ --license CC0-1.0 --note 'Collected by hand'",
        "A folder with everything in it."),
      Example(
        "datanet add recipes train.jsonl --replaces bafyreigbtj4x7ip",
        "A newer version of an earlier contribution."),
    ])

  static func run(_ context: Context) throws {
    let invocation = context.invocation
    let store = try context.store()
    let names = Names(store: store)
    let datanet = try names.datanet(invocation.required("NET"))
    let identity = try context.identity()
    let license = try invocation.license()
    try checkPermission(identity.publicKey, license, datanet, store)
    let replaces = try invocation.text("replaces").map { text in
      let entry = try names.entry(text)
      guard entry.author == identity.publicKey else {
        throw Failure.refused("\(Shown.entry(entry.id)) is not yours, so you cannot replace it")
      }
      return entry.id
    }

    let paths = invocation.texts("PATH")
    let files = try FileWalk.files(at: paths)
    guard !files.isEmpty else {
      throw Failure.failed("there is no file in \(paths.joined(separator: ", "))")
    }
    var options = AddOptions()
    options.inPlace = invocation.has("in-place")
    options.strict = invocation.has("strict")
    let progress = context.progress("Adding")
    let addition = try adding(progress) {
      try store.blocks.add(files, options: options) { state in
        progress.set(done: state.bytes, total: state.totalBytes, item: state.currentFile)
        return !Interruption.isRequested
      }
    }
    let manifest = addition.manifest
    let publication = Publication(
      manifest: manifest.cid, records: Int(manifest.records), bytes: Int(manifest.bytes),
      license: license, name: invocation.text("name") ?? lastName(paths),
      note: invocation.text("note"), replaces: replaces)
    let claim = try store.claims.append(
      .contribution([publication]), to: datanet, by: identity,
      timeMilliseconds: Moment.milliseconds())
    // The addition keeps its chunks from being collected until the claim is stored.
    extendLifetime(addition)
    // What stands is told before duplicates are looked for, which may take longer than adding.
    tell(addition, claim, try store.claims.entry(EntryID(claim: claim.digest)), context)
    context.output.flush()
    report(addition, claim, duplicates(of: claim, manifest, in: datanet, store, context), context)
  }

  private static func adding(
    _ progress: Progress, _ work: () throws -> Addition
  ) throws -> Addition {
    defer { progress.finish() }
    do {
      return try work()
    } catch StoreError.cancelled(let kept) {
      throw Failure.failed(
        "stopped: nothing was contributed; \(Quantity.bytes(kept)) of new chunks are kept, and "
          + "adding the same files again goes on from there")
    }
  }

  /// Looking for the duplicates of so many records takes about a second; of more it takes longer than
  /// adding, which a program may not be waiting for while a person sees it go on and can stop it
  /// (Specs/Duplicates.md, "Cost when adding").
  private static let mostRecordsCompared = 262_144
  /// So many records of others that nobody has compared here yet are read first: once, for two or
  /// three seconds.
  private static let mostRecordsRead = 524_288

  /// The contribution stands whatever comes out: trouble here is told, and can be made good later.
  private static func duplicates(
    of claim: Claim, _ manifest: Manifest, in datanet: CID, _ store: Store, _ context: Context
  ) -> FoundDuplicates? {
    if context.invocation.has("no-duplicates") { return nil }
    let isWatched = !context.output.isJSON && context.output.isTerminal
    do {
      if !isWatched, !context.invocation.has("duplicates") {
        let last = EntryID(claim: claim.digest)
        guard manifest.records <= mostRecordsCompared,
          try DatanetDuplicates.recordsToRead(in: datanet, last: last, store) <= mostRecordsRead
        else {
          context.output.text(
            "Duplicates among so many records are looked for by 'datanet duplicates', or at once "
              + "with --duplicates.")
          return nil
        }
      }
      return try DatanetDuplicates(
        in: datanet, last: EntryID(claim: claim.digest),
        threshold: DuplicateFinder.defaultThreshold, limit: 0, store, context
      ).found
    } catch StoreError.cancelled {
      context.output.text(
        "Stopped looking for duplicates; the contribution stands, and 'datanet duplicates' goes on "
          + "from there.")
    } catch {
      context.output.text("Duplicates were not looked for: \(Printable.line("\(error)"))")
    }
    return nil
  }

  private static func checkPermission(
    _ author: PublicKey, _ license: String?, _ datanet: CID, _ store: Store
  ) throws {
    let status = try store.claims.status(of: datanet)
    let name = Printable.line(status.policy.name)
    guard status.policy.allows(license) else {
      let allowed = status.policy.licenses.joined(separator: ", ")
      throw Failure.refused("'\(name)' allows the licences \(allowed), not '\(license ?? "")'")
    }
    let height = try store.claims.frontier(of: datanet)[author]?.count ?? 0
    guard try store.claims.roles(in: datanet).holds(.contributor, author, at: height) else {
      throw Failure.refused(
        "you may not contribute to '\(name)': a curator grants it with "
          + "'datanet grant \(name) \(author.did) contributor'")
    }
  }

  private static func lastName(_ paths: [String]) -> String? {
    guard paths.count == 1, let name = paths[0].split(separator: "/").last, name != ".",
      name != ".."
    else { return nil }
    return String(name)
  }

  /// For a person.
  private static func tell(
    _ addition: Addition, _ claim: Claim, _ entry: DatanetState.Entry?, _ context: Context
  ) {
    let manifest = addition.manifest
    let output = context.output
    output.text(
      "Contributed \(Quantity.count(Int(manifest.records), "record")) in "
        + "\(Quantity.count(Int(manifest.fileCount), "file")), "
        + "\(Quantity.bytes(Int(manifest.bytes))); stored \(Quantity.bytes(addition.newBytes)) that "
        + "were not here, manifest included")
    output.text("\(claim.cid)")
    if manifest.unparsed > 0 {
      output.text(
        "\(Quantity.count(Int(manifest.unparsed), "record does", "records do")) not parse:")
      for problem in addition.problems.prefix(10) {
        output.text("  \(Printable.line("\(problem)"))")
      }
    }
    if let entry, entry.standing != .live {
      output.text("It does not count yet: \(Shown.reason(entry.standing)).")
    }
  }

  private static func report(
    _ addition: Addition, _ claim: Claim, _ duplicates: FoundDuplicates?, _ context: Context
  ) {
    let manifest = addition.manifest
    context.output.json([
      "claim": .cid(claim.cid), "manifest": .cid(manifest.cid),
      "files": .int(Int(manifest.fileCount)), "records": .int(Int(manifest.records)),
      "unparsed": .int(Int(manifest.unparsed)), "chunks": .int(Int(manifest.chunkCount)),
      "bytes": .int(Int(manifest.bytes)), "newBytes": .int(addition.newBytes),
      "newBlocks": .int(addition.newBlocks),
      "duplicates": duplicates.map { .int($0.exact + $0.near) } ?? .null,
      "compared": .bool(duplicates != nil),
      "exactDuplicates": duplicates.map { .int($0.exact) } ?? .null,
      "problems": .array(addition.problems.map { .string("\($0)") }),
    ])
    guard let duplicates, duplicates.exact + duplicates.near > 0 else { return }
    context.output.text(
      "\(Quantity.count(duplicates.exact, "record is a copy", "records are copies")) and "
        + "\(Quantity.count(duplicates.near, "is a near-copy", "are near-copies")) of others; see "
        + "'datanet duplicates'.")
  }
}
