// The part of the tour in which peers meet on this machine: they agree, share, and cut off a liar
// (Specs/Running.md).

import Glibc
import JSON
import PeerProtocol
import Store
import Terminal

/// Ada and Ben have a Datanet from the part before; Cleo, Mallory and Dora are new.
final class SwarmStory {
  /// The peer that is left ends by itself after so many seconds.
  private static let secondsLeft = 1_800
  /// Waiting for something that the story tells of is given up after this.
  private static let patienceSeconds = 180.0

  private let stage: TourStage
  private var running: [String] = []

  /// Whose peer stays, and what it shares: the Datanet with a run, where there is one.
  private let keeper: String
  private let kept: String
  private let hasRun: Bool

  init(_ stage: TourStage, hasRun: Bool) {
    self.stage = stage
    self.hasRun = hasRun
    (keeper, kept) = hasRun ? ("tina", "islands") : ("ada", "recipes")
  }

  func play() throws {
    try meet()
    try agree()
    try cutOff()
    try leaveOneRunning()
  }

  // MARK: Scenes

  private func meet() throws {
    stage.say(
      """
      Until now they carried files. A peer saves them that: Ada starts one, and prints a ticket, \
      which is all that others need. Ben knows the Datanet already, Cleo has nothing yet.
      """)
    try start("ada")
    try stage.run("--home", "ada", "ticket", "recipes")
    let ticket = try ticket(of: "ada")
    try join("ben", ticket)
    try start("ben")
    try stage.run("--home", "cleo", "init")
    try join("cleo", ticket)
    try start("cleo")
    stage.say("'sync' ends when everything is here and every byte was checked.")
    try stage.run("--home", "cleo", "sync")
    try stage.run("--home", "cleo", "peers")
  }

  private func agree() throws {
    stage.say("Cleo contributes. Her peer runs, so Ada and Ben have it by the time she looks up.")
    try stage.write("teas.jsonl", TourStage.records(150, seed: 3, of: "tea"))
    try stage.run("--home", "cleo", "add", "recipes", "teas.jsonl")
    for home in ["ada", "ben"] { try waitFor(home, knowsAsMuchAs: "cleo") }
    try stage.run("--home", "ada", "sync", "recipes")
    try stage.run("--home", "ben", "sync", "recipes")
    stage.say("Three contributions by three people, and one digest: they agree about everything.")
    for home in ["ada", "ben", "cleo"] {
      stage.line("\(home): digest \(try digest(of: home))")
    }
  }

  private func cutOff() throws {
    stage.say(
      """
      Mallory joins too, and fetches all of it. Then he starts a peer of his own making, which \
      changes one bit in every chunk that it sends. Dora's ticket is from him.
      """)
    try stage.run("--home", "mallory", "init")
    try join("mallory", try ticket(of: "ada"))
    try stage.run("--home", "mallory", "sync", "--no-discovery")
    _ = try PeerDaemon.start(
      [
        "--home", "\(stage.folder)/mallory", LyingPeerCommand.declaration.name, "--json",
        "--no-discovery", "--listen", "127.0.0.1:0",
      ], secret: nil)
    running.append("mallory")
    try stage.run("--home", "dora", "init")
    try join("dora", try ticket(of: "mallory"))
    try start("dora")
    stage.say("A chunk that is not what its address says costs its sender the place, by name.")
    try waitFor("dora to notice the liar") {
      let status = try self.status(of: "dora")
      return status["bans"]?.array?.isEmpty == false
    }
    let bans = try status(of: "dora")["bans"]?.array ?? []
    for ban in bans {
      stage.line(
        "dora: banned \(ban["peer"]?.string ?? "") for "
          + Quantity.duration(Double(ban["remainingMilliseconds"]?.int ?? 0) / 1000)
          + ": \(ban["reason"]?.string ?? "")")
    }
    stage.say("What he changed was not kept. With a ticket from Ada, Dora gets the real thing.")
    try join("dora", try ticket(of: "ada"))
    try stage.run("--home", "dora", "sync")
    stage.line("dora: digest \(try digest(of: "dora"))")
  }

