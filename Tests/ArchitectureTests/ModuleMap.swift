// The arrows between modules as they are meant to be: who may import whom
// (Specs/Architecture.md, "Modules"). A new module is declared here, and there with what it is for.

/// What a module may import besides the standard library.
struct Module: Sendable {
  var name: String
  var imports: [String]
  /// Pure modules ask nothing of the world: no clock, no randomness, no files, no `async`, and no
  /// order that differs from one process to the next.
  var isPure = false
  /// The C libraries that only this module imports.
  var libraries: [String] = []
}

let moduleMap: [Module] = [
  Module(
    name: "Cryptography", imports: [], isPure: true, libraries: ["CCrypto", "CSHA256", "CSodium"]),
  Module(name: "UnicodeText", imports: [], isPure: true, libraries: ["CUtf8proc"]),
  Module(name: "JSON", imports: [], isPure: true),
  Module(name: "Compression", imports: [], isPure: true, libraries: ["CZstd"]),
  Module(name: "Content", imports: ["Cryptography", "JSON", "UnicodeText"], isPure: true),
  Module(
    name: "Records", imports: ["Content", "Cryptography", "JSON", "UnicodeText"], isPure: true),
  Module(name: "Claims", imports: ["Content", "Cryptography"], isPure: true),
  Module(name: "CanonicalMath", imports: [], isPure: true, libraries: ["CanonicalKernels"]),
  Module(name: "FastMath", imports: [], libraries: []),
  Module(name: "Tokenization", imports: ["JSON", "UnicodeText"], isPure: true),
  Module(name: "Checkpoints", imports: ["JSON", "CanonicalMath", "Cryptography"], isPure: true),
  Module(
    name: "Learning",
    imports: [
      "Checkpoints", "Tokenization", "CanonicalMath", "Records", "Content", "Cryptography", "JSON",
    ], isPure: true),
  // Exploratory: it reaches FastMath, so nothing that makes or checks a proof may import it.
  Module(
    name: "Influence",
    imports: [
      "Learning", "FastMath", "CanonicalMath", "Checkpoints", "Tokenization", "Records",
      "Cryptography", "JSON",
    ]),
  Module(
    name: "Attribution",
    imports: [
      "Learning", "Checkpoints", "CanonicalMath", "Records", "Content", "Claims", "Cryptography",
      "UnicodeText",
    ], isPure: true, libraries: ["CDivsufsort"]),
  Module(
    name: "PeerProtocol",
    imports: ["Content", "Claims", "Cryptography", "Compression", "JSON"], isPure: true),
  Module(
    name: "Store",
    imports: [
      "Content", "Records", "Claims", "Cryptography", "Compression", "JSON", "UnicodeText",
    ],
    libraries: ["CSQLite"]),
  Module(
    name: "Node",
    imports: [
      "PeerProtocol", "Store", "Claims", "Content", "Records", "Cryptography", "Compression",
    ], isPure: true),
  Module(name: "EventLoop", imports: [], libraries: ["CUV"]),
  Module(name: "Terminal", imports: ["JSON"], libraries: ["CQrencode"]),
]

/// The executables compose; they may import every module. The benchmark also measures the bare
/// kernels.
let programs: [String: [String]] = [
  "datanet": [], "datanet-bench": ["CanonicalKernels", "Dispatch"],
]

/// Modules of the toolchain that anybody may import. Foundation is not among them: it costs start-up
/// time, size and rebuilds.
let toolchain: Set<String> = ["Swift", "Synchronization", "Glibc", "_Builtin_float"]

/// Files of pure modules that may reach for the system, and what they reach for.
let glibcInPureModules: [String: String] = [
  "Checkpoints": "reads model files through mmap and pread",
  "CanonicalMath": "threads for splitting outputs",
]
