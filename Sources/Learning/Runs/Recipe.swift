// Everything that determines a training run, as one block (Specs/Runs.md, "Recipe").

public import Checkpoints
public import Content
public import Cryptography

/// A run is a function of its recipe: two peers with equal recipes compute equal bits.
public struct Recipe: Hashable, Sendable {
  /// The version of Specs/Arithmetic.md and Specs/Transformer.md that the run follows.
  public static let arithmetic = 1
  /// The value of `type` in the block.
  public static let type = "datanet/recipe/1"

  public var base: BaseIdentity
  public var data: RecordList
  public var form: RecordForm
  /// Nil when every weight of the base is trained.
  public var adapter: AdapterShape?
  public var optimizer: OptimizerSettings
  public var schedule: Schedule
  public var steps: Int
  /// Records in one step; a step's loss is the mean over all their counted tokens.
  public var recordsPerStep: Int
  public var order: RecordOrder
  /// The records that contributions are measured against, when the run measures any.
  public var yardstick: Yardstick?
  /// The state is kept after every so many steps.
  public var stepsPerCheckpoint: Int
  /// Chosen by the author. A Datanet accepts only 0, so that nobody searches for a lucky run.
  public var salt: UInt64
  /// Where a run in a Datanet has base and records from; nil for a run on plain files.
  public var origin: RecipeOrigin?

  public init(
    base: BaseIdentity, data: RecordList, form: RecordForm, adapter: AdapterShape?,
    optimizer: OptimizerSettings, schedule: Schedule, steps: Int, recordsPerStep: Int,
    order: RecordOrder = .shuffled, yardstick: Yardstick? = nil, stepsPerCheckpoint: Int = 50,
    salt: UInt64 = 0, origin: RecipeOrigin? = nil
  ) {
    self.base = base
    self.data = data
    self.form = form
    self.adapter = adapter
    self.optimizer = optimizer
    self.schedule = schedule
    self.steps = steps
    self.recordsPerStep = recordsPerStep
    self.order = order
    self.yardstick = yardstick
    self.stepsPerCheckpoint = stepsPerCheckpoint
    self.salt = salt
    self.origin = origin
  }

  public var block: [UInt8] { value.encoded() }
  public var cid: CID { CID(of: block, codec: .dagCBOR) }
  /// Every random draw of the run is keyed by this, so a changed recipe draws anew.
  public var seed: Digest { SHA256.hash(Array("datanet/seed/1".utf8) + cid.bytes) }
}

/// What a recipe's base and lists of records are in a Datanet, so that they resolve from its claims.
public struct RecipeOrigin: Hashable, Sendable {
  /// The snapshot that lists the records.
  public var snapshot: CID
  /// The base's manifest.
  public var base: CID
  /// The yardstick's manifest, when contributions are measured.
  public var yardstick: CID?

  public init(snapshot: CID, base: CID, yardstick: CID? = nil) {
    self.snapshot = snapshot
    self.base = base
    self.yardstick = yardstick
  }
}

/// The files that a base consists of, each by the hash of its bytes.
public struct BaseIdentity: Hashable, Sendable {
  public struct File: Hashable, Sendable {
    public let name: String
    public let digest: Digest

    public init(name: String, digest: Digest) {
      self.name = name
      self.digest = digest
    }
  }

  /// In ascending order of the UTF-8 bytes of their names, each name once.
  public let files: [File]

  public init(files: [File]) {
    self.files = files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  public var cid: CID { CID(of: value.encoded(), codec: .dagCBOR) }
}

/// An ordered list of records, by count and by the hash of their names.
public struct RecordList: Hashable, Sendable {
  public let count: Int
  /// SHA-256 over the 32-byte names, in order.
  public let digest: Digest

  public init(count: Int, digest: Digest) {
    self.count = count
    self.digest = digest
  }

  public init(names: [Digest]) {
    var hash = SHA256()
    for name in names { hash.update(name.bytes) }
    self.init(count: names.count, digest: hash.finish())
  }
}

/// How a record becomes tokens and which of them count in the loss.
public struct RecordForm: Hashable, Sendable {
  public enum Loss: String, Sendable { case completion, all }
  public enum Overlong: String, Sendable { case refuse, cut, skip }

  /// The name of the chat template that conversations are written with.
  public var template: String
  public var loss: Loss
  /// No record is longer than this many tokens; `overlong` says what happens to one that is.
  public var maximumTokens: Int
  public var overlong: Overlong

  public init(
    template: String = "plain", loss: Loss = .completion, maximumTokens: Int,
    overlong: Overlong = .refuse
  ) {
    self.template = template
    self.loss = loss
    self.maximumTokens = maximumTokens
    self.overlong = overlong
  }
}

/// A low-rank adapter: W + scale·B·A on each target (Specs/Adapters.md).
public struct AdapterShape: Hashable, Sendable {
  public var rank: Int
  public var alpha: Double
  /// scale = alpha/√rank instead of alpha/rank.
  public var isRankStabilized: Bool
  /// In the order of `LinearRole.allCases`, each once.
  public var targets: [LinearRole]

  public init(rank: Int, alpha: Double, isRankStabilized: Bool = false, targets: [LinearRole]) {
    self.rank = rank
    self.alpha = alpha
    self.isRankStabilized = isRankStabilized
    self.targets = LinearRole.allCases.filter(targets.contains)
  }

  public var scale: Float {
    let divisor = isRankStabilized ? Double(rank).squareRoot() : Double(rank)
    return Float(alpha / divisor)
  }
}

/// AdamW with decoupled decay, and the norm that gradients are clipped to.
public struct OptimizerSettings: Hashable, Sendable {
  public var learningRate: Double
  public var beta1: Double
  public var beta2: Double
  public var epsilon: Double
  public var decay: Double
  /// Gradients are scaled down to this norm; 0 leaves them as they are.
  public var maximumNorm: Double

  public init(
    learningRate: Double, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    decay: Double = 0, maximumNorm: Double = 1
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.decay = decay
    self.maximumNorm = maximumNorm
  }

  /// What keeps a gradient of that norm within the largest one.
  public func gradientScale(norm: Float) -> Float {
    let limit = Float(maximumNorm)
    return limit > 0 && norm > limit ? limit / norm : 1
  }
}

/// The order in which a run meets its records.
public enum RecordOrder: String, Hashable, Sendable {
  /// Every epoch in an order of its own, drawn from the recipe's seed.
  case shuffled
  /// As listed, again and again.
  case listed
}

/// The evaluation records that contributions are measured against.
public struct Yardstick: Hashable, Sendable {
  public var records: RecordList
  /// Its gradient is computed anew every so many steps.
  public var stepsPerRefresh: Int
  /// From one of so many parts of its records, each in its turn.
  public var folds: Int

  public init(records: RecordList, stepsPerRefresh: Int, folds: Int) {
    self.records = records
    self.stepsPerRefresh = stepsPerRefresh
    self.folds = folds
  }
}
