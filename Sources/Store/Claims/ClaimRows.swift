// Rows of the claims' tables as values. Specs/ClaimStore.md.

internal import Claims
internal import Content
internal import Cryptography

/// What never changes of a Datanet: its genesis, read once. An object, so that rows are copied
/// cheaply.
final class NetOrigin {
  let genesis: Claim
  let policy: Genesis

  init(_ genesis: Claim, _ policy: Genesis) {
    self.genesis = genesis
    self.policy = policy
  }
}

/// One Datanet's row.
struct NetRow {
  let id: Int
  let origin: NetOrigin
  var genesis: Claim { origin.genesis }
  var policy: Genesis { origin.policy }
  var totals: DatanetState.Totals
  /// Rows of `mention` that claims of this Datanet have made.
  var mentions: Int
}

/// One author's chain.
struct ChainRow {
  let id: Int
  let author: PublicKey
  var count: Int
  var head: Digest?
  var fork: Int?
  var waiting: Int
  var live: Int
  var newest: Int
}

struct ChainKey: Hashable {
  let net: Int
  let author: PublicKey
}

/// An entry that came in this transaction, not yet written.
struct NewEntry {
  let id: Int
  let chain: ChainKey
  let entry: EntryID
  let facts: EntryFacts
  let records: Int
  let bytes: Int
}

extension Digest {
  /// The first eight bytes as SQLite's signed number, keeping the order of digests.
  var mark: Int64 { Int64(bitPattern: prefix ^ 1 << 63) }
}

extension Mention.Matter {
  static let verdictCode = 300
  static let sharesCode = 301

  /// 0 retraction; 1 approve; 2 reject; 10 and on replacement; 100 and on score; 300 verdict;
  /// 301 shares.
  var code: Int {
    switch self {
    case .retraction: 0
    case .opinion(.approve): 1
    case .opinion(.reject): 2
    case .replacement(let kind): 10 + kind.rawValue
    case .opinion(.score(let score)): 100 + score
    case .verdict: Self.verdictCode
    case .shares: Self.sharesCode
    }
  }

  init?(code: Int) {
    switch code {
    case 0: self = .retraction
    case 1: self = .opinion(.approve)
    case 2: self = .opinion(.reject)
    case 10..<100:
      guard let kind = EntryKind(rawValue: code - 10) else { return nil }
      self = .replacement(kind)
    case Self.verdictCode: self = .verdict
    case Self.sharesCode: self = .shares
    case 100...(100 + Review.highestScore): self = .opinion(.score(code - 100))
    default: return nil
    }
  }
}
