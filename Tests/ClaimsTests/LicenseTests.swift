// Licences as SPDX writes them, held to an independent implementation. Specs/Claims.md, "Licences".

import Claims
import Foundation
import JSON
import Testing

@Suite struct LicenseTests {
  @Test func `expressions are read and refused as the other implementation does`() throws {
    let file = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/licences/expressions.jsonl")
    var refused = 0
    var read = 0
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
      let row = try JSONValue(parsing: String(line))
      let text = try #require(row[0]?.string)
      let found = try? LicenseExpression(text).text
      #expect(found == row[1]?.string, "\(text)")
      if found == nil { refused += 1 } else { read += 1 }
    }
    #expect(refused > 100 && read > 100)
  }

  @Test func `one's own licence needs a name`() throws {
    #expect(throws: LicenseExpression.Fault.self) { try LicenseExpression("LicenseRef-") }
    let own = "DocumentRef-a:LicenseRef-b.1 OR LicenseRef-c"
    #expect(try LicenseExpression(own).text == own)
    #expect(throws: LicenseExpression.Fault.self) { try LicenseExpression("DocumentRef-a:MIT") }
  }

  @Test func `an unknown identifier and a wrong form are told apart`() {
    #expect(throws: LicenseExpression.Fault.unknown("Apache2", isException: false)) {
      try LicenseExpression("MIT OR Apache2")
    }
    #expect(throws: LicenseExpression.Fault.unknown("LLVM", isException: true)) {
      try LicenseExpression("Apache-2.0 WITH LLVM")
    }
    #expect(throws: LicenseExpression.Fault.form("a licence is missing at its end")) {
      try LicenseExpression("MIT AND")
    }
    let deep = String(repeating: "(", count: 100) + "MIT" + String(repeating: ")", count: 100)
    #expect(throws: LicenseExpression.Fault.self) { try LicenseExpression(deep) }
  }
}
