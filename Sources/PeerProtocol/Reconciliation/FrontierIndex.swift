// What a peer knows of a Datanet, one entry an author, kept in step with the store
// (Specs/Reconciliation.md, "Frontier").

public import Cryptography

/// What somebody has of one author's chain.
public struct ChainState: Hashable, Sendable {
  /// The number of claims in the chain, from its first.
  public var count: UInt32
  /// The last of them; for a chain that forked, what the fork's rule says.
  public var head: Digest

  public init(count: UInt32, head: Digest) {
    self.count = count
    self.head = head
  }
}

/// All chains of one Datanet, by the dense numbers that the store gives to authors.
public struct FrontierIndex: Sendable {
  /// 32 bytes of key, 16 of the head, 4 of count: 56 with alignment.
  struct Entry: Sendable {
    var author: PublicKey
    var head: (UInt64, UInt64)
    /// Zero where a number is not used.
    var count: UInt32
  }

  private(set) var entries: [Entry] = []
  /// The number of authors with at least one claim.
  public private(set) var authorCount = 0

  public init() {}

  /// Says what is known of the chain of `author`, whose number is `number`.
  public mutating func set(_ state: ChainState, of author: PublicKey, number: Int) {
    let words = state.head.fourWords
    let entry = Entry(author: author, head: (words.0, words.1), count: state.count)
    if number == entries.count {
      entries.append(entry)
    } else {
      while entries.count <= number {
        entries.append(Entry(author: author, head: (0, 0), count: 0))
      }
      if entries[number].count > 0 { authorCount -= 1 }
      entries[number] = entry
    }
    if state.count > 0 { authorCount += 1 }
  }

  public func author(number: Int) -> PublicKey? {
    number >= 0 && number < entries.count && entries[number].count > 0
      ? entries[number].author : nil
  }
}
