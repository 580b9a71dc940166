// The program as people run it, each command a process of its own, beside restic, borg and casync
// on the same files (Specs/Performance.md, "Contributing").

import Glibc
import Terminal

enum ContributeBenchmark: Benchmark {
  static let name = "contribute"
  static let summary = "add, get and check as commands, beside restic, borg and casync"

  static func run(_ bench: Bench) throws {
    let corpus = try Corpus(bench)
    // Some programs are run inside other folders, so the path is a whole one.
    guard let real = unsafe realpath(bench.dataFolder, nil) else { return }
    defer { unsafe free(real) }
    let place = "\(unsafe String(cString: real))/contribute-\(getpid())"
    unsafe mkdir(place, 0o755)
    defer { _ = try? Child.run(["rm", "-rf", place]) }
    let works: [(work: String, path: String)] = [
      ("1 file, new", corpus.first), ("its second version, scattered edits", corpus.scattered),
      ("its second version, edits in runs", corpus.clustered),
      ("a folder of small files", corpus.small),
    ]
    let ours = try measure(Rival.datanet(bench.program), works, place, bench, against: [])
    guard bench.runsPeers else { return }
    for rival in [Rival.restic, .borg, .casync] {
      guard Child.exists(rival.program) else {
        bench.absent("all", rival.name, because: "not installed")
        continue
      }
      _ = try measure(rival, works, place, bench, against: ours)
    }
    bench.remark(
      "Corpus: \(corpus.origin). 'new' is the share of the bytes that the store grew by.")
  }

  /// Runs one program over all works and gives its rates in order.
  private static func measure(
    _ rival: Rival, _ works: [(work: String, path: String)], _ place: String, _ bench: Bench,
    against ours: [Rate]
  ) throws -> [Rate] {
    let store = "\(place)/\(rival.name)"
    for command in rival.begin(store) {
      try Child.run(command, environment: rival.environment(store))
    }
    var rates: [Rate] = []
    func tell(_ work: String, _ bytes: Int, _ cost: Cost) {
      let rate = Rate(amount: Double(bytes), unit: .bytes, cost: cost)
      if rates.count < ours.count {
        bench.peer(work, rival.name, rate, against: ours[rates.count])
      } else {
        bench.ours(work, rate)
      }
      rates.append(rate)
    }
    for (number, work) in works.enumerated() {
      let bytes = Corpus.bytes(of: work.path)
      let before = Corpus.bytes(of: store)
      let cost = try Child.run(
        rival.add(store, work.path, number), environment: rival.environment(store))
      let growth = Double(Corpus.bytes(of: store) - before) / Double(max(1, bytes))
      tell("add \(work.work) (\(Quantity.percent(growth)) new)", bytes, cost)
    }
    let out = "\(place)/out-\(rival.name)"
    unsafe mkdir(out, 0o755)
    let bytes = Corpus.bytes(of: works[0].path)
    let get = try Child.run(rival.get(store, out), environment: rival.environment(store))
    tell("get 1 file", bytes, get)
    _ = try? Child.run(["rm", "-rf", out])
    if let check = rival.check(store) {
      let stored = Corpus.bytes(of: store)
      tell("check everything", stored, try Child.run(check, environment: rival.environment(store)))
    }
    return rates
  }
}

/// How one program is asked to do the same work.
private struct Rival {
  let name: String
  let program: String
  let variables: @Sendable (_ store: String) -> [String: String]
  let begin: @Sendable (_ store: String) -> [[String]]
  let add: @Sendable (_ store: String, _ path: String, _ number: Int) -> [String]
  let get: @Sendable (_ store: String, _ out: String) -> [String]
  let check: @Sendable (_ store: String) -> [String]?

  func environment(_ store: String) -> [String: String] { variables(store) }

  static func datanet(_ program: String) -> Rival {
    Rival(
      name: "datanet", program: program, variables: { ["DATANET_HOME": $0] },
      begin: { _ in [[program, "init"], [program, "create", "bench"]] },
      add: { _, path, number in [program, "-q", "add", "bench", path, "--name", "\(number)"] },
      get: { store, out in
        [
          "bash", "-c",
          "'\(program)' -q get $('\(program)' ls bench --json | head -1 | "
            + "sed 's/.*\"claim\":\"\\([a-z0-9]*\\)\".*/\\1/') '\(out)'",
        ]
      }, check: { _ in [program, "-q", "fsck"] })
  }

  static let restic = Rival(
    name: "restic", program: "restic",
    variables: { ["RESTIC_REPOSITORY": $0, "RESTIC_PASSWORD": "bench"] },
    begin: { _ in [["restic", "-q", "init"]] },
    add: { _, path, number in ["restic", "-q", "--no-cache", "backup", "--tag", "\(number)", path]
    },
    get: { _, out in
      [
        "bash", "-c",
        "restic -q --no-cache restore $(restic --no-cache snapshots --tag 0 --json | "
          + "sed 's/.*\"short_id\":\"\\([0-9a-f]*\\)\".*/\\1/') --target '\(out)'",
      ]
    }, check: { _ in ["restic", "-q", "--no-cache", "check", "--read-data"] })

  static let borg = Rival(
    name: "borg", program: "borg",
    variables: {
      ["BORG_REPO": $0, "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes"]
    },
    begin: { _ in [["borg", "init", "-e", "none"]] },
    add: { _, path, number in ["borg", "create", "::\(number)", path] },
    get: { _, out in ["bash", "-c", "cd '\(out)' && borg extract ::0"] },
    check: { _ in ["borg", "check", "--verify-data"] })

  static let casync = Rival(
    name: "casync", program: "casync", variables: { _ in [:] },
    begin: { [["mkdir", "-p", $0]] },
    add: { store, path, number in
      let kind = Corpus.isFolder(path) ? "caidx" : "caibx"
      return ["casync", "make", "--store=\(store)/s.castr", "\(store)/\(number).\(kind)", path]
    },
    get: { store, out in
      ["casync", "extract", "--store=\(store)/s.castr", "\(store)/0.caibx", "\(out)/data.jsonl"]
    }, check: { _ in nil })
}

extension Corpus {
  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
