// What a person wants of other peers, read and written by any process on the home: a running peer
// learns of a change by the database's version. Specs/Running.md, "Settings".

public import Content
internal import Cryptography

/// Settings in the home's database. Used by one thread; every change is one transaction.
public final class PeerSettings {
  /// Datanets that may be named in the settings.
  public static let mostFollowings = 4096
  /// Pins, of all Datanets together.
  public static let mostPins = 65_536
  /// Addresses that may be listened at.
  public static let mostListenAddresses = 16

  let database: Database
  /// A home of an older program that is only read has no settings yet: it has the defaults.
  let isPresent: Bool

  public init(_ database: Database) throws {
    self.database = database
    if database.access == .readOnly {
      isPresent = try database.version(of: PeerSchema.schema.part) > 0
      if isPresent { try database.migrate(PeerSchema.schema) }
    } else {
      isPresent = true
      try database.migrate(PeerSchema.schema)
    }
  }

  // MARK: Changes

  /// Grows with every change that a person makes here.
  public func revision() throws -> Int {
    isPresent ? try database.integer("SELECT number FROM preference_revision") ?? 0 : 0
  }

  private func changing<Result>(_ body: () throws -> Result) throws -> Result {
    try database.transaction {
      let result = try body()
      try database.run("UPDATE preference_revision SET number = number + 1")
      return result
    }
  }

  // MARK: Following

  /// What was said about Datanets, by ID.
  public func followings() throws -> [Following] {
    guard isPresent else { return [] }
    return try database.all("SELECT net, mode, key FROM following ORDER BY net") { row in
      Self.following(row)
    }.compactMap { $0 }
  }

  /// What is done about one Datanet: wholly followed when nothing was said.
  public func following(_ datanet: CID) throws -> Following {
    guard isPresent else { return Following(datanet: datanet) }
    let said = try database.first(
      "SELECT net, mode, key FROM following WHERE net = ?", datanet.digest
    ) { Self.following($0) }
    if case .some(.some(let said)) = said { return said }
    return Following(datanet: datanet)
  }

  private static func following(_ row: Statement) -> Following? {
    guard let digest = row.digest(0), let mode = FollowMode(rawValue: row.integer(1)) else {
      return nil
    }
    return Following(
      datanet: CID(codec: .dagCBOR, digest: digest), mode: mode,
      key: row.isNull(2) ? nil : row.digest(2))
  }

  /// Says what is done about a Datanet, which need not be here yet.
  public func follow(_ following: Following) throws {
    try changing {
      let count = try database.integer(
        "SELECT count(*) FROM following WHERE net <> ?", following.datanet.digest)
      guard count ?? 0 < Self.mostFollowings else {
        throw PeerSettingsError.tooManyFollowings(Self.mostFollowings)
      }
      try database.run(
        "INSERT OR REPLACE INTO following (net, mode, key) VALUES (?, ?, ?)",
        following.datanet.digest, following.mode.rawValue, following.key?.sqlValue ?? .null)
    }
  }

  // MARK: Pins

  /// Pins of one Datanet, or of all, in the order in which they were set.
  public func pins(of datanet: CID? = nil) throws -> [Pin] {
    guard isPresent else { return [] }
    return try database.all(
      """
      SELECT net, claim, path, first, past FROM pin WHERE (? IS NULL OR net = ?) ORDER BY id
      """, datanet?.digest, datanet?.digest
    ) { row -> Pin? in
      guard let net = row.digest(0) else { return nil }
      let (first, past) = (row.integer(3), row.integer(4))
      return Pin(
        datanet: CID(codec: .dagCBOR, digest: net),
        claim: row.digest(1).map { CID(codec: .dagCBOR, digest: $0) },
        path: row.text(2).isEmpty ? nil : row.text(2),
        records: first >= 0 && past > first ? first..<past : nil)
    }.compactMap { $0 }
  }

  private static func columns(_ pin: Pin) -> [any Bindable] {
    [
      pin.datanet.digest, pin.claim?.digest.bytes ?? [], pin.path ?? "",
      pin.records?.lowerBound ?? -1, pin.records?.upperBound ?? -1,
    ]
  }

  /// False when it is pinned already.
  @discardableResult
  public func pin(_ pin: Pin) throws -> Bool {
    try changing {
      guard try database.integer("SELECT count(*) FROM pin") ?? 0 < Self.mostPins else {
        throw PeerSettingsError.tooManyPins(Self.mostPins)
      }
      let statement = try database.statement(
        "INSERT OR IGNORE INTO pin (net, claim, path, first, past) VALUES (?, ?, ?, ?, ?)")
      try statement.bind(Self.columns(pin))
      try statement.run()
      return database.changedRows > 0
    }
  }

  /// False when it was not pinned.
  @discardableResult
  public func unpin(_ pin: Pin) throws -> Bool {
    try changing {
      let statement = try database.statement(
        "DELETE FROM pin WHERE net = ? AND claim = ? AND path = ? AND first = ? AND past = ?")
      try statement.bind(Self.columns(pin))
      try statement.run()
      return database.changedRows > 0
    }
  }

  // MARK: Limits and addresses

  public func limits() throws -> PeerLimits {
    guard isPresent else { return PeerLimits() }
    return PeerLimits(
      uploadBytesPerSecond: try integer("upload"), downloadBytesPerSecond: try integer("download"),
      quotaBytes: try integer("quota"), connections: try integer("connections"))
  }

  public func setLimits(_ limits: PeerLimits) throws {
    try changing {
      try set("upload", limits.uploadBytesPerSecond?.sqlValue)
      try set("download", limits.downloadBytesPerSecond?.sqlValue)
      try set("quota", limits.quotaBytes?.sqlValue)
      try set("connections", limits.connections?.sqlValue)
    }
  }

  /// Where `up` listens when it is not told: `host:port`, in the order given. Empty: nothing was
  /// said.
  public func listenAddresses() throws -> [String] {
    guard isPresent else { return [] }
    return try text("listen")?.split(separator: " ").map(String.init) ?? []
  }

  public func setListenAddresses(_ addresses: [String]) throws {
    let kept = addresses.prefix(Self.mostListenAddresses).joined(separator: " ")
    try changing { try set("listen", kept.isEmpty ? nil : .text(kept)) }
  }

  private func integer(_ name: String) throws -> Int? {
    try database.integer("SELECT value FROM preference WHERE name = ?", name)
  }

  private func text(_ name: String) throws -> String? {
    try database.first("SELECT value FROM preference WHERE name = ?", name) { $0.text(0) }
  }

  private func set(_ name: String, _ value: SQLValue?) throws {
    if let value {
      try database.run("INSERT OR REPLACE INTO preference (name, value) VALUES (?, ?)", name, value)
    } else {
      try database.run("DELETE FROM preference WHERE name = ?", name)
    }
  }
}

public enum PeerSettingsError: Error, Equatable, Sendable, CustomStringConvertible {
  case tooManyFollowings(Int)
  case tooManyPins(Int)

  public var description: String {
    switch self {
    case .tooManyFollowings(let most): "at most \(most) Datanets can be followed or left"
    case .tooManyPins(let most):
      "at most \(most) pins can be set; pin a whole contribution or folder instead of its files"
    }
  }
}
