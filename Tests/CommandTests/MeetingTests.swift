// Peers as real processes that meet, agree and share on loopback (Specs/Running.md).

import Foundation
import JSON
import Terminal
import Testing

@testable import datanet

@Suite("Peers that meet", .serialized)
struct MeetingTests {
  /// Ada founds `net` with one contribution and runs; Ben has joined with her ticket.
  private func meeting(_ words: [String] = []) throws -> (place: Place, ada: PeerProcess) {
    let place = try Place()
    try place.homes("ada", "ben")
    try place.write("{\"text\":\"one\"}\n", to: "one.jsonl")
    try #require(place.launch(["datanet", "--home", "ada", "create", "net"] + words).status == 0)
    try #require(place.datanet("--home", "ada", "add", "net", "one.jsonl").status == 0)
    let ada = try PeerProcess("ada", in: place)
    let ticket = try place.ticket("ada", "net")
    try #require(place.datanet("--home", "ben", "join", ticket).status == 0)
    return (place, ada)
  }

  @Test("sync ends with 0 when everything is verified and here")
  func synchronised() throws {
    let (place, ada) = try meeting()
    defer { place.remove() }
    let sync = place.datanet(
      "--home", "ben", "sync", "--once", "--no-discovery", "--timeout", "30", "--json")
    #expect(sync.status == 0, "\(sync.errors)")
    #expect(try JSONValue(parsing: sync.output)["complete"]?.bool == true)
    #expect(place.datanet("--home", "ben", "cat", "net/one.jsonl").output == "{\"text\":\"one\"}\n")
    let digest = try #require(place.digest("ada", "net"))
    #expect(place.digest("ben", "net") == digest)
    #expect(place.datanet("--home", "ben", "fsck").status == 0)
    #expect(ada.stop() == 0)
  }

  @Test("a sync lets go of its home when it ends, also inside a process that goes on")
  func twiceInOneProcess() throws {
    let (place, ada) = try meeting()
    defer { place.remove() }
    let home = "\(place.folder.path)/ben"
    let sync = Main.run([
      "--home", home, "sync", "--no-discovery", "--timeout", "30", "--quiet",
    ])
    #expect(sync == .done)
    let ben = try PeerProcess("ben", in: place)
    #expect(ben.stop() == 0 && ada.stop() == 0)
  }

  @Test("say in time why not everything is here")
  func alone() throws {
    let (place, ada) = try meeting()
    defer { place.remove() }
    ada.kill()
    let sync = place.datanet("--home", "ben", "sync", "--no-discovery", "--timeout", "2")
    #expect(sync.status == 1)
    #expect(sync.errors.contains("no peer of this Datanet is connected"), "\(sync.errors)")
  }

  @Test("a contribution beside a running peer is with the other within a second")
  func beside() throws {
    let (place, ada) = try meeting()
    defer { place.remove() }
    let ben = try PeerProcess("ben", in: place)
    #expect(wait(20) { !ben.told("complete").isEmpty }, "\(ben.events)")
    try place.write("{\"text\":\"two\"}\n", to: "two.jsonl")
    let added = place.datanet("--home", "ada", "add", "net", "two.jsonl", "--json")
    let claim = try JSONValue(parsing: added.output)["claim"]
    let signed = Date()
    #expect(wait(10) { ben.told("claim").contains { $0["claim"] == claim } })
    // Measured from the end of `add`; a loaded machine gets some more.
    #expect(Date().timeIntervalSince(signed) < 3)
    #expect(wait(10) { ben.told("complete").count >= 2 })
    let status = place.datanet("--home", "ben", "status", "net")
    #expect(status.output.contains("A peer runs with pid \(ben.pid)"))
    #expect(place.datanet("--home", "ben", "peers", "--json").output.contains("\"dialled\":true"))
    #expect(ben.stop() == 0 && ada.stop() == 0)
  }

