// The rules of the merge, told as stories (Specs/Merge.md).

import Claims
import Content
import Cryptography
import Histories
import Testing

@Suite struct StoryTests {
  @Test func adaFoundsADatanetAndBenContributes() throws {
    let ada = Person("ada")
    let ben = Person("ben")
    let genesis = try ada.found(Genesis(name: "birds"))
    ben.join(genesis)
    let song = try ben.say(contribution("songs"), seen: [genesis])
    let state = try #require(DatanetState(genesis: genesis, claims: [song]))
    #expect(state.totals.claims == 2)
    #expect(state.totals.contributions == 1)
    #expect(state.totals.records == 10)
    #expect(state.entries.map(\.standing) == [.live])
    let back = try Claim(verifying: song.bytes)
    #expect(back == song && back.seen == [genesis.cid])
  }
}
