// Several processes on one home, interruption, and passphrases (Specs/CommandLine.md).

import Foundation
import JSON
import Testing

@Suite("A home")
struct SharedHomeTests {
  @Test("may be used by several processes at once: every claim has a height of its own")
  func processes() throws {
    let place = try Place()
    defer { place.remove() }
    #expect(place.shell("datanet --home ada init && datanet --home ada create demo").status == 0)
    let all = place.shell(
      "for i in 1 2 3 4 5 6; do datanet --home ada note demo --title t$i & done; wait")
    #expect(all.status == 0)
    let log = place.datanet("--home", "ada", "log", "demo", "--json")
    let heights = try log.output.split(separator: "\n").map {
      try JSONValue(parsing: String($0))["height"]?.int
    }
    #expect(heights == [0, 1, 2, 3, 4, 5, 6])
    #expect(place.datanet("--home", "ada", "fsck").status == 0)
  }

  @Test("stays sound when adding is interrupted, and adding again goes on from there")
  func interruption() throws {
    let place = try Place()
    defer { place.remove() }
    #expect(place.shell("datanet --home ada init && datanet --home ada create demo").status == 0)
    let added = place.shell(
      """
      head -c 40000000 /dev/urandom | base64 > big.txt
      datanet --home ada add demo big.txt & worker=$!
      sleep 0.05; kill -INT $worker; wait $worker
      """)
    // On a fast machine the work may be done before the signal comes.
    #expect(added.status == 0 || added.output.contains("stopped: nothing was contributed"))
    #expect(place.datanet("--home", "ada", "fsck").status == 0)
    #expect(place.datanet("--home", "ada", "add", "demo", "big.txt").status == 0)
    #expect(place.datanet("--home", "ada", "get", "demo", "out").status == 0)
    #expect(try place.read("big.txt") == place.read("out/big.txt"))
  }

  @Test("keeps a sealed identity closed without its passphrase")
  func passphrase() throws {
    let place = try Place()
    defer { place.remove() }
    let made = place.shell("DATANET_PASSPHRASE=open datanet --home ada init --passphrase")
    #expect(made.status == 0)
    let wrong = place.shell("DATANET_PASSPHRASE=shut datanet --home ada create demo")
    #expect(wrong.status == 1)
    #expect(wrong.output.hasPrefix("datanet: the passphrase does not open this identity"))
    #expect(place.shell("DATANET_PASSPHRASE=open datanet --home ada create demo").status == 0)
    #expect(!(try String(data: place.read("ada/identity"), encoding: .utf8) ?? "").contains("open"))
  }
}
