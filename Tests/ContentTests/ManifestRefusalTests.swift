// Manifests that lie, and paths that are not allowed (Specs/Manifests.md, "Refusals").

import Testing

@testable import Content

@Suite struct ManifestRefusalTests {
  @Test(arguments: [
    "", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b", "a\u{0}b", "a\nb", "a\\b",
    "e\u{301}", String(repeating: "a", count: 256), String(repeating: "a/", count: 64) + "a",
    String(repeating: "abcdefghi/", count: 103) + "a", "a\u{7F}",
  ])
  func `a path that could leave its folder or differ between machines is refused`(path: String) {
    #expect(throws: ManifestError.self) { try ManifestPath(path) }
  }

  @Test(arguments: ["a", "a/b", "...", "a..b", ".hidden", "é/ß.txt", "a b", "日本/語"])
  func `ordinary paths are taken as they are`(path: String) throws {
    #expect(try ManifestPath(path).text == path)
  }

  @Test func `paths sort name by name, as a walk meets them`() throws {
    let paths = ["a/b", "a/b/c", "a/bc", "a!", "a-b", "a.txt", "ab", "b"]
    let sorted = try paths.reversed().map { try ManifestPath($0) }.sorted().map(\.text)
    #expect(sorted == paths)
  }

  private func entry(_ path: String, bytes: UInt64 = 0) throws -> FileEntry {
    try FileEntry(path: ManifestPath(path), format: .opaque, bytes: bytes, records: 0)
  }

  @Test(arguments: [["b", "a"], ["a", "a"], ["a", "a/b"], ["a/b", "a/b/c"]])
  func `files out of order and files that are folders are refused`(paths: [String]) throws {
    var builder = ManifestBuilder()
    try builder.append(entry(paths[0])) { _ in }
    #expect(throws: ManifestError.self) { try builder.append(entry(paths[1])) { _ in } }
  }

  @Test func `chunks and files that hold different bytes are refused`() throws {
    var builder = ManifestBuilder()
    try builder.append(entry("a", bytes: 5)) { _ in }
    #expect(throws: ManifestError.self) { try builder.finish { _ in } }
  }

  @Test func `a block with other bytes than its address names is refused`() throws {
    var random = SeededRandom(seed: 1)
    let files = (0..<400).map { Contribution.File("f\(1000 + $0)", bytes: random.bytes(100)) }
    let made = try Contribution(files)
    var cursor = made.manifest.fileCursor()
    #expect(throws: ManifestError.self) {
      try cursor.next { cid in try made.source(cid) + [0] }
    }
  }

  @Test func `a node whose counts differ from what its parent says is refused`() throws {
    var random = SeededRandom(seed: 2)
    let files = (0..<400).map { Contribution.File("f\(1000 + $0)", bytes: random.bytes(100)) }
    let made = try Contribution(files)
    var root = try Value(decoding: made.source(made.manifest.cid))
    var map = try #require(root.map)
    map["bytes"] = Value(made.manifest.bytes + 1)
    root = .map(map)
    #expect(throws: ManifestError.self) { try Manifest(decoding: Block(root)) }
    map["bytes"] = Value(made.manifest.bytes)
    map["version"] = 2
    let error = #expect(throws: ManifestError.self) { try Manifest(decoding: Block(.map(map))) }
    #expect(error?.rule == .version)
  }

  /// A root over leaves of files that are each in order.
  private func root(_ leaves: [[String]]) throws -> (Manifest, BlockSource) {
    var blocks: [CID: [UInt8]] = [:]
    let nodes = leaves.map { paths -> Value in
      let files = paths.map { path -> Value in
        .array([.text(path), "opaque", .null, 0, 0, 0])
      }
      let leaf = Block(["files": .array(files)])
      blocks[leaf.cid] = leaf.bytes
      return .array([.link(leaf.cid), .text(paths.last ?? ""), Value(paths.count), 0, 0, 0])
    }
    let root: Value = [
      "kind": "manifest", "version": 1, "bytes": 0, "records": 0, "unparsed": 0,
      "chunks": ["chunks": .array([])], "files": ["nodes": .array(nodes)],
    ]
    let manifest = try Manifest(decoding: Block(root))
    return (manifest, { cid in try #require(blocks[cid]) })
  }

  private func walk(_ leaves: [[String]]) throws -> Int {
    let (manifest, source) = try root(leaves)
    var cursor = manifest.fileCursor()
    var count = 0
    while try cursor.next(source) != nil { count += 1 }
    return count
  }

  @Test func `files out of order are refused within leaves and from one to the next`() throws {
    #expect(try walk([["a", "b"], ["c/d", "e"]]) == 4)
    for leaves in [
      [["b", "a"]], [["a", "a"]], [["a", "a/b"]], [["a", "c"], ["b", "d"]], [["a"], ["a/b"]],
      [["a", "c"], ["b"]],
    ] {
      let error = #expect(throws: ManifestError.self, "\(leaves)") { try walk(leaves) }
      #expect(error?.rule == .order, "\(leaves)")
    }
  }

  @Test func `a leaf that ends with another path than its parent says is refused`() throws {
    let (manifest, source) = try root([["a"], ["b"]])
    let (other, _) = try root([["a"], ["c"]])
    guard case .branch(let left) = manifest.files, case .branch(let right) = other.files else {
      Issue.record("the top is no branch")
      return
    }
    let mixed = ManifestBranch(
      cid: left[1].cid, totals: right[1].totals, lastPath: right[1].lastPath)
    let error = #expect(throws: ManifestError.self) {
      try TreeCursor<FileEntry>.node(mixed, source)
    }
    #expect(error?.rule == .order)
    #expect(try manifest.file(at: ManifestPath("b"), source) != nil)
  }

  @Test func `a tree that names a subtree without end is refused`() throws {
    let leaf = CID(of: [], codec: .dagCBOR)
    let entry: Value = .array([.link(leaf), Value(UInt64(1) << 48), 0, Value(UInt64(1) << 31)])
    let node: Value = ["nodes": .array([entry, entry])]
    #expect(throws: ManifestError.self) {
      try ManifestNode<ChunkEntry>(decoding: node).totals()
    }
  }

  @Test func `the largest nodes stay below a block`() throws {
    var largest = 0
    var builder = ManifestBuilder()
    for number in 0..<2000 {
      let name = String(repeating: "x", count: 250)
      let path = "\(10_000 + number)\(name.dropFirst(5))/\(name)/\(name)/\(name)/abcdefghijklmn"
      try builder.append(entry(path)) { largest = max(largest, $0.bytes.count) }
    }
    let manifest = try builder.finish { largest = max(largest, $0.bytes.count) }
    #expect(manifest.fileCount == 2000)
    #expect(largest <= Block.maximumByteCount)
  }
}
