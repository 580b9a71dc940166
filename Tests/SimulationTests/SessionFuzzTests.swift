// A whole node and strangers who say what honest peers said, changed (Specs/Simulation.md,
// "Session fuzz"): some seconds in `make test`, longer with DATANET_FUZZ_SECONDS.

import Claims
import Foundation
import Histories
import PeerProtocol
import Simulation
import Store
import Testing

@Suite struct SessionFuzzTests {
  private static let seconds =
    ProcessInfo.processInfo.environment["DATANET_FUZZ_SECONDS"].flatMap { Double($0) } ?? 1.5

  @Test func `what honest peers say is heard to the end`() throws {
    let transcripts = try Transcript.recorded(seed: 1)
    #expect(transcripts.count >= 2)
    #expect(Set(transcripts.flatMap { $0.messages.map(\.channel) }).count == 4)
    #expect(transcripts.allSatisfy { $0.encoded.count < 100_000 })
    for transcript in transcripts {
      let again = Transcript(reading: transcript.encoded)
      #expect(again.messages.map(\.bytes) == transcript.messages.map(\.bytes))
      print("transcript: \(transcript.messages.count) messages, \(transcript.encoded.count) bytes")
    }
  }

  @Test func `changed transcripts never bring a node beyond its limits`() throws {
    let seed = Trial.only ?? UInt64(Date().timeIntervalSince1970)
    print("session fuzz: DATANET_SEED=\(seed)")
    let transcripts = try Transcript.recorded(seed: 1)
    var dice = Dice(seed)
    var mutation = Mutation(seed: seed)
    let interview = try Interview(seed: 1)
    for transcript in transcripts { #expect(interview.play(transcript) == nil) }
    let end = Date().addingTimeInterval(Self.seconds)
    var rounds = 0
    while Date() < end || rounds < 50 {
      rounds += 1
      guard let start = dice.pick(transcripts) else { break }
      let changed = Interview.mutated(start, others: transcripts, { mutation.mutated($0) }, &dice)
      let flip = dice.hit(oneIn: 16) ? dice.below(changed.messages.count + 1) : nil
      if let fault = interview.play(changed, flip: flip) {
        Issue.record("\(fault) in round \(rounds); \(Trial.replay(seed, "SessionFuzzTests"))")
        return
      }
    }
    print("session fuzz: \(rounds) conversations")
  }
}
