// Which SQLite runs, for `datanet doctor`.

internal import CSQLite

extension Database {
  public static var libraryVersion: String {
    guard let text = unsafe sqlite3_libversion() else { return "unknown" }
    return unsafe String(cString: text)
  }
}
