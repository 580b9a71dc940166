// `datanet follow`, `unfollow`, `pin` and `unpin`; see Specs/Running.md, "Following".

import Claims
import Content
import JSON
import Store
import Terminal

enum FollowCommand: Command {
  static let declaration = Declaration(
    "follow", group: CommandTable.Group.swarm,
    summary: "Say how much of a Datanet this home fetches and shares",
    prose: """
      A Datanet that you founded or joined is followed wholly. With --claims only its claims are \
      fetched, with --pinned also the data of what you pinned. What is here already stays; a peer \
      that runs on this home acts on it at once. A whole CID joins a public Datanet of which nothing \
      is here yet.
      """,
    arguments: [Argument("NET", .datanet, .one, "the Datanet")],
    options: [
      .flag("all", "Everything that counts; this is the default"),
      .flag("claims", "Claims only"),
      .flag("pinned", "Claims, and what is pinned"),
    ],
    examples: [
      Example("datanet follow recipes --pinned", "And 'datanet pin recipes/soups.jsonl'."),
      Example("datanet follow recipes", "All of it again."),
    ])

  static func run(_ context: Context) throws {
    let invocation = context.invocation
    let wished = FollowMode.allCases.filter { invocation.has($0.name) }
    guard wished.count < 2 else {
      throw Failure.usage("'follow' takes one of --all, --claims and --pinned")
    }
    let store = try context.store()
    let text = invocation.required("NET")
    let datanet: CID
    if let whole = try? CID(text), whole.codec == .dagCBOR {
      datanet = whole
    } else {
      datanet = try Names(store: store).followed(text)
    }
    try FollowChange.set(wished.first ?? .all, of: datanet, in: store, context)
  }
}

enum UnfollowCommand: Command {
  static let declaration = Declaration(
    "unfollow", group: CommandTable.Group.swarm,
    summary: "Fetch and share nothing of a Datanet any more",
    prose: """
      What is here stays and can be used; other peers are told no more about it. 'datanet follow' \
      takes it back.
      """,
    arguments: [Argument("NET", .datanet, .one, "the Datanet")],
    examples: [Example("datanet unfollow recipes", "A peer that runs lets go of it at once.")])

  static func run(_ context: Context) throws {
    let store = try context.store()
    let datanet = try Names(store: store).followed(context.invocation.required("NET"))
    try FollowChange.set(.none, of: datanet, in: store, context)
  }
}

private enum FollowChange {
  static func set(
    _ mode: FollowMode, of datanet: CID, in store: Store, _ context: Context
  ) throws {
    var following = try store.peers.following(datanet)
    following.mode = mode
    try store.peers.follow(following)
    let name = Names(store: store).shown(datanet)
    context.output.json([
      "datanet": .cid(datanet), "mode": .string(mode.name),
      "private": .bool(following.key != nil),
    ])
    switch mode {
    case .all: context.output.text("Following \(name): everything that counts")
    case .claims: context.output.text("Following \(name): its claims only")
    case .pinned:
      let pins = try store.peers.pins(of: datanet).count
      context.output.text("Following \(name): its claims, and what is pinned")
      if pins == 0 { Screen.remark("Nothing of it is pinned yet; 'datanet pin' does that.") }
    case .none: context.output.text("Not following \(name) any more")
    }
  }
}

enum PinCommand: Command {
  static let declaration = Declaration(
    "pin", group: CommandTable.Group.swarm,
    summary: "Choose what to keep of a Datanet that is followed for its pins",
    prose: """
      NET/PATH means a file, or a folder with all in it, of every contribution that has it; \
      NET/PATH:100-199 records 100 to 199 of a file, from 0; CLAIM a whole contribution, or a run \
      with all that is needed to execute it again. Only the chunks with these are fetched. Without \
      arguments the pins are listed.
      """,
    arguments: [
      Argument("WHAT", .text, .any, "NET/PATH, NET/PATH:FIRST-LAST, or a contribution or run")
    ],
    examples: [
      Example("datanet pin recipes/soups.jsonl", "One file."),
      Example("datanet pin recipes/train.jsonl:0-999", "The first thousand records of a file."),
      Example("datanet pin bafyreigbtj4x7ip", "One contribution."),
      Example("datanet pin", "What is pinned."),
    ])

