// A million claims by a thousand authors: import with signatures checked, beside the checks alone;
// opening, status, and the size of the file (Specs/Performance.md, "Claims").

import Claims
import Content
import Cryptography
import Dispatch
import Glibc
import Store
import Synchronization
import Terminal

enum ClaimsBenchmark: Benchmark {
  static let name = "claims"
  static let summary = "import of signed claims, open, status"

  private static let authorCount = 1000

  static func run(_ bench: Bench) throws {
    let made = try make(bench.claimCount)
    let count = Double(made.claims.count)
    let bytes = made.claims.reduce(0) { $0 + $1.count }
    let signed = try made.claims.map { bytes in
      let claim = try Claim(stored: bytes)
      return Signed(
        author: claim.author, message: claim.signedMessage, signature: claim.signature)
    }
    let checks = Rate(
      amount: count, unit: .things("claim"), cost: Measure.here { checkAlone(signed) })
    bench.ours("signature checks alone", checks)

    let path = "/tmp/datanet-bench-claims-\(getpid()).sqlite"
    defer { for suffix in ["", "-wal", "-shm"] { unsafe unlink(path + suffix) } }
    var report = ClaimImporter.Report()
    let imported = Rate(
      amount: count, unit: .things("claim"),
      cost: try Measure.here {
        let store = try ClaimStore(Database(.file(path)))
        try store.join(made.genesis)
        let importer = ClaimImporter(store)
        for claim in made.claims { try importer.add(claim) }
        report = try importer.finish()
      })
    bench.ours("import, signatures checked", imported)
    var digest = ""
    let opened = try Measure.best(of: 3) {
      let store = try ClaimStore(Database(.file(path)))
      digest = try store.status(of: made.genesis.cid).digest.description
    }
    bench.ours("open and status", Rate(amount: 1, unit: .milliseconds, cost: opened))
    let database = try Database(.file(path))
    try database.checkpoint()
    let each = Double(try database.fileBytes()) / count
    let ratio = imported.cost.wallSeconds / checks.cost.wallSeconds
    bench.remark(
      """
      \(Quantity.count(report.counted, "claim")) counted; import takes \
      \(Quantity.fixed(ratio, 2)) × the checks alone, \
      \(Quantity.fixed(imported.cost.cpuSeconds / checks.cost.cpuSeconds, 2)) × their CPU time; \
      the file has \(Quantity.fixed(each, 0)) bytes a claim, a claim \
      \(Quantity.fixed(Double(bytes) / count, 0)); state \(digest.prefix(16))
      """)
  }

  /// Claims of all authors, height by height, as they would arrive from many peers.
  private static func make(_ count: Int) throws -> (genesis: Claim, claims: [[UInt8]]) {
    let identities = (0..<authorCount).compactMap { number in
      Identity(seed: SHA256.hash(Array("author \(number)".utf8)).bytes)
    }
    let genesis = try Claim.signed(
      .genesis(Genesis(name: "bench")), at: .genesis, timeMilliseconds: 1_700_000_000_000,
      by: identities[0])
    var heads = [Digest?](repeating: nil, count: authorCount)
    var heights = [Int](repeating: 0, count: authorCount)
    (heads[0], heights[0]) = (genesis.digest, 1)
    var claims: [[UInt8]] = []
    claims.reserveCapacity(count)
    for number in 0..<count {
      let author = number % authorCount
      // Every claim has seen another author's newest one.
      let other = heads[(author + 7) % authorCount]
      let publication = Publication(
        manifest: CID(
          codec: .dagCBOR, digest: SHA256.hash(Array("manifest \(number)".utf8))),
        records: 1000, bytes: 1_000_000, license: "CC-BY-4.0")
      let claim = try Claim.signed(
        .contribution([publication]),
        at: .init(net: genesis.cid, height: heights[author], previous: heads[author]),
        seen: other.map { [CID(codec: .dagCBOR, digest: $0)] } ?? [],
        timeMilliseconds: 1_700_000_000_000 + number, by: identities[author])
      heads[author] = claim.digest
      heights[author] += 1
      claims.append(claim.bytes)
    }
    return (genesis, claims)
  }

  /// What a signature check needs, taken apart beforehand.
  private struct Signed: Sendable {
    let author: PublicKey
    let message: [UInt8]
    let signature: [UInt8]
  }

  /// Only the signatures, on all processors.
  private static func checkAlone(_ signed: [Signed]) {
    let cores = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    let next = Atomic<Int>(0)
    let good = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: cores) { _ in
      while true {
        let start = next.add(128, ordering: .relaxed).oldValue
        guard start < signed.count else { return }
        for one in signed[start..<min(start + 128, signed.count)]
        where one.author.isValid(signature: one.signature, of: one.message) {
          good.add(1, ordering: .relaxed)
        }
      }
    }
    precondition(good.load(ordering: .relaxed) == signed.count, "every claim is signed")
  }
}
