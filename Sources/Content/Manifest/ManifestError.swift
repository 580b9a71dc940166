// What can be wrong with a manifest (Specs/Manifests.md, "Refusals").

public struct ManifestError: Error, Equatable {
  public enum Rule: String, Sendable, Equatable {
    case path = "a path that is not allowed"
    case order = "files that are not in order or not unique"
    case shape = "a block that is not a manifest's"
    case version = "a manifest of a version that is not spoken here"
    case sum = "counts that do not add up"
    case depth = "a tree that is too deep"
    case limit = "a limit that is passed"
    case outline = "an outline that does not fit its chunks"
    case address = "bytes that do not have the address they were asked by"
    case range = "a place outside the contribution"
  }

  public let rule: Rule
  public let detail: String

  public init(_ rule: Rule, _ detail: String) {
    self.rule = rule
    self.detail = detail
  }
}

extension ManifestError: CustomStringConvertible {
  public var description: String { "manifest: \(rule.rawValue): \(detail)" }
}
