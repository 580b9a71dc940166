// Tests of normalisation, properties and UTF-8 repair; see Specs/Tokenizers.md.

import Testing
import UnicodeText

private func scalars(_ values: UInt32...) -> [Unicode.Scalar] {
  values.compactMap { Unicode.Scalar($0) }
}

@Suite struct UnicodeTextTests {
  @Test func `text composes, decomposes and folds compatibility forms`() {
    #expect(Normalization.nfc.applied(to: scalars(0x65, 0x301)) == scalars(0xE9))
    #expect(Normalization.nfd.applied(to: scalars(0xE9)) == scalars(0x65, 0x301))
    #expect(Normalization.nfkc.applied(to: scalars(0xFB01, 0xB2)) == scalars(0x66, 0x69, 0x32))
    #expect(Normalization.nfc.applied(to: scalars(0x1100, 0x1161, 0x11A8)) == scalars(0xAC01))
    #expect(Normalization.nfd.applied(to: scalars(0xAC01)) == scalars(0x1100, 0x1161, 0x11A8))
    #expect(Normalization.nfc.applied(to: scalars(0xB6D4, 0x11A7)) == scalars(0xB6D4, 0x11A7))
    // Composition exclusions stay apart, singletons change.
    #expect(Normalization.nfc.applied(to: scalars(0x958)) == scalars(0x915, 0x93C))
    #expect(Normalization.nfc.applied(to: scalars(0x212B)) == scalars(0xC5))
  }

  @Test func `marks are ordered by class and a blocked mark does not compose`() {
    #expect(
      Normalization.nfd.applied(to: scalars(0x61, 0x301, 0x323)) == scalars(0x61, 0x323, 0x301))
    #expect(Normalization.nfc.applied(to: scalars(0x61, 0x301, 0x323)) == scalars(0x1EA1, 0x301))
    #expect(Normalization.nfc.applied(to: scalars(0x61, 0x5AE, 0x301)) == scalars(0xE1, 0x5AE))
    #expect(
      Normalization.nfc.applied(to: scalars(0x61, 0x315, 0x315, 0x62))
        == scalars(0x61, 0x315, 0x315, 0x62))
  }

  @Test func `every scalar is stable under a second normalisation`() {
    for form in Normalization.allCases {
      var wrong = 0
      for value in stride(from: UInt32(0), to: 0x30000, by: 1) {
        guard let scalar = Unicode.Scalar(value) else { continue }
        let once = form.applied(to: [scalar])
        if form.applied(to: once) != once { wrong += 1 }
      }
      #expect(wrong == 0)
    }
  }

  @Test func `a long run of marks is ordered in little time`() {
    var text: [Unicode.Scalar] = scalars(0x61)
    for _ in 0..<200_000 { text += scalars(0x301, 0x323) }
    let result = Normalization.nfc.applied(to: text)
    #expect(result.count == text.count - 1)
    #expect(result.first == Unicode.Scalar(0x1EA1))
  }

  @Test func `ill-formed bytes become replacement characters as other decoders make them`() {
    let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]
    #expect(UTF8Text.repaired([0x61, 0xFF, 0x62]) == [0x61] + replacement + [0x62])
    #expect(UTF8Text.repaired([0xE2, 0x82]) == replacement)
    #expect(UTF8Text.repaired([0xED, 0xA0, 0x80]) == replacement + replacement + replacement)
    #expect(UTF8Text.repaired([0xF0, 0x9F, 0x98, 0x41]) == replacement + [0x41])
    #expect(UTF8Text.repaired([0xC0, 0xAF]) == replacement + replacement)
    #expect(UTF8Text.firstInvalidOffset(in: [0x61, 0xC3, 0xA9, 0x80]) == 3)
  }

  @Test func `random bytes are repaired as the standard library repairs them`() {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    let seed = state
    for _ in 0..<20_000 {
      var bytes: [UInt8] = []
      for _ in 0..<12 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let pick = UInt8(truncatingIfNeeded: state >> 40)
        bytes.append(
          pick & 3 == 0 ? pick : [0xE2, 0x82, 0xAC, 0xF0, 0x9F, 0xED, 0xA0, 0x80][Int(pick >> 5)])
      }
      let expected = Array(String(decoding: bytes, as: UTF8.self).utf8)
      #expect(UTF8Text.repaired(bytes) == expected, "seed \(seed), bytes \(bytes)")
    }
  }

  @Test func `an unfinished sequence at the end is recognised`() {
    #expect(UTF8Text.unfinishedTail(of: [0x61]) == 0)
    #expect(UTF8Text.unfinishedTail(of: [0x61, 0xE2]) == 1)
    #expect(UTF8Text.unfinishedTail(of: [0xE2, 0x82]) == 2)
    #expect(UTF8Text.unfinishedTail(of: [0xF0, 0x9F, 0x98]) == 3)
    #expect(UTF8Text.unfinishedTail(of: [0xE2, 0x82, 0xAC]) == 0)
    #expect(UTF8Text.unfinishedTail(of: [0xED, 0xA0]) == 0)
    #expect(UTF8Text.unfinishedTail(of: [0x80, 0x80, 0x80, 0x80]) == 0)
  }

  @Test func `properties of scalars follow the tables`() throws {
    #expect(GeneralCategory("A") == .uppercaseLetter)
    #expect(GeneralCategory("٣") == .decimalNumber)
    #expect(GeneralCategory("、") == .otherPunctuation)
    #expect(GeneralCategory("\u{301}").isMark)
    #expect(ScalarProperty.lowercase("É") == "é")
    var folded: [Unicode.Scalar] = []
    for scalar in "Straße".unicodeScalars {
      ScalarProperty.appendCaseFolding(of: scalar, to: &folded)
    }
    #expect(folded == Array("strasse".unicodeScalars))
    #expect(ScalarProperty.isWhitespace("\u{3000}") && !ScalarProperty.isWhitespace("\u{200B}"))
  }
}
