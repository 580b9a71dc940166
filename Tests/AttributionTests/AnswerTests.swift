// What of an answer is the base's, and how the rest divides (Specs/Answers.md).

import Attribution
import Testing

@Suite struct AnswerTests {
  @Test func theBasesPartIsItsWayFromKnowingNothing() {
    func part(_ blind: Double, _ base: Double, _ adapter: Double) -> Double {
      AnswerShares.baseShare(blindLoss: blind, baseLoss: base, adapterLoss: adapter)
    }
    #expect(part(10, 6, 2) == 0.5)
    #expect(part(10, 2, 2) == 1)
    // The adapter made its own answer less probable.
    #expect(part(10, 2, 4) == 1)
    // The base knew less than nothing about it.
    #expect(part(10, 12, 2) == 0)
    #expect(part(10, 12, 11) == 1)
  }

  @Test func positivePartsAndTheBaseMakeTheWhole() {
    let shares = AnswerShares(
      base: 0.4, influence: [3, 1, -2, 2, 0.5], claimants: [[0], [0, 1], [2], [1], [2]],
      contributors: 4)
    let parts = shares.contributors
    #expect(parts.map(\.contributor) == [0, 1, 2])
    let positive = parts.filter { $0.share > 0 }.reduce(0) { $0 + $1.share }
    #expect(abs(positive + shares.base - 1) < 1e-12)
    #expect(abs(parts[0].share - 0.6 * 3.5 / 6) < 1e-12)
    #expect(abs(parts[2].share + 0.6 * 1.5 / 6) < 1e-12)
    for part in parts { #expect(part.low <= part.share && part.share <= part.high) }
    // Equal questions have equal intervals.
    let again = AnswerShares(
      base: 0.4, influence: [3, 1, -2, 2, 0.5], claimants: [[0], [0, 1], [2], [1], [2]],
      contributors: 4)
    #expect(again == shares)
  }

  @Test func manyRecordsMakeANarrowerIntervalThanOne() throws {
    let one = AnswerShares(
      base: 0, influence: [10, 10], claimants: [[0], [1]], contributors: 2)
    let many = AnswerShares(
      base: 0, influence: [Float](repeating: 0.1, count: 200),
      claimants: (0..<200).map { [$0 % 2] }, contributors: 2)
    let wide = try #require(one.contributors.first)
    let narrow = try #require(many.contributors.first)
    #expect(narrow.high - narrow.low < (wide.high - wide.low) / 2)
  }

  @Test func whatSeveralClaimCountsLessTheMoreTheyAre() {
    // Two records of one score: one is contributor 0's alone, the other claimed by the other three.
    let shares = AnswerShares(
      base: 0.2, influence: [1, 1], claimants: [[0], [1, 2, 3]], contributors: 4)
    #expect(shares.contributors.map(\.contributor) == [0, 1, 2, 3])
    #expect(abs(shares.contributors[0].share - 0.4) < 1e-12)
    for part in shares.contributors.dropFirst() { #expect(abs(part.share - 0.1) < 1e-12) }
    #expect(abs(shares.contested - 0.1) < 1e-12)
    // Of what spoke against the answer everybody carries an equal part.
    let against = AnswerShares(
      base: 0, influence: [1, -3], claimants: [[0], [1, 2, 3]], contributors: 4)
    #expect(against.contested == 0)
    #expect(against.contributors.filter { $0.contributor > 0 }.allSatisfy { $0.share == -1 })
  }

  @Test func whereNothingHelpedNobodyIsNamed() {
    let shares = AnswerShares(
      base: 1, influence: [-1, .nan, 0], claimants: [[0], [1], [1]], contributors: 2)
    #expect(shares.contributors.isEmpty)
  }
}
