// SHA-256 and ChaCha20-Poly1305 alone: the floor under everything that is content-addressed, and
// under everything that is sent (Specs/Performance.md, "Hashing").

import Cryptography

enum HashBenchmark: Benchmark {
  static let name = "hash"
  static let summary = "SHA-256 and ChaCha20-Poly1305 of 1 GiB in memory, one core"

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
    let many = [UInt8](repeating: 0x5A, count: 4 << 20)
    let places = (0..<256).map { $0 << 14..<($0 + 1) << 14 }
    let pairs = Measure.here {
      for _ in 0..<256 { _ = unsafe SHA256.hash(many.span.bytes, at: places) }
    }
    bench.ours(
      "SHA-256, 16 KiB pieces, many at once",
      Rate(amount: Double(1 << 30), unit: .bytes, cost: pairs))
    seal(chunk, bench)
  }

  private static func seal(_ chunk: [UInt8], _ bench: Bench) {
    var sender = ChaChaPoly(key: SHA256.hash(chunk))
    var receiver = ChaChaPoly(key: SHA256.hash(chunk))
    let sealed = sender.seal(chunk, counter: 1)
    let sealing = Measure.here {
      for _ in 0..<65_536 { _ = sender.seal(chunk, counter: 1) }
    }
    bench.ours(
      "ChaCha20-Poly1305, sealing 16 KiB",
      Rate(amount: Double(1 << 30), unit: .bytes, cost: sealing))
    let opening = Measure.here {
      for _ in 0..<65_536 { _ = receiver.open(sealed, counter: 1) }
    }
    bench.ours(
      "ChaCha20-Poly1305, opening 16 KiB",
      Rate(amount: Double(1 << 30), unit: .bytes, cost: opening))
  }
}
