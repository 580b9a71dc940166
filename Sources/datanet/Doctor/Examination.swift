// What `datanet doctor` looks at, and what it thinks of it (Specs/CommandLine.md, "Doctor").

import Cryptography
import Glibc
import Store
import Terminal

/// One thing that was looked at.
struct Finding {
  enum State: String { case good, odd, bad }

  var name: String
  var state: State
  var found: String
  /// What to do, when something should be done.
  var advice: String?
}

struct Examination {
  let home: Home

  /// With less free space than this, adding and fetching soon fail.
  private static let lowSpace = 1 << 30
  /// With less than this they fail now.
  private static let noSpace = 64 << 20
  /// A disk that needs longer to make a write durable makes every claim slow.
  private static let slowSyncSeconds = 0.1
  /// Before this second the program did not exist: a clock that says so is wrong (2025-01-01).
  private static let earliestSeconds = 1_735_689_600
  /// Open files that a peer with many connections and packs may need.
  private static let fewFiles = 1024

  func findings() -> [Finding] {
    [program, system, arithmetic] + libraries + [
      clock, openFiles, fileSystem, space, durability, permissions,
    ]
      + [identity, store] + inPlace
  }

  private var program: Finding {
    Finding(name: "program", state: .good, found: "datanet \(Version.text)")
  }

  private var system: Finding {
    var name = utsname()
    guard unsafe uname(&name) == 0 else {
      return Finding(name: "system", state: .odd, found: "unknown")
    }
    let release = unsafe withUnsafeBytes(of: &name.release) { unsafe text($0) }
    let machine = unsafe withUnsafeBytes(of: &name.machine) { unsafe text($0) }
    let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    return Finding(
      name: "system", state: .good,
      found: "Linux \(release), \(machine), \(Quantity.count(cores, "core"))")
  }

