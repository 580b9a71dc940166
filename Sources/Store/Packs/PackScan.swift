// Walks the groups of a pack from a given place, for recovery and for checks.
// Specs/Store.md, "Recovery".

internal import Cryptography

/// A cursor over a pack's groups. It stops before the first thing that is not a whole group.
struct PackScan {
  let file: any DiskFile
  let pack: UInt32
  /// The file's size when the scan began.
  let size: Int
  /// Behind the last group that was whole.
  private(set) var offset: Int

  /// From the first group, or from the known end of a group.
  init(_ file: any DiskFile, pack: UInt32, from offset: Int = PackFormat.headerBytes)
    throws(DiskError)
  {
    self.file = file
    self.pack = pack
    self.size = try file.size()
    self.offset = offset
  }

  /// The next group whose table is sound and whose payload lies within the file. Its blocks'
  /// bytes are not looked at. Nil at the end, or at the first thing that is no group.
  mutating func next() throws(DiskError) -> PackGroup? {
    guard
      let first = try file.bytes(at: offset, count: PackFormat.groupHeadBytes),
      let count = PackFormat.entryCount(first),
      let table = try file.bytes(
        at: offset + PackFormat.groupHeadBytes, count: count * PackFormat.entryBytes),
      let group = PackFormat.group(pack: pack, offset: offset, head: first + table),
      group.end <= size
    else { return nil }
    offset = group.end
    return group
  }

  /// Whether the scan has seen the whole file.
  var isAtEnd: Bool { offset == size }
}

extension PackGroup {
  /// The entries whose stored bytes do not give their block. Reads the payload in one go per
  /// `PackFormat.largestBlock` or more.
  func damagedEntries(in file: any DiskFile) throws(DiskError) -> [PackEntry] {
    var damaged: [PackEntry] = []
    for (entry, place) in places {
      guard let bytes = try file.bytes(at: place, count: entry.stored),
        let block = entry.form.block(from: bytes, length: entry.length),
        SHA256.hash(block) == entry.digest
      else {
        damaged.append(entry)
        continue
      }
    }
    return damaged
  }
}

extension PackScan {
  /// Bytes looked through at a time.
  private static let stretchBytes = 1 << 20

  /// Moves behind damage to the next sound group; false when there is none up to the end.
  mutating func skipToNextGroup() throws(DiskError) -> Bool {
    var place = offset + 1
    while place + PackFormat.groupHeadBytes <= size {
      let count = min(Self.stretchBytes, size - place)
      guard let bytes = try file.bytes(at: place, count: count) else { return false }
      var at = 0
      while at + PackFormat.groupMark.count <= bytes.count {
        if bytes[at] == PackFormat.groupMark[0], Array(bytes[at..<at + 4]) == PackFormat.groupMark {
          var attempt = self
          attempt.offset = place + at
          if try attempt.next() != nil {
            offset = place + at
            return true
          }
        }
        at += 1
      }
      place += max(1, count - PackFormat.groupMark.count + 1)
    }
    return false
  }
}
