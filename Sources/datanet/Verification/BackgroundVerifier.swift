// Checks runs by others while a peer runs, one at a time and each in a child process, and publishes
// what came out (Specs/Verification.md, "In the background").

import Attribution
import Claims
import Content
import Cryptography
import JSON
import Store
import Terminal

/// Driven by the peer's loop: `tick` is called a few times a second and never waits.
final class BackgroundVerifier {
  /// What is missing is looked for again after a while, twice as long each time.
  private static let retrySeconds = (first: 2.0, most: 600.0)
  /// A verification that crashes is tried so often.
  private static let mostCrashes = 3
  /// A run that cannot be checked now is passed by for so long.
  private static let crashSeconds = 600.0
  /// Claims are looked at this often while nothing happens.
  private static let lookSeconds = 1.0

  /// Why a run is passed by.
  private struct Passed {
    var since: Double
    var until: Double
    var wait = retrySeconds.first
    var crashes = 0
    var reason: String
    /// That it is unavailable was said.
    var isSaid = false
  }

  private struct Work {
    let run: RunBook.Entry
    let datanet: CID
    let process: VerificationProcess
    let isProof: Bool
  }

  private let store: Store
  private let home: Home
  private let identity: Identity
  private(set) var budget: VerificationBudget
  /// What is missing this long makes a run unavailable.
  private let patienceSeconds: Double
  private var work: Work?
  /// By run's claim. Look-ups only.
  private var passed: [Digest: Passed] = [:]
  private var nextLook = 0.0
  private var version = -1
  private var reason = "nothing was looked at yet"
  private var counts = (verifications: 0, steps: 0, refuted: 0)
  /// Hears what began and what came out.
  var onEvent: (JSONObject) -> Void = { _ in }

  init(
    store: Store, home: Home, identity: Identity, budget: VerificationBudget,
    patienceSeconds: Double
  ) {
    self.store = store
    self.home = home
    self.identity = identity
    self.budget = budget
    self.patienceSeconds = patienceSeconds
  }

  /// True when a claim was published. `peers` of each followed Datanet are connected.
  func tick(at milliseconds: UInt64, peers: [(datanet: CID, count: Int)]) -> Bool {
    budget.advance(to: milliseconds)
    let now = Double(milliseconds) / 1000
    do {
      if let work {
        guard let end = work.process.poll() else { return false }
        self.work = nil
        defer { work.process.removeFiles() }
        nextLook = now
        return try finish(work, end, at: now, peers: peers)
      }
      let current = try store.claims.sequence()
      guard current != version || now >= nextLook else { return false }
      version = current
      nextLook = now + Self.lookSeconds
      try begin(peers.map(\.datanet), at: now)
    } catch {
      reason = "\(error)"
      nextLook = now + Self.retrySeconds.most / 10
    }
    return false
  }

  func close() {
    work?.process.kill()
    work?.process.removeFiles()
    work = nil
  }

  // MARK: Beginning

  private func begin(_ datanets: [CID], at now: Double) throws {
    guard !budget.isSpent else {
      reason = "the budget is spent; more in \(Quantity.duration(budget.secondsToWait))"
      return
    }
    let own = identity.publicKey
    let skipped = Set(passed.filter { $0.value.until > now }.keys)
    var runs: [(datanet: CID, runs: [RunBook.Entry])] = []
    var mayNot = 0
    for datanet in datanets where try store.claims.claim(datanet) != nil {
      let found = try store.claims.runs(of: datanet)
      guard !found.isEmpty else { continue }
      // Without the role a verdict counts for nothing: the work would be in vain.
      if try store.claims.roles(in: datanet).holds(.verifier, own, at: Claim.maximumHeight - 1) {
        runs.append((datanet, found))
      } else {
        mayNot += 1
      }
    }
    guard
      let task = VerificationAgenda.next(runs.flatMap(\.runs), own: own, passing: skipped),
      let place = runs.first(where: { $0.runs.contains { $0.cid == task.run } }),
      let run = place.runs.first(where: { $0.cid == task.run })
    else {
      let waiting = passed.filter { $0.value.until > now }.min { $0.key < $1.key }?.value
      reason =
        waiting?.reason
        ?? (mayNot > 0
          ? "no curator has granted this peer the role of a verifier: "
            + "'datanet grant NET \(own.did) verifier' does"
          : "every step of every run by others has been executed")
      return
    }
    var words = ["--home", home.path, "verify", "\(run.cid)", "--quiet"]
    words += ["--threads", "\(budget.cores)"]
    var isProof = false
    if case .proof = task {
      isProof = true
      words.append("--structure-only")
    }
    let process = try VerificationProcess(
      words, budget: .init(steps: budget.steps, seconds: budget.mostSeconds))
    work = Work(run: run, datanet: place.datanet, process: process, isProof: isProof)
    tell("verifying", run, ["steps": .int(isProof ? 0 : budget.steps), "proof": .bool(isProof)])
  }

  // MARK: What came out

