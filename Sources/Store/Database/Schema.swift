// Versions of tables and the steps between them; forward only. Specs/Store.md, "Schema versions".

/// The tables of one part of the store (`claims`, `blocks`, …) through all its versions.
///
/// Version n is what the first n steps leave. A step that has been released never changes;
/// a change of the tables is one more step.
public struct Schema: Sendable {
  public let part: String
  public let steps: [String]

  public init(part: String, steps: [String]) {
    self.part = part
    self.steps = steps
  }

  public var version: Int { steps.count }
}

extension Database {
  /// The version of a part's tables in this file; 0 when it has none.
  public func version(of part: String) throws(DatabaseError) -> Int {
    guard
      try integer("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_versions'")
        == 1
    else { return 0 }
    return try integer("SELECT version FROM schema_versions WHERE part = ?", part) ?? 0
  }

  /// Brings a part's tables to the newest version, all steps in one transaction. A file that a
  /// newer program has written is refused, so that an older one cannot damage it.
  public func migrate(_ schema: Schema) throws {
    let found = try version(of: schema.part)
    if found == schema.version { return }
    try refuse(newer: found, than: schema)
    guard access == .readWrite else {
      throw DatabaseError(
        code: DatabaseError.readOnlyCode,
        message:
          "the tables of \(schema.part) are of version \(found), \(schema.version) is needed",
        statement: nil, path: path)
    }
    try transaction {
      try execute(
        """
        CREATE TABLE IF NOT EXISTS schema_versions (
          part TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID
        """)
      // Another process may have been faster.
      let found = try version(of: schema.part)
      try refuse(newer: found, than: schema)
      for step in schema.steps.dropFirst(found) { try execute(step) }
      try run(
        "INSERT OR REPLACE INTO schema_versions (part, version) VALUES (?, ?)",
        schema.part, schema.version)
    }
  }

  private func refuse(newer found: Int, than schema: Schema) throws(DatabaseError) {
    if found > schema.version {
      throw DatabaseError(
        code: DatabaseError.newerSchemaCode,
        message:
          "the tables of \(schema.part) are of version \(found), this program knows up to \(schema.version)",
        statement: nil, path: path)
    }
  }
}
