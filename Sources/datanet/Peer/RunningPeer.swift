// A peer that runs: the Node's effects become sockets, threads and timers, and what happens there
// becomes its events (Specs/Running.md, "Shell").

import Cryptography
import EventLoop
import Glibc
import JSON
import Node
import PeerProtocol
import Store
import Terminal

/// One thread owns this, its loop, the Node and the store's connections.
final class RunningPeer {
  /// The home is looked at for other processes' changes this often, besides when they say so.
  static let lookMilliseconds: UInt64 = 500
  /// What the Node remembers is kept, and the wall clock told, this often.
  static let keepMilliseconds: UInt64 = 60_000
  /// A verification in the background is looked at this often.
  static let verifyMilliseconds: UInt64 = 200
  /// At the end it is looked so often whether everything is said and done.
  static let quietMilliseconds: UInt64 = 2
  /// Goodbyes and work under way get this long at the end.
  static let farewellMilliseconds: UInt64 = 5_000

  let home: Home
  let store: Store
  let loop: EventLoop
  let node: Node
  let identity: PublicKey
  let log: PeerLog
  private let lock: FileLock
  private let memory: HomeMemory
  private let wires: Wires
  private var places = ListenPlaces()
  private var discovery: LocalDiscovery?
  private var control: ControlServer?
  private(set) var metrics: MetricsServer?
  private var verifier: BackgroundVerifier?
  private let signer: Identity
  private var signals: [SignalWatcher] = []
  private var timers: [Timer] = []
  private var deadlineTimer: Timer?
  private var settings: NodeSettings?
  private var versions: (claims: Int, blocks: Int) = (-1, -1)
  private let started: UInt64
  /// Effects that are still to be carried out, in order.
  private var queue: [NodeEffect] = []
  private var isCarrying = false
  private var worksUnderWay = 0
  private var isLeaving = false
  private var lies = false
  private var leaveBy: UInt64?
  /// Something that the disk or the machine did; shown by the health page.
  private var trouble: String?
  /// Hears every event, for `up --json` and progress.
  var onEvent: (JSONObject) -> Void = { _ in }

  /// Takes the home's lock and opens everything; nobody is spoken with yet.
  init(home: Home, identity: Identity, log: PeerLog) throws {
    self.home = home
    self.log = log
    store = try Store.open(home)
    lock = try Self.lock(home)
    loop = try EventLoop()
    started = loop.nowMilliseconds
    self.identity = identity.publicKey
    signer = identity
    memory = HomeMemory(store: store)
    wires = Wires(loop: loop)
    var generator = SystemRandomNumberGenerator()
    let seed = SHA256.hash((0..<64).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    node = Node(
      identity: identity, store: store,
      memory: try memory.read(), seed: seed,
      at: Instant(milliseconds: started))
  }

  private static func lock(_ home: Home) throws -> FileLock {
    do {
      return try FileLock(ControlPath.lockPath(home), .exclusive, wait: false)
    } catch {
      guard error.kind == .locked else { throw error }
      throw Failure.failed(
        "a peer runs on \(home.path) already" + (pid(of: home).map { " (pid \($0))" } ?? "")
          + "; 'datanet down' stops it, 'datanet status' shows it")
    }
  }

  private static func pid(of home: Home) -> Int? {
    try? ControlClient.connect(to: home)?.ask(.hello)["pid"]?.int
  }

  // MARK: Life

  /// Listens, and tells the Node where and what the home wishes.
  func start(_ options: PeerOptions) throws {
    wires.feed = { [weak self] in self?.feed($0) }
    unsafe wires.received = { [weak self] bytes, link in
      guard let self else { return }
      unsafe self.take(self.node.receive(bytes, on: link, at: self.now))
    }
    lies = options.lies
    deadlineTimer = Timer(on: loop) { [weak self] in self?.feed(.tick) }
    feed(.clock(wallMilliseconds: Moment.milliseconds()))
    try listen(options.listening)
    tellAddresses()
    look()
    if options.answersCommands {
      control = try ControlServer(home: home, loop: loop) { [weak self] request in
        self?.answer(request) ?? ControlAnswer.refused("the peer is ending")
      }
    }
    if let port = options.metricsPort {
      metrics = try MetricsServer(port: port, loop: loop) { [weak self] in self?.page($0) }
    }
    if options.discovers {
      discovery = LocalDiscovery(
        identity: identity, places: places.places, loop: loop
      ) { [weak self] contact, sender in self?.feed(.found(contact, from: sender)) }
      for trouble in discovery?.troubles ?? [] {
        log.write(.warning, ["event": "discovery", "reason": .string(trouble)])
      }
    }
    if let budget = options.verification { verify(budget, options.verificationPatienceSeconds) }
    if let seconds = options.milestoneSeconds { keepMilestones(seconds) }
    every(Self.lookMilliseconds) { [weak self] in self?.look() }
    every(Self.keepMilliseconds) { [weak self] in self?.keep() }
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signals.append(
        try SignalWatcher(number, on: loop) { [weak self] in
          guard let self else { return }
          // The second asks for an end at once, which is safe: nothing acknowledged is lost.
          if self.isLeaving { exit(ExitCode.failed.rawValue) }
          self.leave()
        })
    }
    if let seconds = options.seconds {
      every(UInt64(min(seconds, 1e9) * 1000)) { [weak self] in self?.leave() }
    }
    // What came before the loop listened for signals.
    if Interruption.isRequested { leave() }
  }

