// Finds records of different owners that share less than near-copies do, for those who reword; see
// Specs/Duplicates.md, "Rewording".

extension DuplicateSearch {
  /// Records that one record is compared with, in all.
  public static let mostDistant = 64
  /// Any three lanes of a band's five.
  private static let masks: [UInt64] = {
    var masks: [UInt64] = []
    for lanes in UInt64(0)..<32 where lanes.nonzeroBitCount == 3 {
      var mask: UInt64 = 0
      for lane in UInt64(0)..<5 where lanes >> lane & 1 == 1 { mask |= 0xFF << (8 * lane) }
      masks.append(mask)
    }
    return masks
  }()

  /// Tells pairs of records in all segments given so far whose owners differ and whose signatures let
  /// expect `least` or more, each pair once. `owner` tells whose a segment's records are; below 0 it
  /// is nobody's, and left out.
  public func distant(
    from least: Double, owner: (_ segment: Int) -> Int, found: (DuplicatePair) throws -> Void
  ) rethrows {
    let owners = segments.indices.map(owner)
    guard Set(owners.filter { $0 >= 0 }).count > 1 else { return }
    var compared = segments.map { [UInt8](repeating: 0, count: $0.rows) }
    var places: [(key: UInt64, place: DuplicatePlace)] = []
    for band in 0..<DuplicateSignature.bands {
      for (number, mask) in Self.masks.enumerated() {
        places.removeAll(keepingCapacity: true)
        for (number, segment) in segments.enumerated() where owners[number] >= 0 {
          for at in 0..<segment.comparable {
            let row = segment.row(inBand: band, at: at)
            guard !isCopy[number][row] else { continue }
            places.append(
              (segment.bandKey(band, row: row) & mask, .init(segment: number, row: row)))
          }
        }
        places.sort { ($0.key, $0.place) < ($1.key, $1.place) }
        var start = 0
        while start < places.count {
          var end = start + 1
          while end < places.count, places[end].key == places[start].key { end += 1 }
          try compare(
            places[start..<end], owners, least, before: (band, number), &compared, found)
          start = end
        }
      }
    }
  }

  /// Each of a bucket with the first of it that are another's.
  private func compare(
    _ bucket: ArraySlice<(key: UInt64, place: DuplicatePlace)>, _ owners: [Int], _ least: Double,
    before: (band: Int, mask: Int), _ compared: inout [[UInt8]],
    _ found: (DuplicatePair) throws -> Void
  ) rethrows {
    guard bucket.count > 1 else { return }
    for (number, later) in bucket.enumerated().dropFirst() {
      for earlier in bucket.prefix(min(number, Self.greatestBucket)) {
        let (one, other) = (earlier.place, later.place)
        guard owners[one.segment] != owners[other.segment],
          compared[other.segment][other.row] < Self.mostDistant,
          !isTold(one, other, before: before)
        else { continue }
        let agreeing = segments[other.segment].agreeing(
          other.row, segments[one.segment], one.row)
        let similarity = DuplicateSignature.estimate(agreeing: agreeing)
        guard similarity >= least else { continue }
        compared[other.segment][other.row] += 1
        try found(
          DuplicatePair(earlier: one, later: other, similarity: similarity, isExact: false))
      }
    }
  }

  /// Whether an earlier place of this search has brought the pair together already.
  private func isTold(
    _ one: DuplicatePlace, _ other: DuplicatePlace, before: (band: Int, mask: Int)
  ) -> Bool {
    func difference(_ band: Int) -> UInt64 {
      segments[one.segment].bandKey(band, row: one.row)
        ^ segments[other.segment].bandKey(band, row: other.row)
    }
    for band in 0..<before.band {
      let difference = difference(band)
      var equal = 0
      for lane in UInt64(0)..<5 where difference >> (8 * lane) & 0xFF == 0 { equal += 1 }
      if equal >= 3 { return true }
    }
    let here = difference(before.band)
    return Self.masks[..<before.mask].contains { here & $0 == 0 }
  }
}
