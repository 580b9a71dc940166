// DAG-CBOR beside Python's C implementations, on blocks like those of this program
// (Specs/Performance.md, "DAG-CBOR").

import Content
import Glibc
import Terminal

enum DagCBORBenchmark: Benchmark {
  static let name = "dag-cbor"
  static let summary = "decode and encode claim-like blocks, one core"

  /// Blocks and rounds; what is measured takes about a second.
  private static let count = 2000
  private static let rounds = 50

  static func run(_ bench: Bench) throws {
    let values = (0..<count).map(sample)
    let blocks = values.map { $0.encoded() }
    let bytes = Double(blocks.reduce(0) { $0 + $1.count } * rounds)
    var seen = 0
    let decoding = Rate(
      amount: bytes, unit: .bytes,
      cost: try Measure.best(of: 3) {
        for _ in 0..<rounds {
          for block in blocks where try Value(decoding: block).map != nil { seen += 1 }
        }
      })
    let encoding = Rate(
      amount: bytes, unit: .bytes,
      cost: Measure.best(of: 3) {
        for _ in 0..<rounds {
          for value in values { seen += value.encoded().count }
        }
      })
    bench.ours("decode into values", decoding)
    bench.ours("encode from values", encoding)
    if seen == 0 { bench.remark("nothing was decoded") }
    guard bench.runsPeers else { return }
    for library in ["cbor2", "dag_cbor", "libipld"] {
      peer(library, blocks, bench, decoding: decoding, encoding: encoding)
    }
  }

  /// A claim's shape: keys, links, a list of small maps.
  private static func sample(_ index: Int) -> Value {
    let link = Value.link(CID(of: [UInt8(index & 255), UInt8(index >> 8)], codec: .raw))
    let items = (0..<8).map { item -> Value in
      ["records": Value(item * 1000 + index), "bytes": Value(item << 20), "chunk": link]
    }
    return [
      "kind": "contribution", "height": Value(index), "previous": link,
      "author": .bytes([UInt8](repeating: UInt8(index & 255), count: 32)),
      "seen": .array([link, link]), "license": "CC-BY-4.0", "items": .array(items),
      "note": "what people write about a contribution, in a sentence or two",
      "score": .float(Double(index) / 3),
    ]
  }

  private static func peer(
    _ library: String, _ blocks: [[UInt8]], _ bench: Bench, decoding: Rate, encoding: Rate
  ) {
    let script = """
      import sys, time
      lib = sys.argv[1]
      if lib == "cbor2":
          import cbor2
          class Link:
              pass
          dec = lambda b: cbor2.loads(b)
          enc = lambda v: cbor2.dumps(v, canonical=True)
      elif lib == "dag_cbor":
          import dag_cbor
          dec, enc = dag_cbor.decode, dag_cbor.encode
      else:
          import libipld
          dec, enc = libipld.decode_dag_cbor, libipld.encode_dag_cbor
      data = open(sys.argv[2], "rb").read()
      blocks, at = [], 0
      while at < len(data):
          n = int.from_bytes(data[at:at + 4], "little")
          blocks.append(data[at + 4:at + 4 + n])
          at += 4 + n
      rounds = 3
      best = [9e9, 9e9]
      for _ in range(3):
          t = time.perf_counter()
          for _ in range(rounds):
              values = [dec(b) for b in blocks]
          best[0] = min(best[0], time.perf_counter() - t)
          t = time.perf_counter()
          for _ in range(rounds):
              for v in values:
                  enc(v)
          best[1] = min(best[1], time.perf_counter() - t)
      size = sum(map(len, blocks)) * rounds
      print(size / best[0], size / best[1])
      """
    let file = "/tmp/datanet-bench-blocks-\(getpid())"
    defer { unsafe unlink(file) }
    var data: [UInt8] = []
    for block in blocks {
      for shift in stride(from: 0, to: 32, by: 8) {
        data.append(UInt8(truncatingIfNeeded: block.count >> shift))
      }
      data += block
    }
    guard let output = unsafe fopen(file, "w") else { return }
    _ = unsafe fwrite(data, 1, data.count, output)
    unsafe fclose(output)
    do throws(Child.Failed) {
      let text = try Child.text([Python.program, "-c", script, library, file])
      let figures = text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
      guard figures.count == 2 else { return }
      for (work, rate, ours) in [
        ("decode", figures[0], decoding), ("encode", figures[1], encoding),
      ] {
        let cost = Cost(wallSeconds: 1 / rate, cpuSeconds: 1 / rate * ours.amount, peakBytes: nil)
        bench.peer(
          work, "Python \(library)", Rate(amount: 1, unit: .bytes, cost: cost), against: ours)
      }
    } catch {
      bench.absent(
        "decode, encode", "Python \(library)", because: "not installed: pip install \(library)")
    }
  }
}

/// The Python that runs the peers' scripts: `DATANET_BENCH_PYTHON`, or `python3`.
enum Python {
  static var program: String {
    guard let name = unsafe getenv("DATANET_BENCH_PYTHON") else { return "python3" }
    return unsafe String(cString: name)
  }
}
