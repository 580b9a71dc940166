// What a verifier executed again of a run, and what came out
// (Specs/Claims.md, "verdict"; what follows: Specs/Merge.md, "Runs").

public import Content
public import Cryptography

public struct Verdict: Hashable, Sendable {
  public enum Result: String, Hashable, Sendable {
    /// Everything checked came out as the run says.
    case held
    /// Something did not. With a `proof` anyone can see it; without one it is an opinion.
    case refuted
    /// What is needed for the check could not be had.
    case unavailable
  }

  /// What was executed again.
  public enum Scope: Hashable, Sendable {
    /// Signatures, shapes and data, but no step.
    case structure
    /// These steps.
    case steps(StepSet)
    /// Every step.
    case full
  }

  /// Which of the steps chance chose. Whoever reads it draws again and gets the same steps.
  public struct Draw: Hashable, Sendable {
    /// Random bytes of the verifier, made after the run was published.
    public let bytes: Digest
    /// The steps that were drawn.
    public let steps: StepSet
    /// Steps that the draw passed by, because others had executed them.
    public let besides: StepSet

    public init(bytes: Digest, steps: StepSet, besides: StepSet = StepSet([Int]())) {
      self.bytes = bytes
      self.steps = steps
      self.besides = besides
    }
  }

  /// Verdicts in one claim.
  public static let maximumItems = ClaimContent.maximumItems

  /// The run's claim.
  public let run: CID
  public let result: Result
  public let scope: Scope
  /// How the steps were chosen; nil when nothing was drawn, or it is not told.
  public let draw: Draw?
  /// A fraud proof's block: with `refuted` the one that shows the lie, with `held` one that was
  /// executed again and shows none.
  public let proof: CID?
  public let note: String?

  public init(
    run: CID, result: Result, scope: Scope, draw: Draw? = nil, proof: CID? = nil,
    note: String? = nil
  ) {
    self.run = run
    self.result = result
    self.scope = scope
    self.draw = draw
    self.proof = proof
    self.note = note
  }

  init(_ reader: BodyReader) throws(BodyError) {
    run = try reader.required("run", reader.claim("run"))
    result = try reader.word("result")
    let steps = try reader.list("steps", upTo: StepSet.maximumRanges)
    let full = try reader.value("full")
    switch (steps, full) {
    case (nil, nil): scope = .structure
    case (let ranges?, nil): scope = .steps(try Self.set(ranges, "steps"))
    case (nil, .bool(true)?): scope = .full
    default: throw BodyError(reason: "neither 'steps' nor 'full' true alone")
    }
    draw = try Self.draw(reader)
    proof = try reader.claim("proof")
    guard proof == nil || result != .unavailable else {
      throw BodyError(reason: "'proof' of what is unavailable")
    }
    note = try reader.text("note")
  }

  private static func set(_ ranges: [Value], _ key: String) throws(BodyError) -> StepSet {
    guard let set = StepSet(ranges) else {
      throw BodyError(reason: "'\(key)' is not an ascending list of [first, count]")
    }
    return set
  }

  private static func draw(_ reader: BodyReader) throws(BodyError) -> Draw? {
    let drawn = try reader.list("drawn", upTo: StepSet.maximumRanges)
    let besides = try reader.list("besides", upTo: StepSet.maximumRanges)
    guard let bytes = try reader.digest("draw"), let drawn else {
      guard try reader.value("draw") == nil, drawn == nil, besides == nil else {
        throw BodyError(reason: "'draw' and 'drawn' stand together, 'besides' with them")
      }
      return nil
    }
    return Draw(
      bytes: bytes, steps: try set(drawn, "drawn"), besides: try set(besides ?? [], "besides"))
  }

  var body: Value {
    var writer = BodyWriter()
    writer.put("run", run)
    writer.put("result", result.rawValue)
    switch scope {
    case .structure: break
    case .steps(let set): writer.put("steps", set.values)
    case .full: writer.put("full", Value.bool(true))
    }
    if let draw {
      writer.put("draw", draw.bytes)
      writer.put("drawn", draw.steps.values)
      writer.put("besides", draw.besides.values)
    }
    writer.put("proof", proof)
    writer.put("note", note)
    return writer.value
  }
}

/// Steps of a run, which count from 1: disjoint ranges, ascending, none touching the next.
public struct StepSet: Hashable, Sendable {
  /// Ranges in one verdict.
  public static let maximumRanges = 4096

  public private(set) var ranges: [Range<Int>]

  /// In any order, any number of times; steps below 1 are left out.
  public init(_ steps: some Sequence<Int>) {
    self.init(ranges: steps.filter { $0 > 0 }.map { $0..<($0 + 1) })
  }

  public init(ranges unsorted: [Range<Int>]) {
    ranges = []
    for range in unsorted.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
      if let last = ranges.last, range.lowerBound <= last.upperBound {
        ranges[ranges.count - 1] =
          last.lowerBound..<Swift.max(last.upperBound, range.upperBound)
      } else {
        ranges.append(range)
      }
    }
  }

  /// Nil when the list breaks a rule.
  init?(_ values: [Value]) {
    ranges = []
    for value in values {
      guard let pair = value.array, pair.count == 2,
        let first = pair[0].integer(as: Int.self), let count = pair[1].integer(as: Int.self),
        first > ranges.last?.upperBound ?? 0, first <= PublishedRun.maximumSteps,
        (1...PublishedRun.maximumSteps).contains(count)
      else { return nil }
      ranges.append(first..<(first + count))
    }
  }

  var values: [Value] { ranges.map { [Value($0.lowerBound), Value($0.count)] } }

  public var count: Int { ranges.reduce(0) { $0 + $1.count } }
  public var isEmpty: Bool { ranges.isEmpty }

  public func contains(_ step: Int) -> Bool { ranges.contains { $0.contains(step) } }

  public func isSubset(of other: StepSet) -> Bool {
    ranges.allSatisfy { range in
      other.ranges.contains {
        $0.lowerBound <= range.lowerBound && range.upperBound <= $0.upperBound
      }
    }
  }

  public func union(_ other: StepSet) -> StepSet { StepSet(ranges: ranges + other.ranges) }

  /// The steps of a run that has so many.
  public func clamped(to steps: Int) -> StepSet {
    StepSet(ranges: ranges.map { $0.clamped(to: 1..<(Swift.max(steps, 0) + 1)) })
  }
}
