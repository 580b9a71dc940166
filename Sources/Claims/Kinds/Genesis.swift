// The claim that founds a Datanet (Specs/Claims.md, "genesis").

internal import Content

public struct Genesis: Hashable, Sendable {
  /// Who may contribute.
  public enum Contributors: String, Sendable {
    /// Everyone, until a curator revokes them.
    case open
    /// Only whom a curator has granted the role.
    case granted
  }

  /// When a contribution counts.
  public enum Reviewing: String, Sendable {
    /// Unless curators reject it.
    case after
    /// Only once curators approve it.
    case before
  }

  /// Licences that a policy can name.
  public static let maximumLicenses = 64

  public let name: String
  public let description: String?
  /// The licences that contributions may have, the default first; empty allows every licence.
  public let licenses: [String]
  public let contributors: Contributors
  public let reviewing: Reviewing

  public init(
    name: String, description: String? = nil, licenses: [String] = [],
    contributors: Contributors = .open, reviewing: Reviewing = .after
  ) {
    self.name = name
    self.description = description
    self.licenses = licenses
    self.contributors = contributors
    self.reviewing = reviewing
  }

  init(_ reader: BodyReader) throws(BodyError) {
    name = try reader.required("name", reader.text("name"))
    description = try reader.text("description", limit: BodyReader.longestText)
    var licenses: [String] = []
    for value in try reader.list("licenses", upTo: Self.maximumLicenses) ?? [] {
      let one = BodyReader(["license": value])
      licenses.append(try one.required("licenses", one.license()))
    }
    self.licenses = licenses
    contributors = try reader.word("contributors", or: .open)
    reviewing = try reader.word("reviewing", or: .after)
  }

  var body: Value {
    var writer = BodyWriter()
    writer.put("name", name)
    writer.put("description", description)
    writer.put("licenses", licenses.map { .text($0) })
    if contributors != .open { writer.put("contributors", contributors.rawValue) }
    if reviewing != .after { writer.put("reviewing", reviewing.rawValue) }
    return writer.value
  }

  /// Whether a contribution under `license` (nil: the default) fits the policy.
  public func allows(_ license: String?) -> Bool {
    guard let license, !licenses.isEmpty else { return true }
    return licenses.contains { $0.utf8.elementsEqual(license.utf8) }
  }
}

extension BodyReader {
  /// One of a fixed set of words; `missing` when the field is absent.
  func word<Word: RawRepresentable<String>>(
    _ key: String, or missing: Word? = nil
  ) throws(BodyError) -> Word {
    guard let text = try text(key) else { return try required(key, missing) }
    guard let word = Word(rawValue: text) else {
      throw BodyError(reason: "'\(key)' is none of the words that it can be")
    }
    return word
  }
}
