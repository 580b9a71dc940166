// SHA-256 alone: the floor under everything that is content-addressed
// (Specs/Performance.md, "Hashing").

import Cryptography

enum HashBenchmark: Benchmark {
  static let name = "hash"
  static let summary = "SHA-256 of 1 GiB in memory, one core"

  static func run(_ bench: Bench) throws {
    let piece = [UInt8](repeating: 0x5A, count: 64 << 20)
    let cost = Measure.here {
      for _ in 0..<16 { _ = SHA256.hash(piece) }
    }
    let ours = Rate(amount: Double(1 << 30), unit: .bytes, cost: cost)
    bench.ours("SHA-256, 64 MiB pieces", ours)
    let chunk = [UInt8](repeating: 0x5A, count: 16 << 10)
    let chunks = Measure.here {
      for _ in 0..<65_536 { _ = SHA256.hash(chunk) }
    }
    bench.ours("SHA-256, 16 KiB pieces", Rate(amount: Double(1 << 30), unit: .bytes, cost: chunks))
  }
}
