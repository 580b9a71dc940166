// What the Node remembers of other peers, as the home keeps it between two runs
// (Specs/Running.md, "Memory").

import Cryptography
import Node
import Store

struct HomeMemory {
  let store: Store

  func read() throws -> NodeMemory {
    NodeMemory(peers: try store.peers.knownPeers(), bans: try store.peers.bans())
  }

  /// Keeps what a Node remembers; what it has forgotten goes, unless a person gave it.
  func keep(_ memory: NodeMemory) throws {
    struct Place: Hashable {
      var identity: PublicKey
      var address: String
    }
    let before = try store.peers.knownPeers()
    let remembered = Set(memory.peers.map { Place(identity: $0.identity, address: $0.address) })
    let gone = before.filter {
      !$0.isGiven && !remembered.contains(Place(identity: $0.identity, address: $0.address))
    }
    let fresh = memory.peers.filter { !before.contains($0) }
    let known = try store.peers.bans()
    let bans = memory.bans.filter { !known.contains($0) }
    // Most minutes nothing is new, and then nothing is written.
    guard !gone.isEmpty || !fresh.isEmpty || !bans.isEmpty else { return }
    try store.database.transaction {
      try store.peers.forget(gone)
      try store.peers.remember(fresh)
      for ban in bans { try store.peers.ban(ban) }
    }
  }
}
