// How other programs move the same files from one process to another (Specs/Performance.md,
// "Moving").

import Glibc

struct SwarmRival {
  let name: String
  /// Why it cannot be measured here; nil when it can.
  let absence: String?
  /// Moves what is at a path to a new folder; the cost of both sides.
  let measure: (_ path: String, _ place: String) throws -> Cost

  static var all: [SwarmRival] { [bareCopy, rsync, libtorrent, aria2, syncthing] }

  private static let peer = #filePath.replacing("SwarmRivals.swift", with: "SwarmPeer.py")

  static var python: String {
    guard let named = unsafe getenv("DATANET_BENCH_PYTHON") else { return "python3" }
    return unsafe String(cString: named).split(separator: ":").first.map { String($0) } ?? "python3"
  }

  /// The client's cost and what the server used meanwhile.
  private static func cost(of words: [String], beside server: Server) throws -> Cost {
    let before = server.cpuSeconds
    var cost = try Child.run(words)
    cost.cpuSeconds += server.cpuSeconds - before
    cost.peakBytes = max(cost.peakBytes ?? 0, server.peakBytes)
    return cost
  }

  /// What neither encrypts nor verifies nor syncs.
  private static var bareCopy: SwarmRival {
    SwarmRival(name: "bare copy over TCP", absence: nil) { path, place in
      guard !Corpus.isFolder(path) else { throw Child.Failed(description: "it copies one file") }
      unsafe mkdir(place, 0o755)
      let own = CommandLine.arguments[0]
      let server = try Server([own, SwarmCopy.word, "serve", "41971", path])
      defer { server.stop() }
      usleep(300_000)
      return try cost(of: [own, SwarmCopy.word, "fetch", "41971", "\(place)/out"], beside: server)
    }
  }

  private static var rsync: SwarmRival {
    SwarmRival(
      name: "rsync --daemon", absence: Child.exists("rsync") ? nil : "not installed"
    ) { path, place in
      unsafe mkdir(place, 0o755)
      let isFolder = Corpus.isFolder(path)
      let folder =
        isFolder ? path : path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
      try SwarmCopy.write(
        "use chroot = no\n[m]\npath = \(folder)\nuid = \(getuid())\ngid = \(getgid())\n",
        to: "\(place)/rsyncd.conf")
      let server = try Server([
        "rsync", "--daemon", "--no-detach", "--config=\(place)/rsyncd.conf", "--port=41972",
        "--address=127.0.0.1",
      ])
      defer { server.stop() }
      server.wait(forPort: 41_972)
      return try cost(
        of: ["rsync", "-a", "rsync://127.0.0.1:41972/m/", "\(place)/out/"], beside: server)
    }
  }

  private static var libtorrent: SwarmRival {
    let isHere = (try? Child.run([python, peer, "check"])) != nil
    return SwarmRival(
      name: "libtorrent", absence: isHere ? nil : "\(python) has no libtorrent"
    ) { path, place in
      unsafe mkdir(place, 0o755)
      unsafe mkdir("\(place)/out", 0o755)
      let folder = path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
      try Child.run([python, peer, "torrent", path, "\(place)/t.torrent", "41974"])
      let server = try Server([python, peer, "seed", "\(place)/t.torrent", folder, "41973"])
      defer { server.stop() }
      server.wait(forPort: 41_973)
      return try cost(
        of: [python, peer, "fetch", "\(place)/t.torrent", "\(place)/out", "41973"], beside: server)
    }
  }

