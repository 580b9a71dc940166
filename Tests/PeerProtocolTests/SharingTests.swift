// Two peers learn what they share and nothing else (Specs/Sharing.md).

import Content
import Cryptography
import PeerProtocol
import Testing

@Suite struct SharingTests {
  @Test func `a claim of a whole block travels in one message`() throws {
    let claim = [UInt8](repeating: 7, count: 1 << 20)
    let contents: [DatanetMessage.Content] = [
      .broadcast(.gossip(payload: claim, hops: 255)), .transfer(.claims([claim])),
    ]
    for content in contents {
      let message = DatanetMessage(handle: .max, content: content)
      #expect(message.encoded.count <= message.channel.maximumMessage)
      #expect(DatanetMessage(decoding: message.encoded) == message)
      #expect(DatanetMessage(decoding: message.encoded + [0]) == nil)
    }
  }

  let binding = SHA256.hash([1])
  func secret(_ number: UInt8, key: UInt8? = nil) -> DatanetSecret {
    DatanetSecret(
      datanet: CID(of: [number], codec: .dagCBOR), key: key.map { SHA256.hash([$0]) })
  }

  /// Lets both ask for what they have and carries messages until nobody has any.
  func meet(_ ada: [DatanetSecret], _ ben: [DatanetSecret]) throws -> (
    ada: SharedDatanets, ben: SharedDatanets, words: [SharingMessage]
  ) {
    var adas = SharedDatanets(own: ada, channelBinding: binding, isDialler: true)
    var bens = SharedDatanets(own: ben, channelBinding: binding, isDialler: false)
    var toBen: [SharingMessage] = []
    var toAda: [SharingMessage] = []
    var words: [SharingMessage] = []
    func sent(_ effects: [SharingEffect]) -> [SharingMessage] {
      #expect(!effects.contains(.violation))
      return effects.compactMap { if case .send(let message) = $0 { message } else { nil } }
    }
    for secret in ada { toBen += sent(adas.ask(for: secret)) }
    for secret in ben { toAda += sent(bens.ask(for: secret)) }
    while !toBen.isEmpty || !toAda.isEmpty {
      let (down, up) = (toBen, toAda)
      (toBen, toAda) = ([], [])
      words += down + up
      for message in down {
        let read = try #require(SharingMessage(message.value))
        toAda += sent(bens.handle(read))
      }
      for message in up {
        let read = try #require(SharingMessage(message.value))
        toBen += sent(adas.handle(read))
      }
    }
    return (adas, bens, words)
  }

  @Test func whatBothHaveIsOpenUnderOneHandle() throws {
    let shared = [secret(1), secret(2, key: 9)]
    let (ada, ben, _) = try meet(shared + [secret(3)], [secret(4)] + shared)
    for one in shared {
      let adas = try #require(ada.open.first { $0.secret == one })
      let bens = try #require(ben.open.first { $0.secret == one })
      #expect(adas.handle == bens.handle)
      #expect(ada.secret(for: adas.handle) == one)
    }
    #expect(ada.open.count == 2 && ben.open.count == 2)
  }

  @Test func aWrongKeyOpensNothing() throws {
    let (ada, ben, words) = try meet([secret(1, key: 1)], [secret(1, key: 2), secret(1)])
    #expect(ada.open.isEmpty && ben.open.isEmpty)
    // No word names a Datanet or repeats in another session.
    for case .open(_, let proof) in words { #expect(proof != secret(1).datanet.digest.bytes) }
    let other = secret(1).proof(channelBinding: SHA256.hash([2]), isDialler: true)
    #expect(other != secret(1).proof(channelBinding: binding, isDialler: true))
  }

  @Test func aProofSentBackIsNoProof() {
    var ada = SharedDatanets(own: [secret(1)], channelBinding: binding, isDialler: true)
    guard case .send(.open(let handle, let proof)) = ada.ask(for: secret(1)).first else {
      Issue.record("ada did not ask")
      return
    }
    #expect(ada.handle(.opened(handle: handle, proof: proof)) == [.violation])
  }

  @Test func guessingEnds() {
    var ben = SharedDatanets(own: [secret(1)], channelBinding: binding, isDialler: false)
    var last: [SharingEffect] = []
    for number in 0...UInt32(SharingLimits.failures) {
      last = ben.handle(.open(handle: number * 2, proof: SHA256.hash([3]).bytes))
    }
    #expect(last == [.violation])
  }
}
