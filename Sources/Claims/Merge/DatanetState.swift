// What everybody agrees has happened: the merge of a Datanet's claims. This is the definition that
// the database must equal (Specs/Merge.md).

public import Content
public import Cryptography

public struct DatanetState: Hashable, Sendable {
  /// A contribution, yardstick or base, and what has become of it.
  public struct Entry: Hashable, Sendable {
    public let id: EntryID
    public let kind: EntryKind
    public let author: PublicKey
    public let height: Int
    public let timeMilliseconds: Int
    public let publication: Publication
    public let standing: Standing
    public let tally: Tally

    package init(
      id: EntryID, kind: EntryKind, author: PublicKey, height: Int, timeMilliseconds: Int,
      publication: Publication, standing: Standing, tally: Tally
    ) {
      self.id = id
      self.kind = kind
      self.author = author
      self.height = height
      self.timeMilliseconds = timeMilliseconds
      self.publication = publication
      self.standing = standing
      self.tally = tally
    }

    package var facts: EntryFacts {
      EntryFacts(kind: kind, author: author, height: height, license: publication.license)
    }
  }

  /// Sums over what counts.
  public struct Totals: Hashable, Sendable {
    /// Claims that count, of any kind.
    public var claims = 0
    public var claimBytes = 0
    /// Contributions that are live, what they hold, and their authors.
    public var contributions = 0
    public var records = 0
    public var bytes = 0
    public var contributors = 0

    public init() {}
  }

  public let genesis: Claim
  public let policy: Genesis
  public let frontier: Frontier
  public let roles: RoleBook
  /// By author, height and item.
  public let entries: [Entry]
  public let notes: NoteBook
  public let milestones: MilestoneOrder
  public let runs: RunBook
  public let totals: Totals

  public var datanet: CID { genesis.cid }
  /// Peers with one digest have one state.
  public var digest: Digest { frontier.digest }

  /// The merge of `claims`, in any order and any number of times. Nil when `genesis` is none.
  public init?(genesis: Claim, claims: some Sequence<Claim>) {
    guard genesis.isGenesis, case .genesis(let policy) = genesis.content else { return nil }
    let (frontier, counted) = Self.settle(genesis, Array(claims))
    self.init(genesis: genesis, policy: policy, frontier: frontier, counted: counted)
  }

  /// The state of all claims that `ledger` has been given.
  public init(_ ledger: Ledger) {
    self.init(
      genesis: ledger.genesis, policy: ledger.policy, frontier: ledger.frontier,
      counted: ledger.claims)
  }

  /// What counts, author by author: the longest run of heights from 0 whose claims are here, below
  /// the lowest height about which the author's claims say two things.
  private static func settle(
    _ genesis: Claim, _ claims: [Claim]
  ) -> (Frontier, [Claim]) {
    let all = Set(claims.filter { $0.datanet == genesis.cid } + [genesis])
      .sorted { ($0.author, $0.height, $0.digest) < ($1.author, $1.height, $1.digest) }
    var entries: [Frontier.Entry] = []
    var counted: [Claim] = []
    var rest = all[...]
    while let author = rest.first?.author {
      let end = rest.firstIndex { $0.author != author } ?? rest.endIndex
      let chain = rest[..<end]
      rest = rest[end...]
      let fork = fork(in: chain, genesis: genesis)
      var run = author == genesis.author ? [genesis] : []
      for claim in chain where claim.height == run.count && run.count < fork ?? .max {
        run.append(claim)
      }
      entries.append(
        Frontier.Entry(author: author, count: run.count, head: run.last?.digest, fork: fork))
      counted += run
    }
    return (Frontier(datanet: genesis.cid, entries: entries), counted)
  }

  /// The lowest height about which one author's claims say two things, each by its own digest or
  /// by the `prev` of the claim above.
  private static func fork(in chain: ArraySlice<Claim>, genesis: Claim) -> Int? {
    var said: [(height: Int, digest: Digest)] = []
    for claim in chain {
      said.append((claim.height, claim.digest))
      if let previous = claim.previous { said.append((claim.height - 1, previous)) }
    }
    said.sort { ($0.height, $0.digest) < ($1.height, $1.digest) }
    let fork = zip(said, said.dropFirst())
      .first { $0.height == $1.height && $0.digest != $1.digest }?.0.height
    // The genesis cannot be undone.
    return chain.first?.author == genesis.author ? fork.map { max($0, 1) } : fork
  }

  /// Puts together what the database has kept.
  package init(
    genesis: Claim, policy: Genesis, frontier: Frontier, roles: RoleBook, entries: [Entry],
    notes: NoteBook, milestones: MilestoneOrder, runs: RunBook, totals: Totals
  ) {
    self.genesis = genesis
    self.policy = policy
    self.frontier = frontier
    self.roles = roles
    self.entries = entries
    self.notes = notes
    self.milestones = milestones
    self.runs = runs
    self.totals = totals
  }

