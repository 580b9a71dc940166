// What a check looked at, found and repaired. Specs/Store.md, "Check".

public struct CheckOptions: Sendable {
  /// The share of blocks whose bytes are read and hashed; tables and claims are always checked.
  public var share = 1.0
  /// Picks the sample; another seed picks another.
  public var seed: UInt64 = 0
  /// Put right what other copies allow. Without it nothing is changed.
  public var repair = true
  public var threads: Int?

  public init() {}
}

public struct CheckProgress: Sendable {
  public var bytes = 0
  public var totalBytes = 0
  public var blocks = 0
  /// What is being looked at.
  public var current = ""
}

/// Something that is not as it should be.
public struct CheckFinding: Equatable, Sendable, CustomStringConvertible {
  public enum Kind: String, Sendable {
    case database, damagedBlock, damagedPack, missingBlock, changedFile, claim
  }

  public let kind: Kind
  public let what: String
  public let isRepaired: Bool

  public var description: String { isRepaired ? "\(what); repaired" : what }
}

public struct CheckReport: Sendable {
  /// Findings beyond this are counted only.
  public static let mostFindings = 1000

  public var blocks = 0
  public var bytes = 0
  public var packs = 0
  public var inPlaceFiles = 0
  public var claims = 0
  public var contributions = 0
  /// Contributions of which not all blocks are here: no fault while they are being fetched.
  public var incompleteContributions = 0
  public private(set) var findings: [CheckFinding] = []
  /// All findings, and those that were repaired.
  public private(set) var findingCount = 0
  public private(set) var repairedCount = 0

  public init() {}

  /// Whether nothing is wrong any more.
  public var isSound: Bool { findingCount == repairedCount }

  mutating func find(_ kind: CheckFinding.Kind, _ what: String, isRepaired: Bool = false) {
    findingCount += 1
    if isRepaired { repairedCount += 1 }
    if findings.count < Self.mostFindings {
      findings.append(CheckFinding(kind: kind, what: what, isRepaired: isRepaired))
    }
  }
}