  private func finish(
    _ work: Work, _ end: VerificationProcess.End, at now: Double,
    peers: [(datanet: CID, count: Int)]
  ) throws -> Bool {
    switch end {
    case .signal(let number):
      let what = number == 24 ? "took more time than the budget has" : "crashed (signal \(number))"
      budget.spend(work.process.seconds, drawn: 0)
      crashed(work, "the verification of run \(Shown.cid(work.run.cid)) \(what)", at: now)
      return false
    case .exit(.done):
      let finding = try work.process.finding()
      budget.spend(work.process.seconds, drawn: finding.drawnCount)
      return try conclude(work, finding, at: now, peers: peers)
    case .exit(let code):
      budget.spend(work.process.seconds, drawn: 0)
      let why = work.process.reason
      if code == .notFound {
        return try lacking(work, VerificationFinding(.unavailable, why), at: now, peers: peers)
      }
      crashed(
        work, "run \(Shown.cid(work.run.cid)) could not be checked: \(why)", at: now)
      return false
    }
  }

  private func conclude(
    _ work: Work, _ finding: VerificationFinding, at now: Double,
    peers: [(datanet: CID, count: Int)]
  ) throws -> Bool {
    if finding.isStopped { return false }
    if finding.result == .unavailable {
      return try lacking(work, finding, at: now, peers: peers)
    }
    passed[work.run.claim] = nil
    counts.verifications += 1
    counts.steps += finding.executed.count
    if finding.result == .refuted { counts.refuted += 1 }
    let isPublished = try publish(finding, work)
    if work.isProof, !finding.executedProofs.contains(where: { _ in true }) {
      // Its blocks are not here yet, so that the same would be taken up again at once.
      pass(work, "the blocks of a fraud proof are not here yet", at: now)
    }
    return isPublished
  }

  private func publish(_ finding: VerificationFinding, _ work: Work) throws -> Bool {
    let run = try store.claims.run(work.run.cid) ?? work.run
    let verdicts = try VerdictPublishing(run: run, store: store).verdicts(
      finding, own: identity.publicKey)
    tell(
      "verified", run,
      [
        "result": .string(finding.result.rawValue), "reason": .string(finding.reason),
        "executed": .int(finding.executed.count), "drawn": .int(finding.drawnCount),
        "seconds": .double(work.process.seconds),
      ])
    guard !verdicts.isEmpty else { return false }
    _ = try store.claims.append(
      .verdict(verdicts), to: work.datanet, by: identity,
      timeMilliseconds: Moment.milliseconds())
    return true
  }

  /// Something is missing: it is fetched meanwhile. What nobody gives makes the run unavailable.
  private func lacking(
    _ work: Work, _ finding: VerificationFinding, at now: Double,
    peers: [(datanet: CID, count: Int)]
  ) throws -> Bool {
    pass(work, "run \(Shown.cid(work.run.cid)) waits: \(finding.reason)", at: now)
    let hasPeers = peers.contains { $0.datanet == work.datanet && $0.count > 0 }
    guard let known = passed[work.run.claim], !known.isSaid, hasPeers,
      now - known.since >= patienceSeconds
    else { return false }
    passed[work.run.claim]?.isSaid = true
    let voice = work.run.checks.verifiers.first { $0.author == identity.publicKey }
    // Who has executed steps, or has said it, has nothing to add.
    guard voice?.opinion != .unavailable, voice?.steps.isEmpty ?? true else { return false }
    return try publish(finding, work)
  }

  private func pass(_ work: Work, _ reason: String, at now: Double) {
    self.reason = reason
    var one = passed[work.run.claim] ?? Passed(since: now, until: now, reason: reason)
    one.reason = reason
    one.until = now + one.wait
    one.wait = min(one.wait * 2, Self.retrySeconds.most)
    passed[work.run.claim] = one
  }

  private func crashed(_ work: Work, _ reason: String, at now: Double) {
    var one = passed[work.run.claim] ?? Passed(since: now, until: now, reason: reason)
    one.crashes += 1
    one.reason = reason
    one.until = one.crashes < Self.mostCrashes ? now + Self.crashSeconds : .infinity
    passed[work.run.claim] = one
    self.reason = reason
    tell("unverified", work.run, ["reason": .string(reason)])
  }

  // MARK: Shown

  private func tell(_ event: String, _ run: RunBook.Entry, _ more: JSONObject) {
    var object: JSONObject = ["event": .string(event), "run": .cid(run.cid)]
    for (key, value) in more.members { object[key] = value }
    onEvent(object)
  }

  var json: JSONValue {
    let progress = work?.process.progress
    return [
      "state": .string(work != nil ? "verifying" : budget.isSpent ? "saving" : "waiting"),
      "run": work.map { .cid($0.run.cid) } ?? .null,
      "proof": .bool(work?.isProof ?? false),
      "done": progress.map { .int($0.done) } ?? .null,
      "total": progress.map { .int($0.total) } ?? .null,
      "reason": .string(work == nil ? reason : ""),
      "verifications": .int(counts.verifications), "steps": .int(counts.steps),
      "refuted": .int(counts.refuted), "cores": .int(budget.cores),
      "minutesPerHour": .double(budget.minutesPerHour), "creditSeconds": .double(budget.credit),
      "passed": .array(
        passed.sorted { $0.key < $1.key }.map { run, passed in
          [
            "run": .cid(CID(codec: .dagCBOR, digest: run)), "reason": .string(passed.reason),
          ]
        }),
    ]
  }
}
