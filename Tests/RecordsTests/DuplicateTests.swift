// Forms, signatures, segments and clusters, measured against brute force; see Specs/Duplicates.md.

import Cryptography
import Testing
import UnicodeText

@testable import Records

private func exact(_ text: String) -> String {
  String(decoding: ExactForm.of(Array(text.utf8)), as: UTF8.self)
}

private func tokens(_ text: String) -> [UInt64] {
  var tokens = LooseTokens()
  unsafe Array(text.utf8).withUnsafeBytes { unsafe tokens.read($0) }
  return tokens.hashes
}

/// The definition of the loose form, without the shorter ways.
private func definedTokens(_ text: String) -> [UInt64] {
  var tokens = LooseTokens()
  tokens.readAny(Array(text.unicodeScalars))
  return tokens.hashes
}

@Suite struct FormTests {
  @Test func `constants are derived from their numbers`() {
    let constants: [UInt64] =
      [
        DuplicateConstants.token, DuplicateConstants.group, DuplicateConstants.shingle,
      ] + (0..<5).map(DuplicateConstants.groups)
    for (number, constant) in constants.enumerated() {
      let digest = SHA256.hash(Array("datanet duplicates 2 constant \(number)".utf8)).bytes
      let derived = digest.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) } | 1
      #expect(constant == derived, "constant \(number)")
    }
  }

  @Test(arguments: [
    (" a \t\n b\u{A0}\u{3000}c ", "a b c"), ("e\u{301}", "é"), ("x²", "x²"),
    ("\u{FB01}", "\u{FB01}"),
    ("A", "A"), ("", ""), (" \u{2003} ", ""), ("\u{1112}\u{1161}\u{11AB}", "\u{D55C}"),
    ("漢字　かな", "漢字 かな"), ("a\u{0}b", "a\u{0}b"),
  ])
  func `the exact form joins white space and composes`(text: String, form: String) {
    #expect(Array(exact(text).utf8) == Array(form.utf8))
  }

  @Test func `tokens know neither case nor width nor punctuation`() {
    #expect(tokens("The quick-brown FOX!") == tokens("the Quick brown fox"))
    #expect(tokens("ＦＯＸ ﬁn STRASSE é") == tokens("fox fin straße e\u{301}"))
    #expect(tokens("漢字 ab") == tokens("漢 字ab"))
    #expect(tokens("abcdefgh") != tokens("abcdefghi"))
    #expect(tokens("abcdefghij klmnopqrstu").count == 2)
    #expect(tokens("ab") != tokens("a b"))
    #expect(tokens("... --- ...").isEmpty)
  }

  @Test func `the shorter ways give what the definitions give`() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    let pieces = [
      "a", "Word", "wordlonger", "twelveletters", "Sixteen16letters", "42", " ", "  ", "\n", ".",
      "@", "[", "`", "{",
      "/", ":", "é",
      "ß", "Σ", "ж", "Ж", "漢", "か", "ガ", "、", "—", "\u{301}", "\u{A0}", "ﬁ", "²", "ไ", "한", "😀",
      "\u{0}", "İ",
      "ا", "\u{3000}", "\u{7F}", "Å", "µ",
    ]
    for round in 0..<6000 {
      let some = round % 3 == 0 ? 16 : pieces.count
      let text = (0..<Int.random(in: 0...14, using: &generator)).map { _ in
        pieces[Int.random(in: 0..<some, using: &generator)]
      }.joined()
      #expect(tokens(text) == definedTokens(text), "seed \(seed): \(text)")
      let defined = Normalization.nfc.applied(to: Array(text.unicodeScalars))
        .split { ScalarProperty.isWhitespace($0) }.map { word in
          word.reduce(into: "") { $0.unicodeScalars.append($1) }
        }.joined(separator: " ")
      #expect(Array(exact(text).utf8) == Array(defined.utf8), "seed \(seed): \(text)")
    }
  }
}

/// Texts of made-up words, and copies of them with some words changed.
struct TextMaker {
  var generator: SeededGenerator

  mutating func words(_ count: Int) -> [Int] {
    (0..<count).map { _ in Int.random(in: 0..<5000, using: &generator) }
  }

  mutating func changed(_ words: [Int], share: Double) -> [Int] {
    var changed: [Int] = []
    for word in words {
      switch Double.random(in: 0..<1, using: &generator) {
      case ..<(share * 0.6): changed.append(Int.random(in: 0..<5000, using: &generator))
      case ..<(share * 0.8): break
      case ..<share: changed += [word, Int.random(in: 0..<5000, using: &generator)]
      default: changed.append(word)
      }
    }
    return changed
  }

  static func text(_ words: [Int]) -> [UInt8] {
    Array(words.map { "w\($0)" }.joined(separator: " ").utf8)
  }
}