  func every(_ period: UInt64, _ body: @escaping () -> Void) {
    let timer = Timer(on: loop, body)
    timer.start(afterMilliseconds: period, everyMilliseconds: period)
    timers.append(timer)
  }

  /// Runs `body` once everything that is being carried out is.
  func soon(_ body: @escaping () -> Void) {
    let timer = Timer(on: loop, body)
    timer.start(afterMilliseconds: 1)
    timers.append(timer)
  }

  /// Runs until somebody asks for the end.
  func run() { loop.run() }

  /// Says goodbye; `run` returns soon after.
  func leave() {
    guard !isLeaving else { return }
    isLeaving = true
    leaveBy = loop.nowMilliseconds + Self.farewellMilliseconds
    discovery?.close()
    places.close()
    verifier?.close()
    feed(.leave)
    every(Self.quietMilliseconds) { [weak self] in self?.endWhenQuiet() }
  }

  private func endWhenQuiet() {
    let isLate = loop.nowMilliseconds >= leaveBy ?? 0
    guard isLate || (wires.isEmpty && worksUnderWay == 0) else { return }
    keep()
    control?.close()
    metrics?.close()
    wires.closeAll()
    for timer in timers { timer.close() }
    deadlineTimer?.close()
    for signal in signals { signal.close() }
    loop.stop()
  }

  // MARK: Listening

  /// Where this peer listens, and what it tells others of that.
  var listening: [SocketAddress] { places.places }
  var addresses: [String] {
    ListenPlaces.dialable(places.places, (try? NetworkInterface.all()) ?? [])
  }

  private func listen(_ listening: PeerOptions.Listening) throws {
    let accept: (ByteStream) -> Void = { [weak self] in self?.wires.accept($0) }
    switch listening {
    case .nowhere: return
    case .at(let asked): try places.open(asked, on: loop, accept: accept)
    case .asBefore:
      let before = try store.peers.listenAddresses().compactMap { SocketAddress($0) }
      try places.open(remembered: before, on: loop, accept: accept)
    }
    let texts = places.places.map { "\($0)" }
    if try store.peers.listenAddresses() != texts { try store.peers.setListenAddresses(texts) }
  }

  private var told: [String] = []

  private func tellAddresses() {
    let addresses = addresses
    guard addresses != told else { return }
    told = addresses
    feed(.listening(addresses))
  }

  // MARK: Events and effects

  var now: Instant { Instant(milliseconds: loop.nowMilliseconds) }

  private func feed(_ event: NodeEvent) { take(node.handle(event, at: now)) }

  /// Carries effects out in their order, also those that come while others are carried out.
  private func take(_ effects: [NodeEffect]) {
    queue += effects
    guard !isCarrying else { return }
    isCarrying = true
    var next = 0
    while next < queue.count {
      carry(queue[next])
      next += 1
    }
    queue.removeAll(keepingCapacity: queue.count < 1024)
    isCarrying = false
    setTimer()
  }

  private func carry(_ effect: NodeEffect) {
    switch effect {
    case .dial(let link, let address): wires.dial(link, address)
    case .send(let link, let bytes): wires.send(bytes, on: link)
    case .pauseReading(let link): wires.pause(link)
    case .resumeReading(let link): wires.resume(link)
    case .close(let link): wires.close(link)
    case .work(let token, let work):
      worksUnderWay += 1
      let lies = lies
      loop.offload({ lies ? work.runLying() : work.run() }) { [weak self] result in
        self?.worksUnderWay -= 1
        self?.feed(.worked(token, result))
      }
    case .report(let report): tell(report)
    }
  }

