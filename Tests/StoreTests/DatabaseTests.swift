// The SQLite wrapper. Specs/Store.md, "Database".

import Content
import Cryptography
import Glibc
import Testing

@testable import Store

@Suite struct DatabaseTests {
  @Test func `values of every kind come back as they were bound`() throws {
    let database = try Database(.memory)
    try database.execute("CREATE TABLE t (a, b, c, d, e, f)")
    try database.run(
      "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)", -5, "héllo", [0, 1, 255] as [UInt8], [] as [UInt8],
      2.5,
      String?.none)
    let row = try database.first("SELECT * FROM t") { row in
      #expect(row.integer(0) == -5)
      #expect(row.text(1) == "héllo")
      #expect(row.bytes(2) == [0, 1, 255])
      #expect(row.bytes(3) == [] && !row.isNull(3))
      #expect(row.real(4) == 2.5)
      #expect(row.isNull(5) && row.optionalText(5) == nil)
      return true
    }
    #expect(row == true)
    #expect(try database.integer("SELECT a FROM t WHERE a > 0") == nil)
  }

  @Test func `digests and CIDs are columns`() throws {
    let database = try Database(.memory)
    let cid = CID(of: [1, 2, 3], codec: .dagCBOR)
    try database.execute("CREATE TABLE t (a, b)")
    try database.run("INSERT INTO t VALUES (?, ?)", cid.digest, cid)
    let statement = try database.statement("SELECT b FROM t WHERE a = ?")
    try statement.bind(1, cid.digest)
    #expect(try statement.step() && statement.cid(0) == cid)
    statement.clear()
    #expect(try database.first("SELECT a, b FROM t") { $0.digest(0) } == cid.digest)
    #expect(try database.first("SELECT a, b FROM t") { $0.digest(1) } == .some(nil))
  }

  @Test func `a failed transaction leaves nothing, a failed savepoint only its own part out`()
    throws
  {
    struct Stop: Error {}
    let database = try Database(.memory)
    try database.execute("CREATE TABLE t (a INTEGER PRIMARY KEY)")
    #expect(throws: Stop.self) {
      try database.transaction {
        try database.run("INSERT INTO t VALUES (1)")
        throw Stop()
      }
    }
    #expect(try database.integer("SELECT count(*) FROM t") == 0)
    try database.transaction {
      try database.run("INSERT INTO t VALUES (1)")
      #expect(throws: Stop.self) {
        try database.transaction {
          try database.run("INSERT INTO t VALUES (2)")
          throw Stop()
        }
      }
      try database.transaction { try database.run("INSERT INTO t VALUES (3)") }
    }
    #expect(try database.all("SELECT a FROM t ORDER BY a") { $0.integer(0) } == [1, 3])
  }

  @Test func `an error names the statement, the file and the broken rule`() throws {
    let temporary = try TemporaryHome()
    let database = try Database(.file("\(temporary.path)/t.sqlite"))
    try database.execute("CREATE TABLE t (a INTEGER PRIMARY KEY)")
    try database.run("INSERT INTO t VALUES (?)", 1)
    let error = #expect(throws: DatabaseError.self) {
      try database.run("INSERT INTO t VALUES (?)", 1)
    }
    #expect(error?.kind == .constraint)
    #expect(error?.description.contains("INSERT INTO t VALUES (?)") == true)
    #expect(error?.description.contains(temporary.path) == true)
    #expect(error?.description.contains("\n") == false)
  }

  @Test func `the same statement may be read inside its own loop`() throws {
    let database = try Database(.memory)
    try database.execute("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3)")
    var pairs = 0
    try database.rows("SELECT a FROM t") { _ in
      try database.rows("SELECT a FROM t") { _ in pairs += 1 }
    }
    #expect(pairs == 9)
  }

  @Test func `a second writer waits for the first, and a reader sees whole transactions`() throws {
    let temporary = try TemporaryHome()
    let path = "\(temporary.path)/t.sqlite"
    let ada = try Database(.file(path))
    try ada.execute("CREATE TABLE t (a)")
    let ben = try Database(.file(path))
    let before = try ben.dataVersion()
    try ada.transaction {
      try ada.run("INSERT INTO t VALUES (1)")
      #expect(try ben.integer("SELECT count(*) FROM t") == 0)
    }
    #expect(try ben.integer("SELECT count(*) FROM t") == 1)
    #expect(try ben.dataVersion() != before)
  }

  @Test func `a read-only connection reads and refuses to write`() throws {
    let temporary = try TemporaryHome()
    let path = "\(temporary.path)/t.sqlite"
    let writer = try Database(.file(path))
    try writer.execute("CREATE TABLE t (a); INSERT INTO t VALUES (7)")
    let reader = try Database(.file(path), access: .readOnly)
    #expect(try reader.integer("SELECT a FROM t") == 7)
    let error = #expect(throws: DatabaseError.self) { try reader.run("DELETE FROM t") }
    #expect(error?.kind == .readOnly)
    #expect(throws: DatabaseError.self) { try Database(.file("\(path).none"), access: .readOnly) }
  }

  @Test func `a file that is no database is called corrupt, not empty`() throws {
    let temporary = try TemporaryHome()
    let path = "\(temporary.path)/t.sqlite"
    try SmallFile.write([UInt8](repeating: 0x5a, count: 8192), to: path, mode: 0o600)
    let error = #expect(throws: DatabaseError.self) { try Database(.file(path)) }
    #expect(error?.kind == .corrupt)
  }

  @Test func `schemas move forward step by step and a newer one is refused`() throws {
    let temporary = try TemporaryHome()
    let path = "\(temporary.path)/t.sqlite"
    let first = Schema(part: "pets", steps: ["CREATE TABLE pets (name TEXT)"])
    let second = Schema(
      part: "pets", steps: first.steps + ["ALTER TABLE pets ADD COLUMN age INTEGER DEFAULT 3"])
    do {
      let database = try Database(.file(path))
      try database.migrate(first)
      try database.run("INSERT INTO pets VALUES ('rex')")
      #expect(try database.version(of: "pets") == 1)
    }
    let database = try Database(.file(path))
    try database.migrate(second)
    try database.migrate(second)
    #expect(try database.integer("SELECT age FROM pets") == 3)
    let error = #expect(throws: DatabaseError.self) { try database.migrate(first) }
    #expect(error?.kind == .newerSchema)
  }

  @Test func `a step that fails leaves the version and the tables of before`() throws {
    let database = try Database(.memory)
    try database.migrate(Schema(part: "a", steps: ["CREATE TABLE a (x)"]))
    #expect(throws: DatabaseError.self) {
      try database.migrate(
        Schema(part: "a", steps: ["CREATE TABLE a (x)", "CREATE TABLE b (x)", "nonsense"]))
    }
    #expect(try database.version(of: "a") == 1)
    #expect(throws: DatabaseError.self) { try database.run("SELECT * FROM b") }
  }
}
