// What verifiers say about one run, and the state that follows (Specs/Merge.md, "Verdicts").

public import Content
public import Cryptography

public struct RunChecks: Hashable, Sendable {
  public enum State: String, Hashable, Sendable, CaseIterable {
    /// Nobody who may has checked it.
    case claimed
    /// A verifier could not get what a check needs, and none could.
    case unavailable
    /// Verifiers executed some steps again, and all held.
    case spotChecked
    /// A verifier executed every step again, and all held.
    case reExecuted
    /// A fraud proof waits for verifiers to execute it, or they contradict each other.
    case disputed
    /// A fraud proof shows that the run is not what it says.
    case refuted
  }

  /// What one author says, in all verdicts made with the role, or in all made without.
  public struct Voice: Hashable, Sendable {
    public let author: PublicKey
    /// Had the role of a verifier; others are shown and decide nothing.
    public let isVerifier: Bool
    /// Steps that held.
    public let steps: StepSet
    /// Every step held.
    public let isFull: Bool
    /// How the steps of its verdicts were drawn, in the order of the verdicts; those that held.
    public let draws: [Verdict.Draw]
    /// The newest result without a proof; nil when all were about proofs.
    public let opinion: Verdict.Result?
  }

  /// A fraud proof, and who says what of it.
  public struct Proof: Hashable, Sendable {
    public enum Standing: String, Hashable, Sendable, CaseIterable {
      /// More verifiers saw the lie than did not; the founder's word decides a tie.
      case confirmed
      /// More verifiers executed it and saw none: its accusers are named.
      case failed
      case open
    }

    public let proof: CID
    /// All who published it as true, verifiers or not, ascending.
    public let accusers: [PublicKey]
    /// Verifiers who executed it and saw the lie, and who saw none.
    public let confirmations: [PublicKey]
    public let contradictions: [PublicKey]
    public let standing: Standing
  }

  /// By author; verifiers' before others'.
  public let voices: [Voice]
  /// By address.
  public let proofs: [Proof]
  public let state: State
  /// Steps that verifiers executed again and found true, each counted once.
  public let coveredSteps: Int
  /// Of these the ones that verifiers say they drew, each counted once: who drew a step twice, or
  /// drew what others had drawn, adds nothing to what is known. All when one executed every step.
  public let drawnSteps: Int

  public var verifiers: [Voice] { voices.filter(\.isVerifier) }
  /// Verifiers who executed steps again and found them true.
  public var spotCheckers: Int { verifiers.count { $0.isFull || !$0.steps.isEmpty } }
  public var fullCheckers: Int { verifiers.count { $0.isFull } }
  /// The same when each single verifier is left out in turn: the least that is known even if any
  /// one of them lies.
  public let drawnStepsWithoutOne: Int
  /// Verifiers whose newest word is that the run is refuted, without a proof.
  public var opinions: Int { verifiers.count { $0.opinion == .refuted } }
  /// Who published a fraud proof that shows no fraud, ascending.
  public var falseAccusers: [PublicKey] {
    Array(Set(proofs.filter { $0.standing == .failed }.flatMap(\.accusers))).sorted()
  }

  /// The run's own author has no say.
  init(of run: PublishedRun, author: PublicKey, sayings: [RunSaying], roles: RoleBook) {
    let said = sayings.compactMap { saying -> Said? in
      guard case .verdict(let verdict) = saying.matter, saying.author != author else { return nil }
      return Said(
        author: saying.author, height: saying.height, item: saying.item, verdict: verdict,
        isVerifier: roles.holds(.verifier, saying.author, at: saying.height))
    }.sorted { ($0.author, $0.height, $0.item) < ($1.author, $1.height, $1.item) }
    voices =
      Self.voices(said.filter(\.isVerifier), run.steps)
      + Self.voices(said.filter { !$0.isVerifier }, run.steps)
    proofs = Self.proofs(said, founder: roles.founder)
    let verifiers = voices.filter(\.isVerifier)
    coveredSteps =
      verifiers.contains(where: \.isFull)
      ? run.steps
      : StepSet(ranges: verifiers.flatMap(\.steps.ranges)).count
    drawnSteps = Self.drawn(verifiers[...], run.steps)
    drawnStepsWithoutOne =
      verifiers.indices.map { left in
        Self.drawn(verifiers[..<left] + verifiers[(left + 1)...], run.steps)
      }.min() ?? 0
    state =
      if proofs.contains(where: { $0.standing == .confirmed }) {
        .refuted
      } else if proofs.contains(where: { $0.standing == .open }) {
        .disputed
      } else if verifiers.contains(where: \.isFull) {
        .reExecuted
      } else if coveredSteps > 0 {
        .spotChecked
      } else if verifiers.contains(where: { $0.opinion == .unavailable }) {
        .unavailable
      } else {
        .claimed
      }
  }

  private static func drawn(_ voices: ArraySlice<Voice>, _ steps: Int) -> Int {
    voices.contains(where: \.isFull)
      ? steps : StepSet(ranges: voices.flatMap { $0.draws.flatMap(\.steps.ranges) }).count
  }

  private struct Said {
    let author: PublicKey
    let height: Int
    let item: Int
    let verdict: Verdict
    let isVerifier: Bool
  }

  /// `said` by author, height and item.
  private static func voices(_ said: [Said], _ steps: Int) -> [Voice] {
    var voices: [Voice] = []
    var rest = said[...]
    while let first = rest.first {
      let end = rest.firstIndex { $0.author != first.author } ?? rest.endIndex
      var ranges: [Range<Int>] = []
      var isFull = false
      var opinion: Verdict.Result?
      var draws: [Verdict.Draw] = []
      for one in rest[..<end] where one.verdict.proof == nil {
        opinion = one.verdict.result
        guard one.verdict.result == .held else { continue }
        switch one.verdict.scope {
        case .structure: break
        case .steps(let set):
          ranges += set.clamped(to: steps).ranges
          // Who says to have drawn steps that it did not execute is not counted as having drawn.
          if let draw = one.verdict.draw, draw.steps.isSubset(of: set.clamped(to: steps)) {
            draws.append(draw)
          }
        case .full: isFull = true
        }
      }
      voices.append(
        Voice(
          author: first.author, isVerifier: first.isVerifier, steps: StepSet(ranges: ranges),
          isFull: isFull, draws: draws, opinion: opinion))
      rest = rest[end...]
    }
    return voices
  }

  private static func proofs(_ said: [Said], founder: PublicKey) -> [Proof] {
    let about = said.filter { $0.verdict.proof != nil }
    let names = Array(Set(about.compactMap(\.verdict.proof))).sorted()
    return names.map { proof in
      // The newest word of each author about this proof; with the role and without.
      var newest: [PublicKey: Verdict.Result] = [:]
      var accusers: Set<PublicKey> = []
      for one in about where one.verdict.proof == proof {
        if one.verdict.result == .refuted { accusers.insert(one.author) }
        if one.isVerifier { newest[one.author] = one.verdict.result }
      }
      let authors = newest.keys.sorted()
      let confirmations = authors.filter { newest[$0] == .refuted }
      let contradictions = authors.filter { newest[$0] == .held }
      let standing: Proof.Standing =
        if confirmations.count != contradictions.count {
          confirmations.count > contradictions.count ? .confirmed : .failed
        } else {
          switch newest[founder] {
          case .refuted: .confirmed
          case .held: .failed
          default: .open
          }
        }
      return Proof(
        proof: proof, accusers: accusers.sorted(), confirmations: confirmations,
        contradictions: contradictions, standing: standing)
    }
  }
}
