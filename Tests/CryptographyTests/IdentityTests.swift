// Ed25519 identities, did:key, and the identity file (Specs/Identities.md).

import Cryptography
import Histories
import JSON
import Testing

@Suite struct IdentityTests {
  private static let seed = SHA256.hash(Array("ada".utf8)).bytes

  private func fixtures() throws -> [JSONValue] {
    let lines = try FixtureFile.lines("Fixtures/claims/identities.jsonl")
    #expect(lines.count >= 8)
    return lines
  }

  @Test func seedsGiveTheKeysNamesAndSignaturesOfTheOtherImplementation() throws {
    for line in try fixtures() where line["seed"] != nil {
      let seed = try #require(Hexadecimal.bytes(of: line["seed"]?.string ?? ""))
      let identity = try #require(Identity(seed: seed))
      #expect(Hexadecimal.text(of: identity.publicKey.bytes) == line["key"]?.string)
      #expect(identity.did == line["did"]?.string)
      #expect(try PublicKey(did: identity.did) == identity.publicKey)
      let message = try #require(Hexadecimal.bytes(of: line["message"]?.string ?? "?"))
      let signature = identity.sign(message)
      #expect(Hexadecimal.text(of: signature) == line["signature"]?.string)
      #expect(identity.publicKey.isValid(signature: signature, of: message))
      #expect(!identity.publicKey.isValid(signature: signature, of: message + [0]))
    }
  }

  @Test func filesOfTheOtherImplementationOpen() throws {
    for line in try fixtures() {
      if let plain = line["plainFile"]?.string {
        let identity = try IdentityFile.open(Array(plain.utf8))
        #expect(identity.did == line["did"]?.string)
        #expect(IdentityFile.plain(identity) == Array(plain.utf8))
      }
      if let sealed = line["sealedFile"]?.string {
        let passphrase = Array((line["passphrase"]?.string ?? "").utf8)
        #expect(
          try IdentityFile.open(Array(sealed.utf8), passphrase: passphrase).did
            == line["did"]?.string)
        #expect(try IdentityFile.summary(of: Array(sealed.utf8)).isSealed)
        #expect(throws: IdentityFileError.wrongPassphrase) {
          try IdentityFile.open(Array(sealed.utf8), passphrase: passphrase + [0])
        }
        #expect(throws: IdentityFileError.passphraseNeeded) {
          try IdentityFile.open(Array(sealed.utf8))
        }
      }
    }
  }

  @Test func aSealedFileOpensOnlyWithItsPassphrase() throws {
    let identity = try #require(Identity(seed: Self.seed))
    let file = try IdentityFile.sealed(
      identity, passphrase: Array("open sesame".utf8), salt: [UInt8](repeating: 1, count: 16),
      nonce: [UInt8](repeating: 2, count: 24), cost: .least)
    #expect(try IdentityFile.open(file, passphrase: Array("open sesame".utf8)).did == identity.did)
    #expect(try IdentityFile.summary(of: file).publicKey == identity.publicKey)
    let secret = Hexadecimal.text(of: Self.seed)
    #expect(!String(decoding: file, as: UTF8.self).contains(secret))
    // Every changed byte is noticed.
    for index in file.indices {
      var changed = file
      changed[index] ^= 1
      #expect(throws: IdentityFileError.self, "byte \(index)") {
        let opened = try IdentityFile.open(changed, passphrase: Array("open sesame".utf8))
        #expect(opened.publicKey != identity.publicKey || changed == file)
      }
    }
  }

  @Test func aFileThatAsksForTooMuchMemoryIsRefusedAtOnce() throws {
    let did = try #require(Identity(seed: Self.seed)).did
    let zeros = String(repeating: "0", count: 32)
    for cost in ["3 1048577", "17 8", "0 8", "1 7", "9999999 9999999"] {
      let file =
        "datanet-identity 1\n\(did)\nargon2id \(cost) \(zeros) \(zeros)0000000000000000 \(zeros)\(zeros)\(zeros)\n"
      #expect(throws: IdentityFileError.self) {
        try IdentityFile.open(Array(file.utf8), passphrase: [1])
      }
    }
  }

  @Test func secretsDoNotShowInText() throws {
    let identity = try #require(Identity(seed: Self.seed))
    var text = "\(identity)"
    dump(identity, to: &text)
    debugPrint(identity, to: &text)
    #expect(text.contains(identity.did))
    #expect(!text.contains(Hexadecimal.text(of: Self.seed)))
    #expect(!text.contains(Hexadecimal.text(of: Self.seed.prefix(8))))
  }

  @Test(arguments: [
    ("did:web:example.org", DIDError.method), ("did:key:x123", .method),
    ("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2do0", .base58),
    ("did:key:z" + String(repeating: "6", count: 200), .base58),
    ("did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme", .keyType),
    ("did:key:z" + Base58.text(of: [0xED, 1] + [UInt8](repeating: 7, count: 33)), .length(35)),
  ])
  func otherNamesAreRefused(did: String, error: DIDError) {
    #expect(throws: error) { try PublicKey(did: did) }
  }

  @Test func theExampleOfDidKeyReadsBothWays() throws {
    let did = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
    let key = try PublicKey(did: did)
    #expect(key.did == did)
    #expect(
      Hexadecimal.text(of: key.bytes)
        == "2e6fcce36701dc791488e0d0b1745cc1e33a4c1c9fcc41c63bd343dbbe0970e6")
  }

  @Test func base58KeepsLeadingZeros() {
    for bytes in [[], [0], [0, 0, 1], [255], [0, 255, 254, 0]] as [[UInt8]] {
      #expect(Base58.bytes(of: Base58.text(of: bytes)) == bytes)
    }
    #expect(Base58.text(of: Array("Hello World!".utf8)) == "2NEpo7TZRRrLZSi2U")
    #expect(Base58.bytes(of: "0OIl") == nil)
  }

  @Test func keysOfSmallOrderSignNothing() {
    // The neutral element as key, R = neutral, S = 0: valid for every message in lax libraries.
    let neutral: [UInt8] = [1] + [UInt8](repeating: 0, count: 31)
    let signature = neutral + [UInt8](repeating: 0, count: 32)
    #expect(PublicKey(bytes: neutral)?.isValid(signature: signature, of: [1, 2, 3]) == false)
  }
}
