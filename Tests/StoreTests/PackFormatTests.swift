// Packs as an independent implementation makes them. Specs/Store.md, "Packs".

import Content
import Cryptography
import Testing

@testable import Store

@Suite struct PackFormatTests {
  private static let folder =
    "\(#filePath)".split(separator: "/").dropLast(3)
    .map { "/\($0)" }.joined() + "/Fixtures/store"

  private func fixture(_ number: UInt32) throws -> [UInt8] {
    try SmallFile.read("\(Self.folder)/\(PackFormat.name(pack: number))", mostBytes: 1 << 20)
  }

  @Test func `packs are written as the fixtures are`() throws {
    for (number, groups) in [
      (UInt32(1), [[Array("abc".utf8)]]),
      (2, [[[], [UInt8](repeating: 0x61, count: 1000)], [[0x62]]]),
    ] {
      var bytes = PackFormat.header(pack: number)
      for blocks in groups {
        let entries = blocks.map {
          PackEntry(digest: SHA256.hash($0), form: .plain, stored: $0.count, length: $0.count)
        }
        bytes += PackFormat.head(pack: number, offset: bytes.count, entries: entries)
        bytes += blocks.joined()
      }
      #expect(bytes == (try fixture(number)))
    }
  }

  @Test func `the fixtures are read, whole and sound`() throws {
    let disk = SystemDisk()
    for (number, count) in [(UInt32(1), 1), (2, 3)] {
      let file = try disk.open("\(Self.folder)/\(PackFormat.name(pack: number))", .read)
      var scan = try PackScan(file, pack: number)
      var found = 0
      while let group = try scan.next() {
        #expect(try group.damagedEntries(in: file).isEmpty)
        found += group.entries.count
      }
      #expect(found == count && scan.isAtEnd)
    }
  }

  @Test func `a group with any byte changed is refused or has a damaged block`() throws {
    let good = try fixture(2)
    for place in PackFormat.headerBytes..<good.count {
      var bytes = good
      bytes[place] ^= 0x10
      let disk = MemoryDisk()
      let file = try disk.open("/p", .create)
      try file.write(bytes, at: 0)
      var scan = try PackScan(file, pack: 2)
      var sound = 0
      repeat {
        while let group = try scan.next() {
          sound += group.entries.count - (try group.damagedEntries(in: file).count)
        }
      } while try scan.skipToNextGroup()
      #expect(sound < 3, "byte \(place)")
    }
  }

  @Test func `a group is refused in another place or another pack`() throws {
    let bytes = try fixture(1)
    let head = Array(bytes[PackFormat.headerBytes..<bytes.count - 3])
    #expect(PackFormat.group(pack: 1, offset: 16, head: head) != nil)
    #expect(PackFormat.group(pack: 1, offset: 17, head: head) == nil)
    #expect(PackFormat.group(pack: 2, offset: 16, head: head) == nil)
  }

  @Test func `the page of the store shows the fixture`() throws {
    let page = String(
      decoding: try SmallFile.read(
        "\(Self.folder)/../../Specs/Store.md", mostBytes: 1 << 20), as: UTF8.self)
    let check = try fixture(1)[32..<48].map { Hexadecimal.text(of: [$0]) }.joined(separator: " ")
    #expect(page.contains(check))
  }
}