  private static var aria2: SwarmRival {
    SwarmRival(
      name: "aria2", absence: Child.exists("aria2c") ? nil : "not installed"
    ) { path, place in
      unsafe mkdir(place, 0o755)
      let folder = path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
      try Child.run([python, peer, "torrent", path, "\(place)/t.torrent", "41974"])
      let quiet = [
        "aria2c", "-q", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false",
        "--enable-peer-exchange=false", "--file-allocation=none",
      ]
      let tracker = try Server([python, peer, "track", "41974", "41975"])
      defer { tracker.stop() }
      tracker.wait(forPort: 41_974)
      let server = try Server(
        quiet + [
          "-V", "--seed-ratio=0.0", "--listen-port=41975", "--dir=\(folder)",
          "\(place)/t.torrent",
        ])
      defer { server.stop() }
      // It hashes everything first, which is not moving.
      server.waitUntilIdle()
      return try cost(
        of: quiet + [
          "--seed-time=0", "--listen-port=41976", "--dir=\(place)/out", "\(place)/t.torrent",
        ], beside: server)
    }
  }
}

extension SwarmRival {
  /// Encrypts (TLS), verifies and syncs, as ours does.
  private static var syncthing: SwarmRival {
    SwarmRival(
      name: "syncthing", absence: Child.exists("syncthing") ? nil : "not installed"
    ) { path, place in
      guard !Corpus.isFolder(path) else {
        throw Child.Failed(description: "measured with one file")
      }
      unsafe mkdir(place, 0o755)
      try Child.run([python, peer, "syncthing", path, place, "41977", "41978"])
      let server = try Server([
        "env", "STMONITORED=yes", "syncthing", "serve", "--no-browser", "--no-restart",
        "--home=\(place)/a",
      ])
      defer { server.stop() }
      server.wait(forPort: 41_977)
      server.waitUntilIdle()
      let name = path.split(separator: "/").last.map { String($0) } ?? path
      return try cost(
        of: [python, peer, "await", place, name, "\(Corpus.bytes(of: path))"], beside: server)
    }
  }
}

/// A child that copies one file over a socket, 256 KiB at a time: what is left when nothing is
/// encrypted, verified or synced.
enum SwarmCopy {
  static let word = "swarm-copy"
  private static let step = 256 << 10

  static func write(_ text: String, to path: String) throws {
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    defer { close(file) }
    let bytes = Array(text.utf8)
    guard unsafe Glibc.write(file, bytes, bytes.count) == bytes.count else {
      throw Child.Failed(description: "\(path) cannot be written")
    }
  }

  private static func address(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
  }

  private static func with(
    _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var place = address(port)
    let length = socklen_t(MemoryLayout<sockaddr_in>.size)
    return unsafe withUnsafePointer(to: &place) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
    }
  }

  /// A connection to a port of this machine; below 0 when nobody listens.
  static func connect(_ port: UInt16) -> Int32 {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    if unsafe with(port, { unsafe Glibc.connect(socket, $0, $1) }) == 0 { return socket }
    close(socket)
    return -1
  }

  static func run(_ words: [String]) throws {
    guard words.count == 3, let port = UInt16(words[1]) else { return }
    if words[0] == "serve" {
      let listener = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var on: Int32 = 1
      unsafe setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, 4)
      guard unsafe with(port, { unsafe bind(listener, $0, $1) }) == 0, listen(listener, 1) == 0
      else { throw Child.Failed(description: "port \(port) is taken") }
      let peer = accept(listener, nil, nil)
      copy(from: unsafe open(words[2], O_RDONLY), to: peer)
      // Until it is stopped, so that what it used can be read.
      while true { sleep(1) }
    } else {
      copy(from: connect(port), to: unsafe open(words[2], O_WRONLY | O_CREAT | O_TRUNC, 0o644))
    }
  }

  private static func copy(from source: Int32, to target: Int32) {
    var buffer = [UInt8](repeating: 0, count: step)
    while true {
      let count = unsafe read(source, &buffer, step)
      if count <= 0 { break }
      var done = 0
      while done < count {
        let written = unsafe buffer.withUnsafeBytes {
          unsafe Glibc.write(target, $0.baseAddress! + done, count - done)
        }
        if written <= 0 { return }
        done += written
      }
    }
    close(target)
  }
}
