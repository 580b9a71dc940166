// `datanet review`, `retract`, `note` and `milestone`; see Specs/Claims.md and Specs/Merge.md.

import Claims
import Content
import Cryptography
import JSON
import Store
import Terminal

enum ReviewCommand: Command {
  static let declaration = Declaration(
    "review", group: CommandTable.Group.curate,
    summary: "Approve, reject or score contributions",
    prose: """
      Signs a curator's opinion of contributions. All that are named go into one claim. A \
      contribution that more curators reject than approve does not count; where the Datanet asks for \
      review before, it counts once approved. Scores are shown and decide nothing.
      """,
    arguments: [Argument("CLAIM", .identifier, .oneOrMore, "the contributions")],
    options: [
      .flag("approve", "They are good"), .flag("reject", "They should not count"),
      .value("score", "N", .integer(0...Review.highestScore), "How good, from 0 to 100"),
      .value("note", "TEXT", "Why"),
    ],
    examples: [
      Example("datanet review bafyreigbtj4x7ip --approve", "One contribution."),
      Example(
        "datanet review bafyreigbtj4x7ip bafyreiadyoc4ry2 --reject --note 'Not recipes'",
        "Two, in one claim."),
    ])

  static func run(_ context: Context) throws {
    let invocation = context.invocation
    let score = invocation.integer("score")
    guard
      [invocation.has("approve"), invocation.has("reject"), score != nil].count(where: { $0 }) == 1
    else { throw Failure.usage("'review' needs one of --approve, --reject and --score N") }
    let opinion: Review.Opinion =
      score.map { .score($0) } ?? (invocation.has("approve") ? .approve : .reject)
    let store = try context.store()
    let targets = try Targets(invocation.texts("CLAIM"), in: store)
    let reviewer = try IdentityKeeper.summary(in: context.home).publicKey
    if let own = targets.entries.first(where: { $0.author == reviewer }) {
      throw Failure.refused("\(Shown.entry(own.id)) is your own: nobody reviews their own")
    }
    let reviews = targets.entries.map { Review($0.id, opinion, note: invocation.text("note")) }
    let claim = try context.publish(.review(reviews), to: targets.datanet, in: store)
    try context.announce(claim, in: store, needs: .curator)
  }
}

enum RetractCommand: Command {
  static let declaration = Declaration(
    "retract", group: CommandTable.Group.curate,
    summary: "Take contributions out of what counts",
    prose: """
      Signs that contributions no longer count: your own, or as a curator anybody's. They are left \
      out of every later snapshot, peers let go of chunks that nothing else needs, and runs that \
      used them say so. A retraction cannot be taken back; contribute again instead.
      """,
    arguments: [Argument("CLAIM", .identifier, .oneOrMore, "the contributions")],
    options: [.value("reason", "TEXT", "Why")],
    examples: [
      Example("datanet retract bafyreigbtj4x7ip --reason 'Contained addresses'", "With a reason.")
    ])

  static func run(_ context: Context) throws {
    let store = try context.store()
    let targets = try Targets(context.invocation.texts("CLAIM"), in: store)
    if let gone = targets.entries.first(where: { $0.standing == .retracted }) {
      throw Failure.failed("\(Shown.entry(gone.id)) is retracted already; nothing was signed")
    }
    let retraction = Retraction(
      targets.entries.map(\.id), reason: context.invocation.text("reason"))
    let identity = try context.identity()
    let isOwn = targets.entries.allSatisfy { $0.author == identity.publicKey }
    let claim = try store.claims.append(
      .retraction(retraction), to: targets.datanet, by: identity,
      timeMilliseconds: Moment.milliseconds())
    try context.announce(claim, in: store, needs: isOwn ? nil : .curator)
  }
}

enum NoteCommand: Command {
  static let declaration = Declaration(
    "note", group: CommandTable.Group.curate,
    summary: "Set a Datanet's title, tags or description",
    prose: """
      Signs what is shown about a Datanet. The newest note by a curator wins, field by field; '-' \
      clears a field.
      """,
    arguments: [Argument("NET", .datanet, .one, "the Datanet")],
    options: [
      .value("title", "TEXT", "A title for people"),
      .value("tags", "A,B,…", "Words to find it by, separated by commas"),
      .value("description", "TEXT", "What it is about"),
    ],
    examples: [
      Example("datanet note recipes --title 'Family recipes' --tags food,german", "Two fields.")
    ])

