// What a person wishes of a running peer (Specs/Node.md, "Settings").

public import Content
public import Cryptography
public import PeerProtocol

/// How much of a Datanet a peer keeps and serves.
public enum FollowMode: String, Sendable, CaseIterable {
  /// Claims, and the data of all contributions that count.
  case all
  /// Claims only.
  case claims
  /// Claims, and the data of pinned contributions.
  case pinned
}

public struct NodeSettings: Equatable, Sendable {
  public struct Following: Equatable, Sendable {
    public var datanet: CID
    public var mode: FollowMode
    /// The key of a private Datanet.
    public var key: Digest?
    /// Whom a ticket or a person names: dialled first, and again whenever nobody is connected.
    public var contacts: [PeerContact]

    public init(
      datanet: CID, mode: FollowMode = .all, key: Digest? = nil, contacts: [PeerContact] = []
    ) {
      self.datanet = datanet
      self.mode = mode
      self.key = key
      self.contacts = contacts
    }
  }

  public var followings: [Following]
  /// Manifests of contributions that are kept in the mode `pinned`.
  public var pins: [CID]
  /// Bytes that packs may hold; nil for no limit.
  public var quotaBytes: Int?
  /// Bytes a second over all connections; nil for no limit.
  public var bytesPerSecondUp: Int?
  public var bytesPerSecondDown: Int?
  /// Connections that this peer dials. Those who dialled in never take them.
  public var outboundSlots: Int
  public var inboundSlots: Int
  /// Identities that a person wants nothing to do with.
  public var blocked: [PublicKey]
  /// The program's name and version, for the people at the other end.
  public var agent: String

  public init(
    followings: [Following] = [], pins: [CID] = [], quotaBytes: Int? = nil,
    bytesPerSecondUp: Int? = nil, bytesPerSecondDown: Int? = nil, outboundSlots: Int = 8,
    inboundSlots: Int = 64, blocked: [PublicKey] = [], agent: String = "datanet"
  ) {
    self.followings = followings
    self.pins = pins
    self.quotaBytes = quotaBytes
    self.bytesPerSecondUp = bytesPerSecondUp
    self.bytesPerSecondDown = bytesPerSecondDown
    self.outboundSlots = outboundSlots
    self.inboundSlots = inboundSlots
    self.blocked = blocked
    self.agent = agent
  }
}

/// What a node remembers of others from one start to the next; the shell keeps it.
public struct NodeMemory: Equatable, Sendable {
  public struct KnownPeer: Equatable, Sendable {
    public var identity: PublicKey
    public var address: String
    /// It answered at this address once.
    public var isTried: Bool

    public init(identity: PublicKey, address: String, isTried: Bool) {
      self.identity = identity
      self.address = address
      self.isTried = isTried
    }
  }

  public struct Ban: Equatable, Sendable {
    public var identity: PublicKey
    /// How long it still lasts.
    public var remainingMilliseconds: UInt64
    /// How often it was banned: the next one lasts longer.
    public var times: Int
    public var reason: String

    public init(identity: PublicKey, remainingMilliseconds: UInt64, times: Int, reason: String) {
      self.identity = identity
      self.remainingMilliseconds = remainingMilliseconds
      self.times = times
      self.reason = reason
    }
  }

  public var peers: [KnownPeer]
  public var bans: [Ban]

  public init(peers: [KnownPeer] = [], bans: [Ban] = []) {
    self.peers = peers
    self.bans = bans
  }
}
