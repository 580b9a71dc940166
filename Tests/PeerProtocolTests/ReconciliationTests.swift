// Two frontiers reconcile: everything that differs is found, at the cost that the spec states
// (Specs/Reconciliation.md).

import Content
import Cryptography
import PeerProtocol
import Testing

/// A frontier that a test can bend: author number → chain.
struct Sheet {
  var states: [Int: ChainState] = [:]

  static func author(_ number: Int) -> PublicKey {
    PublicKey(bytes: SHA256.hash(Array("author \(number)".utf8)).bytes)!
  }
  static func head(_ author: Int, _ count: UInt32, branch: Int = 0) -> Digest {
    SHA256.hash(Array("\(author) \(count) \(branch)".utf8))
  }

  static func filled(authors: Int, claims: UInt32) -> Sheet {
    var sheet = Sheet()
    for author in 0..<authors {
      sheet.states[author] = ChainState(count: claims, head: head(author, claims))
    }
    return sheet
  }

  mutating func set(_ author: Int, count: UInt32, branch: Int = 0) {
    states[author] = ChainState(count: count, head: Self.head(author, count, branch: branch))
  }

  var index: FrontierIndex {
    var index = FrontierIndex()
    for (author, state) in states.sorted(by: { $0.key < $1.key }) {
      index.set(state, of: Self.author(author), number: author)
    }
    return index
  }
}

struct Round {
  var bytes = 0
  var messages = 0
  /// Who must send what: (author number, what the other side has).
  var adaPushes: [Int: UInt32] = [:]
  var benPushes: [Int: UInt32] = [:]

  init(_ ada: Sheet, _ ben: Sheet, round: UInt32 = 1) throws {
    let key = Reconciliation.key(
      channelBinding: SHA256.hash([1]), datanet: SHA256.hash([9]), round: round)
    var adas = Reconciliation(ada.index, key: key)
    var bens = Reconciliation(ben.index, key: key)
    var toBen: [ReconciliationMessage] = []
    var toAda: [ReconciliationMessage] = []
    func take(_ effects: [ReconciliationEffect], fromAda: Bool) {
      for effect in effects {
        switch effect {
        case .send(let message):
          if fromAda { toBen.append(message) } else { toAda.append(message) }
        case .push(let author, let state):
          if fromAda { adaPushes[author] = state.count } else { benPushes[author] = state.count }
        case .finished: break
        }
      }
    }
    func carry(_ message: ReconciliationMessage) throws -> ReconciliationMessage {
      let encoded = message.value.encoded()
      bytes += encoded.count
      messages += 1
      return try #require(ReconciliationMessage(try Value(decoding: encoded)))
    }
    take(adas.begin(), fromAda: true)
    while !toBen.isEmpty || !toAda.isEmpty {
      let (down, up) = (toBen, toAda)
      (toBen, toAda) = ([], [])
      for message in down { take(bens.handle(try carry(message)), fromAda: false) }
      for message in up { take(adas.handle(try carry(message)), fromAda: true) }
    }
  }
}

@Suite struct ReconciliationTests {
  /// What a round must find, by looking at both sheets.
  func expected(_ ada: Sheet, _ ben: Sheet) -> (ada: [Int: UInt32], ben: [Int: UInt32]) {
    var result: (ada: [Int: UInt32], ben: [Int: UInt32]) = ([:], [:])
    for author in Set(ada.states.keys).union(ben.states.keys) {
      let (left, right) = (ada.states[author], ben.states[author])
      guard left != right else { continue }
      let (leftCount, rightCount) = (left?.count ?? 0, right?.count ?? 0)
      if leftCount >= rightCount { result.ada[author] = rightCount }
      if rightCount >= leftCount { result.ben[author] = leftCount }
    }
    return result
  }

  @Test func equalSetsCostOneRoundTripAndFewBytes() throws {
    let sheet = Sheet.filled(authors: 10_000, claims: 100)
    let round = try Round(sheet, sheet)
    #expect(round.messages == 2)
    #expect(round.bytes < 400)
    #expect(round.adaPushes.isEmpty && round.benPushes.isEmpty)
  }

