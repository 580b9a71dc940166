// What one session may cost (Specs/Session.md, "Limits").

public enum SessionLimits {
  /// The longest sealed frame: the Noise protocol's longest message.
  public static let frameByteCount = 65_535
  /// A frame holds at least its trailer and its tag.
  public static let smallestFrame = FrameCipher.trailerByteCount + 16
  /// The payload that fits in the longest frame.
  public static let payloadByteCount = frameByteCount - smallestFrame
  /// A direction's key is replaced after so many frames.
  public static let framesPerKey: UInt64 = 1 << 16
  /// A session ends before its counters could: at a gigabyte a second this is 580,000 years.
  public static let framesPerSession: UInt64 = 1 << 48
  /// The handshake is over by then, or the session is.
  public static let handshakeMilliseconds: UInt64 = 10_000
  /// After so long without a word a ping is sent.
  public static let quietMilliseconds: UInt64 = 30_000
  /// After so long without a word the other side is gone.
  public static let silenceMilliseconds: UInt64 = 75_000
  /// Pings answered in one `quietMilliseconds`; more is a flood.
  public static let pingsPerQuiet = 16
  /// Bytes of control messages in one `quietMilliseconds`; more is a flood.
  public static let controlBytesPerQuiet = 1 << 20
  /// Bytes of messages whose end has not come: one on each channel.
  public static let unfinishedBytes = SessionChannel.allCases.reduce(0) { $0 + $1.maximumMessage }
  /// A hello is small: names, features, a few addresses.
  public static let helloByteCount = 2_048
  /// Addresses that a hello may list.
  public static let helloAddresses = 16
}

/// What a channel may hold. Lower numbers go first.
public enum SessionChannel: UInt8, Sendable, CaseIterable {
  case control = 0
  case claims = 1
  case requests = 2
  case chunks = 3

  /// The longest message of the channel.
  public var maximumMessage: Int {
    switch self {
    case .control: 4_096
    case .claims: (1 << 20) + 4_096
    case .requests: 256 << 10
    case .chunks: (1 << 20) + 4_096
    }
  }

  /// Bytes that may be under way before the receiver grants more. Control is bounded by rate.
  public var window: Int {
    switch self {
    case .control: .max
    case .claims: 4 << 20
    case .requests: 512 << 10
    case .chunks: 8 << 20
    }
  }

  /// Bytes that may wait on the sender's side; a message is refused when they are full.
  public var queue: Int {
    switch self {
    case .control: 64 << 10
    case .claims: 1 << 20
    case .requests: 512 << 10
    case .chunks: 4 << 20
    }
  }
}
