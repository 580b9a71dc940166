// A Datanet's claims as they arrive, in any order and any number of times (Specs/Merge.md).

public import Content
public import Cryptography

/// Takes claims one by one. What it holds depends on which claims came, never on their order.
public struct Ledger: Sendable {
  /// Claims that may wait for a predecessor, of all authors.
  public static let maximumWaiting = 4096

  public enum Insertion: Equatable, Sendable {
    /// It counts, and with it this many claims, itself included.
    case counted(Int)
    /// It was there already.
    case duplicate
    /// Its predecessor is missing.
    case waiting
    /// It contradicts another claim of its author: the proof is `fork(of:)`.
    case forked
    /// Its author told two stories at or below its height.
    case beyondFork
    /// Too many claims wait: it was dropped and may come again.
    case refused
    /// It belongs to another Datanet.
    case foreign
  }

  public let genesis: Claim
  public let policy: Genesis
  public var datanet: CID { genesis.cid }
  private var chains: [PublicKey: Chain]
  /// The keys of `chains`, ascending.
  private var authors: [PublicKey]
  public private(set) var waitingCount = 0

  /// Nil when `genesis` is not a sound genesis claim.
  public init?(genesis: Claim) {
    guard genesis.isGenesis, case .genesis(let policy) = genesis.content else { return nil }
    self.genesis = genesis
    self.policy = policy
    chains = [genesis.author: Chain(genesis: genesis)]
    authors = [genesis.author]
  }

  public mutating func insert(_ claim: Claim) -> Insertion {
    guard claim.datanet == datanet else { return .foreign }
    var chain = chains[claim.author] ?? Chain()
    let waitingBefore = chain.waiting.count
    let insertion = chain.insert(claim)
    if case .waiting = insertion, waitingCount >= Self.maximumWaiting { return .refused }
    waitingCount += chain.waiting.count - waitingBefore
    if chains.updateValue(chain, forKey: claim.author) == nil {
      authors.insert(claim.author, at: authors.partition(below: claim.author))
    }
    return insertion
  }

  public var frontier: Frontier {
    Frontier(datanet: datanet, entries: authors.compactMap(entry))
  }

  private func entry(of author: PublicKey) -> Frontier.Entry? {
    chains[author].map { chain in
      Frontier.Entry(
        author: author, count: chain.counted.count, head: chain.counted.last?.digest,
        fork: chain.fork)
    }
  }

  /// The claims of `author` that count, by height.
  public func claims(of author: PublicKey) -> [Claim] { chains[author]?.counted ?? [] }

  /// All claims that count, by author and height.
  public var claims: [Claim] { authors.flatMap { claims(of: $0) } }

  public func fork(of author: PublicKey) -> ForkProof? { chains[author]?.proof }

  /// The proofs of all forks, by author.
  public var forks: [ForkProof] { authors.compactMap { fork(of: $0) } }

  /// Claims that wait for a predecessor, by author.
  public var waiting: [Claim] { authors.flatMap { chains[$0]?.waiting ?? [] } }
}

extension [PublicKey] {
  /// The place of `key` in an ascending array.
  func partition(below key: PublicKey) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
