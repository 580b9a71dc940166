// One prepared statement: parameters in, rows out. Specs/Store.md, "Database".

internal import CSQLite

/// A prepared statement of one connection; used by that connection's thread only.
///
/// The connection's cache and the caller share it by reference counting; `deinit` finalizes it.
/// SQLite keeps a closed connection alive until its last statement is gone, so the order of
/// the two `deinit`s does not matter.
@safe public final class Statement {
  let sql: String
  /// Shows the file in errors.
  private let path: String
  private let connection: OpaquePointer
  private let handle: OpaquePointer
  /// True between the first `step` and `reset`: the cache gives out another one meanwhile.
  private(set) var inUse = false

  init(_ sql: String, connection: OpaquePointer, path: String) throws(DatabaseError) {
    var handle: OpaquePointer?
    let code = unsafe sqlite3_prepare_v3(
      connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
    guard code == SQLITE_OK, let handle = unsafe handle else {
      throw unsafe DatabaseError(
        code: code == SQLITE_OK ? SQLITE_MISUSE : sqlite3_extended_errcode(connection),
        message: code == SQLITE_OK
          ? "empty statement" : String(cString: sqlite3_errmsg(connection)),
        statement: sql, path: path)
    }
    self.sql = sql
    self.path = path
    unsafe self.connection = connection
    unsafe self.handle = handle
  }

  deinit { unsafe sqlite3_finalize(handle) }

  // MARK: Parameters, counted from 1

  public func bind(_ index: Int, _ value: SQLValue) throws(DatabaseError) {
    switch value {
    case .null: try check(unsafe sqlite3_bind_null(handle, Int32(index)))
    case .integer(let value): try bind(index, value)
    case .real(let value): try check(unsafe sqlite3_bind_double(handle, Int32(index), value))
    case .text(let value): try bind(index, value)
    case .bytes(let value): try bind(index, value)
    }
  }

  public func bind(_ index: Int, _ value: Int64) throws(DatabaseError) {
    try check(unsafe sqlite3_bind_int64(handle, Int32(index), value))
  }

  public func bind(_ index: Int, _ value: Int) throws(DatabaseError) {
    try bind(index, Int64(value))
  }

  public func bind(_ index: Int, _ value: String) throws(DatabaseError) {
    var value = value
    try check(
      value.withUTF8 {
        unsafe shim_bind_text(handle, Int32(index), $0.baseAddress, UInt64($0.count))
      })
  }

  public func bind(_ index: Int, _ value: [UInt8]) throws(DatabaseError) {
    try bind(index, value.span)
  }

  public func bind(_ index: Int, _ value: Span<UInt8>) throws(DatabaseError) {
    try check(
      unsafe value.withUnsafeBufferPointer {
        unsafe shim_bind_blob(handle, Int32(index), $0.baseAddress, UInt64($0.count))
      })
  }

  /// Binds all parameters in order.
  public func bind(_ values: [any Bindable]) throws(DatabaseError) {
    for (index, value) in values.enumerated() { try bind(index + 1, value.sqlValue) }
  }

  // MARK: Running

  /// Moves to the next row; false when there is none, and then the statement is ready again.
  public func step() throws(DatabaseError) -> Bool {
    inUse = true
    let code = unsafe sqlite3_step(handle)
    if code == SQLITE_ROW { return true }
    guard code == SQLITE_DONE else {
      let error = failure()
      reset()
      throw error
    }
    reset()
    return false
  }

  /// Ends reading early. Bound values stay until they are bound anew.
  public func reset() {
    unsafe sqlite3_reset(handle)
    inUse = false
  }

  /// Forgets the bound values too, so that large ones are freed.
  public func clear() {
    reset()
    unsafe sqlite3_clear_bindings(handle)
  }

  /// Runs to the end, ignoring rows.
  public func run() throws(DatabaseError) {
    while try step() {}
  }

  /// Binds all parameters in order and runs to the end.
  public func run(_ values: any Bindable...) throws(DatabaseError) {
    try bind(values)
    try run()
  }

  // MARK: Columns of the current row, counted from 0

  public func isNull(_ column: Int) -> Bool {
    unsafe sqlite3_column_type(handle, Int32(column)) == SQLITE_NULL
  }

  public func integer(_ column: Int) -> Int {
    unsafe Int(sqlite3_column_int64(handle, Int32(column)))
  }

  public func optionalInteger(_ column: Int) -> Int? {
    isNull(column) ? nil : integer(column)
  }

  public func real(_ column: Int) -> Double {
    unsafe sqlite3_column_double(handle, Int32(column))
  }

  public func text(_ column: Int) -> String {
    guard let start = unsafe sqlite3_column_text(handle, Int32(column)) else { return "" }
    let count = unsafe Int(sqlite3_column_bytes(handle, Int32(column)))
    return unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  }

  public func optionalText(_ column: Int) -> String? {
    isNull(column) ? nil : text(column)
  }

  public func bytes(_ column: Int) -> [UInt8] {
    withBytes(column) { span in unsafe span.withUnsafeBufferPointer { unsafe Array($0) } }
  }

  public func optionalBytes(_ column: Int) -> [UInt8]? {
    isNull(column) ? nil : bytes(column)
  }

  /// Shows a column's bytes without copying them; NULL is shown as no bytes.
  public func withBytes<Result, Failure>(
    _ column: Int, _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let start = unsafe sqlite3_column_blob(handle, Int32(column))
    let count = unsafe start == nil ? 0 : Int(sqlite3_column_bytes(handle, Int32(column)))
    let buffer = unsafe UnsafeRawBufferPointer(start: start, count: count)
    return try body(unsafe buffer.bindMemory(to: UInt8.self).span)
  }

  // MARK: Failure

  private func check(_ code: Int32) throws(DatabaseError) {
    guard code == SQLITE_OK else { throw failure() }
  }

  private func failure() -> DatabaseError {
    unsafe DatabaseError(
      code: sqlite3_extended_errcode(connection),
      message: String(cString: sqlite3_errmsg(connection)),
      statement: sql, path: path)
  }
}
