// `datanet peers`: see Specs/Running.md, "Status".

import Cryptography
import JSON
import Store
import Terminal

enum PeersCommand: Command {
  static let declaration = Declaration(
    "peers", group: CommandTable.Group.swarm,
    summary: "Show who is connected, known and banned",
    prose: """
      Asks the peer that runs on this home who is connected, since when, how far away, and how fast \
      bytes come and go. --known lists the addresses that are remembered, --banned who is not spoken \
      with and why; both work without a running peer.
      """,
    options: [
      .flag("known", "Remembered addresses"), .flag("banned", "Bans, also those that are over"),
      .value("forgive", "DID", "Take a ban away"),
    ],
    examples: [
      Example("datanet peers", "Who is connected."),
      Example("datanet peers --banned", "Who was cut off, and why."),
    ])

  static func run(_ context: Context) throws {
    let invocation = context.invocation
    if let did = invocation.text("forgive") { return try forgive(did, context) }
    if invocation.has("known") { return try known(context) }
    if invocation.has("banned") { return try banned(context) }
    guard let client = try ControlClient.connect(to: context.home) else {
      throw Failure.notFound(
        "no peer runs on \(context.home.path); 'datanet up' starts one, --known lists addresses")
    }
    let status = try client.ask(.status)
    let peers = status["peers"]?.array ?? []
    for peer in peers { context.output.json(peer) }
    if peers.isEmpty {
      context.output.text("Nobody is connected" + PeerLines.unproven(status) + ".")
      return
    }
    context.show(try PeerLines.table(peers, context))
    let more = PeerLines.unproven(status)
    if !more.isEmpty { context.output.text(String(more.dropFirst(2))) }
  }

  private static func known(_ context: Context) throws {
    let store = try context.store(access: .readOnly)
    var table = Table(["peer", "address", "state", "Datanet"], elastic: 1)
    let peers = try store.peers.knownPeers()
    for peer in peers {
      let state = peer.isGiven ? "from a ticket" : peer.isTried ? "has answered" : "heard of"
      context.output.json([
        "peer": .string(peer.identity.did), "address": .string(peer.address),
        "tried": .bool(peer.isTried), "given": .bool(peer.isGiven),
        "datanet": peer.datanet.map { .cid($0) } ?? .null,
      ])
      table.row([
        Shown.author(peer.identity), Printable.line(peer.address), state,
        peer.datanet.map { Names(store: store).shown($0) } ?? "",
      ])
    }
    if peers.isEmpty {
      context.output.text("No addresses are known yet.")
    } else {
      context.show(table)
    }
  }

  private static func banned(_ context: Context) throws {
    let store = try context.store(access: .readOnly)
    let now = Moment.milliseconds()
    let bans = try store.peers.bans()
    for ban in bans {
      let left = max(0, ban.untilMilliseconds - now)
      context.output.json([
        "peer": .string(ban.identity.did), "times": .int(ban.times),
        "remainingMilliseconds": .int(left), "reason": .string(ban.reason),
      ])
      context.output.text(
        "\(ban.identity.did)\n  "
          + (left > 0 ? "for another \(Quantity.duration(Double(left) / 1000))" : "over")
          + ", \(Quantity.count(ban.times, "time")): \(Printable.line(ban.reason))")
    }
    if bans.isEmpty { context.output.text("Nobody is banned.") }
  }

  private static func forgive(_ did: String, _ context: Context) throws {
    guard let identity = try? PublicKey(did: did) else {
      throw Failure.usage("--forgive takes a did:key:…, as --banned shows it")
    }
    guard try ControlClient.connect(to: context.home) == nil else {
      throw Failure.failed("a peer runs on this home and keeps its bans; 'datanet down' first")
    }
    guard try context.store().peers.unban(identity) else {
      throw Failure.notFound("\(did) is not banned; see 'datanet peers --banned'")
    }
    context.output.json(["peer": .string(did)])
    context.output.text("Forgiven: \(did)")
  }
}

/// Connected peers as people see them.
enum PeerLines {
  static func unproven(_ status: JSONValue) -> String {
    let count = status["unproven"]?.int ?? 0
    return count == 0 ? "" : "; \(Quantity.count(count, "connection")) being made"
  }

  static func table(_ peers: [JSONValue], _ context: Context) throws -> Table {
    let store = try context.store(access: .readOnly)
    let names = Names(store: store)
    var table = Table(
      ["peer", "address", "by", ">since", ">away", ">down", ">up", "Datanets"], elastic: 7)
    for peer in peers {
      let datanets = (peer["datanets"]?.array ?? []).compactMap { $0.string }
      table.row([
        String((peer["peer"]?.string ?? "").dropFirst("did:key:".count).prefix(12)),
        Printable.line(peer["address"]?.string ?? ""),
        peer["dialled"]?.bool == true ? "us" : "them",
        Quantity.duration(Double(peer["connectedMilliseconds"]?.int ?? 0) / 1000),
        peer["roundTripMilliseconds"]?.int.map { "\($0) ms" } ?? "",
        Quantity.bytesPerSecond(Double(peer["bytesPerSecondDown"]?.int ?? 0)),
        Quantity.bytesPerSecond(Double(peer["bytesPerSecondUp"]?.int ?? 0)),
        datanets.map { text in (try? names.followed(text)).map(names.shown) ?? text }
          .joined(separator: ", "),
      ])
    }
    return table
  }
}
