// A Datanet as one milestone has it: what it contains, who could do what, and what counted
// (Specs/Merge.md, "What a milestone contains").

public import Cryptography

/// Follows from the claims that the milestone contains, and from nothing that came later, unless it
/// undoes the milestone itself: a fork below it, or the end of its author's role.
public struct MilestoneView: Sendable {
  public let milestone: Digest
  private let extent: MilestoneOrder.Extent
  private let roles: RoleBook
  private let policy: Genesis

  /// Nil when the milestone does not count. `acts` are all grants and revocations, at least those
  /// of the founder and of everyone whom the founder ever granted `curator`.
  public init?(
    _ milestone: Digest, in order: MilestoneOrder, founder: PublicKey, policy: Genesis,
    acts: [RoleBook.Act]
  ) {
    guard let extent = order.extent(of: milestone) else { return nil }
    self.milestone = milestone
    self.extent = extent
    self.policy = policy
    roles = RoleBook(
      founder: founder, policy: policy,
      acts: acts.filter { extent.contains($0.author, height: $0.height) })
  }

  public func contains(_ author: PublicKey, height: Int) -> Bool {
    extent.contains(author, height: height)
  }

  /// What had become of an entry; nil when the milestone does not contain it. `mentions` may be all
  /// that are known.
  public func standing(of facts: EntryFacts, mentions: [Mention]) -> Standing? {
    guard contains(facts.author, height: facts.height) else { return nil }
    let known = mentions.filter { contains($0.author, height: $0.height) }
    return facts.standing(mentions: known, roles: roles, policy: policy).standing
  }
}
