// What a verification found, on its way from the child process to its parent
// (Specs/Verification.md, "On the command line").

import Claims
import Content
import Cryptography

/// What a child found, on its way to the parent.
struct VerificationFinding {
  enum Result: String { case held, refuted, unavailable }

  var result: Result
  /// Why, for people; empty when the run held.
  var reason = ""
  /// Steps that were executed again and came out as claimed, as `[first, count]`.
  var steps: [[Int]] = []
  var isFull = false
  /// Steps that were drawn; all of a full verification.
  var drawnCount = 0
  var stepCount = 0
  /// How the drawn steps were chosen; nil when every step was executed, or none.
  var draw: Verdict.Draw?
  /// A block is not here: with it the run could be checked.
  var isMissing = false
  /// It was interrupted: nothing follows about the steps that were not reached.
  var isStopped = false
  /// Fraud proofs of others that were executed, and whether they showed the lie.
  var executedProofs: [(proof: CID, isRight: Bool)] = []
  /// The block of a fraud proof, and the chunks that it names.
  var proof: [UInt8]?
  var chunks: [[UInt8]] = []

  var value: Value {
    [
      "result": .text(result.rawValue), "reason": .text(reason), "full": .bool(isFull),
      "steps": .array(steps.map { .array($0.map { Value($0) }) }),
      "drawn": Value(drawnCount), "of": Value(stepCount), "missing": .bool(isMissing),
      "stopped": .bool(isStopped),
      "draw": draw.map { draw in
        .array([.bytes(draw.bytes.bytes), Self.pairs(draw.steps), Self.pairs(draw.besides)])
      } ?? .null,
      "executedProofs": .array(
        executedProofs.map { .array([.link($0.proof), .bool($0.isRight)]) }),
      "proof": proof.map { .bytes($0) } ?? .null, "chunks": Value(chunks.count),
    ]
  }

  private static func pairs(_ steps: StepSet) -> Value {
    .array(steps.ranges.map { [Value($0.lowerBound), Value($0.count)] })
  }

  private static func pairs(_ value: Value) -> [[Int]] {
    (value.array ?? []).map { ($0.array ?? []).compactMap { $0.integer() } }
  }

  private static func set(_ pairs: [[Int]]) -> StepSet {
    StepSet(
      ranges: pairs.compactMap { pair in
        guard pair.count == 2, pair[0] > 0, (0...PublishedRun.maximumSteps).contains(pair[1]),
          pair[0] <= PublishedRun.maximumSteps
        else { return nil }
        return pair[0]..<pair[0] + pair[1]
      })
  }

  /// Steps that were executed again and came out as claimed.
  var executed: StepSet { Self.set(steps) }

  init(_ result: Result, _ reason: String = "") {
    self.result = result
    self.reason = reason
  }

  /// A header and the chunks, one item after another: a block is no larger than 1 MiB.
  var bytes: [UInt8] {
    chunks.reduce(into: value.encoded()) { $0 += Value.bytes($1).encoded() }
  }

  init?(_ bytes: [UInt8]) {
    var decoder = DagCBORDecoder(bytes)
    guard let value = try? decoder.value(),
      let result = value["result"]?.text.flatMap({ Result(rawValue: $0) }),
      let count: Int = value["chunks"]?.integer()
    else { return nil }
    self.init(result, value["reason"]?.text ?? "")
    isFull = value["full"]?.bool ?? false
    drawnCount = value["drawn"]?.integer() ?? 0
    stepCount = value["of"]?.integer() ?? 0
    executedProofs = (value["executedProofs"]?.array ?? []).compactMap { item in
      guard let pair = item.array, pair.count == 2, let proof = pair[0].link,
        let isRight = pair[1].bool
      else { return nil }
      return (proof, isRight)
    }
    proof = value["proof"]?.bytes
    steps = value["steps"].map { Self.pairs($0) } ?? []
    isMissing = value["missing"]?.bool ?? false
    isStopped = value["stopped"]?.bool ?? false
    if let parts = value["draw"]?.array, parts.count == 3,
      let bytes = parts[0].bytes.flatMap({ Digest(bytes: $0) })
    {
      draw = Verdict.Draw(
        bytes: bytes, steps: Self.set(Self.pairs(parts[1])),
        besides: Self.set(Self.pairs(parts[2])))
    }
    for _ in 0..<count {
      guard let chunk = try? decoder.value().bytes else { return nil }
      chunks.append(chunk)
    }
  }
}