private func signature(_ text: [UInt8]) -> DuplicateSignature {
  var reader = DuplicateReader(format: .textLines)
  reader.read(text)
  return reader.signature
}

private func shareABand(_ left: DuplicateSignature, _ right: DuplicateSignature) -> Bool {
  (0..<DuplicateSignature.bands).contains { band in
    let lanes = band * DuplicateSignature.groups..<(band + 1) * DuplicateSignature.groups
    return left.lanes[lanes] == right.lanes[lanes]
  }
}

@Suite struct SignatureTests {
  @Test(arguments: [12, 30, 120])
  func `pairs share a band as often as their similarity promises`(length: Int) {
    var maker = TextMaker(generator: SeededGenerator(seed: 42))
    // For each tenth of similarity: pairs, pairs found, pairs that the formula promises.
    var tenths = Array(repeating: (pairs: 0, found: 0, promised: 0.0, error: 0.0), count: 11)
    for round in 0..<4000 {
      let words = maker.words(length)
      let other = maker.changed(words, share: Double(round % 40) / 100)
      let (left, right) = (TextMaker.text(words), TextMaker.text(other))
      let similarity = Shingles.similarity(Shingles.set(of: left), Shingles.set(of: right))
      let signatures = (signature(left), signature(right))
      let tenth = Int(similarity * 10)
      let power = similarity * similarity * similarity * similarity * similarity
      var missed = 1.0
      for _ in 0..<DuplicateSignature.bands { missed *= 1 - power }
      tenths[tenth].pairs += 1
      tenths[tenth].found += shareABand(signatures.0, signatures.1) ? 1 : 0
      tenths[tenth].promised += 1 - missed
      let error = signatures.0.estimate(with: signatures.1) - similarity
      tenths[tenth].error += error * error
    }
    for (tenth, counts) in tenths.enumerated() where counts.pairs >= 50 {
      let found = Double(counts.found) / Double(counts.pairs)
      let promised = counts.promised / Double(counts.pairs)
      let deviation = (counts.error / Double(counts.pairs)).squareRoot()
      print(
        "words \(length), similarity 0.\(tenth): \(counts.pairs) pairs, found \(found), promised \(promised), estimate off by \(deviation)"
      )
      if tenth >= 8 { #expect(found > 0.97) }
      #expect(abs(found - promised) < 0.12)
      #expect(deviation < 0.13)
    }
  }
}

@Suite struct SegmentTests {
  /// Segments of texts, in one stretch or several.
  static func segments(_ texts: [[UInt8]], sizes: [Int]) throws -> [DuplicateSegment] {
    var reader = DuplicateReader(format: .textLines)
    var segments: [DuplicateSegment] = []
    var rest = texts[...]
    var first: UInt64 = 0
    for size in sizes {
      var rows = DuplicateRows()
      for text in rest.prefix(size) {
        reader.read(text)
        rows.append(reader)
      }
      rest = rest.dropFirst(size)
      let bytes = rows.segment(manifest: SHA256.hash([1]), firstRecord: first)
      segments.append(try DuplicateSegment(bytes))
      first += UInt64(size)
    }
    return segments
  }

  @Test func `damaged segments are refused and never read out of bounds`() throws {
    var maker = TextMaker(generator: SeededGenerator(seed: 7))
    var rows = DuplicateRows()
    var reader = DuplicateReader(format: .textLines)
    for _ in 0..<20 {
      reader.read(TextMaker.text(maker.words(9)))
      rows.append(reader)
    }
    let bytes = rows.segment(manifest: SHA256.hash([]), firstRecord: 5)
    let segment = try DuplicateSegment(bytes)
    #expect(segment.rows == 20)
    #expect(segment.firstRecord == 5)
    #expect(segment.manifest == SHA256.hash([]))
    for place in bytes.indices {
      var damaged = bytes
      damaged[place] ^= 0x40
      #expect(throws: DuplicateSegmentError.self) { try DuplicateSegment(damaged) }
    }
    for length in 0..<bytes.count {
      #expect(throws: DuplicateSegmentError.self) { try DuplicateSegment(Array(bytes[..<length])) }
    }
    #expect(
      try DuplicateSegment(DuplicateRows().segment(manifest: SHA256.hash([]), firstRecord: 0)).rows
        == 0)
  }

