// Random histories of a Datanet: grants, revocations, contributions, reviews, notes and
// milestones by authors who know different things, with forks and nonsense among them.

public import Claims
internal import Content
internal import Cryptography

public struct History {
  public let seed: UInt64
  public let genesis: Claim
  /// Every claim but the genesis, in the order in which they were signed.
  public private(set) var claims: [Claim] = []

  private var dice: Dice
  private let people: [Person]
  /// What each person has heard: a claim is heard with all before it, mostly.
  private var heard: [Int]
  private var entries: [EntryID] = []
  private var revocations: [(claim: Claim, revocation: Revocation)] = []
  private var notes: [Claim] = []
  private var milestones: [Claim] = []
  private var runs: [(claim: Claim, run: PublishedRun)] = []

  public init(seed: UInt64, people count: Int = 6, claims size: Int = 90) throws {
    self.seed = seed
    dice = Dice(seed)
    people = (0..<count).map { Person("person \($0) of \(seed)") }
    heard = [Int](repeating: 0, count: count)
    let policy = Genesis(
      name: "history \(seed)", licenses: dice.hit(oneIn: 2) ? ["CC-BY-4.0", "MIT"] : [],
      contributors: dice.hit(oneIn: 2) ? .open : .granted,
      reviewing: dice.hit(oneIn: 3) ? .before : .after)
    genesis = try people[0].found(policy)
    for person in people.dropFirst() { person.join(genesis) }
    // Most histories begin with some curators.
    for curator in 1..<max(2, count / 2) where !dice.hit(oneIn: 4) {
      claims.append(
        try people[0].say(.grant([Grant(people[curator].key, .curator, from: 0)])))
    }
    while claims.count < size { try step() }
  }

  private mutating func step() throws {
    let who = dice.hit(oneIn: 3) ? 0 : dice.below(people.count)
    let person = people[who]
    if !dice.hit(oneIn: 4) { heard[who] = claims.count }
    let content = content(by: who)
    let tips = Set(
      (0..<3).compactMap { _ in
        heard[who] > 0 ? claims[dice.below(heard[who])] : nil
      }
    ).filter { $0.author != person.key }
    let claim: Claim
    if person.count > 0, dice.hit(oneIn: 60) {
      // A second story somewhere in the chain, sometimes with more on top.
      claim = try person.sign(content, at: dice.below(person.count + 1), seen: Array(tips))
    } else {
      claim = try person.say(content, seen: Array(tips))
    }
    claims.append(claim)
    remember(claim, content)
  }

  private mutating func remember(_ claim: Claim, _ content: ClaimContent) {
    entries += content.publications.indices.map { EntryID(claim: claim.digest, item: $0) }
    if case .revoke(let items) = content { revocations += items.map { (claim, $0) } }
    if case .note = content { notes.append(claim) }
    if case .milestone = content { milestones.append(claim) }
    if case .run(let run) = content {
      runs.append((claim, run))
      entries.append(EntryID(claim: claim.digest))
    }
  }

  private mutating func content(by who: Int) -> ClaimContent {
    switch dice.below(26) {
    case 0...5: return .contribution(publications())
    case 6: return .yardstick(publications())
    case 7: return .base(publications())
    case 8...11: return .review((0..<(1 + dice.below(3))).map { _ in review() })
    case 12: return .retraction((0..<(1 + dice.below(2))).map { _ in target() }.retraction)
    case 13, 14: return .grant((0..<(1 + dice.below(2))).map { _ in grant() })
    case 15: return .revoke([revocation()])
    case 16, 17: return note()
    case 18: return milestone(by: who)
    case 19, 20: return run(by: who)
    case 21: return shares()
    case 22...24: return .verdict((0..<(1 + dice.below(3))).map { _ in verdict() })
    default: return nonsense()
    }
  }

  private mutating func target() -> EntryID {
    if let known = dice.pick(entries), !dice.hit(oneIn: 10) { return known }
    return EntryID(claim: manifest("nothing \(dice.next())"), item: dice.below(2))
  }

  private mutating func publications() -> [Publication] {
    (0..<(dice.hit(oneIn: 4) ? 3 : 1)).map { _ in
      Publication(
        manifest: manifest("data \(dice.below(50))"), records: dice.below(1000),
        bytes: dice.below(1 << 20),
        license: dice.pick([nil, nil, "MIT", "CC-BY-4.0", "ODbL-1.0"])!,
        replaces: dice.hit(oneIn: 5) ? target() : nil)
    }
  }

  private mutating func review() -> Review {
    let opinions: [Review.Opinion] = [.approve, .approve, .reject, .score(dice.below(101))]
    return Review(target(), dice.pick(opinions)!)
  }

  private mutating func somebody() -> Person { people[dice.below(people.count)] }

