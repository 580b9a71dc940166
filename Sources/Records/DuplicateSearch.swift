// Finds the pairs of records that may be duplicates, segment against segment; see
// Specs/Duplicates.md, "Searching".

/// One record of the segments that a search is given.
public struct DuplicatePlace: Sendable, Hashable, Comparable {
  /// The segment's place among those given.
  public var segment: Int
  public var row: Int

  public init(segment: Int, row: Int) {
    self.segment = segment
    self.row = row
  }

  public static func < (left: DuplicatePlace, right: DuplicatePlace) -> Bool {
    (left.segment, left.row) < (right.segment, right.row)
  }
}

/// Two records that are the same, or look alike.
public struct DuplicatePair: Sendable, Equatable {
  public var earlier: DuplicatePlace
  public var later: DuplicatePlace
  /// 1 for records of one exact form; else what the signatures let expect.
  public var similarity: Double
  public var isExact: Bool
}

/// Segments are added one by one; each is compared with itself and with all before it. Time grows
/// with the rows of the segment added and, by the logarithm, with those before.
public struct DuplicateSearch: Sendable {
  /// A record is compared with no more than so many of a bucket, those that stand first: a text
  /// that a million records share with small changes must not cost a million million comparisons.
  public static let greatestBucket = 32
  /// Pairs are kept when the signatures let expect this much less than the threshold: about three
  /// standard deviations of the estimate.
  public static let slack = 0.15
  /// Below this similarity too few pairs share a band for a search to mean anything.
  public static let leastThreshold = 0.5

  /// Pairs at least this similar are looked for.
  public let threshold: Double
  private(set) var segments: [DuplicateSegment] = []
  /// For each segment, rows whose exact form stood before: they are found by that.
  private(set) var isCopy: [[Bool]] = []

  public init(threshold: Double) {
    self.threshold = min(max(threshold, DuplicateSearch.leastThreshold), 1)
  }

  /// Adds a segment that only later ones are compared with.
  public mutating func hold(_ segment: DuplicateSegment) {
    segments.append(segment)
    isCopy.append(Array(repeating: false, count: segment.rows))
  }

  /// Adds a segment and tells the pairs whose later record is in it: first the copies, in no order
  /// that means anything but always the same, then those that look alike.
  public mutating func add(_ segment: DuplicateSegment, found: (DuplicatePair) throws -> Void)
    rethrows
  {
    let place = segments.count
    segments.append(segment)
    isCopy.append(Array(repeating: false, count: segment.rows))
    for other in 0...place { try copies(in: place, of: other, found) }
    for band in 0..<DuplicateSignature.bands {
      let keys = segment.sortedKeys(inBand: band)
      for other in 0...place {
        try candidates(in: place, of: other, band: band, BandKeys(keys), found)
      }
    }
  }

  private mutating func copies(
    in place: Int, of other: Int, _ found: (DuplicatePair) throws -> Void
  ) rethrows {
    let (later, earlier) = (segments[place], segments[other])
    var at = 0
    var start = 0
    while at < later.rows {
      let first = later.rowByKey(at)
      let key = later.key(first)
      var end = at + 1
      while end < later.rows, later.key(later.rowByKey(end)) == key { end += 1 }
      if place == other {
        for copy in at + 1..<max(end, at + 1) { try tell(first, later.rowByKey(copy)) }
      } else {
        start = DuplicateSearch.firstPlace(from: start, below: earlier.rows) {
          !(earlier.key(earlier.rowByKey($0)) < key)
        }
        if start < earlier.rows, earlier.key(earlier.rowByKey(start)) == key {
          for copy in at..<end { try tell(earlier.rowByKey(start), later.rowByKey(copy)) }
        }
      }
      at = end
    }
    func tell(_ original: Int, _ copy: Int) throws {
      // The earliest segment that has it is enough.
      if isCopy[place][copy] { return }
      isCopy[place][copy] = true
      try found(
        DuplicatePair(
          earlier: DuplicatePlace(segment: other, row: original),
          later: DuplicatePlace(segment: place, row: copy), similarity: 1, isExact: true))
    }
  }

