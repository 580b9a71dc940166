// Which of the yardstick's records each refresh takes (Specs/Contributions.md,
// "Yardstick's gradient").

import CanonicalMath
import Cryptography
import Learning

struct YardstickFolds: Sendable {
  /// Places of the usable records, permuted.
  private let places: [Int]
  private let seed: Digest
  let count: Int

  /// `places` are those of the usable records, ascending.
  init(places: [Int], count: Int, seed: Digest) {
    self.places = RandomStream(seed, .yardstickOrder).permutation(places.count).map { places[$0] }
    self.seed = seed
    self.count = count
  }

  /// The fold of refresh `refresh`, which counts from 0.
  static func fold(refresh: Int, count: Int, seed: Digest) -> Int {
    let (epoch, turn) = refresh.quotientAndRemainder(dividingBy: count)
    return RandomStream(seed, .yardstickOrder, index: epoch + 1).permutation(count)[turn]
  }

  func places(refresh: Int) -> [Int] {
    let fold = Self.fold(refresh: refresh, count: count, seed: seed)
    return Array(places[fold * places.count / count..<(fold + 1) * places.count / count])
  }
}
