// Adding files and reading them again. Specs/Store.md, "Adding" and "Getting".

import Content
import Cryptography
import Glibc
import Records
import Testing

@testable import Store

/// JSON lines whose texts depend on a seed.
func jsonLines(_ count: Int, seed: Int) -> [UInt8] {
  var bytes: [UInt8] = []
  for number in 0..<count {
    let words = sample(seed &* 1_000_003 &+ number, count: 20 + number % 300)
    let text = words.map { ["ba", "do", "ki", "lu", "me", "no", "ra", "ti"][Int($0 & 7)] }
    bytes += Array("{\"text\":\"\(number) \(text.joined())\"}\n".utf8)
  }
  return bytes
}

@Suite struct AddingTests {
  /// A folder with files of several kinds; gives each name with its bytes.
  private func makeFolder(_ path: String) throws -> [(name: String, bytes: [UInt8])] {
    let files: [(String, [UInt8])] = [
      ("a.jsonl", jsonLines(4000, seed: 1)), ("b/one.txt", Array("first\nsecond\n".utf8)),
      ("b/two.txt", []), ("c.bin", sample(5, count: 700_000)),
      ("d.jsonl", Array("{\"text\":\"x\"}\nnot json\n{\"text\":\"y\"}".utf8)),
    ]
    try Home.makeDirectory("\(path)/b")
    for (name, bytes) in files { try SmallFile.write(bytes, to: "\(path)/\(name)", mode: 0o644) }
    return files.map { (name: $0.0, bytes: $0.1) }
  }

  private func contents(_ reader: ContributionReader) throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    try reader.forEachFile { entry in
      var bytes: [UInt8] = []
      try reader.read(try #require(try reader.file(at: entry.path))) { bytes += $0 }
      files[entry.path.text] = bytes
    }
    return files
  }

  @Test(arguments: [false, true]) func `files come back byte for byte`(inPlace: Bool) throws {
    let temporary = try TemporaryHome()
    let folder = "\(temporary.path)/data"
    let files = try makeFolder(folder)
    let store = try BlockStore(home: temporary.home)
    var options = AddOptions()
    options.inPlace = inPlace
    let addition = try store.add(try FileWalk.files(at: [folder]), options: options)
    #expect(addition.manifest.fileCount == 5)
    #expect(addition.manifest.bytes == UInt64(files.reduce(0) { $0 + $1.bytes.count }))
    #expect(addition.manifest.records == 4000 + 2 + 3)
    #expect(addition.manifest.unparsed == 1)
    #expect(addition.problems.map(\.description).first?.hasPrefix("d.jsonl, line 2:") == true)
    let again = try BlockStore(home: temporary.home)
    let reader = try ContributionReader(addition.manifest.cid, in: again)
    let found = try contents(reader)
    for file in files { #expect(found[file.name] == file.bytes, "\(file.name)") }
    #expect(try reader.firstMissing() == nil)
    if inPlace {
      #expect(addition.newBytes < 200_000)
      #expect(try again.totals().inPlaceFiles >= 2)
    }
  }

  @Test func `adding again stores nothing new and gives the same manifest`() throws {
    let temporary = try TemporaryHome()
    let folder = "\(temporary.path)/data"
    _ = try makeFolder(folder)
    let store = try BlockStore(home: temporary.home)
    let first = try store.add(try FileWalk.files(at: [folder]))
    let second = try store.add(try FileWalk.files(at: [folder]))
    #expect(first.manifest.cid == second.manifest.cid)
    #expect(second.newBlocks == 0 && second.newBytes == 0)
    #expect(first.newBytes > 1_000_000)
  }

  @Test func `a file that changed in place is noticed and never served wrong`() throws {
    let temporary = try TemporaryHome()
    let folder = "\(temporary.path)/data"
    let files = try makeFolder(folder)
    let store = try BlockStore(home: temporary.home)
    var options = AddOptions()
    options.inPlace = true
    let addition = try store.add(try FileWalk.files(at: [folder]), options: options)
    let reader = try ContributionReader(addition.manifest.cid, in: store)
    let chunk = try #require(try reader.manifest.firstChunk(reader.source))
    let location = try #require(try store.location(of: chunk.cid))
    var changed = files[0].bytes
    changed[17] ^= 1
    // The same size, and the clock turned back: only the hash can tell.
    var times = [timespec(), timespec()]
    var status = stat()
    let path = "\(folder)/a.jsonl"
    #expect(unsafe stat(path, &status) == 0)
    times = [status.st_atim, status.st_mtim]
    let descriptor = unsafe open(path, O_WRONLY)
    _ = unsafe pwrite(descriptor, changed, changed.count, 0)
    unsafe futimens(descriptor, times)
    close(descriptor)
    #expect(throws: StoreError.changedInPlace(path: try Home.realPath(path))) {
      try location.read()
    }
    // Told once, then the block counts as missing.
    #expect(throws: StoreError.self) { try store.get(chunk.cid) }
    #expect(try store.get(chunk.cid) == nil)
    #expect(try reader.firstMissing() == chunk.cid)
    // Adding it anew makes it whole again.
    let next = try store.add(try FileWalk.files(at: [folder]), options: options)
    #expect(try ContributionReader(next.manifest.cid, in: store).firstMissing() == nil)
  }

