// Everything that others can make a node keep, each beside its limit (Specs/Node.md, "Limits"):
// what the simulator watches while liars are at work.

internal import Claims
internal import Cryptography
internal import PeerProtocol
internal import Store

/// How much is kept of one thing, and how much may be.
package struct NodeHolding: Sendable {
  package let name: String
  package let count: Int
  package let limit: Int
}

extension Node {
  package func holdings() -> [NodeHolding] {
    var all: [NodeHolding] = []
    func add(_ name: String, _ count: Int, _ limit: Int) {
      all.append(NodeHolding(name: name, count: count, limit: limit))
    }
    add("connections", links.count, connectionLimit + NodeLimits.dialling)
    add("dialled", links.count(where: \.isDialler), NodeLimits.outboundSlots)
    add(
      "strangers", links.count { !$0.isEstablished && !$0.isDialler }, NodeLimits.unproven)
    add("dials", dialling.attempts.count, NodeLimits.dialling)
    add("bans", bans.all.count, NodeLimits.bans)
    add(
      "addresses", table.entries.count,
      (PeerTableLimits.untriedBuckets + PeerTableLimits.triedBuckets)
        * PeerTableLimits.bucketEntries)
    // Reading pauses at the limit; what each session may have under way still comes.
    add(
      "unwritten bytes", intake.bytes,
      NodeLimits.unwrittenBytes + links.count * SessionChannel.chunks.window)
    for link in links { hold(link, add) }
    for membership in memberships { hold(membership, add) }
    return all
  }

  private func hold(_ link: PeerLink, _ add: (String, Int, Int) -> Void) {
    add("chains to send", link.chains.count, NodeLimits.chainsToSend)
    add("blocks read", link.readyChunks.count, NodeLimits.readBlocks)
    add("claim bytes owed", link.owedClaimBytes, SessionChannel.claims.window)
    guard let session = link.session else { return }
    for channel in SessionChannel.allCases {
      // A message always fits an empty queue.
      add(
        "bytes queued on \(channel)", session.waiting(on: channel),
        channel.queue + channel.maximumMessage)
    }
    add(
      "bytes not parsed", session.unparsedBytes,
      SessionLimits.frameByteCount + NodeLimits.sendBytes + 2)
    add("bytes of unfinished messages", session.unfinishedBytes, SessionLimits.unfinishedBytes)
  }

  private func hold(_ membership: Membership, _ add: (String, Int, Int) -> Void) {
    add("claims to check", membership.claimsWaiting, NodeLimits.claimsWaiting)
    add("claim bytes to check", membership.claimBytesWaiting, NodeLimits.claimBytesWaiting)
    add("claims from the future", membership.future.count, NodeLimits.futureClaims)
    add("neighbours", membership.overlay.neighbours.count, OverlayLimits.neighboursAtMost)
    add("acquaintances", membership.overlay.acquaintances.count, OverlayLimits.acquaintances)
    for (name, count, limit) in membership.broadcast.holdings { add(name, count, limit) }
    for (name, count, limit) in membership.exchange.holdings { add(name, count, limit) }
    // What is in hand to be fetched may come on top of what is offered.
    add(
      "contributions in hand", membership.contributions.plans.count,
      NodeLimits.contributionsInHand + NodeLimits.activeContributions)
  }
}
