// A text's shingles: hashes of three tokens in a row; see Specs/Duplicates.md, "Shingles".

/// The set of a text's shingles is what near-duplicates are measured by. A text of one or two tokens
/// has a single shingle; one without tokens has none.
public enum Shingles {
  /// So many tokens make a shingle.
  public static let width = 3

  /// The sorted set of a text's shingles.
  public static func set(of text: [UInt8]) -> [UInt64] {
    var loose = LooseTokens()
    unsafe text.withUnsafeBytes { unsafe loose.read($0) }
    let tokens = loose.hashes
    var shingles: [UInt64] = []
    shingles.reserveCapacity(tokens.count)
    forEach(in: tokens) { shingles.append($0) }
    shingles.sort()
    var kept = 0
    for shingle in shingles where kept == 0 || shingles[kept - 1] != shingle {
      shingles[kept] = shingle
      kept += 1
    }
    shingles.removeLast(shingles.count - kept)
    return shingles
  }

  /// The size of the intersection over the size of the union; 0 of two empty sets.
  public static func similarity(_ left: [UInt64], _ right: [UInt64]) -> Double {
    var (at, other, shared) = (0, 0, 0)
    while at < left.count, other < right.count {
      if left[at] == right[other] {
        shared += 1
        at += 1
        other += 1
      } else if left[at] < right[other] {
        at += 1
      } else {
        other += 1
      }
    }
    let union = left.count + right.count - shared
    return union == 0 ? 0 : Double(shared) / Double(union)
  }

  /// All shingles in the order of the text, repeated ones too.
  @inline(__always) static func forEach(in tokens: [UInt64], _ body: (UInt64) -> Void) {
    guard tokens.count >= width else {
      if let first = tokens.first {
        body(shingle(first, tokens.count > 1 ? tokens[1] : 0, 0))
      }
      return
    }
    unsafe tokens.withUnsafeBufferPointer { tokens in
      var (first, second) = unsafe (tokens[0], tokens[1])
      for place in 2..<tokens.count {
        let third = unsafe tokens[place]
        body(shingle(first, second, third))
        (first, second) = (second, third)
      }
    }
  }

  /// Tokens' hashes are as good as random, so turning them tells their places apart.
  @inline(__always) private static func shingle(
    _ first: UInt64, _ second: UInt64, _ third: UInt64
  ) -> UInt64 {
    let sum = first &+ turned(second, 21) &+ turned(third, 42)
    return DuplicateConstants.mixed(sum ^ DuplicateConstants.token, DuplicateConstants.shingle)
  }

  @inline(__always) private static func turned(_ word: UInt64, _ bits: UInt64) -> UInt64 {
    word &<< bits | word &>> (64 - bits)
  }
}