  /// `counted` by author and height.
  private init(genesis: Claim, policy: Genesis, frontier: Frontier, counted: [Claim]) {
    let founder = genesis.author
    let acts = counted.flatMap { RoleBook.Act.all(in: $0) }
    let roles = RoleBook(founder: founder, policy: policy, acts: acts)
    let mentions = Self.mentions(counted)
    self.genesis = genesis
    self.policy = policy
    self.frontier = frontier
    self.roles = roles
    entries = Self.entries(counted, mentions, roles, policy)
    notes = NoteBook(
      founder: founder,
      notes: counted.compactMap { claim in
        guard case .note(let note) = claim.content,
          roles.holds(.curator, claim.author, at: claim.height)
        else { return nil }
        return NoteBook.Signed(
          author: claim.author, height: claim.height, claim: claim.digest, note: note)
      })
    var heads: [PublicKey: [Digest]] = [:]
    for claim in counted { heads[claim.author, default: []].append(claim.digest) }
    let milestones = MilestoneOrder(
      counted.compactMap { claim in
        guard case .milestone(let milestone) = claim.content else { return nil }
        return MilestoneOrder.Signed(
          author: claim.author, height: claim.height, claim: claim.digest, milestone: milestone,
          counts: roles.holds(.curator, claim.author, at: claim.height))
      },
      stands: { author, height, head in
        guard let chain = heads[author], height < chain.count else { return false }
        return chain[height] == head
      })
    self.milestones = milestones
    runs = Self.runs(
      counted, roles,
      view: { milestone in
        MilestoneView(milestone, in: milestones, founder: founder, policy: policy, acts: acts)
      },
      retracted: entries.filter { $0.kind == .contribution && $0.standing == .retracted }
        .map { entry in
          RetractedEntry(id: entry.id, facts: entry.facts, mentions: mentions[entry.id] ?? [])
        })
    totals = Self.totals(counted, entries)
  }

  private static func runs(
    _ counted: [Claim], _ roles: RoleBook, view: (Digest) -> MilestoneView?,
    retracted: [RetractedEntry]
  ) -> RunBook {
    var sayings: [Digest: [RunSaying]] = [:]
    for claim in counted {
      for (run, saying) in RunSaying.all(in: claim) { sayings[run, default: []].append(saying) }
    }
    return RunBook(
      counted.compactMap { RunBook.Signed($0) }.map { signed in
        RunBook.Entry(
          signed, sayings: sayings[signed.claim] ?? [], roles: roles,
          view: view(signed.run.milestone.digest), retracted: retracted)
      })
  }

  private static func mentions(_ counted: [Claim]) -> [EntryID: [Mention]] {
    var mentions: [EntryID: [Mention]] = [:]
    for claim in counted {
      for (target, mention) in Mention.all(in: claim) {
        mentions[target, default: []].append(mention)
      }
    }
    return mentions
  }

  private static func entries(
    _ counted: [Claim], _ mentions: [EntryID: [Mention]], _ roles: RoleBook, _ policy: Genesis
  ) -> [Entry] {
    return counted.flatMap { claim in
      let content = claim.content
      guard let kind = EntryKind(content) else { return [Entry]() }
      return content.publications.enumerated().map { item, publication in
        let id = EntryID(claim: claim.digest, item: item)
        let facts = EntryFacts(
          kind: kind, author: claim.author, height: claim.height, license: publication.license)
        let (standing, tally) = facts.standing(
          mentions: mentions[id] ?? [], roles: roles, policy: policy)
        return Entry(
          id: id, kind: kind, author: claim.author, height: claim.height,
          timeMilliseconds: claim.timeMilliseconds, publication: publication,
          standing: standing, tally: tally)
      }
    }
  }

  private static func totals(_ counted: [Claim], _ entries: [Entry]) -> Totals {
    var totals = Totals()
    totals.claims = counted.count
    totals.claimBytes = counted.reduce(0) { $0 + $1.bytes.count }
    var contributor: PublicKey?
    for entry in entries where entry.kind == .contribution && entry.standing == .live {
      totals.contributions += 1
      // Wraps rather than traps: authors may claim absurd counts.
      totals.records &+= entry.publication.records
      totals.bytes &+= entry.publication.bytes
      if entry.author != contributor { totals.contributors += 1 }
      contributor = entry.author
    }
    return totals
  }

  public subscript(id: EntryID) -> Entry? { entries.first { $0.id == id } }

  /// Where an entry stands among the milestones.
  public func place(of entry: Entry) -> MilestoneOrder.Place {
    milestones.place(of: entry.author, height: entry.height)
  }
}
