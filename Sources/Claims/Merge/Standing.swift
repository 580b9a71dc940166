// What has become of an entry: a contribution, yardstick or base (Specs/Merge.md, "Standing").

internal import Content
public import Cryptography

/// The first of these that is true of an entry.
public enum Standing: Int, Sendable, CaseIterable {
  /// Counts.
  case live = 0
  /// Taken out, by its author or a curator.
  case retracted = 1
  /// Its author has not the role, at its height.
  case unauthorised = 2
  /// Its licence is none that the policy allows.
  case unlicensed = 3
  /// More curators reject than approve it.
  case rejected = 4
  /// Its author has put another entry in its place.
  case replaced = 5
  /// The policy asks for a curator's approval, which it has not.
  case unapproved = 6
}

/// What is said about one entry by other claims. Only the newest opinion and the newest score of
/// each reviewer count.
public struct Mention: Hashable, Sendable {
  public enum Matter: Hashable, Sendable {
    case retraction
    case opinion(Review.Opinion)
    case replacement(EntryKind)
    /// About a run, not an entry.
    case verdict
    case shares
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

  /// All that a claim says about entries, each with the entry.
  public static func all(in claim: Claim) -> [(target: EntryID, mention: Mention)] {
    all(in: claim, claim.content)
  }

  /// The same, for a caller who has read the content already.
  public static func all(
    in claim: Claim, _ content: ClaimContent
  ) -> [(target: EntryID, mention: Mention)] {
    func mention(_ item: Int, _ matter: Matter) -> Mention {
      Mention(author: claim.author, height: claim.height, item: item, matter: matter)
    }
    switch content {
    case .retraction(let retraction):
      return retraction.targets.enumerated().map { ($1, mention($0, .retraction)) }
    case .review(let reviews):
      return reviews.enumerated().map { ($1.target, mention($0, .opinion($1.opinion))) }
    case .verdict(let verdicts):
      return verdicts.enumerated().map { (EntryID(claim: $1.run), mention($0, .verdict)) }
    case .attribution(let shares):
      return [(EntryID(claim: shares.run), mention(0, .shares))]
    default:
      guard let kind = EntryKind(content) else { return [] }
      return content.publications.enumerated().compactMap { item, publication in
        publication.replaces.map { ($0, mention(item, .replacement(kind))) }
      }
    }
  }
}

/// The kinds of claims that publish entries.
public enum EntryKind: Int, Sendable, CaseIterable {
  case contribution = 0
  case yardstick = 1
  case base = 2

  public init?(_ content: ClaimContent) {
    switch content {
    case .contribution: self = .contribution
    case .yardstick: self = .yardstick
    case .base: self = .base
    default: return nil
    }
  }

  /// The role that its author must have.
  public var role: Role { self == .contribution ? .contributor : .curator }
}

/// The curators' opinions of one entry.
public struct Tally: Hashable, Sendable {
  public var approvals = 0
  public var rejections = 0
  /// Given scores and their sum.
  public var scores = 0
  public var scoreSum = 0
  /// The founder's own opinion breaks a tie.
  public var founderApproves: Bool?

  public init() {}

  public var isRejected: Bool {
    rejections > approvals || (rejections == approvals && founderApproves == false)
  }

  public var isApproved: Bool {
    approvals > rejections || (approvals == rejections && founderApproves == true)
  }
}

/// The facts about one entry that its standing follows from.
public struct EntryFacts: Sendable {
  public let kind: EntryKind
  public let author: PublicKey
  public let height: Int
  public let license: String?

  public init(kind: EntryKind, author: PublicKey, height: Int, license: String?) {
    self.kind = kind
    self.author = author
    self.height = height
    self.license = license
  }

  /// Nil when the claim publishes no such item.
  public init?(_ claim: Claim, item: Int) {
    let content = claim.content
    guard let kind = EntryKind(content), content.publications.indices.contains(item) else {
      return nil
    }
    self.init(
      kind: kind, author: claim.author, height: claim.height,
      license: content.publications[item].license)
  }

  /// The rule, used by the pure merge and by the database alike.
  public func standing(
    mentions: [Mention], roles: RoleBook, policy: Genesis
  ) -> (standing: Standing, tally: Tally) {
    let tally = tally(mentions, roles)
    func isSaid(_ matter: Mention.Matter) -> Bool {
      mentions.contains { $0.matter == matter && $0.author == author }
    }
    let isTakenDown = mentions.contains { mention in
      mention.matter == .retraction
        && (mention.author == author
          || roles.holds(.curator, mention.author, at: mention.height))
    }
    let isReviewed = kind == .contribution && policy.reviewing == .before
    let standing: Standing =
      if isTakenDown {
        .retracted
      } else if !roles.holds(kind.role, author, at: height) {
        .unauthorised
      } else if kind == .contribution && !policy.allows(license) {
        .unlicensed
      } else if tally.isRejected {
        .rejected
      } else if isSaid(.replacement(kind)) {
        .replaced
      } else if isReviewed && !tally.isApproved && !roles.holds(.curator, author, at: height) {
        .unapproved
      } else {
        .live
      }
    return (standing, tally)
  }

  /// Counts each curator's newest opinion and newest score; nobody reviews their own.
  private func tally(_ mentions: [Mention], _ roles: RoleBook) -> Tally {
    var tally = Tally()
    let reviews = mentions.filter { mention in
      guard case .opinion = mention.matter, mention.author != author else { return false }
      return roles.holds(.curator, mention.author, at: mention.height)
    }.sorted { ($0.author, $1.height, $1.item) < ($1.author, $0.height, $0.item) }
    var reviewer: PublicKey?
    var hasOpinion = false
    var hasScore = false
    for review in reviews {
      if review.author != reviewer {
        (reviewer, hasOpinion, hasScore) = (review.author, false, false)
      }
      switch review.matter {
      case .opinion(.score(let score)) where !hasScore:
        hasScore = true
        tally.scores += 1
        tally.scoreSum += score
      case .opinion(.approve) where !hasOpinion, .opinion(.reject) where !hasOpinion:
        hasOpinion = true
        let approves = review.matter == .opinion(.approve)
        if approves { tally.approvals += 1 } else { tally.rejections += 1 }
        if review.author == roles.founder { tally.founderApproves = approves }
      default: break
      }
    }
    return tally
  }
}
