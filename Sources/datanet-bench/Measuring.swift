// Wall time, CPU time and memory of a piece of work, in this process or in a child
// (Specs/Performance.md, "How it is measured").

import Glibc

struct Cost {
  var wallSeconds: Double
  /// User and system time of all threads.
  var cpuSeconds: Double
  /// The largest resident size, where it can be told.
  var peakBytes: Int?
}

enum Measure {
  /// Work in this process.
  static func here(_ work: () throws -> Void) rethrows -> Cost {
    let cpu = processorSeconds()
    let start = now()
    try work()
    return Cost(wallSeconds: now() - start, cpuSeconds: processorSeconds() - cpu, peakBytes: nil)
  }

  /// The fastest of several runs in this process.
  static func best(of runs: Int, _ work: () throws -> Void) rethrows -> Cost {
    var best = try here(work)
    for _ in 1..<max(1, runs) {
      let next = try here(work)
      if next.wallSeconds < best.wallSeconds { best = next }
    }
    return best
  }

  static func now() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private static func processorSeconds() -> Double {
    var usage = rusage()
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return seconds(usage)
  }

  static func seconds(_ usage: rusage) -> Double {
    Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
      + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
  }
}

/// Another program, run to its end.
struct Child {
  struct Failed: Error, CustomStringConvertible {
    var description: String
  }

  /// Whether a program of that name is on the PATH.
  static func exists(_ name: String) -> Bool {
    if name.contains("/") { return unsafe access(name, X_OK) == 0 }
    guard let path = unsafe getenv("PATH") else { return false }
    return unsafe String(cString: path).split(separator: ":").contains {
      unsafe access("\($0)/\(name)", X_OK) == 0
    }
  }

  /// Runs `words` and waits; `environment` is added to ours. Output goes to `output`, or nowhere.
  @discardableResult
  static func run(
    _ words: [String], environment: [String: String] = [:], output: String = "/dev/null"
  ) throws(Failed) -> Cost {
    for (name, value) in environment { unsafe setenv(name, value, 1) }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(
      &actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) }
    unsafe arguments.append(nil)
    // The copies are freed here, after the child has its own.
    defer { for index in unsafe arguments.indices { unsafe free(arguments[index]) } }
    var child: pid_t = 0
    let start = Measure.now()
    let fault = unsafe posix_spawnp(&child, words[0], &actions, nil, arguments, environ)
    guard fault == 0 else { throw Failed(description: "\(words[0]) cannot be started") }
    var status: Int32 = 0
    var usage = rusage()
    while unsafe wait4(child, &status, 0, &usage) < 0, errno == EINTR {}
    let wall = Measure.now() - start
    guard status == 0 else {
      throw Failed(description: "'\(words.joined(separator: " "))' ended with \(status >> 8)")
    }
    return Cost(
      wallSeconds: wall, cpuSeconds: Measure.seconds(usage),
      peakBytes: Int(usage.ru_maxrss) * 1024)
  }

  /// Runs a child and gives what it printed.
  static func text(_ words: [String]) throws(Failed) -> String {
    let file = "/tmp/datanet-bench-\(getpid()).txt"
    defer { unsafe unlink(file) }
    try run(words, output: file)
    guard let input = unsafe fopen(file, "r") else { return "" }
    defer { unsafe fclose(input) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe fread(&part, 1, part.count, input)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += part[..<count]
    }
  }
}
