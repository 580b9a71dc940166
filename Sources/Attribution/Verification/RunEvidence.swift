// What a run shows of itself, as a verifier has it before it (Specs/Verification.md).

public import Cryptography
public import Learning

public struct RunEvidence: Sendable {
  /// What the author signed about the run.
  public struct Signed: Hashable, Sendable {
    public var root: Digest
    public var steps: Int
    /// The root of the tree of scores; nil when none were measured.
    public var shares: Digest?

    public init(root: Digest, steps: Int, shares: Digest?) {
      self.root = root
      self.steps = steps
      self.shares = shares
    }
  }

  public var recipe: Recipe
  public var transcript: Transcript
  /// Nil for a directory that nobody signed.
  public var signed: Signed?
  /// By place in the recipe's list.
  public var records: [TokenRecord]
  public var names: [Digest]
  /// Empty without a yardstick.
  public var yardstick: [TokenRecord]
  public var yardstickNames: [Digest]

  public init(
    recipe: Recipe, transcript: Transcript, signed: Signed? = nil, records: [TokenRecord],
    names: [Digest], yardstick: [TokenRecord] = [], yardstickNames: [Digest] = []
  ) {
    self.recipe = recipe
    self.transcript = transcript
    self.signed = signed
    self.records = records
    self.names = names
    self.yardstick = yardstick
    self.yardstickNames = yardstickNames
  }

  public var stepCount: Int { transcript.entries.count - 1 }
}

/// Something that anybody reads in the evidence without executing anything.
public struct StructureFault: Hashable, Sendable {
  public let refutation: Refutation
  public let what: String
}

/// Why evidence cannot be looked at: it is not the run's own, which says nothing about the run.
public enum EvidenceError: Error, Equatable, CustomStringConvertible {
  case otherData
  case otherYardstick
  case otherTranscript

  public var description: String {
    switch self {
    case .otherData: "the data is not the recipe's: give the records that the run was trained on"
    case .otherYardstick:
      "the yardstick is not the recipe's: give the records that the run was measured against"
    case .otherTranscript: "the transcript is another recipe's"
    }
  }
}

extension RunEvidence {
  /// Whether data and yardstick at hand are those that the recipe names.
  public func check() throws(EvidenceError) {
    guard RecordList(names: names) == recipe.data, records.count == names.count else {
      throw .otherData
    }
    if let yardstick = recipe.yardstick {
      guard RecordList(names: yardstickNames) == yardstick.records,
        self.yardstick.count == yardstickNames.count
      else { throw .otherYardstick }
    }
  }

  /// Everything that is wrong without executing a step, the first of each kind
  /// (Specs/Verification.md, "Structure").
  public func structureFaults() -> [StructureFault] {
    var faults: [StructureFault] = []
    if let fault = transcriptFault() { faults.append(fault) }
    if let signed, faults.isEmpty {
      let scores = try? ScoreList(transcript, names: names).tree().commitment
      let expected = recipe.yardstick == nil ? nil : scores
      if signed.shares != expected {
        faults.append(
          StructureFault(
            refutation: .shares,
            what: "the shares are not the sums of the transcript's contributions"))
      }
    }
    return faults
  }

  private func transcriptFault() -> StructureFault? {
    func fault(_ step: Int, _ what: String) -> StructureFault {
      StructureFault(
        refutation: .transcript(step: step), what: step == 0 ? what : "step \(step): \(what)")
    }
    if signed != nil, recipe.salt != 0 {
      return fault(0, "the recipe has a salt of its own, so that its seed could be searched for")
    }
    if transcript.recipe != recipe.cid {
      return fault(0, "the transcript is another recipe's")
    }
    if let signed, signed.root != transcript.root || signed.steps != stepCount {
      return fault(0, "the transcript has another root or length than was signed")
    }
    guard let first = transcript.entries.first, stepCount >= 1, stepCount <= recipe.steps else {
      return fault(0, "the transcript has more steps than the recipe, or none")
    }
    let start = StepEntry(step: 0, state: first.state, loss: 0, records: [])
    if first != start { return fault(0, "step 0 is more than a state") }
    if let yardstick = recipe.yardstick {
      let usable = self.yardstick.count { $0.rowCount > 0 }
      if yardstick.folds > usable {
        return fault(
          0, "the recipe has \(yardstick.folds) folds of a yardstick with \(usable) usable records")
      }
    }
    let places = records.indices.filter { records[$0].rowCount > 0 }
    guard !places.isEmpty else { return fault(0, "no record has anything to learn") }
    var stream = RecordStream(places: places, order: recipe.order, seed: recipe.seed)
    var before: StepEntry = first
    for entry in transcript.entries.dropFirst() {
      if entry.records != stream.places(step: entry.step, count: recipe.recordsPerStep) {
        return fault(entry.step, "it took other records than the recipe's order gives it")
      }
      if let what = measurementFault(entry, before) { return fault(entry.step, what) }
      before = entry
    }
    return nil
  }

  private func measurementFault(_ entry: StepEntry, _ before: StepEntry) -> String? {
    if !entry.loss.isFinite { return "its loss is no number" }
    guard let yardstick = recipe.yardstick else {
      return entry.contributions.isEmpty && entry.reading == nil
        ? nil : "it has contributions although the recipe has no yardstick"
    }
    if entry.contributions.count != entry.records.count {
      return "it has not one contribution a record"
    }
    if entry.contributions.contains(where: { $0.magnitude > Score.limit.magnitude }) {
      return "a contribution is beyond the limit"
    }
    guard let reading = entry.reading else { return "it does not name the yardstick's gradient" }
    if !YardstickMeasure.refreshes(yardstick, at: entry.step), reading != before.reading {
      return "it changes the yardstick's gradient although it does not compute it anew"
    }
    return nil
  }
}
