// What claims say: the kinds and their bodies (Specs/Claims.md, "Kinds").

public import Content

public enum ClaimContent: Hashable, Sendable {
  /// Founds a Datanet.
  case genesis(Genesis)
  /// Brings records.
  case contribution([Publication])
  /// Takes entries out of every later snapshot.
  case retraction(Retraction)
  /// A curator's opinions of contributions.
  case review([Review])
  /// Gives roles.
  case grant([Grant])
  /// Takes roles, from a height on.
  case revoke([Revocation])
  /// Changes what is shown about the Datanet: title, description, tags.
  case note(Note)
  /// A curator's signed frontier.
  case milestone(Milestone)
  /// Brings evaluation records.
  case yardstick([Publication])
  /// Brings a shared checkpoint.
  case base([Publication])
  /// A trained adapter, with what it was trained on and the evidence.
  case run(PublishedRun)
  /// Whose records made a run's adapter better.
  case attribution(PublishedShares)
  /// What was executed again of runs, and what came out.
  case verdict([Verdict])
  /// A kind that this version does not know.
  case unknown(kind: String, body: Value)
  /// A kind that this version knows, with a body that breaks its rules.
  case malformed(kind: String, body: Value, reason: String)

  static let genesisKind = "genesis"

  /// Items in one claim: a batch that needs more is several claims.
  public static let maximumItems = 4096

  public init(kind: String, body: Value) {
    do throws(BodyError) {
      let reader = BodyReader(body)
      switch kind {
      case Self.genesisKind: self = .genesis(try Genesis(reader))
      case "contribution": self = .contribution(try reader.items(Publication.init))
      case "retraction": self = .retraction(try Retraction(reader))
      case "review": self = .review(try reader.items(Review.init))
      case "grant": self = .grant(try reader.items(Grant.init))
      case "revoke": self = .revoke(try reader.items(Revocation.init))
      case "note": self = .note(try Note(reader))
      case "milestone": self = .milestone(try Milestone(reader))
      case "yardstick": self = .yardstick(try reader.items(Publication.init))
      case "base": self = .base(try reader.items(Publication.init))
      case "run": self = .run(try PublishedRun(reader))
      case "attribution": self = .attribution(try PublishedShares(reader))
      case "verdict": self = .verdict(try reader.items(Verdict.init))
      default: self = .unknown(kind: kind, body: body)
      }
    } catch {
      self = .malformed(kind: kind, body: body, reason: error.reason)
    }
  }

  public var kind: String {
    switch self {
    case .genesis: Self.genesisKind
    case .contribution: "contribution"
    case .retraction: "retraction"
    case .review: "review"
    case .grant: "grant"
    case .revoke: "revoke"
    case .note: "note"
    case .milestone: "milestone"
    case .yardstick: "yardstick"
    case .base: "base"
    case .run: "run"
    case .attribution: "attribution"
    case .verdict: "verdict"
    case .unknown(let kind, _), .malformed(let kind, _, _): kind
    }
  }

  public var body: Value {
    switch self {
    case .genesis(let genesis): genesis.body
    case .contribution(let items), .yardstick(let items), .base(let items):
      Self.list(items.map(\.body))
    case .retraction(let retraction): retraction.body
    case .review(let items): Self.list(items.map(\.body))
    case .grant(let items): Self.list(items.map(\.body))
    case .revoke(let items): Self.list(items.map(\.body))
    case .note(let note): note.body
    case .milestone(let milestone): milestone.body
    case .run(let run): run.body
    case .attribution(let shares): shares.body
    case .verdict(let items): Self.list(items.map(\.body))
    case .unknown(_, let body), .malformed(_, let body, _): body
    }
  }

  private static func list(_ items: [Value]) -> Value { ["items": .array(items)] }

  /// What a contribution, yardstick or base brings; empty for other kinds.
  public var publications: [Publication] {
    switch self {
    case .contribution(let items), .yardstick(let items), .base(let items): items
    default: []
    }
  }

  /// All manifests that the claim brings: those of its publications, or of its run.
  public var manifests: [CID] {
    if case .run(let run) = self { return run.manifests }
    return publications.map(\.manifest)
  }
}
