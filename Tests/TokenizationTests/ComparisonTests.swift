// Compares with PyPI's tokenizers on awkward texts: ids, offsets, decoding, streaming; see
// Specs/Tokenizers.md, "Comparison". The cases are made by Fixtures/tokenizers/make.py; with
// TOKENIZER_CASES=FILE another file of cases is compared as well.

import Glibc
import JSON
import Testing
import Tokenization

@Suite struct ComparisonTests {
  static var files: [String] {
    let more = unsafe getenv("TOKENIZER_CASES").map { unsafe String(cString: $0) }
    return ["\(Repository.fixtures)/cases.jsonl"] + (more.map { [$0] } ?? [])
  }

  @Test(arguments: files)
  func `every case has the library's ids, offsets and text`(_ path: String) throws {
    let lines = try #require(Repository.contents(path)).split(separator: 0x0A)
    #expect(lines.count > 100)
    var name = ""
    var tokenizer: Tokenizer? = nil
    var failures = 0
    for line in lines {
      let item = try JSONValue(parsing: Array(line))
      let wanted = try #require(item["t"]?.string)
      if wanted != name {
        name = wanted
        let file = try #require(Repository.contents("\(Repository.fixtures)/\(name).json"))
        tokenizer = try Tokenizer(parsing: file, file: name)
      }
      if let problem = try check(try #require(tokenizer), item) {
        failures += 1
        if failures <= 10 { Issue.record("\(name): \(problem)") }
      }
    }
    #expect(failures == 0)
  }

  /// What differs, or nil.
  private func check(_ tokenizer: Tokenizer, _ item: JSONValue) throws -> String? {
    let text = try bytes(of: item)
    let label = String(decoding: text, as: UTF8.self).debugDescription
    let ids = numbers(item["i"])
    let encoding = try tokenizer.encode(text, withOffsets: true)
    if encoding.ids != ids { return "\(label): ids \(encoding.ids), not \(ids)" }
    if try tokenizer.encode(text).ids != ids { return "\(label): other ids without offsets" }
    let plain = item["p"].map(numbers) ?? ids
    if try tokenizer.encode(text, addsSpecialTokens: false).ids != plain {
      return "\(label): other ids without the template"
    }
    let places = characterPlaces(text)
    let offsets = encoding.offsets.flatMap {
      [Int32(places[$0.lowerBound]), Int32(places[$0.upperBound])]
    }
    if offsets != numbers(item["o"]) {
      return "\(label): offsets \(offsets), not \(numbers(item["o"]))"
    }
    let repaired = String(decoding: text, as: UTF8.self)
    let full = item["D"]?.string ?? repaired
    let short = item["d"]?.string ?? full
    for (skips, expected) in [(false, full), (true, short)] {
      let decoded = tokenizer.decode(ids, skipsSpecialTokens: skips)
      if !decoded.utf8.elementsEqual(expected.utf8) {
        return "\(label): decoded \(decoded.debugDescription), not \(expected.debugDescription)"
      }
      var stream = StreamingDecoder(tokenizer, skipsSpecialTokens: skips)
      var pieces = ""
      for id in ids { pieces += stream.append(id) }
      pieces += stream.finish()
      if !pieces.utf8.elementsEqual(decoded.utf8) { return "\(label): streamed text differs" }
    }
    return nil
  }

  private func bytes(of item: JSONValue) throws -> [UInt8] {
    if let text = item["x"]?.string { return Array(text.utf8) }
    let hex = Array(try #require(item["b"]?.string).utf8)
    func value(_ digit: UInt8) -> UInt8 { digit < 0x3A ? digit - 0x30 : digit - 0x57 }
    return stride(from: 0, to: hex.count - 1, by: 2).map {
      value(hex[$0]) << 4 | value(hex[$0 + 1])
    }
  }

  private func numbers(_ value: JSONValue?) -> [Int32] {
    (value?.array ?? []).compactMap { $0.int.map { Int32(truncatingIfNeeded: $0) } }
  }

  /// For each byte of the repaired text and its end, how many characters come before.
  private func characterPlaces(_ text: [UInt8]) -> [Int] {
    var places: [Int] = []
    var count = 0
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      for _ in 0..<String(scalar).utf8.count { places.append(count) }
      count += 1
    }
    return places + [count]
  }
}
