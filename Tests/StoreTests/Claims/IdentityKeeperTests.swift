// The identity's file in a home (Specs/Identities.md, "File").

import Cryptography
import Glibc
import Testing

@testable import Store

@Suite struct IdentityKeeperTests {
  private func mode(_ path: String) -> UInt32 {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
  }

  @Test func anIdentityIsMadeOnceAndOpensAgain() throws {
    let directory = try TemporaryHome()
    let identity = try IdentityKeeper.make(in: directory.home)
    #expect(mode(directory.home.identityPath) == 0o600)
    #expect(try IdentityKeeper.open(in: directory.home).publicKey == identity.publicKey)
    #expect(throws: IdentityKeeperError.self) { try IdentityKeeper.make(in: directory.home) }
    #expect(try IdentityKeeper.summary(in: directory.home).publicKey == identity.publicKey)
    let second = try TemporaryHome()
    #expect(try IdentityKeeper.make(in: second.home).publicKey != identity.publicKey)
  }

  @Test func aPassphraseSealsAndIsChanged() throws {
    let directory = try TemporaryHome()
    let identity = try IdentityKeeper.make(in: directory.home, passphrase: [1, 2], cost: .least)
    #expect(try IdentityKeeper.summary(in: directory.home).isSealed)
    #expect(throws: IdentityFileError.passphraseNeeded) {
      try IdentityKeeper.open(in: directory.home)
    }
    try IdentityKeeper.change(in: directory.home, from: [1, 2], to: [3], cost: .least)
    #expect(
      try IdentityKeeper.open(in: directory.home, passphrase: [3]).publicKey == identity.publicKey)
    try IdentityKeeper.change(in: directory.home, from: [3], to: nil)
    #expect(try IdentityKeeper.open(in: directory.home).publicKey == identity.publicKey)
    #expect(mode(directory.home.identityPath) == 0o600)
  }

  @Test func aFileThatOthersCanReadIsRefused() throws {
    let directory = try TemporaryHome()
    _ = try IdentityKeeper.make(in: directory.home)
    unsafe chmod(directory.home.identityPath, 0o640)
    #expect(throws: IdentityKeeperError.readableByOthers(directory.home.identityPath)) {
      try IdentityKeeper.open(in: directory.home)
    }
  }

  @Test func nothingIsLeftBesideTheFile() throws {
    let directory = try TemporaryHome()
    _ = try IdentityKeeper.make(in: directory.home)
    _ = try? IdentityKeeper.make(in: directory.home)
    #expect(names(in: directory.path).filter { $0.hasPrefix("identity") } == ["identity"])
  }
}
