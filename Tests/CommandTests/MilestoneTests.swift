// A curator's peer that signs milestones by itself (Specs/Running.md, "Milestones").

import Foundation
import JSON
import Testing

@Suite("Milestones of a running peer")
struct MilestoneTests {
  @Test("come with what is new, and with nothing else")
  func signed() throws {
    let place = try Place()
    defer { place.remove() }
    try place.homes("ada", "ben")
    #expect(place.datanet("--home", "ada", "create", "net").status == 0)
    let ada = try PeerProcess("ada", in: place, ["--milestones", "0.5"])
    #expect(place.datanet("--home", "ben", "join", try place.ticket("ada", "net")).status == 0)
    let ben = try PeerProcess("ben", in: place)
    #expect(wait(20) { !ben.told("joined").isEmpty })
    for (count, word) in ["one", "two"].enumerated() {
      try place.write("{\"text\":\"\(word)\"}\n", to: "\(word).jsonl")
      #expect(place.datanet("--home", "ben", "add", "net", "\(word).jsonl").status == 0)
      #expect(wait(20) { ada.told("milestone").count == count + 1 }, "\(ada.events)")
    }
    // Ben sees what was signed; what is no contribution brings none.
    let claim = try #require(ada.told("milestone").last?["claim"]?.string)
    #expect(wait(20) { place.datanet("--home", "ben", "show", claim).status == 0 })
    #expect(place.datanet("--home", "ben", "note", "net", "hello").status >= 0)
    #expect(place.datanet("--home", "ben", "milestone", "net").status == 0)
    #expect(!wait(3) { ada.told("milestone").count > 2 })
    #expect(ben.stop() == 0 && ada.stop() == 0)
  }
}
