// Peers that check each other's runs in the background, as real processes on loopback
// (Specs/Verification.md, "In the background").

import Foundation
import JSON
import Learning
import Testing

@Suite("Peers that verify", .serialized)
struct VerifyingTests {
  /// Ada founds `net` on the fixture base and runs a peer; the others have joined with her ticket.
  private func meeting(_ others: [String]) throws -> (place: Place, ada: PeerProcess) {
    let place = try Place()
    try place.homes("ada")
    for words in [
      ["create", "net"], ["model", "add", "Fixtures/base", "net"],
    ] { try done(place, "ada", words) }
    let facts = place.datanet("lesson", "facts").output.split(separator: "\n").prefix(24)
    try place.write(facts.joined(separator: "\n") + "\n", to: "facts.jsonl")
    let test = place.datanet("lesson", "facts", "--test").output.split(separator: "\n").prefix(8)
    try place.write(test.joined(separator: "\n") + "\n", to: "test.jsonl")
    for words in [["add", "net", "facts.jsonl"], ["yardstick", "net", "test.jsonl"]] {
      try done(place, "ada", words)
    }
    try done(place, "ada", ["milestone", "net"])
    let ada = try PeerProcess("ada", in: place)
    let ticket = try place.ticket("ada", "net")
    for home in others {
      try place.homes(home)
      try done(place, home, ["join", ticket])
      try done(place, home, ["sync", "net", "--once", "--no-discovery", "--timeout", "40"])
    }
    return (place, ada)
  }

  private func done(_ place: Place, _ home: String, _ words: [String]) throws {
    let result = place.launch(["datanet", "--home", home] + words)
    try #require(result.status == 0, "\(home) \(words): \(result.errors)")
  }

  private func grant(_ place: Place, _ home: String) throws {
    let status = place.datanet("--home", home, "status", "--json")
    let did = try #require(JSONValue(parsing: status.output)["did"]?.string)
    try done(place, "ada", ["grant", "net", did, "verifier"])
  }

  private func train(_ place: Place, _ home: String, _ out: String, publish: Bool = true) throws {
    let words = [
      "train", "--data", "net", "--out", out, "--steps", "16", "--batch", "3",
      "--checkpoint-every", "4", "-q",
    ]
    try done(place, home, words + (publish ? ["--publish"] : []))
  }

  /// What a home says about each run of the Datanet.
  private func runs(_ place: Place, _ home: String) -> [JSONValue] {
    place.datanet("--home", home, "runs", "net", "--json").output.split(separator: "\n")
      .compactMap { try? JSONValue(parsing: String($0)) }
  }

  private func reason(_ place: Place, _ home: String) -> String {
    place.datanet("--home", home, "status", "net").output
  }

  @Test("one checks a run by herself, and a third sees how far and by whom")
  func checked() throws {
    let (place, ada) = try meeting(["cleo", "dan"])
    defer { place.remove() }
    let dan = try PeerProcess("dan", in: place)
    let cleo = try PeerProcess("cleo", in: place, ["--verify", "--verify-minutes", "60"])
    try train(place, "ada", "run")
    // Without the role her word would count for nothing, so she waits and says why.
    #expect(wait(20) { self.reason(place, "cleo").contains("has granted this peer the role") })
    try grant(place, "cleo")
    let isChecked = wait(60) { self.runs(place, "dan").first?["checkers"]?.int == 1 }
    #expect(isChecked, "\(reason(place, "cleo")) \(cleo.events.suffix(5))")
    let isWhole = wait(60) { self.runs(place, "dan").first?["coveredSteps"]?.int == 16 }
    #expect(isWhole, "\(runs(place, "dan")) \(reason(place, "cleo"))")
    let seen = try #require(runs(place, "dan").first)
    #expect(seen["state"]?.string == "spotChecked")
    // Steps on the way to drawn ones are executed, and not counted as drawn.
    #expect(8...16 ~= seen["drawnSteps"]?.int ?? 0)
    let voice = try #require(seen["voices"]?[0])
    #expect(voice["verifier"]?.bool == true && voice["drawFollows"]?.bool == true)
    let text = place.datanet("--home", "dan", "runs", "net").output
    #expect(text.contains("spot-checked by 1 peer covering 16 of 16 steps"), "\(text)")
    #expect(wait(10) { self.reason(place, "cleo").contains("every step of every run by others") })
    #expect(cleo.told("verified").allSatisfy { $0["result"]?.string == "held" })
    #expect(cleo.stop() == 0 && dan.stop() == 0 && ada.stop() == 0)
  }

