// A running peer without sockets, clock or threads: events in, effects out
// (Specs/Node.md has the state × event tables).

public import Cryptography
public import PeerProtocol
public import Store

/// Used by one thread, which also owns the store's connections.
public final class Node {
  let identity: Identity
  let claims: ClaimStore
  let blocks: BlockStore
  /// Nil on a disk in memory, where nothing else can open the home.
  let home: Home?
  var settings = NodeSettings()
  var addresses: [String] = []

  public init(
    identity: Identity, claims: ClaimStore, blocks: BlockStore, home: Home?,
    memory: NodeMemory = NodeMemory(), seed: Digest, at now: Instant
  ) {
    self.identity = identity
    self.claims = claims
    self.blocks = blocks
    self.home = home
  }

  public convenience init(
    identity: Identity, store: Store, memory: NodeMemory = NodeMemory(), seed: Digest,
    at now: Instant
  ) {
    self.init(
      identity: identity, claims: store.claims, blocks: store.blocks, home: store.home,
      memory: memory, seed: seed, at: now)
  }

  /// Takes one event and gives what is to be done, in order.
  public func handle(_ event: NodeEvent, at now: Instant) -> [NodeEffect] {
    switch event {
    case .listening(let addresses): self.addresses = addresses
    case .settings(let settings): self.settings = settings
    default: break
    }
    return []
  }

  /// Bytes from the wire, without a copy: they may be gone after the call.
  public func receive(
    _ bytes: UnsafeRawBufferPointer, on link: LinkID, at now: Instant
  ) -> [NodeEffect] {
    []
  }

  /// When `tick` is due next; nil when nothing waits for a time.
  public var deadline: Instant? { nil }

  public func status(at now: Instant) -> NodeStatus {
    NodeStatus(
      identity: identity.publicKey, addresses: addresses, peers: [], datanets: [], unproven: 0,
      knownAddresses: 0, bans: [], bytesReceived: 0, bytesSent: 0, bytesPerSecondDown: 0,
      bytesPerSecondUp: 0, unstoredBytes: 0, storedBytes: 0, quotaBytes: settings.quotaBytes)
  }

  /// What should be given to the next node of this home.
  public func memory(at now: Instant) -> NodeMemory { NodeMemory() }
}