  static func run(_ context: Context) throws {
    let invocation = context.invocation
    var fields: [Note.Field] = []
    for name in ["title", "description"] {
      guard let text = invocation.text(name) else { continue }
      fields.append(Note.Field(name, text == "-" ? [] : [text]))
    }
    if let tags = invocation.text("tags") {
      let words = tags.split(separator: ",").map { word in
        String(word.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      }
      fields.append(Note.Field("tags", words.filter { !$0.isEmpty && $0 != "-" }))
    }
    guard !fields.isEmpty else {
      throw Failure.usage("'note' needs --title, --tags or --description ('-' clears a field)")
    }
    let store = try context.store()
    let datanet = try Names(store: store).datanet(invocation.required("NET"))
    let known = try store.claims.notes(of: datanet).current
    let note = Note(fields, replaces: Array(known.prefix(Note.maximumReplaced)))
    let claim = try context.publish(.note(note), to: datanet, in: store)
    try context.announce(claim, in: store, needs: .curator)
  }
}

enum MilestoneCommand: Command {
  static let declaration = Declaration(
    "milestone", group: CommandTable.Group.curate,
    summary: "Sign what counts up to here",
    prose: """
      Signs the frontier of a Datanet as it is known here: everything up to here was there when this \
      was signed. Milestones say who was first and what a training run uses; no clock does.
      """,
    arguments: [Argument("NET", .datanet, .one, "the Datanet")],
    options: [.value("note", "TEXT", "What it is for")],
    examples: [Example("datanet milestone recipes --note 'Before the first run'", "Now.")])

  static func run(_ context: Context) throws {
    let store = try context.store()
    let datanet = try Names(store: store).datanet(context.invocation.required("NET"))
    let identity = try context.identity()
    // Earlier milestones of ours say the rest.
    let reaches = try store.claims.newReaches(by: identity.publicKey, in: datanet)
    guard reaches.count <= Milestone.maximumReaches else {
      throw Failure.failed(
        "\(Quantity.count(reaches.count)) authors are new; one milestone holds "
          + "\(Quantity.count(Milestone.maximumReaches)): sign several from a peer that knows fewer"
      )
    }
    let milestone = Milestone(reaches, note: context.invocation.text("note"))
    let claim = try store.claims.append(
      .milestone(milestone), to: datanet, by: identity, timeMilliseconds: Moment.milliseconds())
    try context.announce(claim, in: store, needs: .curator)
  }
}

/// Contributions named on one command line: of one Datanet, since they go into one claim.
struct Targets {
  let entries: [DatanetState.Entry]
  let datanet: CID

  init(_ texts: [String], in store: Store) throws {
    let names = Names(store: store)
    entries = try texts.map { try names.entry($0) }
    let nets = try entries.map { try names.claim("\($0.id.cid)").datanet }
    guard let first = nets.first, nets.allSatisfy({ $0 == first }) else {
      throw Failure.usage("the contributions belong to different Datanets; name those of one")
    }
    guard entries.count <= ClaimContent.maximumItems else {
      throw Failure.usage("one claim names at most \(ClaimContent.maximumItems) contributions")
    }
    datanet = first
  }
}

extension Context {
  /// Says that a claim was signed, and whether it counts.
  func announce(_ claim: Claim, in store: Store, needs role: Role?) throws {
    let counts = try role.map {
      try store.claims.roles(in: claim.datanet).holds($0, claim.author, at: claim.height)
    }
    output.json([
      "claim": .cid(claim.cid), "kind": .string(claim.kind), "counts": .bool(counts ?? true),
    ])
    output.text("Signed: \(ClaimText.line(claim))")
    output.text("\(claim.cid)")
    if counts == false, let role {
      output.text(
        "It counts for nothing as long as you are not \(role.rawValue) of this Datanet.")
    }
  }
}