  @Test(arguments: [[400], [1, 199, 200], [130, 0, 270], [100, 100, 100, 100]])
  func `a search finds what brute force finds`(sizes: [Int]) throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var maker = TextMaker(generator: SeededGenerator(seed: seed))
    var words: [[Int]] = []
    for number in 0..<400 {
      switch number % 4 {
      case 1:
        words.append(
          maker.changed(words[Int.random(in: 0..<number, using: &maker.generator)], share: 0.04))
      case 2 where number % 8 == 2:
        words.append(words[Int.random(in: 0..<number, using: &maker.generator)])
      default: words.append(maker.words(60))
      }
    }
    let texts = words.map(TextMaker.text)
    let sets = texts.map(Shingles.set)
    var starts: [Int] = []
    for place in sizes.indices { starts.append(sizes[..<place].reduce(0, +)) }
    var search = DuplicateSearch(threshold: 0.8)
    var clusters = DuplicateClusters()
    func number(_ place: DuplicatePlace) -> Int { starts[place.segment] + place.row }
    var copies = 0
    for segment in try Self.segments(texts, sizes: sizes) {
      search.add(segment) { pair in
        let (earlier, later) = (number(pair.earlier), number(pair.later))
        #expect(earlier < later, "seed \(seed)")
        if pair.isExact {
          #expect(texts[earlier] == texts[later], "seed \(seed)")
          copies += 1
          clusters.join(pair)
        } else if Shingles.similarity(sets[earlier], sets[later]) >= 0.8 {
          clusters.join(pair)
        }
      }
    }
    var first: [[UInt8]: Int] = [:]
    var expectedCopies = 0
    var (wanted, found) = (0, 0)
    for later in texts.indices {
      if first[texts[later]] != nil { expectedCopies += 1 } else { first[texts[later]] = later }
      for earlier in 0..<later where Shingles.similarity(sets[earlier], sets[later]) >= 0.8 {
        wanted += 1
        func place(_ number: Int) -> DuplicatePlace {
          let segment = starts.lastIndex { $0 <= number }!
          return DuplicatePlace(segment: segment, row: number - starts[segment])
        }
        if clusters.areJoined(place(earlier), place(later)) { found += 1 }
      }
    }
    #expect(copies == expectedCopies, "seed \(seed)")
    #expect(wanted > 100)
    #expect(Double(found) >= 0.98 * Double(wanted), "seed \(seed): \(found) of \(wanted)")
  }

  @Test func `a text shared by thousands costs no quadratic time`() throws {
    var maker = TextMaker(generator: SeededGenerator(seed: 3))
    let base = maker.words(200)
    let texts = (0..<6000).map { number in
      var words = base
      words[number % 200] = number
      return TextMaker.text(words)
    }
    var search = DuplicateSearch(threshold: 0.8)
    var pairs = 0
    var clusters = DuplicateClusters()
    for segment in try Self.segments(texts, sizes: [3000, 3000]) {
      search.add(segment) { pair in
        pairs += 1
        clusters.join(pair)
      }
    }
    #expect(pairs < 6000 * DuplicateSearch.greatestBucket * DuplicateSignature.bands / 4)
    var found = 0
    clusters.forEachCluster(contribution: { $0 }, firsts: { all, _ in all }) { _ in found += 1 }
    #expect(found == 1)
  }
}

@Suite struct ClusterTests {
  private func pair(_ earlier: (Int, Int), _ later: (Int, Int), isExact: Bool = false)
    -> DuplicatePair
  {
    DuplicatePair(
      earlier: DuplicatePlace(segment: earlier.0, row: earlier.1),
      later: DuplicatePlace(segment: later.0, row: later.1), similarity: 0.9, isExact: isExact)
  }

  @Test func `those whom nobody precedes are first, in whatever order pairs come`() {
    let pairs = [
      pair((0, 1), (1, 5), isExact: true), pair((0, 1), (3, 2)), pair((1, 5), (2, 8)),
      pair((0, 7), (3, 3)), pair((1, 9), (1, 10)),
    ]
    // Segments 0 and 3 are Ada's, the others Ben's and Cleo's. Ben's and Cleo's are concurrent and
    // precede Ada's.
    let owners = [0, 1, 2, 0]
    var results: [[DuplicateCluster]] = []
    for order in [pairs, pairs.reversed(), pairs + pairs] {
      var clusters = DuplicateClusters()
      for pair in order { clusters.join(pair) }
      #expect(clusters.recordCount == 8)
      var told: [DuplicateCluster] = []
      clusters.forEachCluster(
        contribution: { owners[$0] }, firsts: { all, _ in all == [0] ? [0] : all.filter { $0 > 0 } }
      ) { told.append($0) }
      results.append(told)
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
    let found = results[0]
    #expect(found.count == 3)
    #expect(found[0].members.map(\.place.segment) == [1, 2, 0, 3])
    #expect(found[0].firsts == [1, 2])
    #expect(found[0].firstCount == 2)
    #expect(found[0].members.map(\.isExact) == [true, false, true, false])
    #expect(found[1].members.map(\.place.row) == [7, 3])
    #expect(found[1].firsts == [0])
    #expect(found[1].firstCount == 2)
    #expect(found[2].members.map(\.place.row) == [9, 10])
    #expect(found[2].firsts == [1])
  }
}
