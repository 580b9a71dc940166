// Compares ids and decoded text with those of Hugging Face's tokenizers where the reference is present;
// see Specs/Tokenizers.md.

import Glibc
import JSON
import Testing
import Tokenization

/// Files of this repository and beside it.
enum Repository {
  static let root = String(#filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 })
  static let reference = root + "/../shared/reference"
  static let hasReference = contents(reference + "/tokens.json") != nil
  static let fixtures = root + "/Fixtures/tokenizers"

  static func contents(_ path: String) -> [UInt8]? {
    guard let file = unsafe fopen(path, "rb") else { return nil }
    defer { unsafe _ = fclose(file) }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe fread(&buffer, 1, buffer.count, file)
      if count == 0 { return output }
      output += buffer[..<count]
    }
  }
}

@Suite struct ReferenceTests {
  @Test(
    .enabled(if: Repository.hasReference, "../shared/reference is absent"),
    arguments: ["gpt2", "llama3"])
  func `awkward strings have the ids and the text of the reference`(_ name: String) throws {
    let file = try #require(Repository.contents("\(Repository.reference)/tokenizers/\(name).json"))
    let tokenizer = try Tokenizer(parsing: file)
    let cases = try JSONValue(
      parsing: #require(Repository.contents(Repository.reference + "/tokens.json")))
    let list = try #require(cases[name]?.array)
    #expect(list.count > 50)
    for item in list {
      let text = try #require(item["text"]?.string)
      let ids = try #require(item["ids"]?.array).compactMap { $0.int.map(Int32.init) }
      let plain = try #require(item["ids_no_special"]?.array).compactMap { $0.int.map(Int32.init) }
      #expect(try tokenizer.encode(text).ids == ids, "\(text.debugDescription)")
      #expect(try tokenizer.encode(text, addsSpecialTokens: false).ids == plain)
      let decoded = try #require(item["decoded"]?.string)
      #expect(
        tokenizer.decode(ids, skipsSpecialTokens: false).utf8.elementsEqual(decoded.utf8),
        "\(text.debugDescription)")
    }
  }
}
