// `datanet up`: see Specs/Running.md.

import Cryptography
import EventLoop
import Glibc
import JSON
import Store
import Terminal

enum UpCommand: Command {
  static let declaration = Declaration(
    "up", group: CommandTable.Group.swarm,
    summary: "Run a peer: meet others, agree with them, share what is followed",
    prose: """
      Listens, dials whom it knows, and keeps every followed Datanet up to date until Ctrl-C or \
      'datanet down'. All other commands work on the same home meanwhile, and what they sign is with \
      connected peers within a second. Without --listen the peer listens where it did last time, \
      at first on port 4180 of all addresses. Quiet unless something is wrong; --verbose shows all.

      With --verify the peer also checks runs that others publish: in a process of its own with low \
      priority, first fraud proofs that wait, then the runs and steps that fewest have checked. What \
      it finds it signs as a verdict, which counts where a curator made it a verifier.
      """,
    options: [
      .value(
        "listen", "ADDRESS", repeats: true,
        "HOST:PORT in numbers, or :PORT for all of IPv4 and IPv6; port 0 takes a free one"),
      .flag("daemon", "Run in the background, with a log in the home"),
      .flag("no-discovery", "Neither look for peers on the local network nor be found there"),
      .value(
        "metrics", "PORT", .integer(0...65_535),
        "Serve figures for Prometheus at /metrics, and /health, on 127.0.0.1"),
      .value(
        "milestones", "SECONDS", .number,
        "As a curator: sign a milestone when something new was contributed, at most this often"),
      .flag("verify", "Check runs by others in the background"),
      .value(
        "verify-cores", "N", .integer(1...64), "With --verify: threads at a time",
        default: "\(VerificationBudget.usualCores)"),
      .value(
        "verify-minutes", "M", .number, "With --verify: minutes of processor time an hour",
        default: "\(Int(VerificationBudget.usualMinutes))"),
      .value(
        "verify-patience", "SECONDS", .number,
        "With --verify: call a run unavailable when what is missing has not come by then",
        default: "600"),
      .value("for", "SECONDS", .number, "Stop by itself after this time"),
      .flag("verbose", letter: "v", "Log everything that happens"),
    ],
    examples: [
      Example("datanet up", "Until Ctrl-C."),
      Example("datanet up --daemon", "Until 'datanet down'."),
      Example("datanet up --listen 192.0.2.7:4180 --listen '[2001:db8::7]:4180'", "Just there."),
      Example("datanet up --daemon --verify --verify-minutes 5", "Checks others' runs, too."),
      Example("datanet up --json", "Events as JSON lines, for a program."),
    ])

  static func run(_ context: Context) throws {
    if context.invocation.has("daemon") { return try startDaemon(context) }
    try run(context, isDetached: false)
  }

  /// In this process; detached ones have no terminal.
  static func run(_ context: Context, isDetached: Bool, lies: Bool = false) throws {
    let invocation = context.invocation
    var options = PeerOptions()
    options.lies = lies
    options.seconds = invocation.number("for")
    if let seconds = options.seconds, !(seconds > 0) {
      throw Failure.usage("--for takes seconds above 0")
    }
    options.discovers = !invocation.has("no-discovery")
    options.metricsPort = invocation.integer("metrics").flatMap { UInt16(exactly: $0) }
    options.verification = try verification(invocation)
    options.verificationPatienceSeconds =
      invocation.number("verify-patience") ?? options.verificationPatienceSeconds
    options.milestoneSeconds = invocation.number("milestones")
    if let seconds = options.milestoneSeconds, !(seconds > 0) {
      throw Failure.usage("--milestones takes seconds above 0")
    }
    let listen = invocation.texts("listen")
    if !listen.isEmpty { options.listening = .at(try ListenPlaces.parse(listen)) }

    let identity =
      isDetached
      ? try IdentityKeeper.open(in: context.home, passphrase: PeerDaemon.secret())
      : try context.identity()
    let log = try PeerLog(
      least: invocation.has("verbose") ? .debug : .warning,
      path: isDetached ? context.home.logPath : nil)
    let peer = try RunningPeer(home: context.home, identity: identity, log: log)
    // Where it listens is the first line, whatever it noticed on the way there.
    var isAnnounced = false
    var early: [JSONValue] = []
    peer.onEvent = { event in
      guard context.output.isJSON, !isDetached else { return }
      var event = event
      event["time"] = .int(Moment.milliseconds())
      guard isAnnounced else { return early.append(.object(event)) }
      context.output.json(.object(event))
      context.output.flush()
    }
    try peer.start(options)
    announce(peer, context)
    isAnnounced = true
    early.forEach { context.output.json($0) }
    context.output.flush()
    if isDetached { PeerDaemon.letGo() }
    peer.run()
    if !isDetached { context.output.text("Stopped.") }
  }

