// Finds the word that was probably meant (Specs/CommandLine.md, "Near misses").

public enum Spelling {
  /// The candidate that is fewest edits away, when that is few for the word's length; `nil` when
  /// nothing is near. A candidate that the word begins counts as near.
  public static func nearest(to word: String, among candidates: [String]) -> String? {
    let letters = Array(word.lowercased().unicodeScalars)
    // Longer than any name of ours: not a typing mistake, and not worth a quadratic table.
    guard !letters.isEmpty, letters.count <= 40 else { return nil }
    var best: (name: String, distance: Int)?
    for candidate in candidates {
      let other = Array(candidate.unicodeScalars)
      let distance = edits(letters, other)
      // Of two that are equally near, the one with the same first letter: that is rarely mistyped.
      let isBetter =
        distance < (best?.distance ?? .max)
        || distance == best?.distance && other.first == letters.first
          && best?.name.unicodeScalars.first != letters.first
      if isBetter { best = (candidate, distance) }
    }
    let tolerance = letters.count <= 3 ? 1 : letters.count <= 6 ? 2 : 3
    if let best, best.distance <= tolerance { return best.name }
    let begun = candidates.filter { $0.hasPrefix(word.lowercased()) }
    return begun.count == 1 && letters.count >= 2 ? begun[0] : nil
  }

  /// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
  static func edits(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var before: [Int] = []
    var previous = Array(0...b.count)
    for i in 1...a.count {
      var row = [i]
      for j in 1...b.count {
        var cost = min(
          row[j - 1] + 1, previous[j] + 1, previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          cost = min(cost, before[j - 2] + 1)
        }
        row.append(cost)
      }
      before = previous
      previous = row
    }
    return previous[b.count]
  }
}
