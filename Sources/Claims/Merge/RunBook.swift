// What everybody agrees about runs: who checked how much of each, what was refuted, whose data it
// used that was retracted since (Specs/Merge.md, "Runs").

public import Content
public import Cryptography

public struct RunBook: Hashable, Sendable {
  /// A run's claim, as it stands in its author's chain.
  public struct Signed: Sendable {
    public let author: PublicKey
    public let height: Int
    public let claim: Digest
    public let timeMilliseconds: Int
    public let run: PublishedRun

    /// Nil when the claim is of another kind.
    public init?(_ claim: Claim) {
      guard case .run(let run) = claim.content else { return nil }
      self.run = run
      self.claim = claim.digest
      author = claim.author
      height = claim.height
      timeMilliseconds = claim.timeMilliseconds
    }
  }

  public struct Entry: Hashable, Sendable {
    public let claim: Digest
    public let author: PublicKey
    public let height: Int
    public let timeMilliseconds: Int
    public let run: PublishedRun
    /// Taken back by its author or a curator.
    public let isWithdrawn: Bool
    /// Its milestone counts: what it had to train on follows from claims.
    public let isFounded: Bool
    /// The newest shares by the run's author that have the run's root.
    public let shares: PublishedShares?
    public let checks: RunChecks
    /// Entries that the run used and that were retracted since, ascending.
    public let retracted: [EntryID]

    public var cid: CID { CID(codec: .dagCBOR, digest: claim) }
  }

  /// By author and height.
  public let runs: [Entry]

  public init(_ runs: [Entry]) {
    self.runs = runs.sorted { ($0.author, $0.height) < ($1.author, $1.height) }
  }

  public subscript(run: Digest) -> Entry? { runs.first { $0.claim == run } }
}

/// An entry that counts no longer because it was retracted, with all that is said about it.
public struct RetractedEntry: Sendable {
  public let id: EntryID
  public let facts: EntryFacts
  public let mentions: [Mention]

  public init(id: EntryID, facts: EntryFacts, mentions: [Mention]) {
    self.id = id
    self.facts = facts
    self.mentions = mentions
  }
}

extension RunBook.Entry {
  /// The rule, used by the pure merge and by the database alike. `sayings` are what claims say about
  /// the run, `view` is its milestone's if that counts, `retracted` are all retracted contributions.
  public init(
    _ signed: RunBook.Signed, sayings: [RunSaying], roles: RoleBook, view: MilestoneView?,
    retracted: [RetractedEntry]
  ) {
    claim = signed.claim
    author = signed.author
    height = signed.height
    timeMilliseconds = signed.timeMilliseconds
    run = signed.run
    isFounded = view != nil
    isWithdrawn = sayings.contains { saying in
      guard case .withdrawal = saying.matter else { return false }
      return saying.author == signed.author
        || roles.holds(.curator, saying.author, at: saying.height)
    }
    // Of one author's claims the heights are different, so that the newest is one.
    let own = sayings.filter { $0.author == signed.author }
      .compactMap { saying -> (height: Int, shares: PublishedShares)? in
        guard case .shares(let shares) = saying.matter, shares.root == signed.run.shares else {
          return nil
        }
        return (saying.height, shares)
      }
    shares = own.max { $0.height < $1.height }?.shares
    checks = RunChecks(
      of: signed.run, author: signed.author, sayings: sayings, roles: roles)
    let leftOut = Set(signed.run.leftOut)
    self.retracted = retracted.filter { entry in
      !leftOut.contains(entry.id)
        && view?.standing(of: entry.facts, mentions: entry.mentions) == .live
    }.map(\.id).sorted()
  }
}

/// One thing that a claim says about a run.
public struct RunSaying: Sendable {
  public enum Matter: Sendable {
    case withdrawal
    case shares(PublishedShares)
    case verdict(Verdict)
  }

  public let author: PublicKey
  public let height: Int
  /// Its place among the claim's items.
  public let item: Int
  public let matter: Matter

  public init(author: PublicKey, height: Int, item: Int, matter: Matter) {
    self.author = author
    self.height = height
    self.item = item
    self.matter = matter
  }

  /// What a claim says about runs, each with the run's claim.
  public static func all(in claim: Claim) -> [(run: Digest, saying: RunSaying)] {
    func saying(_ item: Int, _ matter: Matter) -> RunSaying {
      RunSaying(author: claim.author, height: claim.height, item: item, matter: matter)
    }
    switch claim.content {
    case .retraction(let retraction):
      return retraction.targets.enumerated().filter { $1.item == 0 }
        .map { ($1.claim, saying($0, .withdrawal)) }
    case .attribution(let shares): return [(shares.run.digest, saying(0, .shares(shares)))]
    case .verdict(let verdicts):
      return verdicts.enumerated().map { ($1.run.digest, saying($0, .verdict($1))) }
    default: return []
    }
  }
}