  private func text(_ bytes: UnsafeRawBufferPointer) -> String {
    unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  private var libraries: [Finding] {
    let all = CryptographyLibraries.versions + [("SQLite", Database.libraryVersion)]
    return all.map { Finding(name: $0.name, state: .good, found: $0.version) }
  }

  private var clock: Finding {
    let now = time(nil)
    let text = Moment.text(now)
    guard now >= Examination.earliestSeconds else {
      return Finding(
        name: "clock", state: .bad, found: "\(text), which cannot be",
        advice: "set the clock (timedatectl set-ntp true); others see your claims dated so")
    }
    var newest = stat()
    if unsafe stat(home.identityPath, &newest) == 0, newest.st_mtim.tv_sec > now + 3600 {
      return Finding(
        name: "clock", state: .odd, found: "\(text), before the identity was made",
        advice: "set the clock (timedatectl set-ntp true)")
    }
    return Finding(name: "clock", state: .good, found: text)
  }

  private var openFiles: Finding {
    var limit = rlimit()
    unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    let found = Quantity.count(Int(clamping: limit.rlim_cur))
    if limit.rlim_cur < Examination.fewFiles {
      return Finding(
        name: "open files", state: .odd, found: found,
        advice: "raise the limit to \(Examination.fewFiles) or more (ulimit -n)")
    }
    return Finding(name: "open files", state: .good, found: found)
  }

  /// The home, or the nearest directory above it that exists.
  private var nearestDirectory: String {
    var path = home.path
    while unsafe access(path, F_OK) != 0, let slash = path.lastIndex(of: "/") {
      path = slash == path.startIndex ? "/" : String(path[..<slash])
      if path == "/" { break }
    }
    return path
  }

  /// Some kinds of file system do not keep what they promise about locks and durable writes.
  private var fileSystem: Finding {
    let kind = MountTable.kind(of: nearestDirectory) ?? "unknown"
    switch kind {
    case "tmpfs", "ramfs":
      return Finding(
        name: "file system", state: .odd,
        found: "\(kind): in memory, where everything is lost at a restart",
        advice: "choose a home on a disk for what you want to keep")
    case "nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p", "afs":
      return Finding(
        name: "file system", state: .bad,
        found: "\(kind): on the network, where locks are not reliable",
        advice: "choose a home on a local disk with --home")
    default:
      return Finding(name: "file system", state: .good, found: kind)
    }
  }

  private var space: Finding {
    var disk = statvfs()
    guard unsafe statvfs(nearestDirectory, &disk) == 0 else {
      return Finding(
        name: "disk space", state: .bad, found: "cannot be told: \(Screen.describe(errno))",
        advice: "check that \(nearestDirectory) can be reached")
    }
    let free = Int(clamping: disk.f_bavail) * Int(clamping: disk.f_frsize)
    let found = "\(Quantity.bytes(free)) free at \(nearestDirectory)"
    if disk.f_flag & UInt(ST_RDONLY) != 0 {
      return Finding(
        name: "disk space", state: .bad, found: "\(found), mounted read-only",
        advice: "choose another home with --home, or mount it writable")
    }
    if free < Examination.noSpace {
      return Finding(
        name: "disk space", state: .bad, found: found,
        advice: "free some space, or see what 'datanet gc --dry-run' would free")
    }
    return Finding(
      name: "disk space", state: free < Examination.lowSpace ? .odd : .good, found: found,
      advice: free < Examination.lowSpace ? "'datanet gc --dry-run' says what could be freed" : nil)
  }

  /// Writes and syncs a small file several times, as every claim does.
  private var durability: Finding {
    let path = "\(nearestDirectory)/.datanet-doctor-\(getpid())"
    let file = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      return Finding(
        name: "disk writes", state: .bad,
        found: "\(nearestDirectory) cannot be written: \(Screen.describe(errno))",
        advice: "check its owner and permissions, or choose another home with --home")
    }
    defer {
      close(file)
      unsafe unlink(path)
    }
    var slowest = 0.0
    for _ in 0..<5 {
      let start = Moment.monotonic()
      let block = [UInt8](repeating: 0, count: 4096)
      guard unsafe write(file, block, block.count) == block.count, fdatasync(file) == 0 else {
        return Finding(
          name: "disk writes", state: .bad, found: "failed: \(Screen.describe(errno))",
          advice: "check the disk (dmesg)")
      }
      slowest = max(slowest, Moment.monotonic() - start)
    }
    let found = "durable in \(Quantity.duration(slowest)) at most (4 KiB, 5 times)"
    return Finding(
      name: "disk writes", state: slowest > Examination.slowSyncSeconds ? .odd : .good,
      found: found,
      advice: slowest > Examination.slowSyncSeconds ? "every claim waits so long" : nil)
  }

  private var permissions: Finding {
    var directory = stat()
    guard unsafe stat(home.path, &directory) == 0 else {
      return Finding(
        name: "home", state: .odd, found: "\(home.path) does not exist",
        advice: "run 'datanet init'")
    }
    if directory.st_uid != getuid() {
      return Finding(
        name: "home", state: .bad, found: "\(home.path) belongs to somebody else",
        advice: "choose your own with --home")
    }
    guard directory.st_mode & 0o022 == 0 else {
      return Finding(
        name: "home", state: .bad, found: "\(home.path) can be written by others",
        advice: "chmod 700 \(home.path)")
    }
    return Finding(name: "home", state: .good, found: home.path)
  }

  private var identity: Finding {
    guard IdentityKeeper.exists(in: home) else {
      return Finding(
        name: "identity", state: .odd, found: "none yet", advice: "run 'datanet init'")
    }
    var file = stat()
    unsafe stat(home.identityPath, &file)
    if file.st_mode & 0o077 != 0 {
      return Finding(
        name: "identity", state: .bad, found: "the secret key can be read by others",
        advice: "chmod 600 \(home.identityPath)")
    }
    do {
      let (publicKey, isSealed) = try IdentityKeeper.summary(in: home)
      let how = isSealed ? "sealed under a passphrase" : "not sealed"
      return Finding(name: "identity", state: .good, found: "\(publicKey.did), \(how)")
    } catch {
      return Finding(
        name: "identity", state: .bad, found: "\(error)",
        advice: "restore \(home.identityPath) from a copy; nobody can make it again")
    }
  }
}