  private func leaveOneRunning() throws {
    if keeper != "ada" {
      stage.say(
        """
        Last, Tina starts a peer for her islands. With --verify it checks what others publish, in the \
        background and within a budget.
        """)
      try start(keeper, verifies: true)
    }
    for home in running where home != keeper { stop(home) }
    running = [keeper]
    let program = Self.program()
    let name = keeper.prefix(1).uppercased() + keeper.dropFirst()
    stage.say("\(name)'s peer goes on running for half an hour. Join it from another terminal:")
    let ticket = try ticket(of: keeper)
    let me = "\(program) --home /tmp/me"
    stage.line("  \(me) init && \(me) join \(ticket) && \(me) sync")
    stage.closing(
      hasRun
        ? [
          ("\(me) shares islands", "whose data made the adapter better"),
          ("\(me) verify islands", "execute some of its steps again"),
          ("\(me) ask islands 'What is the sign of Kelun?'", "and whom the answer comes from"),
        ]
        : [
          ("\(me) ls recipes", "what was contributed"),
          ("\(me) add recipes FILE…", "contribute yourself"),
          ("\(me) log recipes", "who said what"),
        ])
    stage.say("To end it now: \(program) --home \(stage.folder)/\(keeper) down")
  }

  /// Stops every peer when the story broke off; at its end only one is left, and stays.
  func stopOthers() {
    for home in running where home != keeper || running.count > 1 { stop(home) }
    running.removeAll { $0 != keeper }
  }

  // MARK: Steps

  private func home(_ name: String) -> Home { Home("\(stage.folder)/\(name)") }

  private func start(_ name: String, verifies: Bool = false) throws {
    var words = ["--home", name, "up", "--daemon", "--listen", "127.0.0.1:0", "--no-discovery"]
    if verifies { words.append("--verify") }
    if name == keeper { words += ["--for", "\(Self.secondsLeft)"] }
    try stage.run(words)
    running.append(name)
  }

  private func stop(_ name: String) {
    guard let client = try? ControlClient.connect(to: home(name)) else { return }
    _ = try? client.ask(.down)
  }

  private func join(_ name: String, _ ticket: String) throws {
    try stage.run(
      ["--home", name, "join", ticket], shortened: [ticket: "\(ticket.prefix(20))…"])
  }

  private func ticket(of name: String) throws -> String {
    let store = try Store.open(home(name), access: .readOnly)
    let datanet = try Names(store: store).datanet(name == keeper ? kept : "recipes")
    return try TicketMaker.ticket(
      for: store.peers.following(datanet), in: store, home: home(name)
    ).ticket.text
  }

  private func status(of name: String) throws -> JSONValue {
    guard let client = try ControlClient.connect(to: home(name)) else {
      throw Failure.failed("the tour stopped: \(name)'s peer is gone")
    }
    return try client.ask(.status)
  }

  private func digest(of name: String) throws -> String {
    let store = try Store.open(home(name), access: .readOnly)
    return try "\(store.claims.status(of: Names(store: store).datanet("recipes")).digest)"
  }

  private func waitFor(_ name: String, knowsAsMuchAs other: String) throws {
    try waitFor("\(name) to agree with \(other)") {
      try self.digest(of: name) == self.digest(of: other)
    }
  }

  private func waitFor(_ what: String, _ holds: () throws -> Bool) throws {
    let start = Moment.monotonic()
    while try !holds() {
      guard Moment.monotonic() - start < Self.patienceSeconds, !Interruption.isRequested else {
        throw Failure.failed("the tour waited for \(what), in vain")
      }
      usleep(20_000)
    }
  }

  /// How this program was started, as one would type it again.
  private static func program() -> String {
    if let typed = CommandLine.arguments.first, typed.contains("/") { return typed }
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
    guard count > 0, count < buffer.count else { return "datanet" }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