  private func candidates(
    in place: Int, of other: Int, band: Int, _ laterKeys: BandKeys,
    _ found: (DuplicatePair) throws -> Void
  ) rethrows {
    let (later, earlier) = (segments[place], segments[other])
    let earlierKeys =
      place == other
      ? laterKeys : BandKeys(earlier, band: band, comparedWith: later.comparable)
    var at = 0
    var start = 0
    while at < later.comparable {
      let key = laterKeys[at]
      var end = at + 1
      while end < later.comparable, laterKeys[end] == key { end += 1 }
      if place == other {
        // Most are alone.
        if end - at > 1, isOriginalAmong(at..<end) {
          let bucket = bucket(of: other, band: band, from: at, laterKeys)
          for candidate in at..<end {
            try compare(later.row(inBand: band, at: candidate), with: bucket)
          }
        }
      } else {
        start = DuplicateSearch.firstPlace(from: start, below: earlier.comparable) {
          earlierKeys[$0] >= key
        }
        if start < earlier.comparable, earlierKeys[start] == key, isOriginalAmong(at..<end) {
          let bucket = bucket(of: other, band: band, from: start, earlierKeys)
          if !bucket.isEmpty {
            for candidate in at..<end {
              try compare(later.row(inBand: band, at: candidate), with: bucket)
            }
          }
        }
      }
      at = end
    }
    /// Where all are copies there is nobody to compare: most of a second version's records are.
    func isOriginalAmong(_ places: Range<Int>) -> Bool {
      places.contains { !isCopy[place][later.row(inBand: band, at: $0)] }
    }
    func compare(_ row: Int, with bucket: [Int]) throws {
      if isCopy[place][row] { return }
      for original in bucket where place != other || original < row {
        let similarity = self.similarity(later, row, earlier, original, firstIn: band)
        guard let similarity else { continue }
        try found(
          DuplicatePair(
            earlier: DuplicatePlace(segment: other, row: original),
            later: DuplicatePlace(segment: place, row: row), similarity: similarity, isExact: false)
        )
      }
    }
  }

  /// The first rows of a band's bucket that are no copies.
  private func bucket(of place: Int, band: Int, from start: Int, _ keys: BandKeys) -> [Int] {
    let segment = segments[place]
    let key = keys[start]
    var rows: [Int] = []
    var at = start
    while at < segment.comparable, rows.count < DuplicateSearch.greatestBucket, keys[at] == key {
      let row = segment.row(inBand: band, at: at)
      if !isCopy[place][row] { rows.append(row) }
      at += 1
    }
    return rows
  }

  /// What the signatures of a pair let expect, unless that is too little or an earlier band has
  /// told the pair already.
  private func similarity(
    _ later: DuplicateSegment, _ row: Int, _ earlier: DuplicateSegment, _ original: Int,
    firstIn band: Int
  ) -> Double? {
    for before in 0..<band
    where later.bandKey(before, row: row) == earlier.bandKey(before, row: original) {
      return nil
    }
    let estimate = DuplicateSignature.estimate(agreeing: later.agreeing(row, earlier, original))
    return estimate >= threshold - DuplicateSearch.slack ? estimate : nil
  }

  /// The first place that satisfies what holds from some place on, looked for in growing steps and
  /// then by halves: next to nothing when it is near, a logarithm when it is far.
  private static func firstPlace(
    from start: Int, below end: Int, _ isThere: (Int) -> Bool
  ) -> Int {
    var low = start
    var step = 1
    while low < end, !isThere(low) {
      let next = low + step
      if next >= end || isThere(next) {
        var high = min(next, end)
        low += 1
        while low < high {
          let middle = (low + high) / 2
          if isThere(middle) { high = middle } else { low = middle + 1 }
        }
        return low
      }
      low = next + 1
      step *= 2
    }
    return min(low, end)
  }
}

/// The keys of a band in their order: all of them read once, or each one when it is asked for, where
/// a few records are looked up in many.
private struct BandKeys {
  /// Reading all pays when there are not more of them than so many for each that is looked up.
  private static let mostPerQuestion = 16

  private let all: [UInt64]
  private let segment: DuplicateSegment?
  private let band: Int

  init(_ all: [UInt64]) {
    self.all = all
    segment = nil
    band = 0
  }

  init(_ segment: DuplicateSegment, band: Int, comparedWith questions: Int) {
    let isWhole = segment.comparable <= questions * BandKeys.mostPerQuestion
    all = isWhole ? segment.sortedKeys(inBand: band) : []
    self.segment = isWhole ? nil : segment
    self.band = band
  }

  @inline(__always) subscript(place: Int) -> UInt64 {
    guard let segment else { return all[place] }
    return segment.bandKey(band, row: segment.row(inBand: band, at: place))
  }
}
