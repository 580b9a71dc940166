// What waits to be sent, by channel: bounded queues, credit, and the choice of the next frame
// (Specs/Session.md, "Channels").

struct Outbox {
  private struct Queue {
    /// Parts of larger pieces of memory, where somebody has read many messages at once.
    var messages: [ArraySlice<UInt8>] = []
    /// Index of the first message not yet wholly sent; the array is compacted now and then.
    var first = 0
    /// Bytes of the first message that are sent.
    var sent = 0
    var bytes = 0
    var credit: Int
    /// Somebody was refused and waits to hear that there is room.
    var isAwaited = false
  }

  private var queues: [Queue]

  init() {
    queues = SessionChannel.allCases.map { Queue(credit: $0.window) }
  }

  var isEmpty: Bool { queues.allSatisfy { $0.bytes == 0 && $0.first == $0.messages.count } }

  func waiting(on channel: SessionChannel) -> Int { queues[Int(channel.rawValue)].bytes }

  /// False, and nothing kept, when the channel's queue is full. A message always fits an empty
  /// queue.
  mutating func append(_ message: [UInt8], on channel: SessionChannel) -> Bool {
    append(message[...], on: channel)
  }

  mutating func append(_ message: ArraySlice<UInt8>, on channel: SessionChannel) -> Bool {
    let index = Int(channel.rawValue)
    guard queues[index].bytes == 0 || queues[index].bytes + message.count <= channel.queue else {
      queues[index].isAwaited = true
      return false
    }
    queues[index].messages.append(message)
    queues[index].bytes += message.count
    return true
  }

  /// False when the grants add up to more than any window: the other side miscounts or lies.
  mutating func grant(_ bytes: Int, on channel: SessionChannel) -> Bool {
    let index = Int(channel.rawValue)
    guard channel != .control, queues[index].credit + bytes <= 2 * ControlMessage.maximumCredit
    else { return false }
    queues[index].credit += bytes
    return true
  }

  /// The channel whose frame goes next: the lowest number that has bytes and credit.
  var next: SessionChannel? {
    for index in queues.indices
    where queues[index].first < queues[index].messages.count && queues[index].credit > 0 {
      return SessionChannel(rawValue: UInt8(truncatingIfNeeded: index))
    }
    return nil
  }

  /// What everything that waits takes at most as frames: a message ends a frame, and so does the end
  /// of a channel's credit.
  var sealedByteCount: Int {
    var bytes = 0
    for index in queues.indices {
      let queue = (queues[index].bytes, queues[index].messages.count - queues[index].first)
      let frames = queue.1 + queue.0 / SessionLimits.payloadByteCount + 1
      bytes += queue.0 + frames * FrameCipher.overheadByteCount
    }
    return bytes
  }

  /// Takes the next payload of `channel`, at most `limit` bytes, through `body`.
  mutating func take(
    from channel: SessionChannel, limit: Int, _ body: (ArraySlice<UInt8>, Bool) -> Void
  ) {
    let index = Int(channel.rawValue)
    let message = queues[index].messages[queues[index].first]
    let start = message.startIndex + queues[index].sent
    let count = min(limit, message.endIndex - start, max(queues[index].credit, 0))
    let isLast = start + count == message.endIndex
    body(message[start..<start + count], isLast)
    queues[index].bytes -= count
    if channel != .control { queues[index].credit -= max(count, 1) }
    if isLast {
      queues[index].messages[queues[index].first] = []
      queues[index].first += 1
      queues[index].sent = 0
      if queues[index].first > 64, queues[index].first * 2 > queues[index].messages.count {
        queues[index].messages.removeFirst(queues[index].first)
        queues[index].first = 0
      }
    } else {
      queues[index].sent += count
    }
  }

  /// Channels that were refused room and now have it again, each told once.
  mutating func relieved() -> [SessionChannel] {
    var channels: [SessionChannel] = []
    for channel in SessionChannel.allCases {
      let index = Int(channel.rawValue)
      guard queues[index].isAwaited, queues[index].bytes * 2 <= channel.queue else { continue }
      queues[index].isAwaited = false
      channels.append(channel)
    }
    return channels
  }
}
