// `datanet limit`: see Specs/Running.md, "Limits".

import JSON
import Store
import Terminal

enum LimitCommand: Command {
  private static let none = "none"

  static let declaration = Declaration(
    "limit", group: CommandTable.Group.swarm,
    summary: "Say what a running peer may use, also while it runs",
    prose: """
      Sets how many bytes a second go to and come from all peers together, how many bytes of blocks \
      are kept, and how many peers are connected. 'none' lifts a limit. A peer that runs on this \
      home keeps to it at once. Without options the limits are shown.
      """,
    options: [
      .value("up", "RATE", "Bytes a second to others, such as 500KiB"),
      .value("down", "RATE", "Bytes a second from others"),
      .value("quota", "SIZE", "Bytes of blocks kept, such as 20GB; nothing is fetched beyond it"),
      .value("connections", "N", "Peers connected at the same time"),
    ],
    examples: [
      Example("datanet limit --up 500KiB --down none", "Keep the line free for others."),
      Example("datanet limit --quota 20GB", "On a small disk."),
      Example("datanet limit", "What holds now."),
    ])

  static func run(_ context: Context) throws {
    let invocation = context.invocation
    let changes = ["up", "down", "quota", "connections"].contains { invocation.has($0) }
    let store = try context.store(access: changes ? .readWrite : .readOnly)
    var limits = try store.peers.limits()
    if changes {
      try set(&limits.uploadBytesPerSecond, "up", invocation)
      try set(&limits.downloadBytesPerSecond, "down", invocation)
      try set(&limits.quotaBytes, "quota", invocation)
      if let text = invocation.text("connections") {
        if text == none {
          limits.connections = nil
        } else {
          guard let count = Int(text), (1...4096).contains(count) else {
            throw Failure.usage("--connections takes a number from 1 to 4096, or 'none'")
          }
          limits.connections = count
        }
      }
      try store.peers.setLimits(limits)
    }
    show(limits, context)
  }

  private static func set(_ limit: inout Int?, _ name: String, _ invocation: Invocation) throws {
    guard let text = invocation.text(name) else { return }
    if text == none {
      limit = nil
      return
    }
    guard let bytes = Quantity.parseBytes(text), bytes > 0 else {
      throw Failure.usage("--\(name) takes a size such as 500KiB or 2GB, or 'none'")
    }
    limit = bytes
  }

  private static func show(_ limits: PeerLimits, _ context: Context) {
    func number(_ value: Int?) -> JSONValue { value.map { .int($0) } ?? .null }
    context.output.json([
      "up": number(limits.uploadBytesPerSecond), "down": number(limits.downloadBytesPerSecond),
      "quota": number(limits.quotaBytes), "connections": number(limits.connections),
    ])
    func rate(_ value: Int?) -> String {
      value.map { Quantity.bytesPerSecond(Double($0)) } ?? none
    }
    context.output.text("up           \(rate(limits.uploadBytesPerSecond))")
    context.output.text("down         \(rate(limits.downloadBytesPerSecond))")
    context.output.text("quota        \(limits.quotaBytes.map { Quantity.bytes($0) } ?? none)")
    context.output.text("connections  \(limits.connections.map { "\($0)" } ?? none)")
  }
}
