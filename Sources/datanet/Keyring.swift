// The identity of a home: made once, opened when something is signed
// (Specs/CommandLine.md, "Home" and "Passphrases").

import Cryptography
import Glibc
import Store
import Terminal

struct Keyring {
  let home: Home

  var exists: Bool { unsafe access(home.identityPath, F_OK) == 0 }

  /// The public half, which never needs a passphrase.
  func summary() throws -> (publicKey: PublicKey, isSealed: Bool) {
    try IdentityFile.summary(of: try file())
  }

  /// The identity, after asking for the passphrase if it is sealed.
  func open() throws -> Identity {
    let file = try file()
    guard try IdentityFile.summary(of: file).isSealed else { return try IdentityFile.open(file) }
    let passphrase = try Passphrase.ask("Passphrase of the identity in \(home.path): ")
    return try IdentityFile.open(file, passphrase: passphrase)
  }

  /// Makes an identity; with a passphrase the file is sealed.
  func make(passphrase: [UInt8]?) throws -> Identity {
    guard let identity = Identity(seed: Randomness.bytes(Identity.seedByteCount)) else {
      throw IdentityFileError.outOfMemory
    }
    try save(identity, passphrase: passphrase)
    return identity
  }

  func save(_ identity: Identity, passphrase: [UInt8]?) throws {
    let file =
      if let passphrase {
        try IdentityFile.sealed(
          identity, passphrase: passphrase,
          salt: Randomness.bytes(IdentityFile.saltByteCount),
          nonce: Randomness.bytes(IdentityFile.nonceByteCount))
      } else {
        IdentityFile.plain(identity)
      }
    try SmallFile.write(file, to: home.identityPath, mode: 0o600)
  }

  private func file() throws -> [UInt8] {
    do {
      return try SmallFile.read(home.identityPath, mostBytes: IdentityFile.maximumByteCount)
    } catch {
      guard error.kind == .missing else { throw error }
      throw Failure.notFound("there is no identity in \(home.path); run 'datanet init' first")
    }
  }
}
