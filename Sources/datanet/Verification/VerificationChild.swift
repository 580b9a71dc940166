// Runs a verification in a child process of the same binary: hostile evidence costs a child
// (Specs/Verification.md, "On the command line").

import Checkpoints
import Content
import Glibc
import Terminal

/// What a child found, on its way to the parent.
struct VerificationFinding {
  enum Result: String { case held, refuted, unavailable }

  var result: Result
  /// Why, for people; empty when the run held.
  var reason = ""
  /// Steps that were executed again and came out as claimed, as `[first, count]`.
  var steps: [[Int]] = []
  var isFull = false
  /// Steps that were drawn; all of a full verification.
  var drawnCount = 0
  var stepCount = 0
  /// Fraud proofs of others that were executed, and whether they showed the lie.
  var executedProofs: [(proof: CID, isRight: Bool)] = []
  /// The block of a fraud proof, and the chunks that it names.
  var proof: [UInt8]?
  var chunks: [[UInt8]] = []

  var value: Value {
    [
      "result": .text(result.rawValue), "reason": .text(reason), "full": .bool(isFull),
      "steps": .array(steps.map { .array($0.map { Value($0) }) }),
      "drawn": Value(drawnCount), "of": Value(stepCount),
      "executedProofs": .array(
        executedProofs.map { .array([.link($0.proof), .bool($0.isRight)]) }),
      "proof": proof.map { .bytes($0) } ?? .null, "chunks": Value(chunks.count),
    ]
  }

  init(_ result: Result, _ reason: String = "") {
    self.result = result
    self.reason = reason
  }

  /// A header and the chunks, one item after another: a block is no larger than 1 MiB.
  var bytes: [UInt8] {
    chunks.reduce(into: value.encoded()) { $0 += Value.bytes($1).encoded() }
  }

  init?(_ bytes: [UInt8]) {
    var decoder = DagCBORDecoder(bytes)
    guard let value = try? decoder.value(),
      let result = value["result"]?.text.flatMap({ Result(rawValue: $0) }),
      let count: Int = value["chunks"]?.integer()
    else { return nil }
    self.init(result, value["reason"]?.text ?? "")
    isFull = value["full"]?.bool ?? false
    drawnCount = value["drawn"]?.integer() ?? 0
    stepCount = value["of"]?.integer() ?? 0
    executedProofs = (value["executedProofs"]?.array ?? []).compactMap { item in
      guard let pair = item.array, pair.count == 2, let proof = pair[0].link,
        let isRight = pair[1].bool
      else { return nil }
      return (proof, isRight)
    }
    proof = value["proof"]?.bytes
    steps = (value["steps"]?.array ?? []).map { ($0.array ?? []).compactMap { $0.integer() } }
    for _ in 0..<count {
      guard let chunk = try? decoder.value().bytes else { return nil }
      chunks.append(chunk)
    }
  }
}

enum VerificationChild {
  /// Names the file for the finding; whoever has it in its environment is the child.
  private static let variable = "DATANET_VERIFICATION"
  /// A finding: a state and its proof.
  private static let byteLimit = 8 << 30

  /// The file that a child leaves its finding in; nil in a parent.
  static var findingPath: String? { unsafe getenv(variable).map { unsafe String(cString: $0) } }

  /// Runs this program again with the same words, and reads what it found.
  static func finding(_ context: Context) throws -> VerificationFinding {
    context.output.flush()
    var template = Array("/tmp/datanet-verify-XXXXXX".utf8CString)
    let file = unsafe mkstemp(&template)
    guard file >= 0 else {
      throw Failure.failed("no file for the finding can be made: \(Screen.describe(errno))")
    }
    close(file)
    let path = String(
      decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unsafe unlink(path) }
    unsafe setenv(variable, path, 1)
    defer { unsafe unsetenv(variable) }
    var pid = pid_t()
    let words = unsafe (["datanet"] + context.words).map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    let code = unsafe posix_spawn(&pid, "/proc/self/exe", nil, nil, words, environ)
    guard code == 0 else {
      throw Failure.failed("the verification cannot be started: \(Screen.describe(code))")
    }
    var status: Int32 = 0
    while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {
      // A terminal's interrupt reaches the child too, which then ends in order.
    }
    guard status & 0x7F == 0 else {
      throw Failure.failed(
        "the verification was ended by signal \(status & 0x7F): its evidence may be made to do "
          + "that, or memory ran out; nothing follows about the run")
    }
    let exit = ExitCode(rawValue: (status >> 8) & 0xFF) ?? .failed
    // The child has said why.
    guard exit == .done else { throw Failure(exit, "") }
    guard
      let finding = VerificationFinding(
        try MappedFile.contents(of: path, limit: byteLimit))
    else { throw Failure.failed("the verification left no finding") }
    return finding
  }
}
