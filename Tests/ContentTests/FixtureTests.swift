// DAG-CBOR against the public vectors of the format, where they are present.

import Content
import Cryptography
import Testing

#if canImport(Glibc)
  import Glibc
#endif

enum Vectors {
  static let root = String(#filePath.prefix(upTo: #filePath.range(of: "/Tests/")!.lowerBound))
  static func lines(_ name: String) -> [String] {
    guard let file = fopen(root + "/../shared/vectors/dag-cbor/" + name, "r") else { return [] }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }
  static func field(_ name: String, of line: String) -> String? {
    guard let start = line.range(of: "\"\(name)\": \"") else { return nil }
    return String(line[start.upperBound...].prefix { $0 != "\"" })
  }
}

extension StringProtocol {
  func range(of other: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(other) {
        return start..<index(start, offsetBy: other.count)
      }
      start = index(after: start)
    }
    return nil
  }
}

@Suite struct FixtureTests {
  @Test(.enabled(if: !Vectors.lines("accept.jsonl").isEmpty, "public vectors are absent"))
  func publicVectorsComeBackByteForByte() throws {
    let lines = Vectors.lines("accept.jsonl")
    #expect(lines.count == 128)
    for line in lines {
      let bytes = try #require(Hexadecimal.bytes(of: Vectors.field("hex", of: line) ?? "?"))
      let value = try Value(decoding: bytes)
      #expect(value.encoded() == bytes)
      #expect(CID(of: bytes, codec: .dagCBOR).description == Vectors.field("cid", of: line))
    }
  }
}
