// A recipe as a DAG-CBOR block and back (Specs/Runs.md, "Recipe"). Every field is checked here,
// so a recipe that exists can be run.

public import Content
import Cryptography

extension Recipe {
  public var value: Value {
    var fields: Value = [
      "type": .text(Self.type), "arithmetic": Value(Self.arithmetic), "base": base.value,
      "data": data.value, "form": form.value, "adapter": adapter?.value ?? .null,
      "optimizer": optimizer.value, "schedule": schedule.value, "steps": Value(steps),
      "recordsPerStep": Value(recordsPerStep), "order": .text(order.rawValue),
      "yardstick": yardstick?.value ?? .null, "stepsPerCheckpoint": Value(stepsPerCheckpoint),
      "salt": Value(salt),
    ]
    guard let origin, case .map(var map) = fields else { return fields }
    map["origin"] = origin.value
    fields = .map(map)
    return fields
  }

  public init(block: [UInt8]) throws(RecipeError) {
    let value: Value
    do { value = try Value(decoding: block) } catch { throw .encoding("\(error)") }
    try self.init(value)
  }

  public init(_ value: Value) throws(RecipeError) {
    let fields = Fields(value, in: "recipe")
    guard try fields.text("type") == Self.type else { throw .field("recipe.type", Self.type) }
    guard try fields.integer("arithmetic", 1...255) == Self.arithmetic else {
      throw .field("recipe.arithmetic", "\(Self.arithmetic), the version spoken here")
    }
    let adapter = try fields.value("adapter")
    let yardstick = try fields.value("yardstick")
    guard let order = RecordOrder(rawValue: try fields.text("order")) else {
      throw .field("recipe.order", "shuffled or listed")
    }
    guard let salt: UInt64 = try fields.value("salt").integer() else {
      throw .field("recipe.salt", "an unsigned 64-bit integer")
    }
    let given = fields.optional("origin")
    let origin = if let given { try RecipeOrigin(given) } else { RecipeOrigin?.none }
    self.init(
      base: try BaseIdentity(try fields.value("base")),
      data: try RecordList(try fields.value("data"), in: "data"),
      form: try RecordForm(try fields.value("form")),
      adapter: adapter == .null ? nil : try AdapterShape(adapter),
      optimizer: try OptimizerSettings(try fields.value("optimizer")),
      schedule: try Schedule(try fields.value("schedule")),
      steps: try fields.integer("steps", 1...Limits.steps),
      recordsPerStep: try fields.integer("recordsPerStep", 1...Limits.recordsPerStep),
      order: order, yardstick: yardstick == .null ? nil : try Yardstick(yardstick),
      stepsPerCheckpoint: try fields.integer("stepsPerCheckpoint", 1...Limits.steps), salt: salt,
      origin: origin)
    try fields.end(count: origin == nil ? 14 : 15)
  }

  /// What a recipe may ask for; a stranger's recipe beyond these is refused by name.
  public enum Limits {
    /// Steps of one run.
    public static let steps = 10_000_000
    /// Records of one step.
    public static let recordsPerStep = 65_536
    /// Records of a list.
    public static let records = 1 << 32
    /// Tokens of one record.
    public static let tokens = 1 << 20
    /// Parts of a yardstick.
    public static let folds = 65_536
    /// Rank of an adapter.
    public static let rank = 1024
    /// Files of a base.
    public static let files = 256
  }
}

public enum RecipeError: Error, Equatable, CustomStringConvertible {
  case encoding(String)
  case missing(String)
  case unknown(String)
  /// The field, and what it has to be.
  case field(String, String)

  public var description: String {
    switch self {
    case .encoding(let cause): "the recipe is not a DAG-CBOR block: \(cause)"
    case .missing(let field): "the recipe lacks \(field)"
    case .unknown(let place): "\(place) has fields that version 1 does not know"
    case .field(let field, let rule): "\(field) has to be \(rule)"
    }
  }
}

/// The fields of one map of a recipe, each read with its limits.
struct Fields {
  let map: ValueMap?
  let place: String

  init(_ value: Value, in place: String) {
    map = value.map
    self.place = place
  }

  func value(_ key: String) throws(RecipeError) -> Value {
    guard let map else { throw .field(place, "a map") }
    guard let value = map[key] else { throw .missing("\(place).\(key)") }
    return value
  }

  /// Nil where the field is absent.
  func optional(_ key: String) -> Value? { map?[key] }

  func link(_ key: String) throws(RecipeError) -> CID {
    guard let link = try value(key).link, link.codec == .dagCBOR else {
      throw .field("\(place).\(key)", "a dag-cbor link")
    }
    return link
  }

  func text(_ key: String) throws(RecipeError) -> String {
    guard let text = try value(key).text else { throw .field("\(place).\(key)", "text") }
    return text
  }

  func bool(_ key: String) throws(RecipeError) -> Bool {
    guard let bool = try value(key).bool else { throw .field("\(place).\(key)", "a boolean") }
    return bool
  }

  func integer(_ key: String, _ range: ClosedRange<Int>) throws(RecipeError) -> Int {
    guard let number: Int = try value(key).integer(), range.contains(number) else {
      throw .field("\(place).\(key)", "from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func float(_ key: String, _ range: ClosedRange<Double>) throws(RecipeError) -> Double {
    guard let number = try value(key).float, range.contains(number) else {
      throw .field("\(place).\(key)", "from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func digest(_ key: String) throws(RecipeError) -> Digest {
    guard let digest = try value(key).bytes.flatMap({ Digest(bytes: $0) }) else {
      throw .field("\(place).\(key)", "32 bytes")
    }
    return digest
  }

  /// Refuses what has not been asked for.
  func end(count: Int) throws(RecipeError) {
    guard map?.entries.count == count else { throw .unknown(place) }
  }
}
