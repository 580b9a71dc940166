// What has come in by channel: parts of messages, and the credit that the other side still has
// (Specs/Session.md, "Channels").

struct Inbox {
  private var parts: [[UInt8]] = SessionChannel.allCases.map { _ in [] }
  /// Bytes that the other side may still send.
  private var allowed: [Int] = SessionChannel.allCases.map(\.window)
  /// Bytes consumed since the last grant.
  private var consumed: [Int] = SessionChannel.allCases.map { _ in 0 }

  /// Bytes of messages whose end has not come.
  var unfinishedBytes: Int { parts.reduce(0) { $0 + $1.count } }

  /// Adds a frame's payload; returns the message that it completes.
  mutating func add(
    _ payload: [UInt8], on channel: SessionChannel, isLast: Bool
  ) throws(SessionEnd) -> [UInt8]? {
    let index = Int(channel.rawValue)
    if channel != .control {
      // An empty message costs one: nobody may send them for nothing.
      allowed[index] -= max(payload.count, 1)
      guard allowed[index] >= 0 else { throw .credit }
    }
    guard !payload.isEmpty || (isLast && parts[index].isEmpty) else { throw .trailer }
    guard parts[index].count + payload.count <= channel.maximumMessage else {
      throw .messageLength
    }
    if isLast, parts[index].isEmpty { return payload }
    parts[index] += payload
    guard isLast else { return nil }
    let message = parts[index]
    parts[index] = []
    return message
  }

  /// Notes that `bytes` of a channel were dealt with; returns what to grant, in large steps.
  mutating func consume(_ bytes: Int, on channel: SessionChannel) -> Int? {
    guard channel != .control else { return nil }
    let index = Int(channel.rawValue)
    consumed[index] += max(bytes, 1)
    guard consumed[index] * 2 >= channel.window else { return nil }
    let grant = min(consumed[index], ControlMessage.maximumCredit)
    consumed[index] -= grant
    allowed[index] += grant
    return grant
  }
}
