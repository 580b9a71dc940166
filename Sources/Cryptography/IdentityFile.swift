// The text in which an identity is kept on disk, plain or under a passphrase
// (Specs/Identities.md, "File").

internal import CSodium

/// Writes and reads the file's bytes; `Store` puts them on the disk with mode 0600.
public enum IdentityFile {
  /// Longer files are not read.
  public static let maximumByteCount = 1024
  /// A file that asks for more memory than this to be opened is refused.
  static let maximumMemoryKibibytes = 1 << 20
  /// A file that asks for more passes than this is refused.
  static let maximumPasses = 16

  static let heading = "datanet-identity 1"

  /// How costly a guess of the passphrase is: libsodium's Argon2id.
  public struct Cost: Equatable, Sendable {
    public let passes: Int
    public let memoryKibibytes: Int

    public init(passes: Int, memoryKibibytes: Int) {
      self.passes = passes
      self.memoryKibibytes = memoryKibibytes
    }

    /// libsodium's "moderate": 3 passes over 256 MiB, about half a second.
    public static let moderate = Cost(passes: 3, memoryKibibytes: 256 << 10)
    /// The least that libsodium takes; for tests.
    public static let least = Cost(passes: 1, memoryKibibytes: 8)

    var isAllowed: Bool {
      (1...maximumPasses).contains(passes)
        && (8...maximumMemoryKibibytes).contains(memoryKibibytes)
    }
  }

  /// Salt and nonce for sealing: fresh random bytes from the caller.
  public static let saltByteCount = 16
  public static let nonceByteCount = 24

  /// The file's bytes without a passphrase. The caller wipes them after writing.
  public static func plain(_ identity: Identity) -> [UInt8] {
    identity.withSeed { seed in
      Array("\(heading)\n\(identity.did)\nseed ".utf8) + digits(of: seed) + [UInt8(ascii: "\n")]
    }
  }

  /// The file's bytes under `passphrase`.
  public static func sealed(
    _ identity: Identity, passphrase: [UInt8], salt: [UInt8], nonce: [UInt8],
    cost: Cost = .moderate
  ) throws(IdentityFileError) -> [UInt8] {
    guard salt.count == saltByteCount, nonce.count == nonceByteCount, cost.isAllowed else {
      throw .parameters
    }
    var key = try stretched(passphrase, salt: salt, cost: cost)
    defer { Sodium.wipe(&key) }
    let box = identity.withSeed { seed in
      var box = [UInt8](repeating: 0, count: seed.count + Int(crypto_secretbox_MACBYTES))
      unsafe crypto_secretbox_easy(&box, seed, UInt64(seed.count), nonce, key)
      return box
    }
    let line =
      "argon2id \(cost.passes) \(cost.memoryKibibytes) "
      + [salt, nonce, box].map { Hexadecimal.text(of: $0) }.joined(separator: " ")
    return Array("\(heading)\n\(identity.did)\n\(line)\n".utf8)
  }

  /// Who the file says it holds, and whether opening it needs a passphrase; no secret is touched.
  public static func summary(
    of file: [UInt8]
  ) throws(IdentityFileError) -> (publicKey: PublicKey, isSealed: Bool) {
    let lines = try lines(of: file)
    return (lines.publicKey, lines.words.first?.elementsEqual("argon2id".utf8) == true)
  }

  /// The identity in the file. The caller wipes `file` and `passphrase` afterwards.
  public static func open(
    _ file: [UInt8], passphrase: [UInt8]? = nil
  ) throws(IdentityFileError) -> Identity {
    let (publicKey, words) = try lines(of: file)
    var seed: [UInt8]
    if words.count == 2, words[0].elementsEqual("seed".utf8) {
      seed = try bytes(of: words[1], count: Identity.seedByteCount)
    } else if words.count == 6, words[0].elementsEqual("argon2id".utf8) {
      guard let passphrase else { throw .passphraseNeeded }
      seed = try unseal(words, passphrase)
    } else {
      throw .malformed("line 3 is neither 'seed …' nor 'argon2id …'")
    }
    defer { Sodium.wipe(&seed) }
    guard let identity = Identity(seed: seed) else { throw .outOfMemory }
    guard identity.publicKey == publicKey else {
      throw .malformed("the key is not the one that line 2 names")
    }
    return identity
  }

