// What is shown about a Datanet (Specs/Claims.md, "note"; which of several notes is shown:
// Specs/Merge.md, "Notes").

public import Content

public struct Note: Hashable, Sendable {
  /// Fields that one note can set.
  public static let maximumFields = 32
  /// Texts in one field.
  public static let maximumTexts = 64
  /// Notes that one note can name as known.
  public static let maximumReplaced = 64

  /// Field (a word such as `title`, `description`, `tags`) to its texts; none clears the field.
  public let fields: [Field]
  /// The notes of other authors that this one's author knew and writes over.
  public let replaces: [CID]

  public struct Field: Hashable, Sendable {
    public let name: String
    public let texts: [String]

    public init(_ name: String, _ texts: [String]) {
      self.name = name
      self.texts = texts
    }
  }

  /// Of two fields with one name the later wins.
  public init(_ fields: [Field], replaces: [CID] = []) {
    let map = ValueMap(
      fields.map { .init(key: $0.name, value: .array($0.texts.map { .text($0) })) })
    self.fields = map.entries.map { entry in
      Field(entry.key, (entry.value.array ?? []).compactMap(\.text))
    }
    self.replaces = replaces
  }

  init(_ reader: BodyReader) throws(BodyError) {
    guard let map = try reader.value("set")?.map,
      (1...Self.maximumFields).contains(map.entries.count)
    else { throw BodyError(reason: "'set' is not a map of 1 to \(Self.maximumFields) fields") }
    var fields: [Field] = []
    for entry in map.entries {
      guard Claim.isWord(entry.key), let values = entry.value.array,
        values.count <= Self.maximumTexts
      else { throw BodyError(reason: "a field is not a word with a list of texts") }
      var texts: [String] = []
      for value in values {
        guard let text = value.text, text.utf8.count <= BodyReader.longestText else {
          throw BodyError(reason: "a field holds something else than texts of 16 KiB")
        }
        texts.append(text)
      }
      fields.append(Field(entry.key, texts))
    }
    self.fields = fields
    replaces = try reader.claims("replaces", upTo: Self.maximumReplaced)
  }

  var body: Value {
    let entries = fields.map { field in
      ValueMap.Entry(key: field.name, value: .array(field.texts.map { .text($0) }))
    }
    var map = ValueMap([.init(key: "set", value: .map(ValueMap(entries)))])
    var writer = BodyWriter()
    writer.put("replaces", claims: replaces)
    map["replaces"] = writer.map["replaces"]
    return .map(map)
  }
}
