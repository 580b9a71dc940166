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
