// What is asserted of a world: one digest, every block verified, limits kept, liars named
// (Specs/Simulation.md, "Outcomes").

internal import Claims
package import Content
package import Cryptography
internal import Node
internal import Store

extension World {
  /// All know the same claims.
  package func agree(_ peers: [Peer], about datanet: CID) throws -> Bool {
    guard let first = peers.first, try first.claims.genesis(of: datanet) != nil else {
      return false
    }
    let digest = try first.claims.status(of: datanet).digest
    return try peers.allSatisfy { peer in
      try peer.claims.genesis(of: datanet) != nil
        && peer.claims.status(of: datanet).digest == digest
    }
  }

  /// The peer has every block, and each has its address.
  package func holds(_ peer: Peer, _ blocks: [CID]) throws -> Bool {
    try blocks.allSatisfy { cid in
      try peer.blocks.get(cid).map { SHA256.hash($0) == cid.digest } ?? false
    }
  }

  package func isSettled(_ peers: [Peer], _ datanet: CID, _ made: [Contributed] = []) throws -> Bool
  {
    guard try agree(peers, about: datanet) else { return false }
    return try peers.allSatisfy { peer in
      try made.allSatisfy { try holds(peer, $0.blocks) }
    }
  }

  /// Those who banned somebody, by name.
  package func banners(of liar: PublicKey) -> [String] {
    honest.filter { $0.bans(liar) }.map(\.name)
  }

  /// Watches every limit of every honest node.
  func checkLimits() {
    for peer in honest {
      for holding in peer.node?.holdings() ?? [] {
        let thousandths = holding.limit > 0 ? holding.count * 1_000 / holding.limit : 1_001
        if let index = fullest.firstIndex(where: { $0.name == holding.name }) {
          fullest[index].thousandths = max(fullest[index].thousandths, thousandths)
        } else {
          fullest.append((holding.name, thousandths))
        }
        guard holding.count > holding.limit, faults.count < 20 else { continue }
        faults.append(
          "\(peer.name) keeps \(holding.count) of \(holding.limit) \(holding.name) at \(now / 1_000) ms"
        )
      }
    }
  }

  /// A tick has to do what is due: a node that stays due keeps a real loop from everything else.
  func checkTick(of peer: Peer) {
    guard let due = peer.participant?.deadline, due <= instant(of: peer) else {
      peer.idleTicks = 0
      return
    }
    peer.idleTicks += 1
    guard peer.idleTicks == Self.idleTicks, faults.count < 20 else { return }
    faults.append(
      "\(peer.name) stays due after each of \(Self.idleTicks) ticks at \(now / 1_000) ms")
  }

  /// What somebody's node told, for the message of a failing test.
  package func story(_ peer: Peer, last: Int = 12) -> String {
    peer.reports.suffix(last).map { "\(peer.name) \($0.at / 1_000) ms: \($0.report)" }
      .joined(separator: "\n")
  }

  package func stories(_ peers: [Peer], last: Int = 12) -> String {
    (faults + peers.map { story($0, last: last) }).joined(separator: "\n")
  }
}

extension Peer {
  /// Whether this peer's node has named somebody a liar and cut it off.
  package func bans(_ liar: PublicKey) -> Bool {
    reports.contains { report in
      if case .banned(liar, _, _, _) = report.report { true } else { false }
    }
  }

  package func hasTrouble() -> String? {
    for case .trouble(let trouble) in reports.map(\.report) { return trouble }
    return nil
  }
}
