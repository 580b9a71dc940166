// Signs milestones while a curator's peer runs, so that what was contributed is on record before it
// spreads (Specs/Snapshots.md, "Attacks"; Specs/Running.md, "Milestones").

import Claims
import Content
import Cryptography
import JSON
import Store

/// Driven by the peer's loop.
final class MilestoneKeeper {
  private let store: Store
  private let identity: Identity
  /// Seconds between two milestones at least.
  private let interval: Double
  private var nextLook = 0.0
  private var version = -1
  /// Live entries when a milestone was signed here last: signing again would change nothing.
  /// Look-ups only.
  private var signed: [CID: Int] = [:]
  /// Hears of each milestone.
  var onEvent: (JSONObject) -> Void = { _ in }

  init(store: Store, identity: Identity, interval: Double) {
    self.store = store
    self.identity = identity
    self.interval = interval
  }

  /// True when a claim was signed.
  func tick(at milliseconds: UInt64, datanets: [CID]) throws -> Bool {
    let now = Double(milliseconds) / 1000
    let current = try store.claims.sequence()
    guard now >= nextLook, current != version else { return false }
    nextLook = now + interval
    version = current
    var isSigned = false
    for datanet in datanets where try sign(datanet) { isSigned = true }
    return isSigned
  }

  private func sign(_ datanet: CID) throws -> Bool {
    let own = identity.publicKey
    guard try store.claims.claim(datanet) != nil,
      try store.claims.roles(in: datanet)
        .holds(.curator, own, at: Claim.maximumHeight - 1)
    else { return false }
    let live = Set(
      try store.claims.entries(of: datanet)
        .filter { $0.standing == .live || $0.standing == .unapproved }.map(\.id))
    guard signed[datanet] != live.count else { return false }
    signed[datanet] = live.count
    guard try !live.subtracting(contained(datanet, by: own)).isEmpty else { return false }
    let reaches = try store.claims.newReaches(by: own, in: datanet)
    guard reaches.count <= Milestone.maximumReaches else { return false }
    let claim = try store.claims.append(
      .milestone(Milestone(reaches)), to: datanet, by: identity,
      timeMilliseconds: Moment.milliseconds())
    onEvent(["event": "milestone", "datanet": .cid(datanet), "claim": .cid(claim.cid)])
    return true
  }

  /// What our newest milestone has.
  private func contained(_ datanet: CID, by own: PublicKey) throws -> Set<EntryID> {
    let listed = try store.claims.milestones(of: datanet).listed.filter { $0.author == own }
    guard let newest = listed.max(by: { $0.height < $1.height }) else { return [] }
    let milestone = CID(codec: .dagCBOR, digest: newest.claim)
    var all: Set<EntryID> = []
    for kind in [EntryKind.contribution, .yardstick, .base] {
      for (entry, _) in try store.claims.entries(at: milestone, kind: kind) ?? [] {
        all.insert(entry.id)
      }
    }
    return all
  }
}
