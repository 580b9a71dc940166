// All that is known about a Datanet's claims: one entry per author, and their digest
// (Specs/Merge.md, "Frontier and digest").

public import Content
public import Cryptography

public struct Frontier: Hashable, Sendable {
  /// How far one author's chain counts.
  public struct Entry: Hashable, Sendable {
    public let author: PublicKey
    /// Claims that count: heights 0 up to `count` − 1.
    public let count: Int
    /// The claim at height `count` − 1; nil when none counts.
    public let head: Digest?
    /// The lowest height at which the author told two stories; nothing counts from there on.
    public let fork: Int?

    public init(author: PublicKey, count: Int, head: Digest?, fork: Int?) {
      self.author = author
      self.count = count
      self.head = head
      self.fork = fork
    }
  }

  static let domain = Array("datanet/state/v1".utf8)

  public let datanet: CID
  /// Authors of whom something counts or a fork is known, ascending.
  public let entries: [Entry]

  /// Leaves out authors of whom nothing is known.
  public init(datanet: CID, entries: [Entry]) {
    self.datanet = datanet
    self.entries = entries.filter { $0.count > 0 || $0.fork != nil }
      .sorted { $0.author < $1.author }
  }

  public subscript(author: PublicKey) -> Entry? {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].author < author { low = middle + 1 } else { high = middle }
    }
    return low < entries.count && entries[low].author == author ? entries[low] : nil
  }

  /// Claims that count.
  public var claimCount: Int { entries.reduce(0) { $0 + $1.count } }

  /// The digest of the state: since the merge is a function of the claims, and heads name whole
  /// chains, peers with one digest agree about everything.
  public var digest: Digest {
    var hash = SHA256()
    hash.update(Self.domain)
    hash.update(datanet.digest.bytes)
    var buffer: [UInt8] = []
    buffer.reserveCapacity(min(entries.count, 256) * Self.entryByteCount)
    for (index, entry) in entries.enumerated() {
      entry.append(to: &buffer)
      if index % 256 == 255 {
        hash.update(buffer)
        buffer.removeAll(keepingCapacity: true)
      }
    }
    hash.update(buffer)
    return hash.finish()
  }

  static let entryByteCount = 80
}

extension Frontier.Entry {
  /// 80 bytes: author, count, head (zeros when there is none), fork (all ones when there is none).
  func append(to bytes: inout [UInt8]) {
    unsafe author.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    Self.append(UInt64(count), to: &bytes)
    if let head {
      unsafe head.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    } else {
      bytes.append(contentsOf: repeatElement(0, count: Digest.byteCount))
    }
    Self.append(fork.map { UInt64($0) } ?? .max, to: &bytes)
  }

  private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
    }
  }
}

extension Frontier.Entry {
  static let forkDomain = Array("datanet/fork/v1".utf8)

  /// The entry as peers compare it when they reconcile: a count of at least 1 and a head. A fork
  /// that one side knows makes a head that no chain has, so that the other learns of it
  /// (Specs/Merge.md, "For reconciliation").
  public var announced: (count: Int, head: Digest) {
    if fork == nil, let head { return (count, head) }
    var bytes = Self.forkDomain
    bytes += head?.bytes ?? [UInt8](repeating: 0, count: Digest.byteCount)
    Self.append(fork.map { UInt64($0) } ?? .max, to: &bytes)
    return (max(count, 1), SHA256.hash(bytes))
  }
}
