// The bytes of a pack: a header, then groups of blocks, each group with its own table.
// Specs/Store.md, "Packs".

package import Cryptography

/// How an entry's stored bytes give the block.
package enum Form: UInt8, Sendable {
  /// They are the block.
  case plain = 0
  /// They are the block, compressed as one zstd frame.
  case zstd = 1
}

/// One block in a group.
package struct PackEntry: Hashable, Sendable {
  package let digest: Digest
  package let form: Form
  /// Bytes in the pack.
  package let stored: Int
  /// Bytes of the block.
  package let length: Int

  package init(digest: Digest, form: Form, stored: Int, length: Int) {
    self.digest = digest
    self.form = form
    self.stored = stored
    self.length = length
  }
}

/// A group's head and table; the blocks' bytes follow it without gaps.
struct PackGroup: Hashable, Sendable {
  /// Where the group begins in its pack.
  let offset: Int
  let entries: [PackEntry]

  var headBytes: Int { PackFormat.groupHeadBytes + entries.count * PackFormat.entryBytes }
  var payloadBytes: Int { entries.reduce(0) { $0 + $1.stored } }
  /// Where the next group begins.
  var end: Int { offset + headBytes + payloadBytes }

  /// Each entry with the place of its bytes in the pack.
  var places: [(entry: PackEntry, offset: Int)] {
    var place = offset + headBytes
    return entries.map { entry in
      defer { place += entry.stored }
      return (entry, place)
    }
  }
}

enum PackFormat {
  /// `datapack`, version, number: tells a pack from other files and from another pack's bytes.
  static let headerBytes = 16
  static let groupHeadBytes = 32
  static let entryBytes = 44
  /// A group has at most this many entries, so that its table fits a small buffer.
  static let mostEntries = 4096
  /// A pack takes no further group at this size.
  static let fullBytes = 512 << 20
  /// The largest block; what is stored of it is never longer.
  static let largestBlock = 1 << 20
  static let version: UInt32 = 1

  static let fileMark = Array("datapack".utf8)
  static let groupMark = Array("dgrp".utf8)

  static func header(pack: UInt32) -> [UInt8] {
    fileMark + bigEndian(version) + bigEndian(pack)
  }

  /// Whether `bytes` begin a pack of this number and version.
  static func isHeader(_ bytes: [UInt8], pack: UInt32) -> Bool { bytes == header(pack: pack) }

  /// The head and table of a group at `offset` of a pack:
  /// mark 4, entries 4, payload 8, check 16; then for each entry digest 32, stored 4, length 4,
  /// form 1, zero 3.
  static func head(pack: UInt32, offset: Int, entries: [PackEntry]) -> [UInt8] {
    var table: [UInt8] = []
    table.reserveCapacity(entries.count * entryBytes)
    var payload = 0
    for entry in entries {
      payload += entry.stored
      unsafe entry.digest.withUnsafeBytes { unsafe table.append(contentsOf: $0) }
      unsafe withUnsafeBytes(
        of: (UInt32(entry.stored).bigEndian, UInt32(entry.length).bigEndian)
      ) { unsafe table.append(contentsOf: $0) }
      unsafe withUnsafeBytes(of: UInt32(entry.form.rawValue).littleEndian) {
        unsafe table.append(contentsOf: $0)
      }
    }
    let start = groupMark + bigEndian(UInt32(entries.count)) + bigEndian(UInt64(payload))
    return start + check(pack: pack, offset: offset, start: start, table: table) + table
  }

  /// The first half of a SHA-256 over the pack's number, the group's place, its head and table:
  /// bytes left over from elsewhere never look like a group.
  private static func check(pack: UInt32, offset: Int, start: [UInt8], table: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    hash.update(bigEndian(pack))
    hash.update(bigEndian(UInt64(offset)))
    hash.update(start)
    hash.update(table)
    return Array(hash.finish().bytes.prefix(16))
  }

  /// How many entries a group's first bytes announce; nil when no group begins with them.
  static func entryCount(_ head: [UInt8]) -> Int? {
    guard head.count >= groupHeadBytes, Array(head[0..<4]) == groupMark else { return nil }
    let count = Int(number(head, at: 4, bytes: 4))
    return (1...mostEntries).contains(count) ? count : nil
  }

  /// Reads a head with its table; nil when anything about it is wrong.
  static func group(pack: UInt32, offset: Int, head: [UInt8]) -> PackGroup? {
    guard let count = entryCount(head), head.count == groupHeadBytes + count * entryBytes else {
      return nil
    }
    let start = Array(head[0..<16])
    let table = Array(head[groupHeadBytes...])
    guard
      check(pack: pack, offset: offset, start: start, table: table) == Array(head[16..<32])
    else { return nil }
    var entries: [PackEntry] = []
    entries.reserveCapacity(count)
    for index in 0..<count {
      let at = index * entryBytes
      guard let digest = unsafe Digest(span: table.span.bytes.extracting(at..<at + 32)),
        let form = Form(rawValue: table[at + 40])
      else { return nil }
      let stored = Int(number(table, at: at + 32, bytes: 4))
      let length = Int(number(table, at: at + 36, bytes: 4))
      guard length <= largestBlock, stored <= length else { return nil }
      entries.append(PackEntry(digest: digest, form: form, stored: stored, length: length))
    }
    let group = PackGroup(offset: offset, entries: entries)
    return number(head, at: 8, bytes: 8) == UInt64(group.payloadBytes) ? group : nil
  }

  static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    unsafe withUnsafeBytes(of: value.bigEndian) { unsafe Array($0) }
  }

  private static func number(_ bytes: [UInt8], at place: Int, bytes count: Int) -> UInt64 {
    var value: UInt64 = 0
    for byte in bytes[place..<place + count] { value = value << 8 | UInt64(byte) }
    return value
  }

  // MARK: Names

  static func name(pack: UInt32) -> String {
    let digits = String(pack)
    return String(repeating: "0", count: max(0, 8 - digits.count)) + digits + ".pack"
  }

  static func number(name: String) -> UInt32? {
    guard name.hasSuffix(".pack"), let number = UInt32(name.dropLast(5)),
      self.name(pack: number) == name
    else { return nil }
    return number
  }
}
