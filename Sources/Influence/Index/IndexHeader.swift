// What an index says of itself: of which adapter, base and records it is, and how it was made
// (Specs/Influence.md, "Index").

import JSON

/// What an index was made of, by hashes. An index answers only for the same.
public struct IndexSubject: Hashable, Sendable {
  /// The base's identity.
  public var base: String
  /// SHA-256 of adapter_model.safetensors.
  public var adapter: String
  /// SHA-256 over the names of the records, in order.
  public var records: String
  /// What of a record counts, and how conversations are written.
  public var form: String

  public init(base: String, adapter: String, records: String, form: String) {
    self.base = base
    self.adapter = adapter
    self.records = records
    self.form = form
  }
}

/// How an index is made.
public struct IndexSettings: Hashable, Sendable {
  public var method: InfluenceMethod
  /// Numbers kept of each record; 0 keeps whole gradients.
  public var features: Int
  /// Times the damping of the rule.
  public var damping: Double

  public static let standardFeatures = 24_576
  public static let featureLimit = 1 << 24

  public init(
    method: InfluenceMethod = .standard, features: Int? = nil, damping: Double = 1
  ) {
    self.method = method
    // DataInf's correction is a difference of close numbers, layer by layer: a sketch would drown it.
    self.features = features ?? (method == .datainf ? 0 : Self.standardFeatures)
    self.damping = damping
  }
}

struct IndexHeader: Hashable, Sendable {
  /// The last character is the version.
  static let magic = Array("DNINFLU2".utf8)
  /// A header is longer only when it is none.
  static let lengthLimit = 1 << 20
  static let recordLimit = 1 << 32

  var subject: IndexSubject
  var settings: IndexSettings
  var recordCount: Int
  var batch: Int
  var sections: [Int]
  /// Bytes of the curvature that stand before the features.
  var curvatureBytes: Int

  var featureCount: Int { sections.reduce(0, +) }
  /// Of each record, a length as float32 for each section and features as float16.
  var recordBytes: Int { 4 * sections.count + 2 * featureCount }

  var bytes: [UInt8] {
    let value: JSONValue = [
      "base": .string(subject.base), "adapter": .string(subject.adapter),
      "records": .string(subject.records), "form": .string(subject.form),
      "method": .string(settings.method.rawValue), "features": .int(settings.features),
      "damping": .double(settings.damping),
      "points": .array(settings.method.points.map { .double(Double($0)) }),
      "count": .int(recordCount), "batch": .int(batch),
      "sections": .array(sections.map { .int($0) }), "curvatureBytes": .int(curvatureBytes),
    ]
    var text = Array(value.serialized().utf8)
    while (IndexHeader.magic.count + 8 + text.count) % 64 != 0 { text.append(0x20) }
    let length = UInt64(text.count)
    return Self.magic + (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + text
  }

  /// The header and where what follows it begins; nil where the bytes hold none.
  static func read(_ bytes: (Range<Int>) -> [UInt8], count: Int) -> (IndexHeader, end: Int)? {
    let fixed = magic.count + 8
    guard count > fixed, bytes(0..<magic.count) == magic else { return nil }
    let length = bytes(magic.count..<fixed).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(lengthLimit), fixed + Int(length) <= count,
      let value = try? JSONValue(parsing: bytes(fixed..<fixed + Int(length)))
    else { return nil }
    func text(_ name: String) -> String? { value[name]?.string }
    func number(_ name: String, _ limit: Int) -> Int? {
      value[name]?.int.flatMap { (0...limit).contains($0) ? $0 : nil }
    }
    guard let base = text("base"), let adapter = text("adapter"), let records = text("records"),
      let form = text("form"), let method = text("method").flatMap(InfluenceMethod.init(rawValue:)),
      let features = number("features", IndexSettings.featureLimit),
      let damping = value["damping"]?.double, let recordCount = number("count", recordLimit),
      let batch = number("batch", FeatureMaker.batchLimit), batch > 0,
      let curvatureBytes = number("curvatureBytes", count),
      let sizes = value["sections"]?.array, let points = value["points"]?.array,
      points.compactMap(\.double) == method.points.map({ Double($0) })
    else { return nil }
    var sections: [Int] = []
    for size in sizes {
      guard let size = size.int, (1...1 << 32).contains(size) else { return nil }
      sections.append(size)
    }
    guard sections.count <= 1 << 16 else { return nil }
    let header = IndexHeader(
      subject: IndexSubject(base: base, adapter: adapter, records: records, form: form),
      settings: IndexSettings(method: method, features: features, damping: damping),
      recordCount: recordCount, batch: batch, sections: sections, curvatureBytes: curvatureBytes)
    // At most 2¹⁶ sections of at most 2³² numbers: no overflow up to here.
    let (bytes, isTooLarge) = header.recordBytes.multipliedReportingOverflow(by: recordCount)
    guard !isTooLarge, bytes <= count else { return nil }
    return (header, fixed + Int(length))
  }
}