  private static func unseal(
    _ words: [ArraySlice<UInt8>], _ passphrase: [UInt8]
  ) throws(IdentityFileError) -> [UInt8] {
    guard let passes = number(words[1]), let memory = number(words[2]) else {
      throw .malformed("the cost of argon2id is not two numbers")
    }
    let cost = Cost(passes: passes, memoryKibibytes: memory)
    guard cost.isAllowed else { throw .tooCostly(cost) }
    let salt = try bytes(of: words[3], count: saltByteCount)
    let nonce = try bytes(of: words[4], count: nonceByteCount)
    let box = try bytes(
      of: words[5], count: Identity.seedByteCount + Int(crypto_secretbox_MACBYTES))
    var key = try stretched(passphrase, salt: salt, cost: cost)
    defer { Sodium.wipe(&key) }
    var seed = [UInt8](repeating: 0, count: Identity.seedByteCount)
    guard unsafe crypto_secretbox_open_easy(&seed, box, UInt64(box.count), nonce, key) == 0 else {
      throw .wrongPassphrase
    }
    return seed
  }

  private static func stretched(
    _ passphrase: [UInt8], salt: [UInt8], cost: Cost
  ) throws(IdentityFileError) -> [UInt8] {
    Sodium.start()
    var key = [UInt8](repeating: 0, count: Int(crypto_secretbox_KEYBYTES))
    var characters = passphrase.map { CChar(bitPattern: $0) }
    let result = unsafe crypto_pwhash(
      &key, UInt64(key.count), characters, UInt64(characters.count), salt, UInt64(cost.passes),
      cost.memoryKibibytes << 10, crypto_pwhash_ALG_ARGON2ID13)
    unsafe characters.withUnsafeMutableBytes { buffer in
      unsafe sodium_memzero(buffer.baseAddress, buffer.count)
    }
    guard result == 0 else { throw .outOfMemory }
    return key
  }

  // MARK: Lines and words. Secrets stay in arrays that can be wiped, never in a String.

  private static func lines(
    of file: [UInt8]
  ) throws(IdentityFileError) -> (publicKey: PublicKey, words: [ArraySlice<UInt8>]) {
    guard file.count <= maximumByteCount else { throw .malformed("more than 1024 bytes") }
    let lines = file.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard lines.count == 4, lines[3].isEmpty else { throw .malformed("not three whole lines") }
    guard lines[0].elementsEqual(heading.utf8) else {
      throw .malformed("line 1 is not '\(heading)'")
    }
    do {
      let key = try PublicKey(did: String(decoding: lines[1], as: UTF8.self))
      return (key, lines[2].split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false))
    } catch { throw .malformed("line 2: \(error)") }
  }

  private static func number(_ word: ArraySlice<UInt8>) -> Int? {
    guard (1...7).contains(word.count) else { return nil }
    var value = 0
    for digit in word {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value = value * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return value
  }

  private static func digits(of bytes: [UInt8]) -> [UInt8] {
    var text = [UInt8](repeating: 0, count: bytes.count * 2)
    for (index, byte) in bytes.enumerated() {
      text[index * 2] = digit(byte >> 4)
      text[index * 2 + 1] = digit(byte & 15)
    }
    return text
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }

  /// Lower-case hexadecimal of exactly `count` bytes.
  private static func bytes(
    of text: ArraySlice<UInt8>, count: Int
  ) throws(IdentityFileError) -> [UInt8] {
    guard text.count == count * 2 else { throw .malformed("line 3: a word has the wrong length") }
    var bytes = [UInt8](repeating: 0, count: count)
    for (index, character) in text.enumerated() {
      let value: UInt8
      switch character {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = character - UInt8(ascii: "a") + 10
      default:
        Sodium.wipe(&bytes)
        throw .malformed("line 3: not lower-case hexadecimal")
      }
      bytes[index >> 1] = bytes[index >> 1] << 4 | value
    }
    return bytes
  }
}

public enum IdentityFileError: Error, Equatable {
  case malformed(String)
  case passphraseNeeded
  case wrongPassphrase
  case tooCostly(IdentityFile.Cost)
  case parameters
  case outOfMemory
}

extension IdentityFileError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .malformed(let reason): "the identity file is damaged: \(reason)"
    case .passphraseNeeded: "the identity is sealed: a passphrase is needed"
    case .wrongPassphrase: "the passphrase does not open this identity, or the file was altered"
    case .tooCostly(let cost):
      "the identity file asks for \(cost.passes) passes over \(cost.memoryKibibytes) KiB; at most "
        + "\(IdentityFile.maximumPasses) over \(IdentityFile.maximumMemoryKibibytes) KiB are allowed"
    case .parameters: "sealing needs 16 bytes of salt, 24 of nonce and an allowed cost"
    case .outOfMemory: "not enough memory to open the identity; close other programs and try again"
    }
  }
}
