// PyTorch's libraries for influence, run by InfluencePeer.py on the same files
// (Specs/Influence.md, "Judged").

import Checkpoints
import Glibc
import Influence
import JSON

enum InfluencePeer {
  enum Method: String, CaseIterable {
    /// EK-FAC with its heuristic damping.
    case kronfluence
    case kronfluenceIdentity = "kronfluence-identity"
    /// TRAK with one model.
    case traker
    /// LoGra, as dattri has it.
    case dattri
    /// The paper's loops.
    case datainf
  }

  struct Result {
    let scores: [[Float]]
    let cost: Cost
  }

  /// A Python that has the packages.
  static func python(_ bench: Bench) -> String? {
    guard bench.runsPeers else { return nil }
    let named = unsafe getenv("DATANET_BENCH_PYTHON").map { unsafe String(cString: $0) }
    let python = named ?? "python3"
    guard Child.exists(python) else { return nil }
    let test = "import torch, transformers, peft, kronfluence"
    return (try? Child.run([python, "-c", test])) == nil ? nil : python
  }

  static func run(
    _ python: String, _ method: Method, _ base: String, _ folder: String, threads: Int
  ) throws -> Result {
    let script = #filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
    let out = "\(folder)/peer.npy"
    let text = try Child.text([
      python, "\(script)/InfluencePeer.py", method.rawValue, base, folder, out, String(threads),
    ])
    let value = try JSONValue(parsing: text.split(separator: "\n").last.map(String.init) ?? "")
    guard let seconds = value["seconds"]?.double, let cpu = value["cpuSeconds"]?.double,
      let peak = value["peakBytes"]?.int, let rows = value["queries"]?.int,
      let columns = value["records"]?.int
    else { throw Child.Failed(description: "the measured process printed no figures") }
    let bytes = try MappedFile.contents(of: out, limit: 1 << 30)
    let header = 10 + Int(bytes[8]) + 256 * Int(bytes[9])
    guard bytes.count == header + 4 * rows * columns else {
      throw Child.Failed(description: "the measured process wrote no scores")
    }
    let numbers = (0..<rows * columns).map { index -> Float in
      let at = header + 4 * index
      return Float(
        bitPattern: UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16
          | UInt32(bytes[at + 3]) << 24)
    }
    return Result(
      scores: (0..<rows).map { Array(numbers[$0 * columns..<($0 + 1) * columns]) },
      cost: Cost(wallSeconds: seconds, cpuSeconds: cpu, peakBytes: peak))
  }
}
