// Several peers on links with a rate, a delay and loss, in network namespaces, beside BitTorrent
// and syncthing (Specs/Performance.md, "Links").

import Glibc

enum SwarmLinks {
  private static let works = [
    ("one-to-four", "one seed to four, 1 Gbit/s, 20 ms"),
    ("four-to-one", "four seeds of 100 Mbit/s to one, 20 ms"),
    ("lossy", "100 Mbit/s, 50 ms, 1 % loss"),
  ]
  private static let script = #filePath.replacing("SwarmLinks.swift", with: "SwarmLinks.py")
  /// Makes the namespaces; it lies beside the repository.
  private static let net = #filePath.replacing(
    "Sources/datanet-bench/SwarmLinks.swift", with: "../shared/swarm/swarm_net.sh")

  private static var absence: String? {
    if geteuid() != 0 { return "needs root" }
    if unsafe access(net, R_OK) != 0 { return "needs the script of namespaces beside the sources" }
    return nil
  }

  static func run(_ bench: Bench, file: String, in place: String) throws {
    for (work, title) in works where title.contains(bench.only) || bench.only.isEmpty {
      if let absence {
        bench.absent(title, "datanet", because: absence)
        continue
      }
      var ours: Rate?
      for name in bench.runsPeers ? ["datanet", "libtorrent", "aria2", "syncthing"] : ["datanet"] {
        let words = [
          SwarmRival.python, script, net, work, name, absolute(bench.program), file,
          "\(place)/links",
        ]
        do {
          let said = try Child.text(words).split(whereSeparator: \.isWhitespace).compactMap {
            Double($0)
          }
          guard said.count == 3 else { throw Child.Failed(description: "it measured nothing") }
          let rate = Rate(
            amount: Double(Corpus.bytes(of: file)), unit: .bytes,
            cost: Cost(wallSeconds: said[0], cpuSeconds: said[1], peakBytes: Int(said[2])))
          if let ours {
            bench.peer(title, name, rate, against: ours)
          } else {
            bench.ours(title, rate)
            ours = rate
          }
        } catch {
          bench.absent(title, name, because: "it is not installed, or did not finish")
        }
      }
    }
    bench.remark(
      "The rate is that of one copy, from the start of those who fetch to the end of the last. CPU "
        + "seconds are all peers' together; the namespaces' delay runs beside them.")
  }

  private static func absolute(_ path: String) -> String {
    guard let real = unsafe realpath(path, nil) else { return path }
    defer { unsafe free(real) }
    return unsafe String(cString: real)
  }
}
