// Who may do what, at which heights of their chains (Specs/Merge.md, "Roles").

internal import Content
public import Cryptography

/// Follows from the grants and revocations alone, in two steps without a circle: the founder's
/// decide who is curator; the founder's and the curators' decide who has the other roles.
public struct RoleBook: Hashable, Sendable {
  /// A grant or a revocation, and where it stands.
  public struct Act: Hashable, Sendable {
    public enum Change: Hashable, Sendable {
      case grant(Grant)
      case revoke(Revocation)
    }

    public let author: PublicKey
    public let height: Int
    public let claim: Digest
    public let change: Change

    public init(author: PublicKey, height: Int, claim: Digest, change: Change) {
      self.author = author
      self.height = height
      self.claim = claim
      self.change = change
    }

    /// The acts of a claim; none for other kinds than grant and revoke.
    public static func all(in claim: Claim) -> [Act] {
      let changes: [Change] =
        switch claim.content {
        case .grant(let items): items.map { .grant($0) }
        case .revoke(let items): items.map { .revoke($0) }
        default: []
        }
      return changes.map { change in
        Act(author: claim.author, height: claim.height, claim: claim.digest, change: change)
      }
    }

    fileprivate var subject: PublicKey {
      switch change {
      case .grant(let grant): grant.subject
      case .revoke(let revocation): revocation.subject
      }
    }

    fileprivate var role: Role {
      switch change {
      case .grant(let grant): grant.role
      case .revoke(let revocation): revocation.role
      }
    }
  }

  /// Heights of one author's chain at which a role holds: disjoint, ascending.
  public struct Holding: Hashable, Sendable {
    public let author: PublicKey
    public let role: Role
    public let heights: [Range<Int>]
  }

  public let founder: PublicKey
  /// Granted roles, and under an open policy the contributors who were ever revoked or granted,
  /// by author and role.
  public let holdings: [Holding]
  /// The founder, and everyone who is curator at some height, ascending.
  public let curators: [PublicKey]
  private let index: [Key: Int]
  private let isOpen: Bool

  private struct Key: Hashable {
    let author: PublicKey
    let role: Role
  }

  public init(founder: PublicKey, policy: Genesis, acts: [Act]) {
    let curators = Self.holdings(
      of: acts.filter { $0.role == .curator && $0.author == founder }, isOpen: false)
    let isCurator = Self.index(curators)
    let isOpen = policy.contributors == .open
    let others = Self.holdings(
      of: acts.filter { act in
        guard act.role != .curator else { return false }
        guard act.author != founder else { return true }
        guard let place = isCurator[Key(author: act.author, role: .curator)] else { return false }
        return curators[place].heights.contains { $0.contains(act.height) }
      }, isOpen: isOpen)
    self.founder = founder
    self.isOpen = isOpen
    holdings = (curators + others).sorted { ($0.author, $0.role) < ($1.author, $1.role) }
    index = Self.index(holdings)
    self.curators =
      (curators.filter { !$0.heights.isEmpty && $0.author != founder }.map(\.author) + [founder])
      .sorted()
  }

  private static func index(_ holdings: [Holding]) -> [Key: Int] {
    var index: [Key: Int] = [:]
    for (place, holding) in holdings.enumerated() {
      index[Key(author: holding.author, role: holding.role)] = place
    }
    return index
  }

  private static func holdings(of acts: [Act], isOpen: Bool) -> [Holding] {
    let sorted = acts.sorted { ($0.subject, $0.role) < ($1.subject, $1.role) }
    var holdings: [Holding] = []
    var rest = sorted[...]
    while let first = rest.first {
      let end =
        rest.firstIndex { $0.subject != first.subject || $0.role != first.role } ?? rest.endIndex
      holdings.append(
        Holding(
          author: first.subject, role: first.role,
          heights: heights(rest[..<end], isOpen: isOpen && first.role == .contributor)))
      rest = rest[end...]
    }
    return holdings
  }

  /// Each grant holds from its height to the first height that a revocation, which it does not
  /// lift, takes away. Under an open policy everyone has been granted height 0 already.
  private static func heights(_ acts: ArraySlice<Act>, isOpen: Bool) -> [Range<Int>] {
    var revocations: [(claim: Digest, until: Int)] = []
    var grants: [(from: Int, lifts: [CID])] = isOpen ? [(0, [])] : []
    for act in acts {
      switch act.change {
      case .grant(let grant): grants.append((grant.from, grant.lifts))
      case .revoke(let revocation): revocations.append((act.claim, revocation.until))
      }
    }
    var ranges: [Range<Int>] = []
    for grant in grants {
      let until = revocations.reduce(Claim.maximumHeight) { until, revocation in
        let lifted = grant.lifts.contains { $0.digest == revocation.claim }
        return lifted ? until : min(until, revocation.until)
      }
      if grant.from < until { ranges.append(grant.from..<until) }
    }
    ranges.sort { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
    var merged: [Range<Int>] = []
    for range in ranges {
      if let last = merged.last, range.lowerBound <= last.upperBound {
        merged[merged.count - 1] =
          last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    return merged
  }

  /// Whether `author`'s claim at `height` has the powers of `role`. A curator has all of them.
  public func holds(_ role: Role, _ author: PublicKey, at height: Int) -> Bool {
    if author == founder { return true }
    if granted(.curator, author, at: height) { return true }
    return role == .curator ? false : granted(role, author, at: height)
  }

  private func granted(_ role: Role, _ author: PublicKey, at height: Int) -> Bool {
    guard let place = index[Key(author: author, role: role)] else {
      return role == .contributor && isOpen
    }
    return holdings[place].heights.contains { $0.contains(height) }
  }
}