  static func run(_ context: Context) throws {
    let texts = context.invocation.texts("WHAT")
    guard !texts.isEmpty else { return try list(context) }
    let store = try context.store()
    // All are understood before the first is set.
    let pins = try texts.map { try Pins.read($0, in: store) }
    for pin in pins {
      let isNew = try store.peers.pin(pin)
      context.output.json(Pins.json(pin, ["new": .bool(isNew)]))
      context.output.text((isNew ? "Pinned " : "Already pinned: ") + Pins.shown(pin, in: store))
    }
    for datanet in Set(pins.map(\.datanet)).sorted() {
      let mode = try store.peers.following(datanet).mode
      let name = Names(store: store).shown(datanet)
      if mode != .pinned {
        Screen.remark(
          "\(name) is followed \(mode == .all ? "wholly" : "for '\(mode.name)'"), so pins change "
            + "nothing until 'datanet follow \(name) --pinned'.")
      }
    }
  }

  private static func list(_ context: Context) throws {
    let store = try context.store(access: .readOnly)
    let pins = try store.peers.pins()
    for pin in pins {
      context.output.json(Pins.json(pin, [:]))
      context.output.text(Pins.shown(pin, in: store))
    }
    if pins.isEmpty { context.output.text("Nothing is pinned.") }
  }
}

enum UnpinCommand: Command {
  static let declaration = Declaration(
    "unpin", group: CommandTable.Group.swarm,
    summary: "Take pins away",
    prose: """
      Takes what 'pin' set. The data stays until 'datanet gc' frees what nothing needs.
      """,
    arguments: [Argument("WHAT", .text, .oneOrMore, "as it was pinned")],
    examples: [Example("datanet unpin recipes/soups.jsonl", "One file.")])

  static func run(_ context: Context) throws {
    let store = try context.store()
    let pins = try context.invocation.texts("WHAT").map { try Pins.read($0, in: store) }
    let set = try store.peers.pins()
    for pin in pins where !set.contains(pin) {
      throw Failure.notFound("\(Pins.shown(pin, in: store)) is not pinned; see 'datanet pin'")
    }
    for pin in pins {
      try store.peers.unpin(pin)
      context.output.json(Pins.json(pin, [:]))
      context.output.text("No longer pinned: \(Pins.shown(pin, in: store))")
    }
  }
}

private enum Pins {
  /// `NET/PATH`, `CLAIM/PATH`, both also with `:FIRST-LAST` or `:NUMBER`, or `CLAIM`.
  static func read(_ text: String, in store: Store) throws -> Pin {
    let names = Names(store: store)
    guard let slash = text.firstIndex(of: "/"), slash != text.startIndex else {
      let claim = try names.claim(text)
      var hasData = !claim.content.publications.isEmpty
      if case .run = claim.content { hasData = true }
      guard hasData else {
        throw Failure.usage("\(Shown.cid(claim.cid)) is a \(claim.kind), which has no data to keep")
      }
      return Pin(datanet: claim.datanet, claim: claim.cid)
    }
    let owner = String(text[..<slash])
    let path: ManifestPath
    let (name, records) = try records(String(text[text.index(after: slash)...]))
    do throws(ManifestError) {
      path = try ManifestPath(name)
    } catch {
      throw Failure.usage("'\(Printable.line(text))': \(error)")
    }
    let datanet = try FilePlace.datanet(owner, in: store)
    let claim =
      try? names.datanet(owner) == datanet ? nil : names.claimIfAny(owner)?.cid
    return Pin(datanet: datanet, claim: claim ?? nil, path: path.text, records: records)
  }

  /// Takes a file's record numbers from behind its path, the last one included.
  private static func records(_ text: String) throws -> (path: String, records: Range<Int>?) {
    guard let colon = text.lastIndex(of: ":") else { return (text, nil) }
    let ends = text[text.index(after: colon)...].split(
      separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard ends.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }) else {
      return (text, nil)
    }
    guard let first = Int(ends[0]), let last = Int(ends[ends.count - 1]), last < .max,
      first <= last
    else {
      throw Failure.usage("'\(Printable.line(text))': records are FIRST-LAST, from 0")
    }
    return (String(text[..<colon]), first..<last + 1)
  }

  static func shown(_ pin: Pin, in store: Store) -> String {
    let owner = pin.claim.map(Shown.cid) ?? Names(store: store).shown(pin.datanet)
    let records = pin.records.map { range in
      range.count == 1 ? ":\(range.lowerBound)" : ":\(range.lowerBound)-\(range.upperBound - 1)"
    }
    return owner + (pin.path.map { "/" + Printable.line($0) } ?? "") + (records ?? "")
  }

  static func json(_ pin: Pin, _ more: JSONObject) -> JSONValue {
    var object: JSONObject = [
      "datanet": .cid(pin.datanet), "claim": pin.claim.map { .cid($0) } ?? .null,
      "path": .text(pin.path),
      "records": pin.records.map { [.int($0.lowerBound), .int($0.upperBound - 1)] } ?? .null,
    ]
    for (name, value) in more.members { object[name] = value }
    return .object(object)
  }
}
