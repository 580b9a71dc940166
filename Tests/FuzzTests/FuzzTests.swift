// Mutated bytes through every decoder: some hundred milliseconds each in `make test`, as long as one
// likes with DATANET_FUZZ_SECONDS; `make fuzz` does the same guided by coverage.

import Foundation
import Fuzzing
import Histories
import Testing

@Suite("Fuzz", .serialized)
struct FuzzTests {
  private static let seconds =
    ProcessInfo.processInfo.environment["DATANET_FUZZ_SECONDS"].flatMap { Double($0) } ?? 0.3
  private static let seed =
    ProcessInfo.processInfo.environment["DATANET_FUZZ_SEED"].flatMap { UInt64($0) }
    ?? UInt64(Date().timeIntervalSince1970)

  @Test("mutated bytes are read or refused, never worse", arguments: decoders.indices)
  func mutated(_ index: Int) {
    let decoder = decoders[index]
    let seeds = decoder.seeds()
    #expect(!seeds.isEmpty, "\(decoder.name) has no seeds")
    for bytes in seeds { report(decoder, bytes) }
    var mutation = Mutation(seed: FuzzTests.seed)
    print("fuzz \(decoder.name): DATANET_FUZZ_SEED=\(FuzzTests.seed)")
    let end = Date().addingTimeInterval(FuzzTests.seconds)
    var kept = seeds
    var rounds = 0
    while Date() < end || rounds < 200 {
      rounds += 1
      let bytes = mutation.mutated(kept[mutation.below(kept.count)])
      report(decoder, bytes)
      // Now and then a mutation becomes the start of others, so that changes add up.
      if bytes.count < 4096, mutation.below(16) == 0 {
        if kept.count < 200 { kept.append(bytes) } else { kept[mutation.below(200)] = bytes }
      }
    }
  }

  private func report(_ decoder: Decoder, _ bytes: [UInt8]) {
    guard let fault = decoder.check(bytes) else { return }
    let shown = bytes.prefix(400).map { String($0, radix: 16) }.joined(separator: " ")
    Issue.record("\(decoder.name): \(fault); \(bytes.count) bytes: \(shown)")
  }
}
