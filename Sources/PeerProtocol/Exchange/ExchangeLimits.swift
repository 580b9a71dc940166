// What the exchange of chunks may cost (Specs/Exchange.md, "Limits").

public enum ExchangeLimits {
  /// Requests that one peer may have waiting here; more end the session.
  public static let queuedRequests = 1_024
  /// Requests under way to one peer: fewer, since what it has sent is not all here yet.
  public static let requestsUnderWay = 960
  /// Contributions that one peer may seek at one time.
  public static let seeks = 1_024
  /// Blocks in one message that asks for pieces, and ranges of one block.
  public static let piecesAtOnce = 64
  public static let rangesOfBlock = 2_048
  /// Ranges in one message that is sent: each takes six bytes at most, and the channel's messages
  /// have a limit.
  static let rangesAtOnce = 32_768
  /// Neighbouring chunks are asked for together up to so many bytes: they lie together on disks.
  public static let runBytes = 256 << 10
  /// Digests in one message.
  public static let digests = 1_024
  /// Places of chunks in one have-map message; larger contributions take several. The
  /// worst of maps, every second place, then takes as many bytes, half of what a message may have.
  public static let places: UInt32 = 1 << 17
  /// Chunks of one contribution.
  public static let chunks: UInt32 = 1 << 28
  /// Have-maps of contributions that are not known here yet, kept for one peer.
  public static let unknownContributions = 256
  /// And their bytes.
  public static let unknownBytes = 1 << 20
  /// Bytes under way from one peer at first.
  public static let firstWindow = 256 << 10
  /// And at most: more than a gigabit at a tenth of a second.
  public static let largestWindow = 16 << 20
  /// A link's rate is measured over so long at least.
  public static let meterMilliseconds: UInt64 = 50
  /// The queue that a link's window allows beyond two round trips.
  public static let slackMilliseconds = 15
  /// A window holds what arrives in so long at least: on a short link the machines at both ends are
  /// slower to answer than the link.
  public static let leastSpanMilliseconds = 40
  public static let smallestWindow = 64 << 10
  /// Places looked at for the rarest chunk.
  public static let sample = 64
  /// Places counted to tell how much of their share others lack.
  public static let counted = 4_096
  /// Who will have his share within so long is left it.
  public static let patienceMilliseconds = 1_000
  /// Chunks that are asked of several peers at the end.
  public static let endGameChunks = 16
  /// Peers that are asked for one chunk at the end.
  public static let endGamePeers = 3
  /// New chunks are announced when there are so many and the last were so long ago,
  public static let announcedAtOnce = 8
  public static let announceRestMilliseconds: UInt64 = 20
  /// or when the first of them is so old.
  public static let announceMilliseconds: UInt64 = 100
  /// What is late and who rests is looked at as often.
  public static let lookMilliseconds: UInt64 = 500
  /// Peers served at the same time, one of them by chance.
  public static let slots = 8
  /// Between two looks at who is served.
  public static let slotMilliseconds: UInt64 = 10_000
  /// A request that brought nothing by then is given to somebody else.
  public static let requestMilliseconds: UInt64 = 20_000
  /// After so many requests in a row that brought nothing a peer is asked no more for a while.
  public static let strikes = 3
  public static let restMilliseconds: UInt64 = 60_000
}