  @Test func aThousandScatteredDifferencesCostFewBytesEach() throws {
    let ada = Sheet.filled(authors: 10_000, claims: 100)
    var ben = ada
    var dice = Dice(seed: 5)
    for author in Array(0..<10_000).shuffled(using: &dice).prefix(1_000) {
      ben.set(author, count: UInt32.random(in: 60..<140, using: &dice), branch: 1)
    }
    let round = try Round(ada, ben)
    let wanted = expected(ada, ben)
    let missed =
      wanted.ada.filter { round.adaPushes[$0.key] != $0.value }.count
      + wanted.ben.filter { round.benPushes[$0.key] != $0.value }.count
    #expect(missed <= 2, "the next round finds what a fingerprint hid")
    #expect(round.messages <= 6, "three round trips")
    #expect(round.bytes < 25 * 1_000, "\(round.bytes) bytes")
  }

  @Test func aThousandNewestClaimsCostFewBytesEach() throws {
    let ada = Sheet.filled(authors: 10_000, claims: 100)
    for authors in [1, 30, 1_000] {
      var ben = ada
      for author in 0..<authors { ben.set(author * 7, count: 100 + UInt32(1_000 / authors)) }
      let round = try Round(ada, ben)
      let missed = expected(ada, ben).ben.filter { round.benPushes[$0.key] != $0.value }
      #expect(missed.count <= 2, "the next round finds what a fingerprint hid")
      #expect(round.bytes < 40 * 1_000, "\(authors) authors: \(round.bytes) bytes")
    }
  }

  @Test func fewDifferencesCostLittleEvenAmongMany() throws {
    let ada = Sheet.filled(authors: 10_000, claims: 3)
    var ben = ada
    for author in 0..<10 { ben.set(author * 900, count: 4) }
    let round = try Round(ada, ben)
    #expect(round.benPushes == expected(ada, ben).ben)
    #expect(round.bytes < 1_500, "\(round.bytes) bytes")
  }

  @Test(arguments: 0..<300)
  func anyTwoFrontiersFindAllTheirDifferences(seed: Int) throws {
    var dice = Dice(seed: UInt64(seed))
    let authors = [0, 1, 5, 60, 900].randomElement(using: &dice)!
    var ada = Sheet()
    var ben = Sheet()
    let likeness = Int.random(in: 0...100, using: &dice)
    for author in 0..<authors {
      let count = UInt32.random(in: 1..<5, using: &dice)
      if Int.random(in: 0..<100, using: &dice) < likeness {
        ada.set(author, count: count)
        ben.set(author, count: count)
      } else {
        switch Int.random(in: 0..<4, using: &dice) {
        case 0: ada.set(author, count: count)
        case 1: ben.set(author, count: count)
        case 2:
          ada.set(author, count: count)
          ben.set(author, count: count, branch: 1)
        default:
          ada.set(author, count: count)
          ben.set(author, count: count + UInt32.random(in: 1..<300_000, using: &dice))
        }
      }
    }
    // Short fingerprints can hide a difference in one round; the next round's key shows it.
    var missingOnAda = expected(ada, ben).ben
    var missingOnBen = expected(ada, ben).ada
    for number in UInt32(1)...3 {
      let round = try Round(ada, ben, round: number)
      for (author, count) in round.benPushes { #expect(expected(ada, ben).ben[author] == count) }
      for author in round.benPushes.keys { missingOnAda[author] = nil }
      for author in round.adaPushes.keys { missingOnBen[author] = nil }
      if missingOnAda.isEmpty, missingOnBen.isEmpty { break }
    }
    #expect(missingOnAda.isEmpty && missingOnBen.isEmpty, "seed \(seed)")
  }

  @Test(arguments: 0..<200)
  func madeUpMessagesAreAnsweredOrRefusedButNeverHarm(seed: Int) throws {
    var dice = Dice(seed: UInt64(seed))
    let sheet = Sheet.filled(authors: 50, claims: 3)
    var own = Reconciliation(
      sheet.index,
      key: Reconciliation.key(channelBinding: SHA256.hash([1]), datanet: SHA256.hash([2]), round: 1)
    )
    _ = own.begin()
    let symbols = dice.bytes(14 * Int.random(in: 0..<200, using: &dice))
    let values: [Value] = [
      [0, 5, .bytes(dice.bytes(8)), .bytes(dice.bytes(256))], [2, .bytes(symbols)],
      [3, Value(UInt64.random(in: 0..<20, using: &dice))],
      [4, 4, .bytes(dice.bytes(24))], [5, 4, .bytes(dice.bytes(40))],
      [6, .bytes(dice.bytes(40)), true, 4, .bytes(dice.bytes(2))],
    ]
    for value in values {
      if let message = ReconciliationMessage(value) {
        #expect(own.handle(message).count < 400)
      }
    }
  }
}
