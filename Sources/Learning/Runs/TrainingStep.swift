// One step: gradients over all groups in order, clipping, AdamW (Specs/Runs.md, "Step").

public import CanonicalMath
public import Checkpoints

/// What a step found before it changed anything.
public struct StepResult: Sendable, Hashable {
  public let loss: Float
  public let gradientNorm: Float
  /// What the gradient was multiplied by to keep within the largest norm.
  public let gradientScale: Float
  public let countedTokens: Int
  public let rows: Int
}

public enum StepError: Error, Equatable, CustomStringConvertible {
  case nothingCounts(step: Int)
  case notFinite(step: Int, what: String)
  case tokenOutsideVocabulary(Int32)
  case tooLong(rows: Int, limit: Int)

  public var description: String {
    switch self {
    case .nothingCounts(let step):
      "step \(step): no token of its records counts in the loss; use --loss all or longer records"
    case .notFinite(let step, let what):
      "step \(step): the \(what) is not finite; lower --lr, add --warmup, or check the base's "
        + "weights with `datanet model show`"
    case .tokenOutsideVocabulary(let token):
      "token \(token) is outside the model's vocabulary: the tokenizer is another model's"
    case .tooLong(let rows, let limit):
      "a record has \(rows) tokens and the model's context \(limit): cut or skip it with --overlong"
    }
  }
}

/// The engine of a run: a model, what of it is trained, and the memory for doing so.
public struct Trainer: Sendable {
  public let configuration: ModelConfiguration
  public let optimizer: OptimizerSettings
  public private(set) var state: TrainingState
  /// The sum of the last step's gradients, before clipping, in the layout's order.
  public private(set) var gradients: [Matrix]
  private let shape: AdapterShape?
  /// The base of an adapter, as it was given.
  private let base: Transformer?
  private let places: GradientPlaces
  private var pass: Pass

  /// Trains an adapter beside a base that stays as it is.
  public init(
    _ model: Transformer, adapter shape: AdapterShape, optimizer: OptimizerSettings,
    state: TrainingState, remembering: Remembering = .everything
  ) {
    let layerCount = model.configuration.layerCount
    configuration = model.configuration
    self.optimizer = optimizer
    self.state = state
    self.shape = shape
    base = model
    gradients = state.layout.zeros()
    places = .adapter(AdapterPlaces(shape, layerCount: layerCount))
    let tensors = AdapterTensors(shape, layerCount: layerCount, tensors: state.parameters)
    pass = Pass(model, adapter: tensors, remembering: remembering)
  }

  /// Trains every weight.
  public init(
    everythingIn configuration: ModelConfiguration, optimizer: OptimizerSettings,
    state: TrainingState, contextLength: Int? = nil, remembering: Remembering = .everything
  ) {
    self.configuration = configuration
    self.optimizer = optimizer
    self.state = state
    shape = nil
    base = nil
    gradients = state.layout.zeros()
    places = .everything(EverythingPlaces(configuration))
    let model = Transformer(
      configuration, weights: ModelWeights(configuration, tensors: state.parameters),
      contextLength: contextLength)
    pass = Pass(model, adapter: nil, remembering: remembering)
  }

  /// The model as it is now, without the adapter.
  public var transformer: Transformer { base ?? pass.model }
  /// The adapter as it is now.
  public var adapter: AdapterTensors? { pass.adapter }

  /// Leaves the gradient of the mean loss over `records` in `gradients`, without a step. Returns
  /// each counted token's loss, in order.
  public mutating func gradient(
    of records: [TokenRecord], observer: inout some BackwardObserver
  ) throws(StepError) -> [Float] {
    let groups = Group.groups(of: records)
    try Group.check(
      groups, vocabulary: configuration.vocabularySize,
      context: min(configuration.contextLength, pass.model.contextLength))
    let counted = groups.reduce(0) { $0 + $1.targets.count }
    guard counted > 0 else { throw .nothingCounts(step: state.step + 1) }
    for place in gradients.indices { gradients[place].fill(0) }
    let weight = 1 / Float(counted)
    var losses: [Float] = []
    losses.reserveCapacity(counted)
    for group in groups where !group.targets.isEmpty {
      pass.forward(group)
      losses += pass.lossesAndGradient(
        group, weight: weight, everything: places.everything, sums: &gradients)
      pass.backward(group, places, sums: &gradients, observer: &observer)
    }
    return losses
  }

  /// Takes one step at learning rate `rate` on `records`.
  public mutating func step(
    _ records: [TokenRecord], rate: Double, observer: inout some BackwardObserver
  ) throws(StepError) -> StepResult {
    let next = state.step + 1
    let losses = try gradient(of: records, observer: &observer)
    let loss = Canonical.sum(Matrix(losses)) / Float(losses.count)
    guard loss.isFinite else { throw .notFinite(step: next, what: "loss") }
    let norm = Canonical.norm(gradients)
    guard norm.isFinite else { throw .notFinite(step: next, what: "gradient") }
    let scale = optimizer.gradientScale(norm: norm)
    update(rate: rate, step: next, gradientScale: scale)
    return StepResult(
      loss: loss, gradientNorm: norm, gradientScale: scale, countedTokens: losses.count,
      rows: records.reduce(0) { $0 + $1.rowCount })
  }

  /// AdamW on every tensor. The pass lets go of the parameters first, so that they change in place.
  private mutating func update(rate: Double, step: Int, gradientScale: Float) {
    pass.adapter = nil
    if places.everything != nil { pass.model.weights = .none }
    var update = AdamWStep(
      step: step, learningRate: Float(rate), beta1: Float(optimizer.beta1),
      beta2: Float(optimizer.beta2), epsilon: Float(optimizer.epsilon), weightDecay: 0,
      gradientScale: gradientScale)
    for (place, tensor) in state.layout.tensors.enumerated() {
      update.weightDecay = tensor.isVector ? 0 : Float(optimizer.decay)
      Canonical.adamW(
        update, parameters: &state.parameters[place], gradient: gradients[place],
        first: &state.firstMoments[place], second: &state.secondMoments[place])
    }
    state.step = step
    attach()
  }

  /// Shows the pass the parameters as they are now.
  private mutating func attach() {
    if let shape {
      pass.adapter = AdapterTensors(
        shape, layerCount: configuration.layerCount, tensors: state.parameters)
    } else {
      pass.model.weights = ModelWeights(configuration, tensors: state.parameters)
    }
  }

  /// Goes on from another state of the same layout.
  public mutating func restore(_ other: TrainingState) {
    precondition(other.layout == state.layout)
    state = other
    attach()
  }
}
