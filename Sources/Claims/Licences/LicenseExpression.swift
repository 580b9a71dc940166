// A licence as SPDX writes it: `MIT`, `GPL-2.0-or-later WITH Classpath-exception-2.0`,
// `CC-BY-4.0 OR LicenseRef-Mine`. Specs/Claims.md, "Licences".

/// An expression after annex D of SPDX 2.3, in its usual spelling. It is for those who write
/// claims; what a claim that came from elsewhere names is shown as it is.
public struct LicenseExpression: Equatable, Sendable {
  /// Parentheses are followed this deep.
  static let greatestDepth = 16

  /// Identifiers as SPDX spells them, operators in capitals, one space between words.
  public let text: String

  public enum Fault: Error, Equatable, Sendable {
    /// An identifier that SPDX does not list; an exception when it stands behind WITH.
    case unknown(String, isException: Bool)
    /// What is wrong with the expression's form.
    case form(String)
  }

  public init(_ text: String) throws(Fault) {
    var reader = Reader(words: Self.words(of: text))
    let read = try reader.either(depth: 0)
    if let word = reader.words.first {
      throw .form(
        word == ")" ? "a parenthesis too many" : "AND, OR or WITH is missing before '\(word)'")
    }
    self.text = read
  }

  /// Every identifier of SPDX's list.
  public static var identifiers: [String] { names(LicenseList.licenses) }

  /// Every exception of SPDX's list, for behind WITH.
  public static var exceptions: [String] { names(LicenseList.exceptions) }

  private static func names(_ list: String) -> [String] {
    list.split(separator: " ").map(String.init)
  }

  private static func words(of text: String) -> ArraySlice<String> {
    var words: [String] = []
    var word = ""
    func close() {
      if !word.isEmpty { words.append(word) }
      word = ""
    }
    for letter in text {
      switch letter {
      case " ", "\t": close()
      case "(", ")":
        close()
        words.append(String(letter))
      default: word.append(letter)
      }
    }
    close()
    return words[...]
  }

  /// One pass over the words; AND binds more than OR, WITH more than AND.
  private struct Reader {
    var words: ArraySlice<String>

    mutating func either(depth: Int) throws(Fault) -> String {
      var text = try both(depth: depth)
      while take("OR") { text += " OR " + (try both(depth: depth)) }
      return text
    }

    private mutating func both(depth: Int) throws(Fault) -> String {
      var text = try one(depth: depth)
      while take("AND") { text += " AND " + (try one(depth: depth)) }
      return text
    }

    private mutating func one(depth: Int) throws(Fault) -> String {
      guard let word = words.popFirst() else { throw .form("a licence is missing at its end") }
      if word == "(" {
        guard depth < LicenseExpression.greatestDepth else {
          throw .form("more than \(LicenseExpression.greatestDepth) parentheses in each other")
        }
        let inner = try either(depth: depth + 1)
        guard take(")") else { throw .form("a closing parenthesis is missing") }
        return "(\(inner))"
      }
      if ["AND", "OR", "WITH", ")"].contains(word.uppercased()) {
        throw .form("a licence is missing before '\(word)'")
      }
      if let own = LicenseExpression.own(word) { return own }
      let license = try LicenseExpression.listed(word)
      guard take("WITH") else { return license }
      guard let exception = words.popFirst() else {
        throw .form("an exception is missing behind WITH")
      }
      guard let known = LicenseExpression.spelling(of: exception, in: LicenseList.exceptions) else {
        throw .unknown(exception, isException: true)
      }
      return "\(license) WITH \(known)"
    }

    private mutating func take(_ word: String) -> Bool {
      guard words.first?.uppercased() == word else { return false }
      words.removeFirst()
      return true
    }
  }

  /// A licence that is not SPDX's: `LicenseRef-NAME`, perhaps behind `DocumentRef-NAME:`.
  private static func own(_ word: String) -> String? {
    var rest = word[...]
    if rest.hasPrefix("DocumentRef-") {
      guard let colon = rest.firstIndex(of: ":"), isName(rest[..<colon].dropFirst(12)) else {
        return nil
      }
      rest = rest[rest.index(after: colon)...]
    }
    return rest.hasPrefix("LicenseRef-") && isName(rest.dropFirst(11)) ? word : nil
  }

  private static func isName(_ text: Substring) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        byte == 0x2D || byte == 0x2E || 0x30...0x39 ~= byte || 0x41...0x5A ~= byte
          || 0x61...0x7A ~= byte
      }
  }

  /// An identifier as SPDX spells it; behind it `+` means "or any later version".
  private static func listed(_ word: String) throws(Fault) -> String {
    if let known = spelling(of: word, in: LicenseList.licenses) { return known }
    if word.hasSuffix("+"),
      let known = spelling(of: String(word.dropLast()), in: LicenseList.licenses)
    {
      return known + "+"
    }
    throw .unknown(word, isException: false)
  }

  private static func spelling(of word: String, in list: String) -> String? {
    let wanted = word.lowercased()
    return list.split(separator: " ").first {
      $0.utf8.count == wanted.utf8.count && $0.lowercased() == wanted
    }.map(String.init)
  }
}
