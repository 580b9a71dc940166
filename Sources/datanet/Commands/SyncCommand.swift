// `datanet sync`: see Specs/Running.md, "Synchronising".

import Claims
import Content
import JSON
import Store
import Terminal

enum SyncCommand: Command {
  /// Between two looks at how far it is.
  private static let lookMilliseconds: UInt64 = 100
  /// With --once, nothing moving for so long is the end.
  private static let patienceSeconds = 30.0

  static let declaration = Declaration(
    "sync", group: CommandTable.Group.swarm,
    summary: "Fetch everything that is followed, and end when it is here",
    prose: """
      Connects, agrees with a peer about the claims, fetches what is followed, and ends with 0 when \
      everything is verified and here. A peer that runs on this home does the work; otherwise one \
      runs for as long as it takes. While nothing moves the reason is shown. Without NET, every \
      followed Datanet.
      """,
    arguments: [Argument("NET", .datanet, .any, "the Datanets")],
    options: [
      .flag("once", "Give up, with 1, when nothing has moved for 30 seconds; for scripts"),
      .value("timeout", "SECONDS", .number, "Give up, with 1, after this time in all"),
      .flag("no-discovery", "Do not look for peers on the local network"),
      .flag("verbose", letter: "v", "Log everything that happens"),
    ],
    examples: [
      Example("datanet sync recipes", "Wait for as long as it takes."),
      Example("datanet sync --once && echo all here", "In a script."),
    ])

  static func run(_ context: Context) throws {
    let timeout = context.invocation.number("timeout")
    if let timeout, !(timeout > 0) { throw Failure.usage("--timeout takes seconds above 0") }
    let store = try context.store()
    let names = Names(store: store)
    let wanted = try wanted(context, names)
    let began = Moment.monotonic()
    var progress = SyncProgress(wanted, names: names)
    let bar = context.progress("Syncing")
    defer { bar.finish() }

    /// Nil while it should go on; then why it ends without everything being here.
    func end(at now: Double) -> String? {
      if Interruption.isRequested { return "stopped" }
      if let timeout, now - began >= timeout { return "not everything is here in time" }
      if context.invocation.has("once"), now - progress.moved >= patienceSeconds {
        return "not everything is here, and nothing moves"
      }
      return nil
    }
    var ended: String?
    let final: JSONValue
    if let client = try ControlClient.connect(to: context.home) {
      try client.ask(.changed)
      var status = try client.ask(.status)
      while true {
        progress.look(at: status)
        progress.show(on: bar)
        ended = end(at: Moment.monotonic())
        if progress.isComplete || ended != nil { break }
        _ = try client.next(within: lookMilliseconds)
        status = try client.ask(.status)
      }
      final = status
    } else {
      let log = try PeerLog(least: context.invocation.has("verbose") ? .debug : .error)
      let peer = try RunningPeer(home: context.home, identity: try context.identity(), log: log)
      var options = PeerOptions()
      options.listening = .nowhere
      options.discovers = !context.invocation.has("no-discovery")
      try peer.start(options)
      var status = JSONValue.object(peer.status.json)
      var isInStep = false
      // The peer keeps its timers, so they must not keep the peer: its home's lock goes with it.
      let look = { [unowned peer] in
        isInStep = false
        status = .object(peer.status.json)
        progress.look(at: status)
        progress.show(on: bar)
        ended = ended ?? end(at: Moment.monotonic())
        if progress.isComplete || ended != nil { peer.leave() }
      }
      // What was reported may be the last that was missing: nobody waits for the next look then.
      peer.onEvent = { [unowned peer] event in
        guard event["event"]?.string == "inStep", !isInStep else { return }
        isInStep = true
        peer.soon(look)
      }
      peer.every(lookMilliseconds, look)
      peer.run()
      if !progress.isComplete { ended = ended ?? "stopped" }
      final = status
    }
    bar.finish()
    if let ended, !progress.isComplete {
      throw Failure.failed(
        "\(ended): \(progress.reason); what has arrived stays, and the next sync goes on from there"
      )
    }
    // A name that none of the joined ones turned out to have is not found after all.
    for text in context.invocation.texts("NET") { _ = try names.followed(text) }
    show(wanted, final, Moment.monotonic() - began, names, context)
  }

  private static func wanted(_ context: Context, _ names: Names) throws -> [CID] {
    let texts = context.invocation.texts("NET")
    let peers = names.store.peers
    if texts.isEmpty {
      let all = try names.followed().map(\.cid).filter {
        try peers.following($0).mode != .none
      }
      guard !all.isEmpty else {
        throw Failure.notFound("nothing is followed here; 'datanet join TICKET' begins that")
      }
      return all
    }
    var wanted: [CID] = []
    for text in texts {
      do {
        wanted.append(try names.followed(text))
      } catch let failure as Failure where failure.code == .notFound {
        // It may be the name of one that was joined, which arrives with its first claim.
        let awaited = try names.followed().filter { $0.name == nil }.map(\.cid)
        guard !awaited.isEmpty else { throw failure }
        wanted += awaited.filter { !wanted.contains($0) }
      }
    }
    for cid in wanted where try peers.following(cid).mode == .none {
      throw Failure.failed(
        "\(names.shown(cid)) is not followed any more; 'datanet follow \(names.shown(cid))' first")
    }
    return wanted
  }

  private static func show(
    _ wanted: [CID], _ status: JSONValue, _ seconds: Double, _ names: Names, _ context: Context
  ) {
    let received = status["bytesReceived"]?.int ?? 0
    context.output.json([
      "complete": true, "datanets": .array(wanted.map { .cid($0) }),
      "seconds": .double(seconds), "bytesReceived": .int(received),
    ])
    for cid in wanted {
      guard let totals = try? names.store.claims.status(of: cid).totals else { continue }
      context.output.text(
        "\(names.shown(cid)): everything that is followed is here and verified: "
          + "\(Quantity.count(totals.claims, "claim")), "
          + "\(Quantity.count(totals.contributions, "contribution")), "
          + "\(Quantity.count(totals.records, "record")), \(Quantity.bytes(totals.bytes))")
    }
  }
}
