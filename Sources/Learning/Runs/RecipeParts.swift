// The parts of a recipe as values and back (Specs/Runs.md, "Recipe").

public import Content
import Checkpoints
import Cryptography

extension BaseIdentity {
  public var value: Value {
    .array(files.map { .array([.text($0.name), .bytes($0.digest.bytes)]) })
  }

  public init(_ value: Value) throws(RecipeError) {
    guard let items = value.array, (1...Recipe.Limits.files).contains(items.count) else {
      throw .field("recipe.base", "a list of 1 to \(Recipe.Limits.files) files")
    }
    var files: [File] = []
    for item in items {
      guard let pair = item.array, pair.count == 2, let name = pair[0].text,
        let digest = pair[1].bytes.flatMap({ Digest(bytes: $0) })
      else { throw .field("recipe.base", "a list of [name, 32 bytes]") }
      if let last = files.last, !last.name.utf8.lexicographicallyPrecedes(name.utf8) {
        throw .field("recipe.base", "in ascending order of names")
      }
      files.append(File(name: name, digest: digest))
    }
    self.init(files: files)
  }
}

extension RecipeOrigin {
  public var value: Value {
    let links: Value = ["snapshot": .link(snapshot), "base": .link(base)]
    guard let yardstick, case .map(var map) = links else { return links }
    map["yardstick"] = .link(yardstick)
    return .map(map)
  }

  public init(_ value: Value) throws(RecipeError) {
    let fields = Fields(value, in: "recipe.origin")
    let measured = fields.optional("yardstick") != nil
    self.init(
      snapshot: try fields.link("snapshot"), base: try fields.link("base"),
      yardstick: measured ? try fields.link("yardstick") : nil)
    try fields.end(count: measured ? 3 : 2)
  }
}

extension RecordList {
  public var value: Value { ["count": Value(count), "digest": .bytes(digest.bytes)] }

  init(_ value: Value, in place: String) throws(RecipeError) {
    let fields = Fields(value, in: "recipe.\(place)")
    self.init(
      count: try fields.integer("count", 1...Recipe.Limits.records),
      digest: try fields.digest("digest"))
    try fields.end(count: 2)
  }
}

extension RecordForm {
  public var value: Value {
    [
      "template": .text(template), "loss": .text(loss.rawValue),
      "maximumTokens": Value(maximumTokens), "overlong": .text(overlong.rawValue),
    ]
  }

  init(_ value: Value) throws(RecipeError) {
    let fields = Fields(value, in: "recipe.form")
    guard let loss = Loss(rawValue: try fields.text("loss")) else {
      throw .field("recipe.form.loss", "completion or all")
    }
    guard let overlong = Overlong(rawValue: try fields.text("overlong")) else {
      throw .field("recipe.form.overlong", "refuse, cut or skip")
    }
    self.init(
      template: try fields.text("template"), loss: loss,
      maximumTokens: try fields.integer("maximumTokens", 2...Recipe.Limits.tokens),
      overlong: overlong)
    try fields.end(count: 4)
  }
}

extension AdapterShape {
  public var value: Value {
    [
      "rank": Value(rank), "alpha": .float(alpha), "isRankStabilized": .bool(isRankStabilized),
      "targets": .array(targets.map { .text($0.rawValue) }),
    ]
  }

  init(_ value: Value) throws(RecipeError) {
    let fields = Fields(value, in: "recipe.adapter")
    var targets: [LinearRole] = []
    for item in try fields.value("targets").array ?? [] {
      guard let name = item.text, let kind = LinearRole(rawValue: name) else {
        throw .field("recipe.adapter.targets", "names of linear layers")
      }
      targets.append(kind)
    }
    self.init(
      rank: try fields.integer("rank", 1...Recipe.Limits.rank),
      alpha: try fields.float("alpha", 0...1e6),
      isRankStabilized: try fields.bool("isRankStabilized"), targets: targets)
    guard !targets.isEmpty, self.targets == targets else {
      throw .field("recipe.adapter.targets", "in the order of a block, each once")
    }
    try fields.end(count: 4)
  }
}

extension OptimizerSettings {
  public var value: Value {
    [
      "learningRate": .float(learningRate), "beta1": .float(beta1), "beta2": .float(beta2),
      "epsilon": .float(epsilon), "decay": .float(decay), "maximumNorm": .float(maximumNorm),
    ]
  }

  init(_ value: Value) throws(RecipeError) {
    let fields = Fields(value, in: "recipe.optimizer")
    self.init(
      learningRate: try fields.float("learningRate", 0...1e3),
      beta1: try fields.float("beta1", 0...0.999_999_9),
      beta2: try fields.float("beta2", 0...0.999_999_9),
      epsilon: try fields.float("epsilon", 1e-30...1),
      decay: try fields.float("decay", 0...1e3),
      maximumNorm: try fields.float("maximumNorm", 0...1e30))
    try fields.end(count: 6)
  }
}

extension Schedule {
  public var value: Value {
    [
      "shape": .text(shape.rawValue), "warmUpSteps": Value(warmUpSteps),
      "finalShare": .float(finalShare),
    ]
  }

  init(_ value: Value) throws(RecipeError) {
    let fields = Fields(value, in: "recipe.schedule")
    guard let shape = Shape(rawValue: try fields.text("shape")) else {
      throw .field("recipe.schedule.shape", "constant, linear or cosine")
    }
    self.init(
      shape: shape, warmUpSteps: try fields.integer("warmUpSteps", 0...Recipe.Limits.steps),
      finalShare: try fields.float("finalShare", 0...1))
    try fields.end(count: 3)
  }
}

extension Yardstick {
  public var value: Value {
    [
      "records": records.value, "stepsPerRefresh": Value(stepsPerRefresh),
      "folds": Value(folds),
    ]
  }

  init(_ value: Value) throws(RecipeError) {
    let fields = Fields(value, in: "recipe.yardstick")
    self.init(
      records: try RecordList(try fields.value("records"), in: "yardstick.records"),
      stepsPerRefresh: try fields.integer("stepsPerRefresh", 1...Recipe.Limits.steps),
      folds: try fields.integer("folds", 1...Recipe.Limits.folds))
    try fields.end(count: 3)
  }
}
