// Fixtures of what two peers compare and share (Specs/Reconciliation.md, Exchange.md).

import Compression
import Content
import Cryptography
import Testing

@testable import PeerProtocol

@Suite("The fixtures of reconciliation and exchange") struct SharedFixtureTests {
  /// Two frontiers of 40 authors: ben lacks author 3, has more of 7 and another story of 11; ada
  /// has not author 39.
  private func sheets() -> (ada: Sheet, ben: Sheet) {
    var ada = Sheet.filled(authors: 39, claims: 5)
    var ben = Sheet.filled(authors: 40, claims: 5)
    ada.states[39] = nil
    ben.states[3] = nil
    ben.set(7, count: 8)
    ben.set(11, count: 5, branch: 1)
    return (ada, ben)
  }

  private func key() throws -> Digest {
    let file = try FixtureFile("reconciliation/keys.hex")
    return Reconciliation.key(
      channelBinding: try file.digest("channel binding"), datanet: try file.digest("Datanet"),
      round: 1)
  }

  @Test func `keys, places and states are the fixture's`() throws {
    let file = try FixtureFile("reconciliation/keys.hex")
    #expect(try key() == file.digest("K"))
    var sheet = Sheet()
    sheet.set(0, count: 5)
    let frontier = KeyedFrontier(sheet.index, key: try key())
    func bytes(_ number: UInt64) -> [UInt8] {
      (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
    }
    #expect(try bytes(frontier.entries[0].place) == file.bytes("place of author 0"))
    #expect(try bytes(frontier.entries[0].state) == file.bytes("state of author 0 with 5 claims"))
    #expect(try Sheet.author(0).bytes == file.bytes("author 0"))
    #expect(try Sheet.head(0, 5).bytes == file.bytes("head of author 0"))
  }

  @Test func `a whole round is the fixture's, and finds what each side lacks`() throws {
    let file = try FixtureFile("reconciliation/round.hex")
    let sheets = sheets()
    var ada = Reconciliation(sheets.ada.index, key: try key())
    var ben = Reconciliation(sheets.ben.index, key: try key())
    func said(_ effects: [ReconciliationEffect]) -> [ReconciliationMessage] {
      effects.compactMap { if case .send(let message) = $0 { message } else { nil } }
    }
    func pushed(_ effects: [ReconciliationEffect]) -> [Int: UInt32] {
      effects.reduce(into: [:]) {
        if case .push(let author, let state) = $1 { $0[author] = state.count }
      }
    }
    var effects = ada.begin()
    for (index, name) in ["summary, ada", "buckets, ben", "lists, ada", "states (answer), ben"]
      .enumerated()
    {
      let messages = said(effects)
      #expect(messages.count == 1)
      let message = try #require(messages.first)
      #expect(try message.value.encoded() == file.bytes(name), "\(name)")
      let read = try #require(ReconciliationMessage(try Value(decoding: file.bytes(name))))
      effects = index % 2 == 0 ? ben.handle(read) : ada.handle(read)
    }
    #expect(pushed(effects) == [3: 0, 11: 5])
    let wants = try #require(said(effects).first)
    #expect(try wants.value.encoded() == file.bytes("states (wants), ada"))
    #expect(pushed(ben.handle(wants)) == [7: 5, 11: 5, 39: 0])
    #expect(try ReconciliationMessage.same.value.encoded() == file.bytes("same"))
    #expect(
      try ReconciliationMessage.ask(bits: 8).value.encoded()
        == file.bytes("ask for 256 buckets"))
  }

  @Test func `a sketch is the fixture's`() throws {
    let file = try FixtureFile("reconciliation/sketch.hex")
    let salt = try file.bytes("salt").reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    var sketch = Sketch(count: 30, salt: salt)
    let elements = [
      TaggedState(tag: 0x0102_0304, count: 5, fingerprint: 0xABCD),
      TaggedState(tag: 0x1122_3344, count: 1, fingerprint: 1),
      TaggedState(tag: .max, count: 1 << 31, fingerprint: .max),
    ]
    for element in elements { sketch.toggle(element, by: 1) }
    var bytes: [UInt8] = []
    for symbol in sketch.symbols {
      bytes.append(number: UInt64(symbol.tag), bytes: 4)
      bytes.append(number: UInt64(symbol.count), bytes: 4)
      bytes.append(number: UInt64(symbol.fingerprint), bytes: 2)
      bytes.append(number: UInt64(symbol.check), bytes: 3)
      bytes.append(symbol.number)
    }
    #expect(try bytes == file.bytes("sketch of three elements"))
  }

