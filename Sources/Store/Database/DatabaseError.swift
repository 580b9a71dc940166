// What went wrong in SQLite: the code, the statement and the file, on one line.
// Specs/Store.md, "Database".

internal import CSQLite

/// A failure of SQLite, with everything a person needs to act on it.
public struct DatabaseError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The extended result code, such as 2067 (SQLITE_CONSTRAINT_UNIQUE).
  public let code: Int32
  /// SQLite's own words.
  public let message: String
  /// The statement that failed, shortened to `longestStatement` characters; never its values.
  public let statement: String?
  /// The file, or `:memory:`.
  public let path: String

  /// Statements are shown up to this many characters.
  static let longestStatement = 200

  public init(code: Int32, message: String, statement: String?, path: String) {
    self.code = code
    self.message = message
    self.statement = statement.map { String($0.prefix(Self.longestStatement)) }
    self.path = path
  }

  /// The kinds of failure that callers treat differently.
  public enum Kind: Equatable, Sendable {
    /// Another connection kept the lock for longer than the waiting time.
    case busy
    /// The disk, or the quota on it, is full.
    case full
    /// The file or its directory cannot be written.
    case readOnly
    /// The file cannot be opened.
    case cannotOpen
    /// Reading or writing failed below SQLite.
    case inputOutput
    /// The file is not a sound database.
    case corrupt
    /// A UNIQUE, CHECK, NOT NULL or foreign key rule was broken.
    case constraint
    /// A newer program has written this file.
    case newerSchema
    case other
  }

  /// The code of a schema that is newer than the program; SQLite has none for it.
  static let newerSchemaCode: Int32 = -1

  /// SQLITE_IOERR_SHMSIZE, a macro that Swift does not see.
  static let sharedIndexSizeCode: Int32 = SQLITE_IOERR | (19 << 8)

  /// For refusals of our own that mean the same as SQLite's.
  static let readOnlyCode: Int32 = SQLITE_READONLY

  public var kind: Kind {
    if code == Self.newerSchemaCode { return .newerSchema }
    switch code & 0xff {
    case SQLITE_BUSY, SQLITE_LOCKED: return .busy
    case SQLITE_FULL: return .full
    case SQLITE_READONLY, SQLITE_PERM: return .readOnly
    case SQLITE_CANTOPEN: return .cannotOpen
    // The shared index beside the database could not grow: only a full disk does that.
    case SQLITE_IOERR: return code == Self.sharedIndexSizeCode ? .full : .inputOutput
    case SQLITE_CORRUPT, SQLITE_NOTADB: return .corrupt
    case SQLITE_CONSTRAINT: return .constraint
    default: return .other
    }
  }

  public var description: String {
    var line = "database \(path): \(message) (SQLite code \(code))"
    if let statement {
      line += " in \"\(statement.split(whereSeparator: \.isWhitespace).joined(separator: " "))\""
    }
    if let advice { line += "; \(advice)" }
    return line
  }

  /// What to try next.
  private var advice: String? {
    switch kind {
    case .busy: "another process is writing; try again"
    case .full: "free some space (datanet gc) and try again; nothing was changed"
    case .readOnly: "check the permissions of the directory; nothing was changed"
    case .cannotOpen: "check that the directory exists and may be read"
    case .inputOutput: "check the disk (dmesg), then run datanet fsck"
    case .corrupt: "run datanet fsck"
    case .newerSchema: "use a program at least as new as the one that wrote it"
    case .constraint, .other: nil
    }
  }
}
