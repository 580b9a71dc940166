// The identity's file in a home: written once, whole, for its owner only.
// Specs/Identities.md, "File".

public import Cryptography
internal import Glibc

public enum IdentityKeeper {
  /// Makes a new identity from the system's randomness and writes it, under `passphrase` if one is
  /// given. A home that has an identity keeps it.
  public static func make(
    in home: Home, passphrase: [UInt8]? = nil, cost: IdentityFile.Cost = .moderate
  ) throws -> Identity {
    var seed = random(Identity.seedByteCount)
    defer { wipe(&seed) }
    guard let identity = Identity(seed: seed) else { throw IdentityFileError.outOfMemory }
    try keep(identity, in: home, passphrase: passphrase, cost: cost)
    return identity
  }

  /// Writes an identity into a home that has none.
  public static func keep(
    _ identity: Identity, in home: Home, passphrase: [UInt8]? = nil,
    cost: IdentityFile.Cost = .moderate
  ) throws {
    var bytes = try file(identity, passphrase, cost)
    defer { wipe(&bytes) }
    try write(bytes, to: home.identityPath, replacing: false)
  }

  /// Seals the home's identity under another passphrase; nil keeps it plain.
  public static func change(
    in home: Home, from old: [UInt8]?, to new: [UInt8]?, cost: IdentityFile.Cost = .moderate
  ) throws {
    var bytes = try file(open(in: home, passphrase: old), new, cost)
    defer { wipe(&bytes) }
    try write(bytes, to: home.identityPath, replacing: true)
  }

  /// Who the home's identity is, and whether a passphrase is needed to sign with it.
  public static func summary(in home: Home) throws -> (publicKey: PublicKey, isSealed: Bool) {
    var bytes = try read(home)
    defer { wipe(&bytes) }
    return try IdentityFile.summary(of: bytes)
  }

  public static func exists(in home: Home) -> Bool {
    unsafe access(home.identityPath, F_OK) == 0
  }

  public static func open(in home: Home, passphrase: [UInt8]? = nil) throws -> Identity {
    var bytes = try read(home)
    defer { wipe(&bytes) }
    return try IdentityFile.open(bytes, passphrase: passphrase)
  }

  // MARK: Bytes

  private static func file(
    _ identity: Identity, _ passphrase: [UInt8]?, _ cost: IdentityFile.Cost
  ) throws -> [UInt8] {
    guard let passphrase, !passphrase.isEmpty else { return IdentityFile.plain(identity) }
    return try IdentityFile.sealed(
      identity, passphrase: passphrase, salt: random(IdentityFile.saltByteCount),
      nonce: random(IdentityFile.nonceByteCount), cost: cost)
  }

  /// Swift's system generator asks the kernel (getrandom), which is made for keys.
  private static func random(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }

  private static func wipe(_ bytes: inout [UInt8]) {
    unsafe bytes.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      unsafe explicit_bzero(base, buffer.count)
    }
  }

  // MARK: The file

  /// A file that others may read or write is refused: the secret may be known already.
  private static func read(_ home: Home) throws -> [UInt8] {
    let path = home.identityPath
    var status = stat()
    if unsafe stat(path, &status) == 0, status.st_mode & 0o077 != 0 {
      throw IdentityKeeperError.readableByOthers(path)
    }
    return try SmallFile.read(path, mostBytes: IdentityFile.maximumByteCount)
  }

  /// Writes a new file beside, syncs it, and gives it the name: after a power cut there is the old
  /// file or the whole new one.
  private static func write(
    _ bytes: [UInt8], to path: String, replacing: Bool
  ) throws {
    let temporary = "\(path).\(getpid()).new"
    // A crash may have left one behind; it is ours, in our directory.
    unsafe unlink(temporary)
    let descriptor = unsafe Glibc.open(
      temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw DiskError(operation: "make", path: temporary, code: errno) }
    defer { unsafe unlink(temporary) }
    let count = unsafe Glibc.write(descriptor, bytes, bytes.count)
    let code = count == bytes.count ? (fsync(descriptor) == 0 ? 0 : errno) : errno
    close(descriptor)
    guard code == 0, count == bytes.count else {
      throw DiskError(operation: "write", path: temporary, code: code == 0 ? ENOSPC : code)
    }
    // A link fails when there is a file already: no identity is ever lost to another process.
    let result = replacing ? unsafe rename(temporary, path) : unsafe link(temporary, path)
    guard result == 0 else {
      throw errno == EEXIST
        ? IdentityKeeperError.exists(path)
        : DiskError(operation: "make", path: path, code: errno)
    }
    try SmallFile.syncDirectory(of: path)
  }
}

public enum IdentityKeeperError: Error, Equatable, Sendable, CustomStringConvertible {
  case exists(String)
  case readableByOthers(String)

  public var description: String {
    switch self {
    case .exists(let path): "there is an identity in \(path) already; it is kept as it is"
    case .readableByOthers(let path):
      "others may read or write \(path); if nobody has, run chmod 600 on it"
    }
  }
}
