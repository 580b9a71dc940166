// Runs a verification in a child process of the same binary: hostile evidence costs a child
// (Specs/Verification.md, "On the command line").

import Checkpoints
import Glibc
import JSON
import Terminal

/// What a child knows of its being one, and how it tells how far it is.
enum VerificationChild {
  /// Names the file for the finding; whoever has it in its environment is the child.
  fileprivate static let variable = "DATANET_VERIFICATION"
  /// In the background: steps to draw at most, seconds of processor time, and the parent's id.
  fileprivate static let backgroundVariable = "DATANET_VERIFICATION_BUDGET"

  /// How a child in the background is to hold back.
  struct Budget {
    /// Steps to draw.
    var steps: Int
    /// The child is ended when it has taken so many seconds of processor time.
    var seconds: Int
    fileprivate var parent: pid_t = getpid()

    init(steps: Int, seconds: Int) {
      self.steps = steps
      self.seconds = seconds
    }

    fileprivate init?(_ text: String) {
      let parts = text.split(separator: " ").compactMap { Int($0) }
      guard parts.count == 3, let parent = pid_t(exactly: parts[2]) else { return nil }
      (steps, seconds, self.parent) = (parts[0], parts[1], parent)
    }

    fileprivate var text: String { "\(steps) \(seconds) \(parent)" }

    /// A child that is left alone ends: nobody waits for what it finds.
    var isAlone: Bool { getppid() != parent }
  }

  /// The file that a child leaves its finding in; nil in a parent.
  static var findingPath: String? { unsafe getenv(variable).map { unsafe String(cString: $0) } }

  /// Nil in a parent, and in a child that somebody waits for.
  static let budget: Budget? = unsafe getenv(backgroundVariable).flatMap {
    Budget(unsafe String(cString: $0))
  }

  /// Makes way for everything else, and cannot take more than it was given.
  static func holdBack() {
    guard let budget else { return }
    errno = 0
    _ = nice(10)
    var limit = rlimit(rlim_cur: rlim_t(budget.seconds), rlim_max: rlim_t(budget.seconds + 5))
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_CPU.rawValue), &limit)
  }

  /// Says how far it is to whoever started it.
  static func tell(done: Int, of total: Int) {
    guard budget != nil, let path = findingPath else { return }
    try? AtomicFile.write(
      Array("\(done) \(total)".utf8), to: path + VerificationProcess.progressSuffix)
  }

  /// Runs this program again with the same words, and reads what it found.
  static func finding(_ context: Context) throws -> VerificationFinding {
    context.output.flush()
    let child = try VerificationProcess(context.words)
    defer { child.removeFiles() }
    switch child.wait() {
    case .signal(let number):
      throw Failure.failed(
        "the verification was ended by signal \(number): its evidence may be made to do "
          + "that, or memory ran out; nothing follows about the run")
    case .exit(let code):
      // The child has said why.
      guard code == .done else { throw Failure(code, "") }
      return try child.finding()
    }
  }
}

/// A child process that verifies.
final class VerificationProcess {
  fileprivate static let progressSuffix = ".progress"
  private static let errorSuffix = ".errors"
  /// A finding: a state and its proof.
  private static let byteLimit = 8 << 30
  /// A reason is a line.
  private static let reasonLimit = 64 << 10

  enum End {
    case exit(ExitCode)
    case signal(Int32)
  }

  let pid: pid_t
  private let path: String
  /// Seconds of processor time that it took; once it has ended.
  private(set) var seconds = 0.0
  private var hasEnded = false

  /// Starts this program with `words`. With a budget it says nothing on the terminal.
  init(_ words: [String], budget: VerificationChild.Budget? = nil) throws {
    var template = Array("/tmp/datanet-verify-XXXXXX".utf8CString)
    let file = unsafe mkstemp(&template)
    guard file >= 0 else {
      throw Failure.failed("no file for the finding can be made: \(Screen.describe(errno))")
    }
    close(file)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    var added = ["\(VerificationChild.variable)=\(path)"]
    if let budget {
      added.append("\(VerificationChild.backgroundVariable)=\(budget.text)")
      unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
      unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
      unsafe posix_spawn_file_actions_addopen(
        &actions, 2, path + Self.errorSuffix, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    }
    var variables: [UnsafeMutablePointer<CChar>?] = unsafe []
    var next = unsafe environ
    while let variable = unsafe next.pointee {
      unsafe variables.append(variable)
      unsafe next += 1
    }
    let own = unsafe added.map { unsafe strdup($0) }
    let arguments = unsafe (["datanet"] + words).map { unsafe strdup($0) } + [nil]
    defer {
      unsafe own.forEach { unsafe free($0) }
      unsafe arguments.forEach { unsafe free($0) }
    }
    var pid = pid_t()
    let code = unsafe posix_spawn(
      &pid, "/proc/self/exe", &actions, nil, arguments, own + variables + [nil])
    guard code == 0 else {
      unsafe unlink(path)
      throw Failure.failed("the verification cannot be started: \(Screen.describe(code))")
    }
    self.pid = pid
  }

  /// Waits for its end.
  func wait() -> End {
    // A terminal's interrupt reaches the child too, which then ends in order.
    while true { if let end = ended(waiting: true) { return end } }
  }

  /// Nil while it runs.
  func poll() -> End? { ended(waiting: false) }

  private func ended(waiting: Bool) -> End? {
    var status: Int32 = 0
    var usage = rusage()
    guard unsafe wait4(pid, &status, waiting ? 0 : WNOHANG, &usage) == pid else { return nil }
    hasEnded = true
    seconds =
      Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
      + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    let signal = status & 0x7F
    return signal == 0
      ? .exit(ExitCode(rawValue: (status >> 8) & 0xFF) ?? .failed) : .signal(signal)
  }

  /// Ends it at once.
  func kill() {
    guard !hasEnded else { return }
    Glibc.kill(pid, SIGKILL)
    _ = wait()
  }

  func finding() throws -> VerificationFinding {
    guard
      let finding = VerificationFinding(try MappedFile.contents(of: path, limit: Self.byteLimit))
    else { throw Failure.failed("the verification left no finding") }
    return finding
  }

  private func text(_ suffix: String) -> String? {
    guard MappedFile.exists(path + suffix),
      let bytes = try? MappedFile.contents(of: path + suffix, limit: Self.reasonLimit)
    else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Steps that it has executed, and has to.
  var progress: (done: Int, total: Int)? {
    let parts = (text(Self.progressSuffix) ?? "").split(separator: " ").compactMap { Int($0) }
    return parts.count == 2 ? (parts[0], parts[1]) : nil
  }

  /// What it said when it failed.
  var reason: String {
    let line = (text(Self.errorSuffix) ?? "").split(separator: "\n").last ?? ""
    return String(line.trimmingPrefix("datanet: "))
  }

  func removeFiles() {
    for suffix in ["", Self.progressSuffix, Self.errorSuffix] { unsafe unlink(path + suffix) }
  }
}
