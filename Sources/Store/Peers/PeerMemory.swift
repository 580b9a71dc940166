// Peers that were met or told of, and peers that are not spoken with, across restarts.
// Specs/Running.md, "Memory".

public import Content
public import Cryptography

/// One address of a peer. Times are milliseconds since 1970, by the clock of this machine.
public struct KnownPeer: Equatable, Sendable {
  public var identity: PublicKey
  public var address: String
  /// The Datanet for which the peer was told of: a private one is dialled with its key.
  public var datanet: CID?
  /// Whether the identity has answered at the address.
  public var isTried: Bool
  /// Failures since it last answered.
  public var failures: Int
  public var answeredMilliseconds: Int?
  /// Not to be dialled before.
  public var dueMilliseconds: Int
  /// Whether a person gave it, with a ticket: such a one is never forgotten for failing.
  public var isGiven: Bool

  public init(
    identity: PublicKey, address: String, datanet: CID? = nil, isTried: Bool = false,
    failures: Int = 0, answeredMilliseconds: Int? = nil, dueMilliseconds: Int = 0,
    isGiven: Bool = false
  ) {
    self.identity = identity
    self.address = address
    self.datanet = datanet
    self.isTried = isTried
    self.failures = failures
    self.answeredMilliseconds = answeredMilliseconds
    self.dueMilliseconds = dueMilliseconds
    self.isGiven = isGiven
  }
}

/// Somebody who is not spoken with for a while.
public struct Ban: Equatable, Sendable {
  public var identity: PublicKey
  /// Milliseconds since 1970. A ban that is over is kept, so that the next one lasts longer.
  public var untilMilliseconds: Int
  /// How often so far.
  public var times: Int
  /// What was done, in words.
  public var reason: String

  public init(identity: PublicKey, untilMilliseconds: Int, times: Int, reason: String) {
    self.identity = identity
    self.untilMilliseconds = untilMilliseconds
    self.times = times
    self.reason = reason
  }
}
