// Real processes on one home: killed at random moments, and several at a time.
// Specs/Store.md, "Durability" and "Several processes".

import Claims
import Content
import Cryptography
import Glibc
import Testing

@testable import Store

/// What a child does, and how it tells what was acknowledged: one line a thing, by one write
/// each, to a file that outlives it.
enum ChildLife {
  static func identity(_ name: String) -> Identity? {
    Identity(seed: SHA256.hash(Array(name.utf8)).bytes)
  }

  /// Puts blocks and signs claims for ever, or `steps` times.
  static func run(home: String, journal: String, name: String, steps: Int) throws {
    let descriptor = open(journal, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    func acknowledge(_ kind: String, _ cid: CID) {
      let line = Array("\(kind) \(cid)\n".utf8)
      _ = write(descriptor, line, line.count)
    }
    let store = try Store.open(Home(home))
    let datanet = try #require(try store.claims.datanets().first)
    let identity = try #require(Self.identity(name))
    var number = Int(getpid()) << 20
    for step in 0..<steps {
      let writer = try store.blocks.writer()
      let cids = try (0..<4).map { _ in
        number += 1
        // Some groups are so large that they pass by the page cache.
        let count = step % 5 == 4 ? 300_000 : number * 7919 % 40_000
        return try writer.put(sample(number, count: count))
      }
      try writer.commit()
      for cid in cids { acknowledge("block", cid) }
      if step % 2 == 0 {
        let claim = try store.claims.append(
          .note(Note([.init("title", ["\(step)"])])), to: datanet, by: identity,
          timeMilliseconds: step)
        acknowledge("claim", claim.cid)
      }
    }
  }

  /// Adds files that share most of their records, and claims each.
  static func contribute(home: String, folder: String, number: Int) throws {
    let store = try Store.open(Home(home))
    let datanet = try #require(try store.claims.datanets().first)
    let identity = try #require(Self.identity("ben\(number)"))
    for step in 0..<8 {
      let file = "\(folder)/\(number)-\(step).jsonl"
      try SmallFile.write(
        jsonLines(1200, seed: 1) + jsonLines(200, seed: number * 100 + step), to: file, mode: 0o644)
      let addition = try store.blocks.add(try FileWalk.files(at: [file]))
      let publication = Publication(
        manifest: addition.manifest.cid, records: Int(addition.manifest.records),
        bytes: Int(addition.manifest.bytes))
      _ = try store.claims.append(
        .contribution([publication]), to: datanet, by: identity, timeMilliseconds: step)
      // Until here no collection may take what only this contribution needs.
      extendLifetime(addition)
    }
  }

  /// Ends this process without a word after a time.
  static func dieAfter(microseconds: UInt32) {
    _ = Worker {
      usleep(microseconds)
      kill(getpid(), SIGKILL)
    }
  }

  /// Holds a home to a journal: every block and claim in it is here and sound.
  static func examine(_ home: String, _ journals: [String]) throws {
    let store = try Store.open(Home(home))
    var heights: [PublicKey: Set<Int>] = [:]
    for journal in journals {
      guard let bytes = try? SmallFile.read(journal, mostBytes: 64 << 20) else { continue }
      for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
        let words = line.split(separator: " ")
        let cid = try CID(words[1])
        if words[0] == "block" {
          #expect(try store.blocks.get(cid) != nil, "\(line)")
        } else {
          let claim = try #require(try store.claims.claim(cid), "\(line)")
          #expect(heights[claim.author, default: []].insert(claim.height).inserted)
        }
      }
    }
    let report = try store.check()
    #expect(report.isSound, "\(report.findings)")
    #expect(try store.claims.status(of: #require(store.claims.datanets().first)).forks == 0)
  }

  static func makeHome(_ path: String) throws {
    let store = try Store.make(Home(path))
    _ = try store.claims.found(
      Genesis(name: "demo"), by: try #require(Self.identity("ada")), timeMilliseconds: 0)
  }
}

@Suite(.serialized) struct ProcessTests {
  /// `DATANET_KILLS` sets another number; each costs the start of a process.
  static let kills = Home.environment("DATANET_KILLS").flatMap { Int($0) } ?? 25