  @Test func `claims on the wire are the fixture's`() throws {
    let file = try FixtureFile("reconciliation/claims.hex")
    let meant: [String: ClaimTransfer] = [
      "claims": .claims([Array("one".utf8), Array("two".utf8)]),
      "want": .want(Sheet.author(0), heights: 5..<8),
      "find": .find(SHA256.hash(Array("claim".utf8))),
    ]
    for (name, bytes) in try file.all() {
      #expect(ClaimTransfer(try Value(decoding: bytes)) == meant[name], "\(name)")
      if let message = meant[name] { #expect(message.value.encoded() == bytes, "\(name)") }
    }
  }

  @Test func `messages of the exchange are the fixture's`() throws {
    let contribution = SHA256.hash(Array("contribution".utf8))
    let first = SHA256.hash(Array("first".utf8))
    let second = SHA256.hash(Array("second".utf8))
    var places = PlaceSet(limit: 400)
    for place in Array(2..<5) + Array(200..<400) { places.insert(place) }
    let meant: [String: ExchangeMessage] = [
      "have places 2, 3, 4 and 200 to 399": .have(
        contribution: contribution, from: 0, runs: places.runs(from: 0, count: 1 << 18)),
      "have all of 3": .have(
        contribution: contribution, from: 0,
        runs: PlaceSet(limit: 3, full: true).runs(from: 0, count: 1 << 18)),
      "have the manifest only": .have(contribution: contribution, from: 0, runs: []),
      "request": .request([first, second]), "cancel": .cancel([first]),
      "refuse, absent": .refuse([first], .absent), "slot": .slot(isOpen: true),
      "interest": .interest(false), "seek": .seek([contribution], isOn: true),
      "pieces 3 to 102 and 500 to 1,499": .pieces([
        .init(digest: first, ranges: [3..<103, 500..<1_500])
      ]),
    ]
    let all = try FixtureFile("exchange/messages.hex").all()
    #expect(all.count == meant.count)
    for (name, bytes) in all {
      let message = try #require(meant[name], "\(name)")
      #expect(message.value.encoded() == bytes, "\(name)")
      #expect(ExchangeMessage(try Value(decoding: bytes)) == message, "\(name)")
    }
    for (name, bytes) in try FixtureFile("exchange/refused.hex").all() {
      #expect(ExchangeMessage(try Value(decoding: bytes)) == nil, "\(name)")
    }
  }

  @Test func `blocks in every form are the fixture's`() throws {
    let file = try FixtureFile("exchange/blocks.hex")
    let chunk = try file.bytes("chunk")
    let pieces = Array(chunk[0..<4] + chunk[15..<21])
    let forms: [(name: String, form: ChunkMessage.Form, plain: [UInt8])] = [
      ("plain", .plain, chunk), ("zstd", .zstd, chunk),
      ("pieces 0 to 3 and 15 to 20", .pieces, pieces),
      ("the same pieces, zstd", .packedPieces, pieces),
    ]
    for (name, form, plain) in forms {
      let bytes = try file.bytes(name)
      let message = try #require(ChunkMessage(bytes), "\(name)")
      #expect(message.digest == SHA256.hash(chunk) && message.form == form, "\(name)")
      #expect(message.byteCount == plain.count && message.bytes == bytes, "\(name)")
      let unpacked =
        form.isPacked
        ? Zstd.unpack(message.payload, byteCount: plain.count) : Array(message.payload)
      #expect(unpacked == plain, "\(name)")
    }
    for name in ["refused: form 4", "refused: longer than a block", "refused: cut"] {
      #expect(ChunkMessage(try file.bytes(name)) == nil, "\(name)")
    }
    let bomb = try #require(ChunkMessage(file.bytes("refused: more than its length")))
    #expect(Zstd.unpack(bomb.payload, byteCount: bomb.byteCount) == nil)
  }
}
