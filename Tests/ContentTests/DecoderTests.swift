// The cursor that reads DAG-CBOR without a tree (Specs/ContentAddresses.md, "Decisions").

import Cryptography
import JSON
import Testing

@testable import Content

@Suite struct DecoderTests {
  private let digest = SHA256.hash([1, 2, 3])

  @Test func `items are read one by one, each as what it is`() throws {
    let cid = CID(codec: .raw, digest: digest)
    let value: Value = [
      "d": .bytes(digest.bytes), "f": .float(1.5), "l": .link(cid), "n": .null, "t": "text",
      "u": 77, "yes": true, "list": .array([1, .bytes([9])]), "skip": ["a": .array([1, 2])],
    ]
    var decoder = DagCBORDecoder(value.encoded())
    #expect(try decoder.map() == 9)
    try decoder.key("d")
    #expect(try decoder.digest() == digest)
    try decoder.key("f")
    #expect(try decoder.float() == 1.5)
    try decoder.key("l")
    #expect(try decoder.link() == cid)
    try decoder.key("n")
    let isNull = decoder.takeNull()
    #expect(isNull)
    try decoder.key("t")
    #expect(try decoder.text() == "text")
    try decoder.key("u")
    let isNullToo = decoder.takeNull()
    #expect(!isNullToo)
    #expect(try decoder.unsigned() == 77)
    try decoder.key("yes")
    #expect(try decoder.bool())
    try decoder.key("list")
    #expect(try decoder.array() == 2)
    #expect(try decoder.unsigned() == 1)
    #expect(try decoder.bytes() == [9])
    try decoder.key("skip")
    let range = try decoder.skip()
    #expect(Array(value.encoded()[range]) == (["a": .array([1, 2])] as Value).encoded())
    try decoder.finish()
  }

  @Test func `another item than expected is refused and passed over by nobody`() throws {
    var decoder = DagCBORDecoder(([1, "a"] as Value).encoded())
    #expect(throws: DagCBORError(offset: 0, rule: .expected)) { try decoder.map() }
    #expect(try decoder.array() == 2)
    #expect(throws: DagCBORError(offset: 1, rule: .expected)) { try decoder.text() }
    #expect(throws: DagCBORError(offset: 1, rule: .expected)) { try decoder.bool() }
    #expect(try decoder.unsigned() == 1)
    #expect(throws: DagCBORError(offset: 2, rule: .expected)) { try decoder.key("b") }
    #expect(throws: DagCBORError(offset: 2, rule: .trailingBytes)) { try decoder.finish() }
    try decoder.key("a")
    #expect(throws: DagCBORError(offset: 4, rule: .endOfInput)) { try decoder.unsigned() }
  }

  @Test func `links are given in order, foreign ones passed over`() throws {
    let first = CID(codec: .raw, digest: digest)
    let second = CID(codec: .dagCBOR, digest: digest)
    let foreign = try #require(ForeignLink("QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG"))
    let value: Value = ["a": .link(second), "b": .array([.foreignLink(foreign), .link(first)])]
    #expect(try Block(value).links() == [second, first])
    #expect(try Value(decoding: value.encoded()) == value)
    #expect(foreign.description == "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG")
  }

  @Test func `a block of a byte more than allowed is refused`() throws {
    let largest = Value.bytes([UInt8](repeating: 0, count: Value.maximumByteCount - 5))
    #expect(try Value(decoding: largest.encoded()) == largest)
    let more = Value.bytes([UInt8](repeating: 0, count: Value.maximumByteCount - 4)).encoded()
    #expect(throws: DagCBORError(offset: 1 << 20, rule: .size)) { try Value(decoding: more) }
    #expect(throws: DagCBORError(offset: 1 << 20, rule: .size)) { try Value.check(more) }
  }

  @Test func `the pages show what the fixtures hold`() throws {
    let addresses = String(
      decoding: Fixture.bytes("Specs/ContentAddresses.md") ?? [], as: UTF8.self)
    let example = try #require(Fixture.lines("Fixtures/content/accept.jsonl").first)
    #expect(addresses.contains(try #require(example["cid"]?.string)))
    #expect(addresses.contains("bafkreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbauguluen5v6am"))
    let manifests = String(decoding: Fixture.bytes("Specs/Manifests.md") ?? [], as: UTF8.self)
    let root = try #require(Fixture.lines("Fixtures/content/manifests.jsonl").first)
    #expect(manifests.contains(try #require(root["root"]?.string)))
  }
}