  @Test("a private Datanet opens to its ticket's key and to nobody who knows its ID only")
  func hidden() throws {
    let (place, ada) = try meeting(["--private"])
    defer { place.remove() }
    let sync = place.datanet("--home", "ben", "sync", "--no-discovery", "--timeout", "30")
    #expect(sync.status == 0, "\(sync.errors)")
    try place.homes("eve")
    let ticket = place.datanet("--home", "ada", "ticket", "net", "--json")
    let datanet = try #require(try JSONValue(parsing: ticket.output)["datanet"]?.string)
    // Eve knows the ID and where Ada listens, from the ticket of another Datanet of hers.
    #expect(place.datanet("--home", "ada", "create", "open").status == 0)
    #expect(
      place.datanet("--home", "eve", "join", try place.ticket("ada", "open")).status == 0)
    #expect(place.datanet("--home", "eve", "follow", datanet).status == 0)
    let open = place.datanet("--home", "eve", "sync", "open", "--no-discovery", "--timeout", "5")
    _ = open
    let shut = place.datanet(
      "--home", "eve", "sync", String(datanet.prefix(20)), "--no-discovery", "--timeout", "4")
    #expect(shut.status == 1)
    #expect(!place.datanet("--home", "eve", "ls").output.contains("net "))
    #expect(ada.stop() == 0)
  }

  @Test("a ticket names who must answer: another at the address is nobody")
  func wrongIdentity() throws {
    let (place, ada) = try meeting()
    defer { place.remove() }
    let address = try #require(ada.first["addresses"]?[0]?.string)
    #expect(ada.stop() == 0)
    // Mallory listens where Ada did.
    try place.homes("mallory")
    let mallory = try PeerProcess("mallory", in: place, listen: address)
    let sync = place.datanet("--home", "ben", "sync", "--no-discovery", "--timeout", "4")
    #expect(sync.status == 1)
    #expect(place.datanet("--home", "mallory", "peers").output == "Nobody is connected.\n")
    #expect(mallory.stop() == 0)
  }

  @Test("a peer that was killed half-way goes on from there")
  func resumed() throws {
    let (place, ada) = try meeting()
    defer { place.remove() }
    // What packs well would travel as fewer bytes and hide what travels twice.
    let size = 40_000_000
    let made = place.shell("head -c \(size) /dev/urandom > big.bin")
    #expect(made.status == 0)
    #expect(place.datanet("--home", "ada", "add", "net", "big.bin").status == 0)
    #expect(place.datanet("--home", "ben", "limit", "--down", "2MiB").status == 0)
    let ben = try PeerProcess("ben", in: place)
    /// What the running peer has received until now.
    func received() -> Int {
      let status = place.datanet("--home", "ben", "status", "--json")
      let running = (try? JSONValue(parsing: status.output))?["running"]
      return running?["bytesReceived"]?.int ?? 0
    }
    var before = 0
    #expect(
      wait(60) {
        before = received()
        return before > 20_000_000
      })
    ben.kill()
    #expect(place.datanet("--home", "ben", "limit", "--down", "none").status == 0)
    let sync = place.datanet(
      "--home", "ben", "sync", "--once", "--no-discovery", "--timeout", "60", "--json")
    #expect(sync.status == 0, "\(sync.errors)")
    // Everything but the file's bytes counts as fetched again, whatever it was. What came between
    // the last look and the kill was not seen; the simulator counts to the byte (`ResumeTests`).
    let after = try #require(try JSONValue(parsing: sync.output)["bytesReceived"]?.int)
    let again = before + after - size
    #expect(again * 50 < size && again > -size / 4, "\(before) before and \(after) after it")
    #expect(place.shell("datanet --home ben cat net/big.bin | cmp - big.bin").status == 0)
    #expect(ada.stop() == 0)
  }

  @Test("a liar is named and cut off, and what it sent is not kept")
  func liar() throws {
    let (place, ada) = try meeting()
    defer { place.remove() }
    try place.homes("mallory")
    let ticket = try place.ticket("ada", "net")
    #expect(place.datanet("--home", "mallory", "join", ticket).status == 0)
    let fetched = place.datanet("--home", "mallory", "sync", "--no-discovery", "--timeout", "30")
    #expect(fetched.status == 0, "\(fetched.errors)")
    #expect(ada.stop() == 0)
    // In the foreground: closing what it inherited would look like its end to who waits for it.
    let mallory = try PeerProcess("mallory", in: place, ["--foreground"], command: "lying-peer")
    #expect(
      place.datanet("--home", "ben", "join", try place.ticket("mallory", "net")).status == 0)
    let ben = try PeerProcess("ben", in: place)
    #expect(wait(20) { !ben.told("banned").isEmpty }, "\(ben.events)")
    #expect(ben.told("banned")[0]["peer"] == mallory.first["did"])
    #expect(ben.told("complete").isEmpty)
    // Mallory told of Ada's peer, so its restart is found; or by her ticket.
    let again = try PeerProcess("ada", in: place, listen: "127.0.0.1:0")
    #expect(place.datanet("--home", "ben", "join", try place.ticket("ada", "net")).status == 0)
    #expect(wait(30) { !ben.told("complete").isEmpty }, "\(ben.events)")
    #expect(place.datanet("--home", "ben", "peers", "--banned").status == 0)
    #expect(ben.stop() == 0 && again.stop() == 0)
    mallory.kill()
  }

  @Test("two on one machine find each other through the local network")
  func discovered() throws {
    let place = try Place()
    defer { place.remove() }
    try place.homes("ada", "ben")
    #expect(place.datanet("--home", "ada", "create", "net").status == 0)
    let datanet = try #require(
      try JSONValue(parsing: place.datanet("--home", "ada", "status", "net", "--json").output)[
        "datanet"]?.string)
    #expect(place.datanet("--home", "ben", "follow", datanet).status == 0)
    let ada = try PeerProcess("ada", in: place, discovers: true)
    let ben = try PeerProcess("ben", in: place, discovers: true)
    #expect(wait(15) { ben.told("connected").contains { $0["peer"] == ada.first["did"] } })
    #expect(wait(15) { !ben.told("joined").isEmpty }, "\(ben.events)")
    #expect(ben.stop() == 0 && ada.stop() == 0)
  }
}