  @Test func `a process killed at random moments loses nothing that it acknowledged`() async throws
  {
    let temporary = try TemporaryHome()
    let home = "\(temporary.path)/home"
    let journal = "\(temporary.path)/journal"
    try ChildLife.makeHome(home)
    let seed = UInt64(time(nil))
    for round in 0..<Self.kills {
      let microseconds = UInt32(2000 + (seed &+ UInt64(round) &* 7919) % 60_000)
      await #expect(processExitsWith: .signal(SIGKILL), "seed \(seed), round \(round)") {
        [home = home as String, journal = journal as String, microseconds = microseconds as UInt32]
        in
        ChildLife.dieAfter(microseconds: microseconds)
        try ChildLife.run(home: home, journal: journal, name: "ada", steps: .max)
      }
      if round % 5 == 4 { try ChildLife.examine(home, [journal]) }
    }
    try ChildLife.examine(home, [journal])
  }

  @Test func `four processes write at the same time`() async throws {
    let temporary = try TemporaryHome()
    let home = "\(temporary.path)/home"
    try ChildLife.makeHome(home)
    let journals = (0..<4).map { "\(temporary.path)/journal\($0)" }
    await withTaskGroup(of: Void.self) { group in
      for (number, journal) in journals.enumerated() {
        group.addTask {
          await #expect(processExitsWith: .success) {
            [home = home as String, journal = journal as String, number = number as Int] in
            // Two of them sign by one identity: they share one chain.
            try ChildLife.run(
              home: home, journal: journal, name: number < 2 ? "ada" : "ben\(number)", steps: 40)
          }
        }
      }
    }
    try ChildLife.examine(home, journals)
    // Nothing needs the blocks: a collection frees them, and the claims stay.
    let store = try Store.open(Home(home))
    let report = try store.collect()
    #expect(report.garbageBlocks > 0 && report.keptBlocks == 0)
    #expect(try store.check().isSound)
  }

  @Test func `contributions added beside collections are whole`() async throws {
    let temporary = try TemporaryHome()
    let home = "\(temporary.path)/home"
    try ChildLife.makeHome(home)
    let path = temporary.path
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<3 {
        group.addTask {
          await #expect(processExitsWith: .success) {
            [home = home as String, path = path as String, number = number as Int] in
            try ChildLife.contribute(home: home, folder: path, number: number)
          }
        }
      }
      group.addTask {
        // Sessions come and go; some of these are held back, some are not.
        for _ in 0..<12 {
          var options = CollectOptions()
          options.leastGarbage = 0
          options.patienceMilliseconds = 100
          _ = try? Store.open(Home(home)).collect(options: options)
          usleep(20_000)
        }
      }
    }
    let store = try Store.open(Home(home))
    var options = CollectOptions()
    options.leastGarbage = 0
    _ = try store.collect(options: options)
    let report = try store.check()
    #expect(report.isSound && report.contributions == 24, "\(report.findings)")
    #expect(report.incompleteContributions == 0)
  }

  @Test func `a file-size limit is told and corrupts nothing`() async throws {
    let temporary = try TemporaryHome()
    let home = "\(temporary.path)/home"
    let journal = "\(temporary.path)/journal"
    try ChildLife.makeHome(home)
    await #expect(processExitsWith: .exitCode(7)) {
      [home = home as String, journal = journal as String] in
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 400_000, rlim_max: 400_000)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      do {
        try ChildLife.run(home: home, journal: journal, name: "ada", steps: 1000)
      } catch let error as DiskError where error.kind == .full {
        exit(7)
      } catch let error as DatabaseError where error.kind == .full || error.kind == .inputOutput {
        exit(7)
      }
    }
    try ChildLife.examine(home, [journal])
  }
}
