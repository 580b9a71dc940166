// What the home's settings wish, as the Node takes it, and what the Node remembers, as the home
// keeps it (Specs/Running.md, "Settings").

import Claims
import Content
import Cryptography
import Node
import PeerProtocol
import Store

struct HomeWishes {
  let store: Store

  /// The share of a person's limit on connections that others may dial.
  private static let usual = NodeSettings()

  func settings(agent: String) throws -> NodeSettings {
    let said = try store.peers.followings()
    let given = try contacts()
    var datanets = try store.claims.datanets()
    datanets += said.map(\.datanet).filter { !datanets.contains($0) }
    var settings = NodeSettings(agent: agent)
    settings.followings = datanets.compactMap { datanet in
      let following = said.first { $0.datanet == datanet } ?? Following(datanet: datanet)
      var wish = NodeSettings.Following(
        datanet: datanet, key: following.key, contacts: given[datanet] ?? [])
      switch following.mode {
      case .all: wish.mode = .all
      case .claims: wish.mode = .claims
      case .pinned: wish.mode = .pinned
      case .none: return nil
      }
      return wish
    }
    settings.pins = try pins()
    let limits = try store.peers.limits()
    settings.quotaBytes = limits.quotaBytes
    settings.bytesPerSecondUp = limits.uploadBytesPerSecond
    settings.bytesPerSecondDown = limits.downloadBytesPerSecond
    if let connections = limits.connections {
      settings.outboundSlots = min(Self.usual.outboundSlots, (connections + 1) / 2)
      settings.inboundSlots = connections - settings.outboundSlots
    }
    return settings
  }

  /// The manifests of what is pinned.
  private func pins() throws -> [CID] {
    var manifests: [CID] = []
    for pin in try store.peers.pins() {
      let found =
        if let claim = pin.claim {
          try store.claims.claim(claim)?.content.publications.map(\.manifest) ?? []
        } else {
          try store.claims.entries(of: pin.datanet, standing: .live).map(\.publication.manifest)
        }
      for manifest in found where !manifests.contains(manifest) { manifests.append(manifest) }
    }
    return manifests
  }

  /// Whom tickets named, by Datanet.
  private func contacts() throws -> [CID: [PeerContact]] {
    var contacts: [CID: [PeerContact]] = [:]
    for peer in try store.peers.knownPeers() where peer.isGiven {
      guard let datanet = peer.datanet else { continue }
      var known = contacts[datanet] ?? []
      if let index = known.firstIndex(where: { $0.identity == peer.identity }) {
        known[index].addresses.append(peer.address)
      } else {
        known.append(PeerContact(identity: peer.identity, addresses: [peer.address]))
      }
      contacts[datanet] = known
    }
    return contacts
  }

  // MARK: Memory

  func memory(nowMilliseconds now: Int) throws -> NodeMemory {
    NodeMemory(
      peers: try store.peers.knownPeers().map {
        .init(identity: $0.identity, address: $0.address, isTried: $0.isTried)
      },
      bans: try store.peers.bans().map {
        .init(
          identity: $0.identity,
          remainingMilliseconds: UInt64(max(0, min($0.untilMilliseconds - now, 1 << 50))),
          times: $0.times, reason: $0.reason)
      })
  }

  /// Keeps what a Node remembers; what it has forgotten goes, unless a person gave it.
  func keep(_ memory: NodeMemory, nowMilliseconds now: Int) throws {
    let before = try store.peers.knownPeers()
    let kept = memory.peers.map {
      KnownPeer(identity: $0.identity, address: $0.address, isTried: $0.isTried)
    }
    let known = Set(kept.map { "\($0.address) \($0.identity.did)" })
    let gone = before.filter {
      !$0.isGiven && $0.datanet == nil && !known.contains("\($0.address) \($0.identity.did)")
    }
    try store.database.transaction {
      if !gone.isEmpty { try store.peers.forget(gone) }
      let fresh = kept.filter { !before.contains($0) }
      if !fresh.isEmpty { try store.peers.remember(fresh) }
      let bans = try store.peers.bans()
      for ban in memory.bans {
        let until = now + Int(clamping: ban.remainingMilliseconds)
        let old = bans.first { $0.identity == ban.identity }
        // A ban that only grew older is as it was.
        if let old, old.times == ban.times, abs(old.untilMilliseconds - until) < 10_000 { continue }
        try store.peers.ban(
          Ban(
            identity: ban.identity, untilMilliseconds: until, times: ban.times,
            reason: ban.reason))
      }
    }
  }
}
