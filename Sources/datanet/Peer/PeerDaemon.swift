// A peer in the background: the same program started again, away from the terminal
// (Specs/Running.md, "Daemon").

import Glibc
import JSON
import Store
import Terminal

enum PeerDaemon {
  /// A peer that listens says so within this time, or something is wrong.
  private static let patienceMilliseconds: Int32 = 60_000
  /// The first line of a peer is short.
  private static let lineBytes = 64 << 10

  /// Starts the program with `words` in a session of its own and gives the first line that it
  /// prints. `secret` reaches it through a pipe, which nobody else can read.
  static func start(_ words: [String], secret: [UInt8]?) throws -> JSONValue {
    let input = try pipe()
    let output = try pipe()
    let errors = try pipe()
    defer { for file in [input.read, output.read, errors.read] where file >= 0 { close(file) } }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, input.read, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output.write, 1)
    unsafe posix_spawn_file_actions_adddup2(&actions, errors.write, 2)
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    // The value of POSIX_SPAWN_SETSID, a macro that Swift does not see.
    unsafe posix_spawnattr_setflags(&attributes, 0x80)

    var pid = pid_t()
    let arguments = unsafe (["datanet"] + words).map { unsafe strdup($0) } + [nil]
    defer { unsafe arguments.forEach { unsafe free($0) } }
    let code = unsafe posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, arguments, environ)
    close(output.write)
    close(errors.write)
    guard code == 0 else {
      close(input.write)
      throw Failure.failed("cannot start a peer in the background: \(Screen.describe(code))")
    }
    let line = (secret ?? []) + [0x0A]
    _ = unsafe Glibc.write(input.write, line, line.count)
    close(input.write)
    if let first = firstLine(output.read), let value = try? JSONValue(parsing: first) {
      return value
    }
    kill(pid, SIGTERM)
    var status: Int32 = 0
    unsafe waitpid(pid, &status, 0)
    throw Failure(ended(status), reason(errors.read))
  }

  private static func ended(_ status: Int32) -> ExitCode {
    status & 0x7F == 0 ? ExitCode(rawValue: (status >> 8) & 0xFF) ?? .failed : .failed
  }

  /// Both ends close in other programs that this one starts.
  private static func pipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard unsafe Glibc.pipe(&ends) == 0 else {
      throw Failure.failed("cannot make a pipe: \(Screen.describe(errno))")
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  private static func firstLine(_ file: Int32) -> [UInt8]? {
    var bytes: [UInt8] = []
    while !bytes.contains(0x0A), bytes.count < lineBytes {
      var wanted = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&wanted, 1, patienceMilliseconds) > 0 else { return nil }
      var part = [UInt8](repeating: 0, count: 4096)
      let count = unsafe read(file, &part, part.count)
      guard count > 0 else { return nil }
      bytes += part[..<count]
    }
    return Array(bytes.prefix { $0 != 0x0A })
  }

  /// What the peer said before it ended, without the program's name.
  private static func reason(_ file: Int32) -> String {
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4096)
    while bytes.count < lineBytes {
      let count = unsafe read(file, &part, part.count)
      if count <= 0 { break }
      bytes += part[..<count]
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    guard let last = lines.last(where: { $0.hasPrefix("datanet: ") }) else {
      return lines.last ?? "the peer in the background ended without a word"
    }
    return String(last.dropFirst("datanet: ".count))
  }

  /// In the started program: what is left on the terminal's side is let go, so that a closed
  /// terminal or pipe never ends the peer.
  static func letGo() {
    let nowhere = unsafe open("/dev/null", O_RDWR)
    guard nowhere >= 0 else { return }
    for file in [Int32(0), 1, 2] { dup2(nowhere, file) }
    if nowhere > 2 { close(nowhere) }
  }

  /// In the started program, before it opens anything: descriptors of the programs above it are
  /// closed, since somebody may wait for their end.
  static func closeInherited() {
    for file in 3..<max(1024, Int32(clamping: sysconf(Int32(_SC_OPEN_MAX)))) where file < 65_536 {
      close(file)
    }
  }

  /// In the started program: the passphrase that came through the pipe; nil when there is none.
  static func secret() throws -> [UInt8]? {
    let bytes = try StandardInput.read(most: 4096).prefix { $0 != 0x0A }
    return bytes.isEmpty ? nil : Array(bytes)
  }
}
