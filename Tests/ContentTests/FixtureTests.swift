// DAG-CBOR and DAG-JSON against the public vectors of the format, where they are present.

import Cryptography
import Glibc
import JSON
import Testing

@testable import Content

enum Fixture {
  /// The folder that holds the package.
  static let root: String = {
    var names = #filePath.split(separator: "/")
    names.removeLast(3)
    return "/" + names.joined(separator: "/")
  }()

  /// Nil when there is no such file below the package.
  static func bytes(_ path: String) -> [UInt8]? {
    guard let file = fopen(root + "/" + path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
      bytes += buffer[..<count]
    }
    return bytes
  }

  /// The JSON values of a file of lines.
  static func lines(_ path: String) throws -> [JSONValue] {
    try (bytes(path) ?? []).split(separator: 10).map { try JSONValue(parsing: Array($0)) }
  }

  static let vectors = "../shared/vectors/dag-cbor"
  static let hasVectors = bytes(vectors + "/accept.jsonl") != nil
}

@Suite struct FixtureTests {
  @Test(.enabled(if: Fixture.hasVectors, "the public vectors are not beside the project"))
  func `public values come back byte for byte, with their addresses and as DAG-JSON`() throws {
    let lines = try Fixture.lines(Fixture.vectors + "/accept.jsonl")
    #expect(lines.count == 128)
    for line in lines {
      let name = line["name"]?.string ?? "?"
      let bytes = try #require(Hexadecimal.bytes(of: line["hex"]?.string ?? "?"))
      let value = try Value(decoding: bytes)
      #expect(value.encoded() == bytes, "\(name)")
      #expect(CID(of: bytes, codec: .dagCBOR).description == line["cid"]?.string, "\(name)")
      try Value.check(bytes)
      let json = try #require(line["dagJSON"]?.string)
      #expect(value.dagJSON == json, "\(name)")
      #expect(try Value(dagJSON: Array(json.utf8)) == value, "\(name)")
    }
  }

  @Test(.enabled(if: Fixture.hasVectors, "the public vectors are not beside the project"))
  func `public bytes that are not strict are refused`() throws {
    for line in try Fixture.lines(Fixture.vectors + "/refuse.jsonl") {
      let bytes = try #require(Hexadecimal.bytes(of: line["hex"]?.string ?? "?"))
      #expect(throws: DagCBORError.self) { try Value(decoding: bytes) }
      #expect(throws: DagCBORError.self) { try Value.check(bytes) }
    }
  }
}
