// Blocks that are wanted together: neighbours in a pack are read at once. Specs/Store.md, "Reading".

internal import Content
internal import Cryptography

/// Reads several blocks with as few system calls as their places allow, checking each.
struct BlockRun: Sendable {
  /// Neighbours are read together up to this many bytes.
  static let mostBytes = 4 << 20

  let locations: [BlockLocation]

  /// Calls `body` with the bytes of each block in order. Long stretches that are not in memory
  /// pass by the system's page cache: workers read ahead, and what is read so is seldom read again.
  func forEach(_ body: (Int, RawSpan) throws -> Void) throws {
    try forEachRun { try read($0, $1, body) }
  }

  /// Calls `body` with the numbers of blocks that lie together, and their bytes.
  func forEachRun(_ body: (ClosedRange<Int>, _ byteCount: Int) throws -> Void) rethrows {
    var first = 0
    while first < locations.count {
      var last = first
      var count = locations[first].storedBytes ?? 0
      while last + 1 < locations.count, locations[last + 1].follows(locations[last]),
        let next = locations[last + 1].storedBytes, count + next <= Self.mostBytes
      {
        count += next
        last += 1
      }
      try body(first...last, count)
      first = last + 1
    }
  }

  private func read(
    _ range: ClosedRange<Int>, _ count: Int, _ body: (Int, RawSpan) throws -> Void
  ) throws {
    guard range.count > 1, case .pack(let files, let place) = locations[range.lowerBound].place,
      let file = try? files.reader(place.pack)
    else {
      for index in range { try one(index, body) }
      return
    }
    let buffer = DiskBuffer.taken()
    defer { buffer.giveBack() }
    guard
      let bytes = unsafe try? file.readThrough(into: buffer, at: place.offset, count: count),
      bytes.count == count
    else {
      for index in range { try one(index, body) }
      return
    }
    var start = 0
    let places = range.map { index in
      defer { start += locations[index].byteCount }
      return start..<start + locations[index].byteCount
    }
    let digests = unsafe SHA256.hash(bytes.bytes, at: places)
    for (index, (place, digest)) in zip(range, zip(places, digests)) {
      if digest == locations[index].cid.digest {
        try body(index, unsafe bytes.bytes.extracting(place))
      } else {
        try one(index, body)
      }
    }
  }

  /// A block alone, where something is in the way of reading it with its neighbours.
  private func one(_ index: Int, _ body: (Int, RawSpan) throws -> Void) throws {
    let bytes = try locations[index].read()
    unsafe try body(index, bytes.span.bytes)
  }
}

extension BlockLocation {
  /// Bytes to read for it, where they are the block's own.
  var storedBytes: Int? {
    guard case .pack(_, let place) = place, place.entry.form == .plain else { return nil }
    return place.entry.stored
  }

  /// Whether its bytes begin where another block's end.
  fileprivate func follows(_ other: BlockLocation) -> Bool {
    guard case .pack(_, let mine) = place, case .pack(_, let theirs) = other.place else {
      return false
    }
    return mine.pack == theirs.pack && mine.offset == theirs.range.upperBound
  }
}
