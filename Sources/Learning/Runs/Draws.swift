// Every random number of a run, by purpose (Specs/Runs.md, "Random draws").

public import CanonicalMath
public import Cryptography

extension RandomStream {
  /// What a draw is for.
  public enum Purpose: UInt32, Sendable {
    /// Initial values of tensor `index`.
    case initialValues = 1
    /// The order of the records in epoch `index`.
    case recordOrder = 2
    /// The tokens of generated text `index`.
    case generation = 3
    /// The order of the yardstick's records; of its folds in epoch `index` − 1.
    case yardstickOrder = 4
    /// The steps that a verifier checks; the seed is the verifier's own.
    case verification = 5
  }

  /// Keyed by the first 8 bytes of `seed`, little-endian; the stream is the purpose above 32 bits of
  /// `index`.
  public init(_ seed: Digest, _ purpose: Purpose, index: Int = 0) {
    let key = seed.bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    self.init(
      key: key, stream: UInt64(purpose.rawValue) << 32 | UInt64(UInt32(truncatingIfNeeded: index)))
  }
}

/// Which records each step of a run takes.
public struct RecordStream: Sendable {
  let places: [Int]
  let order: RecordOrder
  let seed: Digest
  private var epoch = -1
  private var shuffled: [Int] = []

  /// `places` are those of the records that can be trained on, ascending.
  public init(places: [Int], order: RecordOrder, seed: Digest) {
    precondition(!places.isEmpty)
    self.places = places
    self.order = order
    self.seed = seed
  }

  /// The record at position `position` of the endless sequence of epochs.
  private mutating func place(at position: Int) -> Int {
    let (epoch, index) = position.quotientAndRemainder(dividingBy: places.count)
    guard order == .shuffled else { return places[index] }
    if epoch != self.epoch {
      self.epoch = epoch
      shuffled = RandomStream(seed, .recordOrder, index: epoch).permutation(places.count)
    }
    return places[shuffled[index]]
  }

  /// The records of step `step`, which counts from 1.
  public mutating func places(step: Int, count: Int) -> [Int] {
    ((step - 1) * count..<step * count).map { place(at: $0) }
  }
}
