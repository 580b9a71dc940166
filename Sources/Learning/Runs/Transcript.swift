// What a run did, step by step, and the root that commits to it (Specs/Runs.md, "Transcript").

public import Content
public import Cryptography

/// The gradient that a step's contributions were measured with.
public struct YardstickReading: Hashable, Sendable {
  /// The hash of the yardstick's gradient in force.
  public var gradient: Digest
  /// The yardstick's mean loss where that gradient was computed.
  public var loss: Float

  public init(gradient: Digest, loss: Float) {
    self.gradient = gradient
    self.loss = loss
  }
}

/// One step as the transcript tells it. Step 0 is the state before the first step.
public struct StepEntry: Hashable, Sendable {
  public var step: Int
  /// The hash of the state after the step.
  public var state: Digest
  /// The mean over the counted tokens before the step, as binary32; 0 at step 0.
  public var loss: Float
  /// Places of the step's records in the recipe's list, in the order in which they were used.
  public var records: [Int]
  /// What each of `records` did for the yardstick, in units that the recipe's version fixes;
  /// empty without a yardstick.
  public var contributions: [Int64]
  /// Of every step but step 0 of a run with a yardstick.
  public var reading: YardstickReading?

  public init(
    step: Int, state: Digest, loss: Float, records: [Int], contributions: [Int64] = [],
    reading: YardstickReading? = nil
  ) {
    self.step = step
    self.state = state
    self.loss = loss
    self.records = records
    self.contributions = contributions
    self.reading = reading
  }

  /// `[step, state, loss bits, [records], [contributions]]`, and with a yardstick
  /// `[gradient, loss bits]`.
  public var value: Value {
    let last: [Value] =
      reading.map { [.array([.bytes($0.gradient.bytes), Value($0.loss.bitPattern)])] } ?? []
    return .array(
      [
        Value(step), .bytes(state.bytes), Value(loss.bitPattern),
        .array(records.map { Value($0) }), .array(contributions.map { Value($0) }),
      ] + last)
  }

  public var leaf: Digest { MerkleList.leaf(value.encoded()) }

  public init(_ value: Value) throws(TranscriptError) {
    guard let items = value.array, (5...6).contains(items.count),
      let step: Int = items[0].integer(), step >= 0,
      let state = items[1].bytes.flatMap({ Digest(bytes: $0) }),
      let loss: UInt32 = items[2].integer(), let records = items[3].array,
      let contributions = items[4].array
    else { throw .entry }
    var (places, scores): ([Int], [Int64]) = ([], [])
    for record in records {
      guard let place: Int = record.integer(), place >= 0 else { throw .entry }
      places.append(place)
    }
    for contribution in contributions {
      guard let score: Int64 = contribution.integer() else { throw .entry }
      scores.append(score)
    }
    guard scores.isEmpty || scores.count == places.count else { throw .entry }
    var reading: YardstickReading?
    if items.count == 6 {
      guard let pair = items[5].array, pair.count == 2,
        let gradient = pair[0].bytes.flatMap({ Digest(bytes: $0) }),
        let loss: UInt32 = pair[1].integer()
      else { throw .entry }
      reading = YardstickReading(gradient: gradient, loss: Float(bitPattern: loss))
    }
    self.init(
      step: step, state: state, loss: Float(bitPattern: loss), records: places,
      contributions: scores, reading: reading)
  }
}

/// The entries of a run from step 0 on, without a gap.
public struct Transcript: Hashable, Sendable {
  /// The value of `type` in a transcript's first item.
  public static let type = "datanet/transcript/1"

  public let recipe: CID
  public private(set) var entries: [StepEntry] = []
  public private(set) var tree = MerkleList()

  public init(recipe: CID) { self.recipe = recipe }

  public mutating func append(_ entry: StepEntry) {
    precondition(entry.step == entries.count, "a transcript has no gaps")
    entries.append(entry)
    tree.append(entry.leaf)
  }

  public var root: Digest { tree.root }

  /// The file: a sequence of items, first a header, then an entry per step.
  public var bytes: [UInt8] {
    var bytes = header
    for entry in entries { bytes += entry.value.encoded() }
    return bytes
  }

  public var header: [UInt8] {
    (["type": .text(Self.type), "recipe": .link(recipe)] as Value).encoded()
  }

  public init(bytes: [UInt8]) throws(TranscriptError) {
    var decoder = DagCBORDecoder(bytes)
    do {
      let header = try decoder.value()
      guard header["type"]?.text == Self.type, let recipe = header["recipe"]?.link else {
        throw TranscriptError.header
      }
      self.init(recipe: recipe)
      while !decoder.isAtEnd {
        let entry = try StepEntry(try decoder.value())
        guard entry.step == entries.count else { throw TranscriptError.gap(after: entries.count) }
        append(entry)
      }
    } catch let error as TranscriptError { throw error } catch { throw .encoding }
  }
}

public enum TranscriptError: Error, Equatable, CustomStringConvertible {
  case header
  case entry
  case encoding
  case gap(after: Int)

  public var description: String {
    switch self {
    case .header: "not a transcript: its first item is not a \(Transcript.type) header"
    case .entry: "the transcript holds an item that is not a step"
    case .encoding: "the transcript is not a sequence of DAG-CBOR items"
    case .gap(let count): "the transcript skips a step after entry \(count)"
    }
  }
}
