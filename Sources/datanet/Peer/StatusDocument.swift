// What a running peer says of itself to other commands, as JSON (Specs/Running.md, "Status").

import Content
import Cryptography
import JSON
import Node
import Store

struct StatusDocument {
  let status: NodeStatus
  let upMilliseconds: UInt64
  /// What it checks in the background; nil when it was not told to.
  var verification: JSONValue?

  var json: JSONObject {
    [
      "did": .string(status.identity.did),
      "addresses": .array(status.addresses.map { .string($0) }),
      "upMilliseconds": .int(Int(clamping: upMilliseconds)),
      "bytesReceived": .int(Int(clamping: status.bytesReceived)),
      "bytesSent": .int(Int(clamping: status.bytesSent)),
      "bytesPerSecondDown": .int(status.bytesPerSecondDown),
      "bytesPerSecondUp": .int(status.bytesPerSecondUp),
      "unstoredBytes": .int(status.unstoredBytes), "storedBytes": .int(status.storedBytes),
      "quotaBytes": status.quotaBytes.map { .int($0) } ?? .null,
      "verification": verification ?? .null,
      "unproven": .int(status.unproven), "knownAddresses": .int(status.knownAddresses),
      "peers": .array(status.peers.map(peer)), "datanets": .array(status.datanets.map(datanet)),
      "bans": .array(
        status.bans.map {
          [
            "peer": .string($0.identity.did), "times": .int($0.times),
            "remainingMilliseconds": .int(max(0, $0.untilMilliseconds - Moment.milliseconds())),
            "reason": .string($0.reason),
          ]
        }),
    ]
  }

  private func peer(_ peer: NodeStatus.Peer) -> JSONValue {
    [
      "peer": .string(peer.identity.did), "address": .string(peer.address),
      "dialled": .bool(peer.isDialled), "agent": .string(peer.agent),
      "connectedMilliseconds": .int(Int(clamping: peer.connectedMilliseconds)),
      "roundTripMilliseconds": peer.roundTripMilliseconds.map { .int(Int(clamping: $0)) } ?? .null,
      "datanets": .array(peer.datanets.map { .cid($0) }),
      "bytesReceived": .int(Int(clamping: peer.bytesReceived)),
      "bytesSent": .int(Int(clamping: peer.bytesSent)),
      "bytesPerSecondDown": .int(peer.rateDown), "bytesPerSecondUp": .int(peer.rateUp),
      "compresses": .bool(peer.compresses),
    ]
  }

  private func datanet(_ datanet: NodeStatus.Datanet) -> JSONValue {
    [
      "datanet": .cid(datanet.datanet), "mode": .string(datanet.mode.name),
      "private": .bool(datanet.isPrivate), "known": .bool(datanet.isKnown),
      "peers": .int(datanet.peers), "neighbours": .int(datanet.neighbours),
      "authors": .int(datanet.authors),
      "agreedMilliseconds": datanet.agreedMilliseconds.map { .int(Int(clamping: $0)) } ?? .null,
      "uncompared": .int(datanet.uncompared), "claimsWaiting": .int(datanet.claimsWaiting),
      "missingContributions": .int(datanet.missingContributions),
      "missingChunks": .int(datanet.missingChunks), "missingBytes": .int(datanet.missingBytes),
      "inStep": .bool(status.isInStep(datanet.datanet)),
      "standstill": .bool(datanet.standstill != .moving && datanet.standstill != .nothingMissing),
      "state": .string("\(datanet.standstill)"),
    ]
  }
}

/// Prometheus' text format; names are stable (Specs/Running.md, "Metrics").
struct MetricsDocument {
  let status: NodeStatus
  let upMilliseconds: UInt64

  var text: String {
    var text = ""
    func add(_ name: String, _ type: String, _ help: String, _ rows: [(String, Int)]) {
      text += "# HELP datanet_\(name) \(help)\n# TYPE datanet_\(name) \(type)\n"
      for (labels, value) in rows { text += "datanet_\(name)\(labels) \(value)\n" }
    }
    func one(_ name: String, _ type: String, _ help: String, _ value: Int) {
      add(name, type, help, [("", value)])
    }
    one("up_seconds", "gauge", "Since the peer started.", Int(clamping: upMilliseconds / 1000))
    one("peers", "gauge", "Connected peers that have proven who they are.", status.peers.count)
    one("unproven", "gauge", "Connections whose other end is not proven yet.", status.unproven)
    one("known_addresses", "gauge", "Addresses of peers that are known.", status.knownAddresses)
    one("bans", "gauge", "Peers that are not spoken with now.", status.bans.count)
    one(
      "received_bytes_total", "counter", "Bytes from all peers.",
      Int(clamping: status.bytesReceived))
    one("sent_bytes_total", "counter", "Bytes to all peers.", Int(clamping: status.bytesSent))
    one("stored_bytes", "gauge", "Bytes of blocks kept here.", status.storedBytes)
    one(
      "unstored_bytes", "gauge", "Bytes that arrived and are not durable yet.", status.unstoredBytes
    )
    if let quota = status.quotaBytes { one("quota_bytes", "gauge", "The disk quota.", quota) }
    func each(
      _ name: String, _ help: String, _ value: (NodeStatus.Datanet) -> Int
    ) {
      add(
        "datanet_\(name)", "gauge", help,
        status.datanets.map { ("{datanet=\"\($0.datanet)\"}", value($0)) })
    }
    each("peers", "Connected peers that share the Datanet.") { $0.peers }
    each("authors", "Authors of claims.") { $0.authors }
    each("missing_chunks", "Chunks that are wanted and not here.") { $0.missingChunks }
    each("missing_bytes", "Bytes that are wanted and not here.") { $0.missingBytes }
    each("in_step", "1 when everything that is followed is here.") {
      status.isInStep($0.datanet) ? 1 : 0
    }
    return text
  }
}