  @Test func `records are found by number and by hash`() throws {
    let temporary = try TemporaryHome()
    let folder = "\(temporary.path)/data"
    let files = try makeFolder(folder)
    let store = try BlockStore(home: temporary.home)
    let addition = try store.add(try FileWalk.files(at: [folder]))
    let reader = try ContributionReader(addition.manifest.cid, in: store)
    let lines = files[0].bytes.split(separator: 0x0A).map(Array.init)
    for number in [0, 1, 1234, 3999] {
      let record = try reader.record(UInt64(number))
      #expect(record.bytes == lines[number])
      #expect(record.id == SHA256.hash(lines[number]))
      let found = try reader.records(withPrefix: Array(record.id.bytes.prefix(6)))
      #expect(found.map(\.number) == [UInt64(number)])
    }
    #expect(try reader.record(4001).bytes == Array("second".utf8))
    #expect(try reader.record(4004).bytes == Array("{\"text\":\"y\"}".utf8))
    #expect(throws: ManifestError.self) { try reader.record(4005) }
  }

  @Test func `strict adding stops at the first record that does not parse`() throws {
    let temporary = try TemporaryHome()
    let folder = "\(temporary.path)/data"
    _ = try makeFolder(folder)
    let store = try BlockStore(home: temporary.home)
    var options = AddOptions()
    options.strict = true
    let error = #expect(throws: StrictError.self) {
      try store.add(try FileWalk.files(at: [folder]), options: options)
    }
    #expect(error?.problem.path.text == "d.jsonl")
  }

  @Test func `stopping keeps what is stored, and the next attempt is new only from there`() throws {
    let temporary = try TemporaryHome()
    try SmallFile.write(sample(3, count: 80 << 20), to: "\(temporary.path)/big.bin", mode: 0o644)
    let files = try FileWalk.files(at: ["\(temporary.path)/big.bin"])
    let store = try BlockStore(home: temporary.home)
    let error = #expect(throws: StoreError.self) {
      try store.add(files) { $0.newBytes == 0 }
    }
    guard case .cancelled(let kept)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(kept > 0)
    let held = try store.totals().bytes
    #expect(held >= kept)
    let addition = try store.add(files)
    #expect(addition.newBytes < (81 << 20) - kept)
    #expect(try ContributionReader(addition.manifest.cid, in: store).firstMissing() == nil)
  }
}

extension Manifest {
  func firstChunk(_ source: (CID) throws -> [UInt8]) throws -> ChunkEntry? {
    var cursor = chunkCursor()
    return try cursor.next(source)?.item
  }
}
