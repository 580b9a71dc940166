// Everything in Fixtures/content, which an independent implementation made.

import Cryptography
import JSON
import Testing

@testable import Content

@Suite struct OwnFixtureTests {
  private func fixtures(_ name: String, atLeast count: Int) throws -> [JSONValue] {
    let lines = try Fixture.lines("Fixtures/content/" + name)
    #expect(lines.count >= count)
    return lines
  }

  private func hex(_ line: JSONValue) throws -> [UInt8] {
    try #require(Hexadecimal.bytes(of: line["hex"]?.string ?? "?"))
  }

  @Test func `values come back byte for byte, with their addresses and as DAG-JSON`() throws {
    for line in try fixtures("accept.jsonl", atLeast: 100) {
      let name = line["name"]?.string ?? "?"
      let bytes = try hex(line)
      let value = try Value(decoding: bytes)
      #expect(value.encoded() == bytes, "\(name)")
      #expect(CID(of: bytes, codec: .dagCBOR).description == line["cid"]?.string, "\(name)")
      try Value.check(bytes)
      let json = try #require(line["dagJSON"]?.string)
      #expect(try Value(dagJSON: Array(json.utf8)) == value, "\(name)")
      #expect(try Value(dagJSON: Array(value.dagJSON.utf8)) == value, "\(name)")
    }
  }

  @Test func `bytes that are not strict are refused with the place and the rule`() throws {
    for line in try fixtures("refuse.jsonl", atLeast: 100) {
      let name = line["name"]?.string ?? "?"
      let bytes = try hex(line)
      for check in [{ _ = try Value(decoding: bytes) }, { try Value.check(bytes) }] {
        let error = #expect(throws: DagCBORError.self, "\(name)") { try check() }
        #expect(error?.offset == line["offset"]?.int, "\(name)")
        #expect(error.map { "\($0.rule)" } == line["rule"]?.string, "\(name)")
      }
    }
  }

  @Test func `texts of addresses are read strictly`() throws {
    for line in try fixtures("cids.jsonl", atLeast: 15) {
      let text = line["text"]?.string ?? ""
      do {
        let cid = try CID(text)
        #expect(line["refused"]?.isNull == true, "\(text)")
        #expect(cid.description == text)
        #expect(try CID(bytes: cid.bytes) == cid)
      } catch {
        #expect(Self.name(error) == line["refused"]?.string, "\(text)")
      }
    }
  }

  private static func name(_ error: CIDError) -> String {
    switch error {
    case .multibase: "multibase"
    case .base32: "base32"
    case .length: "length"
    case .version: "version"
    case .codec: "codec"
    case .hashFunction: "hashFunction"
    }
  }