  private func setTimer() {
    guard let deadline = node.deadline else {
      deadlineTimer?.pause()
      return
    }
    let now = loop.nowMilliseconds
    // Never at once: the loop runs timers that are due before it looks at anything else.
    deadlineTimer?.start(
      afterMilliseconds: deadline.milliseconds > now ? deadline.milliseconds - now : 1)
  }

  private func tell(_ report: NodeReport) {
    if case .trouble(let text) = report { trouble = text }
    tell(report.event, report.level)
  }

  private func tell(_ event: JSONObject, _ level: LogLevel) {
    onEvent(event)
    log.write(level, event)
    if control?.isWatched == true { control?.tell(.object(event)) }
  }

  private func keepMilestones(_ seconds: Double) {
    let keeper = MilestoneKeeper(store: store, identity: signer, interval: seconds)
    keeper.onEvent = { [weak self] in self?.tell($0, .info) }
    every(Self.verifyMilliseconds) { [weak self] in
      guard let self, !self.isLeaving else { return }
      do {
        let datanets = self.node.status(at: self.now).datanets.map(\.datanet)
        if try keeper.tick(at: self.loop.nowMilliseconds, datanets: datanets) {
          self.look(isAsked: true)
        }
      } catch {
        self.tell(.trouble("no milestone can be signed: \(error)"))
      }
    }
  }

  // MARK: Verifying

  var verificationBudget: VerificationBudget? { verifier?.budget }

  private func verify(_ budget: VerificationBudget, _ patienceSeconds: Double) {
    let verifier = BackgroundVerifier(
      store: store, home: home, identity: signer, budget: budget, patienceSeconds: patienceSeconds)
    verifier.onEvent = { [weak self] in self?.tell($0, .info) }
    self.verifier = verifier
    every(Self.verifyMilliseconds) { [weak self] in
      guard let self, !self.isLeaving else { return }
      let status = self.node.status(at: self.now)
      let peers = status.datanets.map { (datanet: $0.datanet, count: $0.peers) }
      if verifier.tick(at: self.loop.nowMilliseconds, peers: peers) { self.look(isAsked: true) }
    }
  }

  // MARK: The home

  /// Reads what other processes wrote to the home since the last look.
  private func look(isAsked: Bool = false) {
    do {
      let found = (
        claims: try store.database.dataVersion(), blocks: try store.blocks.dataVersion()
      )
      guard isAsked || found != versions else { return }
      versions = found
      let wished = try NodeSettings(store.peers, agent: "datanet \(Version.text)")
      if wished != settings {
        settings = wished
        store.blocks.quotaBytes = wished.limits.quotaBytes
        feed(.settings(wished))
      }
      feed(.changed)
    } catch {
      tell(.trouble("\(error)"))
    }
  }

  private func keep() {
    feed(.clock(wallMilliseconds: Moment.milliseconds()))
    tellAddresses()
    do {
      try memory.keep(node.memory(at: now))
    } catch {
      tell(.trouble("\(error)"))
    }
  }

  // MARK: Answers

  var status: StatusDocument {
    StatusDocument(
      status: node.status(at: now), upMilliseconds: loop.nowMilliseconds - started,
      verification: verifier?.json)
  }

  private func answer(_ request: ControlRequest) -> JSONValue {
    switch request {
    case .hello:
      return ControlAnswer.done([
        "pid": .int(Int(getpid())), "did": .string(identity.did),
        "program": .string("datanet \(Version.text)"),
        "addresses": .array(addresses.map { .string($0) }),
      ])
    case .status:
      var document = status.json
      document["pid"] = .int(Int(getpid()))
      return ControlAnswer.done(document)
    case .changed:
      look(isAsked: true)
      return ControlAnswer.done()
    case .watch: return ControlAnswer.done()
    case .down:
      leave()
      return ControlAnswer.done()
    }
  }

  private func page(_ path: String) -> MetricsServer.Page? {
    switch path {
    case "/metrics":
      let status = status
      return MetricsServer.Page(
        status: "200 OK", type: "text/plain; version=0.0.4; charset=utf-8",
        body: MetricsDocument(status: status.status, upMilliseconds: status.upMilliseconds).text)
    case "/health":
      let isHealthy = trouble == nil
      var writer = JSONWriter()
      writer.write(["healthy": .bool(isHealthy), "trouble": .text(trouble)])
      writer.newline()
      return MetricsServer.Page(
        status: isHealthy ? "200 OK" : "503 Service Unavailable", type: "application/json",
        body: String(decoding: writer.bytes, as: UTF8.self))
    default: return nil
    }
  }
}
