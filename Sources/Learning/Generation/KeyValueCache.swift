// The keys and values of what was read and written so far (Specs/Transformer.md, "Generation").

import CanonicalMath
import Checkpoints

/// New rows of one sequence: where they lie in the pass, and all of its keys in the cache.
struct CachedSpan {
  let rows: Range<Int>
  let keys: Range<Int>
}

/// One matrix of keys and one of values per block; each sequence has a stretch of rows of its own.
struct KeyValueCache {
  fileprivate(set) var keys: [Matrix] = []
  fileprivate(set) var values: [Matrix] = []

  static let none = KeyValueCache()

  private init() {}

  /// Room for `rows` tokens.
  init(_ shape: ModelConfiguration, rows: Int) {
    for _ in 0..<shape.layerCount {
      keys.append(Matrix(uninitializedRows: rows, columns: shape.keyValueWidth))
      values.append(Matrix(uninitializedRows: rows, columns: shape.keyValueWidth))
    }
  }

  mutating func store(
    _ layer: Int, _ spans: [CachedSpan], keys newKeys: Matrix, values newValues: Matrix
  ) {
    for span in spans {
      let place = span.keys.upperBound - span.rows.count
      keys[layer].replaceRows(from: place, with: newKeys.rows(span.rows))
      values[layer].replaceRows(from: place, with: newValues.rows(span.rows))
    }
  }
}