  @Test func `contributions are cut and described as the independent implementation does it`()
    throws
  {
    for line in try fixtures("manifests.jsonl", atLeast: 10) {
      let name = line["name"]?.string ?? "?"
      let files = try (line["files"]?.array ?? []).map { try Self.file($0.array ?? []) }
      let made = try Contribution(files)
      #expect(made.chunks.map(\.byteCount) == line["chunks"]?.array?.compactMap(\.int), "\(name)")
      #expect(
        made.chunks.map(\.recordCount) == line["records"]?.array?.compactMap(\.int), "\(name)")
      var outlines = SHA256()
      for chunk in made.chunks { outlines.update(chunk.outline.bytes) }
      #expect(outlines.finish().description == line["outlines"]?.string, "\(name)")
      #expect(made.manifest.cid.description == line["root"]?.string, "\(name)")
      if let root = line["rootHex"]?.string {
        #expect(Hexadecimal.text(of: try made.source(made.manifest.cid)) == root)
      }
      if let outline = line["outlineHex"]?.string {
        let first = made.chunks.first { !$0.outline.bytes.isEmpty }
        #expect(first.map { Hexadecimal.text(of: $0.outline.bytes) } == outline)
      }
    }
  }

  /// As `make.py` makes them: `["lines", path, seed, count, longest]`, `["opaque", path, seed, count]`.
  private static func file(_ plan: [JSONValue]) throws -> Contribution.File {
    let path = try #require(plan[1].string)
    let seed = Array(try #require(plan[2].string).utf8)
    let count = try #require(plan[3].int)
    func digest(_ number: Int) -> [UInt8] { SHA256.hash(seed + Array("/\(number)".utf8)).bytes }
    guard plan[0].string == "lines" else {
      var bytes: [UInt8] = []
      for number in 0...count / 32 { bytes += digest(number) }
      return Contribution.File(path, bytes: Array(bytes[..<count]))
    }
    let longest = try #require(plan[4].int)
    return Contribution.File(
      path,
      records: (0..<count).map { number in
        let digest = digest(number)
        let head = digest[..<4].reduce(0) { $0 << 8 | Int($1) }
        let text = Array(Hexadecimal.text(of: digest).utf8)
        var line: [UInt8] = []
        while line.count < head % longest { line += text }
        return line[..<(head % longest)] + [10]
      })
  }

  @Test func `a tall tree has the specified shape, and its places are found`() throws {
    let expected = try #require(try fixtures("tall.jsonl", atLeast: 1).first)
    let count = try #require(expected["chunks"]?.int)
    var builder = ManifestBuilder()
    var blocks: [CID: [UInt8]] = [:]
    func emit(_ block: Block) {
      #expect(block.bytes.count <= Block.maximumByteCount)
      let isNew = blocks.updateValue(block.bytes, forKey: block.cid) == nil
      #expect(isNew)
      let links = (try? block.links()) ?? []
      let known = links.allSatisfy { $0.codec == .raw || blocks[$0] != nil }
      #expect(known, "a node before one that it names")
    }
    var (bytes, records) = (0, 0)
    for number in 0..<count {
      let chunk = CutChunk(
        byteCount: 8192 + number % 16384, recordCount: number % 5, outline: .empty)
      bytes += chunk.byteCount
      records += chunk.recordCount
      builder.append(chunk, digest: SHA256.hash(Array("chunk \(number)".utf8)), emit: emit)
    }
    try builder.append(
      FileEntry(
        path: ManifestPath("data.jsonl"), format: .jsonl, bytes: UInt64(bytes),
        records: UInt64(records)), emit: emit)
    let manifest = try builder.finish(emit: emit)
    #expect(manifest.cid.description == expected["root"]?.string)
    #expect(blocks.count == expected["blocks"]?.int)
    var fetched = 0
    let source: BlockSource = { cid in
      fetched += 1
      return try #require(blocks[cid])
    }
    for number in [0, 1, 4, 7777, 65_536, count - 1] {
      var cursor = manifest.chunkCursor()
      try cursor.seek(item: UInt64(number), source)
      let found = try #require(try cursor.next(source))
      #expect(found.item.cid.digest == SHA256.hash(Array("chunk \(number)".utf8)))
      if found.item.recordCount > 0 {
        let place = try manifest.place(ofRecord: found.before.records, source)
        #expect(place.chunk == found.item && place.skip == 0)
      }
    }
    // Two levels below the root, twice for a record: its chunk and its file.
    #expect(fetched <= 6 * 6)
  }

  @Test func `an archive is read and written as the independent implementation writes it`() throws {
    let bytes = try #require(Fixture.bytes("Fixtures/content/example.car"))
    var roots: [CID] = []
    var blocks: [Block] = []
    var reader = CARReader()
    try reader.push(bytes) { part in
      switch part {
      case .roots(let cids): roots = cids
      case .block(let block): blocks.append(block)
      }
    }
    try reader.finish()
    #expect(reader.offset == UInt64(bytes.count))
    #expect(blocks.count == 2 && blocks.last?.bytes == Array("hello\n".utf8))
    #expect(try CARWriter.header(roots: roots) + blocks.flatMap(CARWriter.section) == bytes)
  }

  @Test func `archives with faults are refused with the place and the rule`() throws {
    for line in try fixtures("archives-refused.jsonl", atLeast: 10) {
      let name = line["name"]?.string ?? "?"
      let bytes = try hex(line)
      for size in [1, 7, 10_000] {
        let error = #expect(throws: CARError.self, "\(name)") {
          var reader = CARReader()
          var at = 0
          while at < bytes.count {
            let end = min(at + size, bytes.count)
            try reader.push(Array(bytes[at..<end])) { _ in }
            at = end
          }
          try reader.finish()
        }
        #expect(error?.offset == line["offset"]?.int.map(UInt64.init), "\(name)")
        let rule = error.map { String("\($0.rule)".prefix { $0 != "(" }) }
        #expect(rule == line["rule"]?.string, "\(name)")
      }
    }
  }
}
