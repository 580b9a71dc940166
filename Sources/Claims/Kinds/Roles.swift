// Giving and taking roles (Specs/Claims.md, "grant", "revoke"; what follows from them:
// Specs/Merge.md, "Roles").

public import Content
public import Cryptography

/// What an author may do. The founder, who signed the genesis, may do everything.
public enum Role: String, Sendable, CaseIterable, Comparable {
  /// Reviews, retracts, signs milestones, sets notes, yardsticks and bases, grants the other roles.
  case curator
  /// Contributes.
  case contributor
  /// Signs verdicts.
  case verifier

  private var rank: Int {
    switch self {
    case .curator: 0
    case .contributor: 1
    case .verifier: 2
    }
  }

  public static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }
}

/// Gives `subject` a role for its claims from height `from` on.
public struct Grant: Hashable, Sendable {
  /// Revocations that one grant can lift.
  public static let maximumLifted = 64

  public let subject: PublicKey
  public let role: Role
  /// Normally the length of the subject's chain as the granter knows it.
  public let from: Int
  /// Revocations of this role that do not bind this grant. Others, known or not yet known, do.
  public let lifts: [CID]

  public init(_ subject: PublicKey, _ role: Role, from: Int, lifts: [CID] = []) {
    self.subject = subject
    self.role = role
    self.from = from
    self.lifts = lifts
  }

  init(_ reader: BodyReader) throws(BodyError) {
    subject = try reader.required("subject", reader.author("subject"))
    role = try reader.word("role")
    from = try reader.required("from", reader.count("from", below: Claim.maximumHeight))
    lifts = try reader.claims("lifts", upTo: Self.maximumLifted)
  }

  var body: Value {
    var writer = BodyWriter()
    writer.put("subject", subject)
    writer.put("role", role.rawValue)
    writer.put("from", from)
    writer.put("lifts", claims: lifts)
    return writer.value
  }
}

/// Takes a role: the subject's claims from height `until` on no longer have it.
public struct Revocation: Hashable, Sendable {
  public let subject: PublicKey
  public let role: Role
  /// Normally the length of the subject's chain as the revoker knows it.
  public let until: Int

  public init(_ subject: PublicKey, _ role: Role, until: Int) {
    self.subject = subject
    self.role = role
    self.until = until
  }

  init(_ reader: BodyReader) throws(BodyError) {
    subject = try reader.required("subject", reader.author("subject"))
    role = try reader.word("role")
    until = try reader.required("until", reader.count("until", below: Claim.maximumHeight))
  }

  var body: Value {
    var writer = BodyWriter()
    writer.put("subject", subject)
    writer.put("role", role.rawValue)
    writer.put("until", until)
    return writer.value
  }
}
