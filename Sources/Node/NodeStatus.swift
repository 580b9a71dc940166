// Everything that `status`, `peers`, `sync` and metrics show of a running peer
// (Specs/Node.md, "Status").

public import Content
public import Cryptography
public import Store

public struct NodeStatus: Sendable {
  public struct Peer: Sendable {
    public var link: LinkID
    public var identity: PublicKey
    public var address: String
    public var isDialled: Bool
    public var agent: String
    public var connectedMilliseconds: UInt64
    public var roundTripMilliseconds: UInt64?
    public var datanets: [CID]
    public var bytesReceived: UInt64
    public var bytesSent: UInt64
    /// Bytes a second over the last seconds.
    public var rateDown: Int
    public var rateUp: Int
    /// Whether chunks travel compressed to it, by measurement.
    public var compresses: Bool
  }

  public struct Datanet: Sendable {
    public var datanet: CID
    public var mode: FollowMode
    public var isPrivate: Bool
    /// The genesis is here.
    public var isKnown: Bool
    public var peers: Int
    public var neighbours: Int
    public var authors: Int
    /// Since both sides of a round knew the same, with anybody; nil when that never was.
    public var agreedMilliseconds: UInt64?
    /// Peers who came lately and may know more: no round with them has found the same yet.
    public var uncompared: Int
    /// Claims received and not yet checked.
    public var claimsWaiting: Int
    /// Contributions that are wanted and not wholly here.
    public var missingContributions: Int
    /// Chunks and bytes of those whose manifests are here.
    public var missingChunks: Int
    public var missingBytes: Int
    public var standstill: Standstill
  }

  public var identity: PublicKey
  public var addresses: [String]
  public var peers: [Peer]
  public var datanets: [Datanet]
  /// Connections that are being made, and strangers who have not proven anything yet.
  public var unproven: Int
  public var knownAddresses: Int
  /// Those that hold now.
  public var bans: [Ban]
  public var bytesReceived: UInt64
  public var bytesSent: UInt64
  public var bytesPerSecondDown: Int
  public var bytesPerSecondUp: Int
  /// Bytes that arrived and are not on the disk yet.
  public var unstoredBytes: Int
  public var storedBytes: Int
  public var quotaBytes: Int?

  /// Whether everything that is followed of a Datanet is here, as far as the connected peers know:
  /// the claims agree with somebody's and no data is missing.
  public func isInStep(_ datanet: CID) -> Bool {
    datanets.contains {
      $0.datanet == datanet && $0.isKnown && $0.agreedMilliseconds != nil && $0.uncompared == 0
        && $0.claimsWaiting == 0 && $0.standstill == .nothingMissing
    }
  }
}
