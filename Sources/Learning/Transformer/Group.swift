// Records that go through the model together, concatenated without padding
// (Specs/Transformer.md, "Groups").

import CanonicalMath

/// A record as the model meets it.
public struct TokenRecord: Hashable, Sendable {
  public var tokens: [Int32]
  /// Whether each token counts in the loss as something to predict. The first never does.
  public var counts: [Bool]

  public init(tokens: [Int32], counts: [Bool]) {
    precondition(tokens.count == counts.count)
    self.tokens = tokens
    self.counts = counts
    if !self.counts.isEmpty { self.counts[0] = false }
  }

  /// Tokens that have to pass through the model: those before the last one that counts.
  public var rowCount: Int { counts.lastIndex(of: true) ?? 0 }
  public var countedTokens: Int { counts.count { $0 } }
}

/// One forward and one backward pass. How records fall into groups is part of the arithmetic: a
/// gradient is a sum over groups in order, and within a group the product's own sum over rows.
public struct Group: Sendable {
  /// A group takes records while its rows stay within this; a longer record is a group of its own.
  /// It equals the product's chunk, so a group adds one chain to each element of a gradient.
  public static let rowLimit = 512

  public private(set) var tokens: [Int32] = []
  public private(set) var positions: [Int32] = []
  /// The rows of each record.
  public private(set) var ranges: [Range<Int>] = []
  /// Rows that predict a counted token, and those tokens.
  public private(set) var targetRows: [Int32] = []
  public internal(set) var targets: [Int32] = []
  /// The first of the group's records in the list that it was made from.
  public private(set) var firstRecord: Int

  public var rowCount: Int { tokens.count }

  init(firstRecord: Int) { self.firstRecord = firstRecord }

  mutating func append(_ record: TokenRecord) {
    let start = tokens.count
    let rows = record.rowCount
    tokens += record.tokens.prefix(rows)
    positions += (0..<Int32(rows))
    ranges.append(start..<(start + rows))
    for row in 0..<rows where record.counts[row + 1] {
      targetRows.append(Int32(start + row))
      targets.append(record.tokens[row + 1])
    }
  }

  /// All `records` in order, in as few groups as the rule allows.
  public static func groups(of records: [TokenRecord]) -> [Group] {
    var groups: [Group] = []
    for (index, record) in records.enumerated() {
      if let last = groups.last, last.rowCount + record.rowCount <= rowLimit {
        groups[groups.count - 1].append(record)
      } else {
        var group = Group(firstRecord: index)
        group.append(record)
        groups.append(group)
      }
    }
    return groups
  }
}

extension Group {
  /// Refuses what a model with that vocabulary and context cannot read.
  static func check(_ groups: [Group], vocabulary: Int, context: Int) throws(StepError) {
    for group in groups {
      for range in group.ranges where range.count > context {
        throw .tooLong(rows: range.count, limit: context)
      }
      for token in group.tokens + group.targets where token < 0 || token >= Int32(vocabulary) {
        throw .tokenOutsideVocabulary(token)
      }
    }
  }

  /// How many tokens count in each of the group's records.
  var countedTokens: [Int] {
    var counts: [Int] = []
    var next = 0
    for range in ranges {
      let first = next
      while next < targetRows.count, range.contains(Int(targetRows[next])) { next += 1 }
      counts.append(next - first)
    }
    return counts
  }
}
