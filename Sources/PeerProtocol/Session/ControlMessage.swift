// The session's own messages on channel 0 (Specs/Session.md, "Control"). Types from 16 on belong
// to the layers above and pass through.

internal import Content

enum ControlMessage: Equatable {
  case goodbye(Goodbye)
  /// The receiver of a channel allows so many bytes more.
  case credit(SessionChannel, Int)
  case ping(UInt64)
  case pong(UInt64)
  /// Not the session's: handed up as it came.
  case other

  /// Grants beyond this make no sense: no window is as large.
  static let maximumCredit = 16 << 20

  var encoded: [UInt8] {
    let value: Value =
      switch self {
      case .goodbye(let reason): [0, Value(reason.rawValue)]
      case .credit(let channel, let bytes): [1, Value(channel.rawValue), Value(bytes)]
      case .ping(let number): [2, Value(number)]
      case .pong(let number): [3, Value(number)]
      case .other: []
      }
    return value.encoded()
  }

  /// Nil when malformed.
  init?(_ bytes: [UInt8]) {
    guard let items = try? Value(decoding: bytes).array,
      let type = items.first?.integer(as: UInt64.self)
    else { return nil }
    switch (type, items.count) {
    case (0, 2):
      guard let code = items[1].integer(as: UInt8.self) else { return nil }
      self = .goodbye(Goodbye(rawValue: code) ?? .unknown)
    case (1, 3):
      guard let number = items[1].integer(as: UInt8.self),
        let channel = SessionChannel(rawValue: number), channel != .control,
        let bytes = items[2].integer(as: Int.self), 0 < bytes, bytes <= Self.maximumCredit
      else { return nil }
      self = .credit(channel, bytes)
    case (2, 2), (3, 2):
      guard let number = items[1].integer(as: UInt64.self) else { return nil }
      self = type == 2 ? .ping(number) : .pong(number)
    case (0..<16, _): return nil
    default: self = .other
    }
  }
}