  private mutating func grant() -> Grant {
    let person = somebody()
    let role = dice.pick(Role.allCases)!
    let lifted = revocations.filter {
      $0.revocation.subject == person.key && $0.revocation.role == role
    }.map(\.claim.cid).filter { _ in !dice.hit(oneIn: 4) }
    return Grant(
      person.key, role, from: dice.below(person.count + 2), lifts: Array(Set(lifted)).sorted())
  }

  private mutating func revocation() -> Revocation {
    let person = somebody()
    return Revocation(person.key, dice.pick(Role.allCases)!, until: dice.below(person.count + 2))
  }

  private mutating func note() -> ClaimContent {
    var fields = [Note.Field("title", ["title \(dice.below(100))"])]
    if dice.hit(oneIn: 2) { fields.append(.init("tags", dice.hit(oneIn: 3) ? [] : ["a", "b"])) }
    let known = (0..<2).compactMap { _ in dice.pick(notes)?.cid }
    return .note(Note(fields, replaces: Array(Set(known)).sorted()))
  }

  private mutating func milestone(by who: Int) -> ClaimContent {
    var reaches: [Milestone.Reach] = []
    for (index, person) in people.enumerated() where index != who && !dice.hit(oneIn: 4) {
      let known =
        claims[..<heard[who]].filter { $0.author == person.key }
        + (person.key == genesis.author ? [genesis] : [])
      guard let head = dice.hit(oneIn: 5) ? dice.pick(Array(known)) : known.last else { continue }
      reaches.append(
        .init(author: person.key, count: head.height + 1, head: head.digest))
    }
    return .milestone(Milestone(reaches))
  }

  private mutating func run(by who: Int) -> ClaimContent {
    let milestone = milestones.last.map(\.cid).flatMap { dice.hit(oneIn: 6) ? nil : $0 }
    let measured = !dice.hit(oneIn: 5)
    return .run(
      PublishedRun(
        recipe: manifest("recipe \(dice.next())"), milestone: milestone ?? manifest("nowhere"),
        snapshot: manifest("snapshot"), leftOut: dice.hit(oneIn: 3) ? [target()] : [],
        base: target(), yardstick: measured ? target() : nil,
        transcript: manifest("transcript \(dice.next())"), root: manifest("root").digest,
        checkpoints: manifest("checkpoints"), adapter: manifest("adapter"),
        shares: measured ? manifest("tree \(dice.below(2))").digest : nil,
        steps: 1 + dice.below(40), records: dice.below(1000), bytes: dice.below(1 << 20),
        name: dice.hit(oneIn: 2) ? "run \(who)" : nil))
  }

  private mutating func target(run: Void) -> CID {
    if let known = dice.pick(runs), !dice.hit(oneIn: 12) { return known.claim.cid }
    return target().cid
  }

  private mutating func shares() -> ClaimContent {
    let parts = people.prefix(1 + dice.below(people.count)).map { person in
      let sum = Int64(dice.below(2000)) - 500
      return PublishedShares.Part(
        contributor: person.key, records: dice.below(100), sum: sum, low: sum - 7, high: sum + 7)
    }
    return .attribution(
      PublishedShares(
        run: target(run: ()), root: manifest("tree \(dice.below(2))").digest, parts: parts,
        rest: dice.hit(oneIn: 3) ? -3 : 0))
  }

  private mutating func verdict() -> Verdict {
    let result = dice.pick([Verdict.Result.held, .held, .refuted, .unavailable])!
    let steps = StepSet((0..<(1 + dice.below(5))).map { _ in 1 + dice.below(50) })
    let scope = dice.pick([Verdict.Scope.structure, .steps(steps), .steps(steps), .full])!
    let drawn = StepSet(steps.ranges.map { $0.lowerBound })
    let draw = Verdict.Draw(bytes: manifest("draw \(dice.below(9))").digest, steps: drawn)
    let hasProof = result != .unavailable && dice.hit(oneIn: 3)
    return Verdict(
      run: target(run: ()), result: result, scope: scope,
      draw: dice.hit(oneIn: 2) ? draw : nil,
      proof: hasProof ? manifest("proof \(dice.below(3))") : nil)
  }

  /// Kinds from the future, and known kinds with broken bodies.
  private mutating func nonsense() -> ClaimContent {
    dice.hit(oneIn: 2)
      ? .unknown(kind: "ballot", body: ["of": .link(manifest("run")), "says": 7])
      : .malformed(kind: "grant", body: ["items": 3], reason: "")
  }

  /// The claims (without the genesis) shuffled, some of them twice.
  public func shuffled(_ dice: inout Dice) -> [Claim] {
    var order = claims
    for claim in claims where dice.hit(oneIn: 5) { order.append(claim) }
    if dice.hit(oneIn: 3) { order.append(genesis) }
    return order.shuffled(using: &dice)
  }
}

extension [EntryID] {
  fileprivate var retraction: Retraction { Retraction(self) }
}
