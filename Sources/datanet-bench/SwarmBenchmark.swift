// Moving data from one process to another on loopback, beside what people would use instead
// (Specs/Performance.md, "Moving").

import Glibc
import Terminal

enum SwarmBenchmark: Benchmark {
  static let name = "swarm"
  static let summary = "one peer to one on loopback, beside rsync, BitTorrent and a bare copy"

  static func run(_ bench: Bench) throws {
    let corpus = try Corpus(bench)
    guard let real = unsafe realpath(bench.dataFolder, nil) else { return }
    defer { unsafe free(real) }
    let place = "\(unsafe String(cString: real))/swarm-\(getpid())"
    unsafe mkdir(place, 0o755)
    defer { _ = try? Child.run(["rm", "-rf", place]) }
    let whole = try absolute(corpus)
    if bench.measuresLinks {
      return try SwarmLinks.run(bench, file: whole.first, in: place)
    }
    let works = [("1 file", whole.first), ("small files", whole.small)]
    var ours: [Rate] = []
    for (work, path) in works where work.contains(bench.only) || bench.only.isEmpty {
      let rate = try datanet(
        bench, work, path, next: work == "1 file" ? whole.scattered : nil, place)
      ours.append(rate)
      guard bench.runsPeers else { continue }
      for rival in SwarmRival.all {
        if let reason = rival.absence {
          bench.absent(work, rival.name, because: reason)
          continue
        }
        do {
          let cost = try rival.measure(path, "\(place)/\(rival.name)")
          let bytes = Double(Corpus.bytes(of: path))
          bench.peer(
            work, rival.name, Rate(amount: bytes, unit: .bytes, cost: cost), against: rate)
        } catch {
          bench.absent(work, rival.name, because: "\(error)")
        }
        _ = try? Child.run(["rm", "-rf", "\(place)/\(rival.name)"])
      }
    }
    bench.remark(
      "CPU seconds are those of both sides, the resident size is the larger one's. Corpus: "
        + "\(corpus.origin). Ours is encrypted, verified and synced to the disk; rsync does none of "
        + "these, BitTorrent verifies.")
  }

  private static func absolute(
    _ corpus: Corpus
  ) throws -> (first: String, scattered: String, small: String) {
    func real(_ path: String) -> String {
      guard let real = unsafe realpath(path, nil) else { return path }
      defer { unsafe free(real) }
      return unsafe String(cString: real)
    }
    return (real(corpus.first), real(corpus.scattered), real(corpus.small))
  }

  /// Two homes: one adds and listens, the other joins and syncs. With `next`, also its second version.
  private static func datanet(
    _ bench: Bench, _ work: String, _ path: String, next: String?, _ place: String
  ) throws -> Rate {
    let program = bench.program
    let (ada, ben) = ("\(place)/ada", "\(place)/ben")
    defer { _ = try? Child.run(["rm", "-rf", ada, ben]) }
    try Child.run([program, "-q", "--home", ada, "init"])
    try Child.run([program, "-q", "--home", ada, "create", "bench"])
    try Child.run([program, "-q", "--home", ada, "add", "bench", path])
    let up = try Server(
      [program, "-q", "--home", ada, "up", "--no-discovery", "--listen", "127.0.0.1:41970"])
    defer { up.stop() }
    up.wait(forPort: 41_970)
    let said = try Child.text([program, "--home", ada, "ticket", "bench"])
    guard
      let ticket = said.split(whereSeparator: \.isWhitespace).first(where: {
        $0.hasPrefix("datanet:")
      })
    else { throw Child.Failed(description: "there is no ticket") }
    try Child.run([program, "-q", "--home", ben, "init"])
    try Child.run([program, "-q", "--home", ben, "join", String(ticket)])
    let sync = [program, "-q", "--home", ben, "sync", "bench", "--once", "--no-discovery"]
    var before = up.cpuSeconds
    var cost = try Child.run(sync)
    cost.cpuSeconds += up.cpuSeconds - before
    cost.peakBytes = max(cost.peakBytes ?? 0, up.peakBytes)
    let rate = Rate(amount: Double(Corpus.bytes(of: path)), unit: .bytes, cost: cost)
    bench.ours(work, rate)
    if let next {
      try Child.run([program, "-q", "--home", ada, "add", "bench", next])
      before = up.cpuSeconds
      let report = "\(place)/second.json"
      var second = try Child.run(sync + ["--json"], output: report)
      second.cpuSeconds += up.cpuSeconds - before
      second.peakBytes = max(second.peakBytes ?? 0, up.peakBytes)
      let bytes = Double(Corpus.bytes(of: next))
      let line = try Child.text(["cat", report])
      let received =
        line.split(separator: "\"bytesReceived\":").last.flatMap {
          Double($0.prefix { $0.isNumber })
        } ?? 0
      bench.ours(
        "its second version (\(Quantity.percent(received / bytes)) on the wire)",
        Rate(amount: bytes, unit: .bytes, cost: second))
    }
    return rate
  }
}

/// A program that runs beside the measured one until it is stopped.
final class Server {
  private var child: pid_t = 0
  private var isStopped = false

  init(_ words: [String], at folder: String? = nil) throws(Child.Failed) {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) }
    unsafe arguments.append(nil)
    // The copies are freed here, after the child has its own.
    defer { for index in unsafe arguments.indices { unsafe free(arguments[index]) } }
    guard unsafe posix_spawnp(&child, words[0], &actions, nil, arguments, environ) == 0 else {
      throw Child.Failed(description: "\(words[0]) cannot be started")
    }
  }

  deinit { stop() }

  /// Until somebody listens, five seconds at most.
  func wait(forPort port: UInt16) {
    for _ in 0..<100 {
      let socket = SwarmCopy.connect(port)
      if socket >= 0 {
        close(socket)
        return
      }
      usleep(50_000)
    }
  }

  /// Until it has done nothing for a second and a half.
  func waitUntilIdle() {
    var used = -1.0
    while cpuSeconds > used {
      used = cpuSeconds
      usleep(1_500_000)
    }
  }

  /// What it and the children that it waited for have used until now.
  var cpuSeconds: Double {
    // After the name, which may hold spaces: fields 14 to 17, in ticks.
    let line = (try? Child.text(["cat", "/proc/\(child)/stat"])) ?? ""
    let fields = line.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 14 else { return 0 }
    return fields[11...14].reduce(0) { $0 + (Double($1) ?? 0) }
      / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  var peakBytes: Int {
    let text = (try? Child.text(["grep", "VmHWM", "/proc/\(child)/status"])) ?? ""
    return (Int(text.filter(\.isNumber)) ?? 0) * 1024
  }

  /// Asks for the end, and waits for it.
  func stop() {
    guard !isStopped else { return }
    isStopped = true
    kill(child, SIGTERM)
    for _ in 0..<200 {
      if waitpid(child, nil, WNOHANG) != 0 { return }
      usleep(10_000)
    }
    kill(child, SIGKILL)
    _ = waitpid(child, nil, 0)
  }
}
