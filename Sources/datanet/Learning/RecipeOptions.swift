// From the options of `datanet train` to a recipe (Specs/Runs.md, "Recipe").

import Attribution
import Checkpoints
import Learning
import Terminal

/// How often and from how much the yardstick's gradient is computed, unless told otherwise
/// (Specs/Contributions.md, "Decisions").
enum YardstickDefaults {
  static let mostFolds = 8
  /// Smaller folds have gradients that are mostly noise.
  static let recordsOfFold = 8
  /// Of the records that pass through the model, the share that is the yardstick's.
  static let share = 0.15

  static func yardstick(
    _ records: RecordList, usable: Int, _ options: Invocation, recordsPerStep: Int
  ) throws -> Yardstick {
    guard usable > 0 else { throw MeasureError.nothingCounts }
    let usual = min(mostFolds, max(1, usable / recordsOfFold))
    let folds = options.integer("folds") ?? usual
    guard folds <= usable else { throw MeasureError.tooManyFolds(folds, usable) }
    let fold = Double(usable) / Double(folds)
    let every = (fold / (share * Double(recordsPerStep))).rounded(.up)
    return Yardstick(
      records: records, stepsPerRefresh: options.integer("refresh") ?? max(1, Int(every)),
      folds: folds)
  }
}

enum RecipeOptions {
  /// Among a Datanet's records there is always a long one: those are left out unless told otherwise.
  static func form(
    _ options: Invocation, contextLength: Int, overlong: RecordForm.Overlong = .refuse
  ) throws -> RecordForm {
    let longest = options.integer("max-tokens") ?? contextLength
    guard longest <= contextLength else {
      throw Failure.usage(
        "--max-tokens \(longest) is more than the base's context \(contextLength)")
    }
    return RecordForm(
      loss: options.text("loss").flatMap { RecordForm.Loss(rawValue: $0) } ?? .completion,
      maximumTokens: longest,
      overlong: options.text("overlong").flatMap { RecordForm.Overlong(rawValue: $0) } ?? overlong)
  }

  static func recipe(
    _ options: Invocation, base: BaseIdentity, data: RecordList, form: RecordForm, usable: Int,
    yardstick: RecordList? = nil, usableYardstick: Int = 0,
    origin: RecipeOrigin? = nil
  ) throws -> Recipe {
    let perStep = (options.integer("batch") ?? 8) * (options.integer("accumulate") ?? 1)
    var steps = options.integer("steps") ?? 200
    if let epochs = options.number("epochs") {
      guard !options.has("steps") else { throw Failure.usage("give --steps or --epochs, not both") }
      guard epochs > 0, epochs <= 1e6 else { throw Failure.usage("--epochs has to be above 0") }
      steps = max(1, Int((epochs * Double(usable) / Double(perStep)).rounded(.up)))
    }
    let schedule = Schedule(
      shape: options.text("schedule").flatMap { Schedule.Shape(rawValue: $0) } ?? .cosine,
      warmUpSteps: options.integer("warmup") ?? steps / 20)
    let recipe = Recipe(
      base: base, data: data, form: form,
      adapter: AdapterShape(
        rank: options.integer("rank") ?? 8, alpha: options.number("alpha") ?? 16,
        isRankStabilized: options.has("rslora"), targets: try targets(options.text("targets"))),
      optimizer: OptimizerSettings(
        learningRate: options.number("lr") ?? 0.001, decay: options.number("decay") ?? 0,
        maximumNorm: options.number("clip") ?? 1),
      schedule: schedule, steps: steps, recordsPerStep: perStep,
      order: options.text("order").flatMap { RecordOrder(rawValue: $0) } ?? .shuffled,
      yardstick: try yardstick.map {
        try YardstickDefaults.yardstick(
          $0, usable: usableYardstick, options, recordsPerStep: perStep)
      },
      stepsPerCheckpoint: options.integer("checkpoint-every") ?? 50,
      salt: UInt64(options.integer("seed") ?? 0), origin: origin)
    // Numbers out of range are named as the recipe names them.
    return try Recipe(recipe.value)
  }

  private static func targets(_ list: String?) throws -> [LinearRole] {
    guard let list else { return LinearRole.attention }
    if list == "all" || list == "all-linear" { return LinearRole.allCases }
    if list == "attention" { return LinearRole.attention }
    return try list.split(separator: ",").map { name in
      guard let role = LinearRole(abbreviation: String(name)) else {
        throw Failure.usage("--targets: '\(name)' is none of q, k, v, o, gate, up, down, all")
      }
      return role
    }
  }
}
