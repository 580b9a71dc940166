// What a Node tells, as an event for programs and for the log (Specs/Running.md, "Events").

import Content
import Cryptography
import JSON
import Node

extension NodeReport {
  /// How much it matters.
  var level: LogLevel {
    switch self {
    case .banned, .trouble, .fork: .warning
    case .standstill: .info
    case .connected, .disconnected, .joined, .claims, .fetching, .complete, .inStep, .dropped:
      .info
    case .refused, .shared, .claim, .agreed: .debug
    }
  }

  /// `{"event":"connected","peer":"did:key:…",…}`.
  var event: JSONObject {
    switch self {
    case .connected(let peer, let address, let isDialled, let agent):
      [
        "event": "connected", "peer": .string(peer.did), "address": .string(address),
        "dialled": .bool(isDialled), "agent": .string(agent),
      ]
    case .disconnected(let peer, let reason):
      ["event": "disconnected", "peer": .string(peer.did), "reason": .string(reason)]
    case .refused(let address, let reason):
      ["event": "refused", "address": .string(address), "reason": .string(reason)]
    case .banned(let peer, let address, let reason, let milliseconds):
      [
        "event": "banned", "peer": .string(peer.did), "address": .string(address),
        "reason": .string(reason), "milliseconds": .int(Int(clamping: milliseconds)),
      ]
    case .shared(let datanet, let peer):
      ["event": "shared", "datanet": .cid(datanet), "peer": .string(peer.did)]
    case .joined(let datanet): ["event": "joined", "datanet": .cid(datanet)]
    case .claim(let datanet, let claim, let peer):
      [
        "event": "claim", "datanet": .cid(datanet), "claim": .cid(claim.claim),
        "author": .string(claim.author.did), "height": .int(claim.height),
        "kind": .string(claim.kind), "peer": .text(peer?.did),
      ]
    case .claims(let datanet, let count, let peer):
      [
        "event": "claims", "datanet": .cid(datanet), "count": .int(count),
        "peer": .text(peer?.did),
      ]
    case .fork(let datanet, let author, let height):
      [
        "event": "fork", "datanet": .cid(datanet), "author": .string(author.did),
        "height": .int(height),
      ]
    case .agreed(let datanet, let peer):
      ["event": "agreed", "datanet": .cid(datanet), "peer": .string(peer.did)]
    case .fetching(let datanet, let manifest, let chunks, let bytes):
      [
        "event": "fetching", "datanet": .cid(datanet), "manifest": .cid(manifest),
        "chunks": .int(chunks), "bytes": .int(bytes),
      ]
    case .complete(let datanet, let manifest):
      ["event": "complete", "datanet": .cid(datanet), "manifest": .cid(manifest)]
    case .inStep(let datanet): ["event": "inStep", "datanet": .cid(datanet)]
    case .dropped(let datanet, let manifest):
      ["event": "dropped", "datanet": .cid(datanet), "manifest": .cid(manifest)]
    case .standstill(let datanet, let reason):
      ["event": "standstill", "datanet": .cid(datanet), "reason": .string("\(reason)")]
    case .trouble(let text): ["event": "trouble", "reason": .string(text)]
    }
  }
}