  @Test("a lying trainer is refuted by one step, which a third executes again")
  func refuted() throws {
    let (place, ada) = try meeting(["mal", "cleo", "dan"])
    defer { place.remove() }
    try grant(place, "cleo")
    try train(place, "mal", "lie", publish: false)
    try falsify(place, "lie/transcript")
    let cleo = try PeerProcess("cleo", in: place, ["--verify", "--verify-minutes", "60"])
    let dan = try PeerProcess("dan", in: place)
    let mal = try PeerProcess("mal", in: place)
    try train(place, "mal", "lie")
    let isSeen = wait(60) { self.runs(place, "dan").first?["state"]?.string == "refuted" }
    #expect(isSeen, "\(runs(place, "dan")) \(reason(place, "cleo")) \(cleo.events.suffix(5))")
    let claim = try #require(runs(place, "dan").first?["run"]?.string)
    let own = wait(20) {
      place.datanet("--home", "dan", "verify", claim, "-q").output.contains("The proof shows it")
    }
    #expect(own)
    let result = place.datanet("--home", "dan", "verify", claim, "-q")
    #expect(result.status == 3 && result.errors.contains("is refuted: step"), "\(result.errors)")
    for peer in [cleo, dan, mal, ada] { #expect(peer.stop() == 0) }
  }

  @Test("withheld evidence makes a run unavailable, not false, until it comes")
  func withheld() throws {
    let (place, ada) = try meeting(["mal", "cleo"])
    defer { place.remove() }
    try grant(place, "cleo")
    // Mal gives away what he says, and nothing that shows it.
    try train(place, "mal", "run")
    try done(place, "mal", ["export", "net", "words.car", "--claims"])
    try done(place, "ada", ["import", "words.car"])
    let cleo = try PeerProcess(
      "cleo", in: place, ["--verify", "--verify-minutes", "60", "--verify-patience", "2"])
    let isUnavailable = wait(60) {
      self.runs(place, "ada").first?["state"]?.string == "unavailable"
    }
    #expect(isUnavailable, "\(runs(place, "cleo")) \(reason(place, "cleo"))")
    #expect(reason(place, "cleo").contains("waits: block"), "\(reason(place, "cleo"))")
    let mal = try PeerProcess("mal", in: place)
    let isChecked = wait(60) { self.runs(place, "ada").first?["state"]?.string == "spotChecked" }
    #expect(isChecked, "\(runs(place, "cleo")) \(reason(place, "cleo"))")
    for peer in [cleo, mal, ada] { #expect(peer.stop() == 0) }
  }

  @Test("a verification that is killed costs its peer nothing, and ends with it")
  func killed() throws {
    let (place, ada) = try meeting(["cleo"])
    defer { place.remove() }
    try grant(place, "cleo")
    try train(place, "ada", "run")
    let cleo = try PeerProcess("cleo", in: place, ["--verify", "--verify-minutes", "60"])
    func children() -> [Int32] {
      let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      return processes.compactMap { Int32($0) }.filter { process in
        // Behind the name in brackets: the state, then the parent.
        let stat = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
        return fields.count > 2 && fields[2] == "\(cleo.pid)"
      }
    }
    var killed = false
    #expect(
      wait(40) {
        for child in children() { killed = kill(child, SIGKILL) == 0 || killed }
        return killed
      })
    #expect(wait(20) { !cleo.told("unverified").isEmpty }, "\(cleo.events.suffix(4))")
    #expect(wait(10) { self.reason(place, "cleo").contains("crashed (signal 9)") })
    #expect(cleo.isRunning)
    #expect(runs(place, "ada").first?["state"]?.string == "claimed")
    #expect(cleo.stop() == 0 && ada.stop() == 0)
  }

  /// In every step the greatest contribution goes to the neighbour.
  private func falsify(_ place: Place, _ name: String) throws {
    let honest = try Learning.Transcript(bytes: [UInt8](place.read(name)))
    var lie = Learning.Transcript(recipe: honest.recipe)
    for var entry in honest.entries {
      if let most = entry.contributions.indices.max(by: {
        entry.contributions[$0] < entry.contributions[$1]
      }) {
        let friend = (most + 1) % entry.contributions.count
        entry.contributions[friend] += entry.contributions[most]
        entry.contributions[most] = 0
      }
      lie.append(entry)
    }
    try Data(lie.bytes).write(to: place.folder.appendingPathComponent(name))
  }
}
