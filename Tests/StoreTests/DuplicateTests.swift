// Duplicates across contributions, indexed and found again. Specs/Duplicates.md.

import Content
import Glibc
import Records
import Testing

@testable import Store

@Suite struct DuplicateTests {
  private func text(_ seed: Int, _ count: Int = 40) -> String {
    sample(seed, count: count).map { "word\(Int($0) % 97)" }.joined(separator: " ")
  }

  private func line(_ text: String, id: Int) -> String { "{\"id\":\(id),\"text\":\"\(text)\"}\n" }

  private func add(_ content: String, _ name: String, to store: Store) throws -> CID {
    let path = "\(store.home.path)/\(name)"
    try SmallFile.write(Array(content.utf8), to: path, mode: 0o644)
    return try store.blocks.add(try FileWalk.files(at: [path])).manifest.cid
  }

  private func everybody(_ contributions: [Int], _ replaced: [Int]) -> [Int] { contributions }

  @Test func `copies and near-copies are found across formats, with who was first`() throws {
    let temporary = try TemporaryHome()
    let store = try Store.make(temporary.home)
    let ada = try add(
      (0..<200).map { line(text($0), id: $0) }.joined(), "ada.jsonl", to: store)
    // Ben has a copy in other clothes, a near-copy, and a row that is Ada's text.
    let near = text(7).split(separator: " ").enumerated().map {
      $0.offset == 20 ? "other" : $0.element
    }
    .joined(separator: " ")
    let ben = try add(
      "id,text\n1,\"\(text(3)) \n\"\n2,\(near)\n3,\(text(900))\n4,\(text(901))\n5,\(text(901))\n",
      "ben.csv", to: store)
    let found = try DuplicateFinder(store).find(among: [ada, ben]) { all, _ in
      all.filter { $0 == 0 }
    }
    #expect(found.records == 205)
    #expect(found.exact == 2)
    #expect(found.near == 1)
    #expect(found.clusters.count == 3)
    #expect(
      found.clusters.map { $0.members.map { "\($0.contribution)/\($0.record)" } } == [
        ["0/3", "1/0"], ["0/7", "1/1"], ["1/3", "1/4"],
      ])
    #expect(found.clusters[0].members[1].isExact)
    #expect(found.clusters[1].members[1].similarity > 0.8)
    #expect(found.clusters[1].members[1].similarity < 1)
    #expect(found.clusters[1].firsts == [0])
    let last = try DuplicateFinder(store).find(
      among: [ada, ben], onlyLast: true, firsts: everybody)
    #expect(last.exact == 2 && last.near == 1)
    let reversed = try DuplicateFinder(store).find(
      among: [ben, ada], onlyLast: true, firsts: everybody)
    #expect(reversed.exact == 1 && reversed.near == 1)
    #expect(reversed.clusters.allSatisfy { $0.firsts == [0, 1] })
  }

  @Test func `a replaced contribution has no members, and tells that it had the record`() throws {
    let temporary = try TemporaryHome()
    let store = try Store.make(temporary.home)
    let old = try add((0..<20).map { line(text($0), id: $0) }.joined(), "old.jsonl", to: store)
    let copy = try add((5..<8).map { line(text($0), id: $0) }.joined(), "copy.jsonl", to: store)
    // Two of the three that were copied are still there, and one that nobody had before.
    let new = try add(
      ([5, 6, 30].map { line(text($0), id: $0) } + [line(text(5), id: 99)]).joined(), "new.jsonl",
      to: store)
    let other = try add(line(text(77), id: 1), "other.jsonl", to: store)
    var asked: [[Int]] = []
    let found = try DuplicateFinder(store).find(among: [copy, new], replaced: [other, old]) {
      all, replaced in
      asked.append(replaced)
      return all.filter { $0 == 1 }
    }
    #expect(asked == [[3], [3]])
    #expect(found.records == 7)
    #expect(found.exact == 3 && found.near == 0 && found.clusterCount == 2)
    #expect(found.clusters.allSatisfy { $0.firsts == [1] && $0.replaced == [3] })
    #expect(
      found.clusters.map { $0.members.map { "\($0.contribution)/\($0.record)" } } == [
        ["1/0", "1/3", "0/0"], ["1/1", "0/1"],
      ])
  }

  @Test func `indexing that was stopped goes on, and damaged or foreign files are made again`()
    throws
  {
    let temporary = try TemporaryHome()
    let store = try Store.make(temporary.home)
    let one = try add((0..<300).map { line(text($0 / 2), id: $0) }.joined(), "a.jsonl", to: store)
    let stopped = DuplicateFinder(store) { _ in false }
    #expect(throws: StoreError.self) { try stopped.find(among: [one], firsts: everybody) }
    let found = try DuplicateFinder(store).find(among: [one], firsts: everybody)
    #expect(found.clusters.count == 150)
    #expect(found.exact == 150)
    let directory = "\(store.home.cachePath)/duplicates"
    #expect(names(in: directory).count == 1)
    let path = "\(directory)/\(names(in: directory)[0])"
    var bytes = try SmallFile.read(path, mostBytes: 1 << 24)
    bytes[100] ^= 1
    try SmallFile.write(bytes, to: path, mode: 0o600)
    #expect(try DuplicateFinder(store).find(among: [one], firsts: everybody) == found)
    #expect(try SmallFile.read(path, mostBytes: 1 << 24) != bytes)
    #expect(DuplicateFinder.prune(store.home, keeping: [one]) == 0)
    #expect(DuplicateFinder.prune(store.home, keeping: []) == bytes.count)
    #expect(names(in: directory).isEmpty)
  }

  @Test func `contributions that are not here are told apart`() throws {
    let temporary = try TemporaryHome()
    let store = try Store.make(temporary.home)
    let here = try add(line("a b c d", id: 1), "a.jsonl", to: store)
    let absent = CID(of: [1], codec: .dagCBOR)
    let found = try DuplicateFinder(store).find(among: [absent, here, here], firsts: everybody)
    #expect(found.absent == [0])
    #expect(found.clusters.map(\.firsts) == [[1, 2]])
    #expect(found.records == 2)
  }

  @Test func `a contribution of several segments is numbered through`() throws {
    let temporary = try TemporaryHome()
    let store = try Store.make(temporary.home)
    let count = DuplicateSegment.greatestRows + 1000
    var bytes: [UInt8] = []
    for number in 0..<count { bytes += Array("unique \(number)\n".utf8) }
    bytes += Array("unique 5\n".utf8)
    let path = "\(store.home.path)/long.txt"
    try SmallFile.write(bytes, to: path, mode: 0o644)
    let manifest = try store.blocks.add(try FileWalk.files(at: [path])).manifest.cid
    let found = try DuplicateFinder(store).find(among: [manifest], firsts: everybody)
    #expect(found.records == count + 1)
    #expect(found.clusters.count == 1)
    #expect(found.clusters.first?.members.map(\.record) == [5, UInt64(count)])
    // Only the second segment is made again, from the record on with which it begins.
    let directory = "\(store.home.cachePath)/duplicates"
    let files = names(in: directory)
    #expect(files.count == 2)
    unsafe unlink("\(directory)/\(files[1])")
    var indexed: [Int] = []
    let finder = DuplicateFinder(store) { state in
      if state.stage == .indexing { indexed.append(state.done) }
      return true
    }
    #expect(try finder.find(among: [manifest], firsts: everybody) == found)
    #expect(names(in: directory) == files)
    #expect(indexed.allSatisfy { $0 > DuplicateSegment.greatestRows })
  }
}