  /// Nil when runs by others are not to be checked.
  private static func verification(_ options: Invocation) throws -> VerificationBudget? {
    let (cores, minutes) = (options.integer("verify-cores"), options.number("verify-minutes"))
    guard options.has("verify") else {
      guard cores == nil, minutes == nil, options.number("verify-patience") == nil else {
        throw Failure.usage(
          "--verify-cores, --verify-minutes and --verify-patience go with --verify")
      }
      return nil
    }
    let budget = VerificationBudget(
      cores: cores ?? VerificationBudget.usualCores,
      minutesPerHour: minutes ?? VerificationBudget.usualMinutes)
    guard budget.minutesPerHour > 0, budget.minutesPerHour <= 60 * Double(budget.cores) else {
      throw Failure.usage(
        "--verify-minutes lies above 0 and up to 60 for each of --verify-cores: an hour has no more"
      )
    }
    return budget
  }

  private static func announce(_ peer: RunningPeer, _ context: Context) {
    let addresses = peer.addresses
    context.output.json([
      "event": "listening", "did": .string(peer.identity.did),
      "home": .string(context.home.path), "pid": .int(Int(getpid())),
      "listening": .array(peer.listening.map { .string("\($0)") }),
      "addresses": .array(addresses.map { .string($0) }),
      "metrics": peer.metrics?.address.map { .string("\($0)") } ?? .null,
      "time": .int(Moment.milliseconds()),
    ])
    context.output.text(
      "Listening at \(peer.listening.map { "\($0)" }.joined(separator: ", "))"
        + (addresses.isEmpty ? "" : "; others reach it at \(addresses.joined(separator: ", "))"))
    if let address = peer.metrics?.address {
      context.output.text("Figures at http://\(address)/metrics")
    }
    if let budget = peer.verificationBudget {
      context.output.text(
        "Runs by others are checked in the background: \(Quantity.count(budget.cores, "core")), up to "
          + "\(Quantity.fixed(budget.minutesPerHour, 0)) minutes of processor time an hour; "
          + "'datanet status' shows it")
    }
    context.output.text("Ctrl-C or 'datanet down' stops it; 'datanet ticket NET' lets others join.")
    context.output.flush()
  }

  // MARK: In the background

  private static func startDaemon(_ context: Context) throws {
    let invocation = context.invocation
    var words = ["--home", context.home.path, BackgroundCommand.declaration.name, "--json"]
    for address in invocation.texts("listen") { words += ["--listen", address] }
    for name in [
      "metrics", "for", "milestones", "verify-cores", "verify-minutes", "verify-patience",
    ] {
      if let value = invocation.text(name) { words += ["--\(name)", value] }
    }
    for flag in ["no-discovery", "verbose", "verify"] where invocation.has(flag) {
      words.append("--\(flag)")
    }
    // Asked for here, where there is a terminal; opening the identity checks it.
    var secret: [UInt8]?
    guard IdentityKeeper.exists(in: context.home) else {
      throw Failure.notFound(
        "there is no identity in \(context.home.path); run 'datanet init' first")
    }
    if try IdentityKeeper.summary(in: context.home).isSealed {
      let passphrase = try Passphrase.ask("Passphrase of the identity in \(context.home.path): ")
      _ = try IdentityKeeper.open(in: context.home, passphrase: passphrase)
      secret = passphrase
    }
    let line = try PeerDaemon.start(words, secret: secret)
    context.output.json(line)
    let listening = line["listening"]?.array?.compactMap(\.string) ?? []
    context.output.text(
      "A peer runs with pid \(line["pid"]?.int ?? 0), listening at "
        + listening.joined(separator: ", "))
    context.output.text("Its log is \(context.home.logPath); 'datanet down' stops it.")
  }
}

/// What `up --daemon` starts; not shown in help.
enum BackgroundCommand: Command {
  static let declaration = Declaration(
    "peer-in-background", group: CommandTable.Group.hidden,
    summary: "Run a peer without a terminal, as 'up --daemon' starts it",
    prose: "Reads the identity's passphrase, or an empty line, from standard input.",
    options: UpCommand.declaration.options.filter { $0.name != "daemon" },
    examples: [Example("datanet up --daemon", "Starts one.")])

  static func run(_ context: Context) throws {
    PeerDaemon.closeInherited()
    try UpCommand.run(context, isDetached: true)
  }
}

/// The peer of a liar, which `tour` and tests cut off; not shown in help.
enum LyingPeerCommand: Command {
  static let declaration = Declaration(
    "lying-peer", group: CommandTable.Group.hidden,
    summary: "Run a peer that changes a bit in every chunk it sends",
    prose: "Exists so that it can be seen what others do about it.",
    options: BackgroundCommand.declaration.options + [
      .flag("foreground", "Keep the terminal, and what the starter left open")
    ],
    examples: [Example("datanet tour", "Shows what becomes of it.")])

  static func run(_ context: Context) throws {
    let isDetached = !context.invocation.has("foreground")
    if isDetached { PeerDaemon.closeInherited() }
    try UpCommand.run(context, isDetached: isDetached, lies: true)
  }
}
