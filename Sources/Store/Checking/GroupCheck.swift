// Reads one group of a pack and hashes its blocks, on any thread. Specs/Store.md, "Check".

internal import Cryptography

/// What a checking thread is asked.
struct GroupToCheck: Sendable {
  let pack: UInt32
  let file: any DiskFile
  let group: PackGroup
  let share: Double
  let seed: UInt64

  func checked() throws -> CheckedGroup {
    var result = CheckedGroup(pack: pack)
    result.sum = PlaceSum(group.places.lazy.map { BlockPlace(pack: pack, offset: $1, entry: $0) })
    let buffer = DiskBuffer.taken()
    defer { buffer.giveBack() }
    // Neighbours are read together, as many as fit the buffer.
    var run: [(entry: PackEntry, offset: Int)] = []
    var end = 0
    func check() throws {
      guard let first = run.first else { return }
      let read = try unsafe file.readThrough(
        into: buffer, at: first.offset, count: end - first.offset)
      // Plain blocks are hashed where they lie; what a short read does not hold is damaged.
      let places = run.map { entry, offset in
        offset - first.offset..<offset - first.offset + entry.stored
      }
      var plain: [Range<Int>] = []
      for ((entry, _), place) in zip(run, places) where entry.form == .plain {
        if place.upperBound <= read.count { plain.append(place) }
      }
      var digests = unsafe SHA256.hash(read.bytes, at: plain).makeIterator()
      for ((entry, offset), place) in zip(run, places) {
        result.blocks += 1
        result.bytes += entry.stored
        if place.upperBound <= read.count {
          if entry.form == .plain {
            if digests.next() == entry.digest { continue }
          } else {
            let stored = unsafe Array(read[place])
            if let block = entry.form.block(from: stored, length: entry.length),
              SHA256.hash(block) == entry.digest
            {
              continue
            }
          }
        }
        result.damaged.append(self.place(entry, offset))
      }
      run.removeAll(keepingCapacity: true)
    }
    for (entry, offset) in group.places where isSampled(entry.digest) {
      if let first = run.first,
        offset + entry.stored - first.offset > DiskBuffer.byteCount || offset != end
      {
        try check()
      }
      run.append((entry, offset))
      end = offset + entry.stored
    }
    try check()
    return result
  }

  private func place(_ entry: PackEntry, _ offset: Int) -> BlockPlace {
    BlockPlace(pack: pack, offset: offset, entry: entry)
  }

  private func isSampled(_ digest: Digest) -> Bool {
    if share >= 1 { return true }
    let mixed = (digest.prefix ^ seed) &* 0x9E37_79B9_7F4A_7C15
    return Double(mixed >> 11) < share * 0x1p53
  }
}

struct CheckedGroup: Sendable {
  let pack: UInt32
  var bytes = 0
  var blocks = 0
  var damaged: [BlockPlace] = []
  /// Of all entries, whether they were read or not.
  var sum = PlaceSum()
}

/// A sum over places that does not depend on their order: what a pack's groups say and what the
/// index says of the pack are compared by two words instead of by lists.
struct PlaceSum: Equatable, Sendable {
  private var count: UInt64 = 0
  private var first: UInt64 = 0
  private var second: UInt64 = 0

  init() {}

  init(_ places: some Sequence<BlockPlace>) {
    for place in places { add(place) }
  }

  mutating func add(_ place: BlockPlace) {
    let size =
      UInt64(truncatingIfNeeded: place.entry.stored) << 24
      ^ UInt64(truncatingIfNeeded: place.entry.length) ^ UInt64(place.entry.form.rawValue) << 60
    let mixed = Self.mixed(
      Self.mixed(place.entry.digest.prefix ^ UInt64(bitPattern: Int64(place.offset))) ^ size)
    count &+= 1
    first &+= mixed
    second &+= Self.mixed(mixed ^ 0x9E37_79B9_7F4A_7C15)
  }

  mutating func add(_ other: PlaceSum) {
    count &+= other.count
    first &+= other.first
    second &+= other.second
  }

  /// SplitMix64's finish.
  private static func mixed(_ value: UInt64) -> UInt64 {
    var value = value
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
