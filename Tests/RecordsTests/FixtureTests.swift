// Everything in Fixtures/records, which an independent implementation made.

import Cryptography
import Glibc
import JSON
import Testing

@testable import Records

private func fixture(_ name: String) throws -> [UInt8] {
  let parts = #filePath.split(separator: "/").dropLast(3)
  let path = "/" + parts.joined(separator: "/") + "/Fixtures/records/" + name
  guard let file = unsafe fopen(path, "r") else { throw RecordError(reason: "no \(path)") }
  defer { unsafe fclose(file) }
  var bytes: [UInt8] = []
  var part = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = unsafe fread(&part, 1, part.count, file)
    if count == 0 { return bytes }
    bytes += part[..<count]
  }
}

private func lines(_ name: String) throws -> [JSONValue] {
  try fixture(name).split(separator: 0x0A).map { try JSONValue(parsing: Array($0)) }
}

private func base64(_ text: String) -> [UInt8] {
  var bytes: [UInt8] = []
  var bits: UInt32 = 0
  var count = 0
  for byte in text.utf8 where byte != 0x3D {
    let digit: UInt8 =
      switch byte {
      case 0x41...0x5A: byte - 0x41
      case 0x61...0x7A: byte - 0x61 + 26
      case 0x30...0x39: byte - 0x30 + 52
      case 0x2B: 62
      default: 63
      }
    bits = bits << 6 | UInt32(digit)
    count += 6
    if count >= 8 {
      count -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
    }
  }
  return bytes
}

@Suite struct RecordFixtureTests {
  @Test func `the worked example has its spans and names`() throws {
    let scan = Scan(try fixture("example.jsonl"), .jsonLines)
    #expect(
      scan.spans == [
        RecordSpan(start: 0, contentEnd: 12, end: 14, shape: .text),
        RecordSpan(start: 15, contentEnd: 25, end: 26, shape: .other),
        RecordSpan(start: 26, contentEnd: 34, end: 35, shape: nil),
      ])
    #expect(
      SHA256.hash(Array(scan.bytes[scan.spans[0].content])).description.hasPrefix(
        "6193c97585a0f731"))
    #expect(
      scan.summary.problems.map(\.description) == ["line 4: byte 8: the document ends too early"])
  }

  @Test func `files are cut as the other implementation cuts them`() throws {
    var records = 0
    for line in try lines("scans.jsonl") {
      let name = try #require(line["format"]?.string)
      let format = try #require(RecordFormat(name: name))
      let bytes = base64(try #require(line["file"]?.string))
      let expected = try #require(line["spans"]?.array).map { span in
        RecordSpan(
          start: try #require(span[0]?.int), contentEnd: try #require(span[1]?.int),
          end: try #require(span[2]?.int),
          shape: span[3]?.string.flatMap { name in RecordShape.allCases.first { $0.name == name } })
      }
      #expect(
        Scan(bytes, format).spans == expected,
        "\(format.name): \(String(decoding: bytes, as: UTF8.self))")
      records += expected.count
    }
    #expect(records > 2500)
  }

  @Test func `texts have the forms and signatures that the other implementation finds`() throws {
    var rows = DuplicateRows()
    for line in try lines("signatures.jsonl") {
      let text = try #require(line["text"]?.string)
      let form = try #require(line["exact"]?.string)
      #expect(ExactForm.of(Array(text.utf8)) == Array(form.utf8), "\(text)")
      var tokens = LooseTokens()
      unsafe Array(text.utf8).withUnsafeBytes { unsafe tokens.read($0) }
      let expected = try #require(line["tokens"]?.array).map { UInt64($0.string ?? "", radix: 16) }
      #expect(tokens.hashes == expected, "\(text)")
      #expect(Shingles.set(of: Array(text.utf8)).count == line["shingles"]?.int, "\(text)")
      var reader = DuplicateReader(format: .textLines)
      reader.read(Array(text.utf8))
      #expect(Hexadecimal.text(of: reader.signature.lanes) == line["signature"]?.string, "\(text)")
      rows.append(reader)
    }
    let segment = rows.segment(manifest: SHA256.hash(Array("manifest".utf8)), firstRecord: 7)
    let expected = String(decoding: try fixture("segment.hex").dropLast(), as: UTF8.self)
    #expect(Hexadecimal.text(of: segment) == expected)
  }
}
