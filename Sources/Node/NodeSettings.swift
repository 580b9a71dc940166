// What a person wishes of a running peer, and what it remembers of others
// (Specs/Node.md, "Settings").

public import Store

public struct NodeSettings: Equatable, Sendable {
  /// What was said about Datanets. One of the home that is not named here is followed wholly.
  public var followings: [Following]
  public var pins: [Pin]
  public var limits: PeerLimits
  /// Peers that a person or a ticket named: dialled first, and again whenever nobody else is there.
  public var given: [KnownPeer]
  /// The program's name and version, for the people at the other end.
  public var agent: String

  public init(
    followings: [Following] = [], pins: [Pin] = [], limits: PeerLimits = PeerLimits(),
    given: [KnownPeer] = [], agent: String = "datanet"
  ) {
    self.followings = followings
    self.pins = pins
    self.limits = limits
    self.given = given
    self.agent = agent
  }

  /// What the home's database says.
  public init(_ settings: PeerSettings, agent: String) throws {
    self.init(
      followings: try settings.followings(), pins: try settings.pins(),
      limits: try settings.limits(), given: try settings.knownPeers().filter(\.isGiven),
      agent: agent)
  }
}

/// What a node remembers from one start to the next; the shell keeps it in the home's database.
public struct NodeMemory: Equatable, Sendable {
  public var peers: [KnownPeer]
  public var bans: [Ban]

  public init(peers: [KnownPeer] = [], bans: [Ban] = []) {
    self.peers = peers
    self.bans = bans
  }
}
