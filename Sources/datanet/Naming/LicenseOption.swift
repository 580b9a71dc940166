// `--license`: SPDX expressions in their usual spelling, or what was probably meant
// (Specs/Claims.md, "Licences").

import Claims
import Terminal

extension Invocation {
  /// The value of `--license`, if it is given.
  func license() throws(Failure) -> String? {
    guard let text = text("license") else { return nil }
    return try Self.license(text)
  }

  /// All values of `--license`.
  func licenses() throws(Failure) -> [String] {
    var all: [String] = []
    for text in texts("license") { all.append(try Self.license(text)) }
    return all
  }

  private static func license(_ text: String) throws(Failure) -> String {
    guard text.utf8.count <= 128 else {
      throw .usage("--license takes at most 128 bytes; name a longer one as LicenseRef-NAME")
    }
    do {
      return try LicenseExpression(text).text
    } catch {
      throw .usage(explanation(of: error, in: text))
    }
  }

  private static func explanation(of fault: LicenseExpression.Fault, in text: String) -> String {
    switch fault {
    case .form(let problem):
      return
        "--license '\(Printable.line(text))' is no SPDX expression: \(Printable.line(problem))"
    case .unknown(let word, let isException):
      let all = isException ? LicenseExpression.exceptions : LicenseExpression.identifiers
      let near = Spelling.nearest(to: word, among: all.map { $0.lowercased() })
      let meant = near.flatMap { near in all.first { $0.lowercased() == near } }
      // The plainest of those that it begins: longer ones are variants of countries and versions.
      let begun = all.filter { $0.lowercased().hasPrefix(word.lowercased()) }
        .sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }.prefix(5)
      let hint =
        if let meant {
          "did you mean '\(meant)'?"
        } else if !begun.isEmpty {
          "there are \(begun.joined(separator: ", "))"
        } else if isException {
          "see https://spdx.org/licenses/exceptions-index.html"
        } else {
          "see https://spdx.org/licenses, or name your own as LicenseRef-NAME"
        }
      return
        "--license: SPDX knows no \(isException ? "exception" : "licence") "
        + "'\(Printable.line(word))'; \(hint)"
    }
  }
}
