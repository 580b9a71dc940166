// swift-tools-version: 6.2
// The package: every module, its dependencies, and the settings that all of them share.
// `Specs/Architecture.md` says what each module is for and why each library was chosen;
// `Tests/ArchitectureTests` holds the import lines to the arrows drawn here.
//
// ONLY=Content,Store swift test    builds just these modules, what they need, and their tests.

import PackageDescription

/// With `make fuzz`: where the toolchain keeps libFuzzer. All modules are then instrumented.
let fuzzer = Context.environment["FUZZER"]

let checked: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ]
  + (fuzzer == nil
    ? []
    : [
      .unsafeFlags([
        "-sanitize=fuzzer,address",
        "-sanitize-coverage=edge,trace-cmp,inline-8bit-counters,pc-table",
      ])
    ])

/// Everything that ships marks each use of unsafe memory; tests need not.
let strict: [SwiftSetting] = checked + [.strictMemorySafety()]

/// Modules whose inner loops make debug tests crawl are optimised in debug builds too.
let hot: [SwiftSetting] = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

func library(_ name: String, _ package: String?, _ debian: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/CLibraries/\(name)", pkgConfig: package, providers: [.apt([debian])])
}

func module(
  _ name: String, _ dependencies: [String] = [], settings: [SwiftSetting] = strict,
  exclude: [String] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies.map { .init(stringLiteral: $0) }, exclude: exclude,
    swiftSettings: settings)
}

func program(_ name: String, _ dependencies: [String], exclude: [String] = []) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies.map { .init(stringLiteral: $0) }, exclude: exclude,
    swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [String]) -> Target {
  .testTarget(
    name: name, dependencies: dependencies.map { .init(stringLiteral: $0) },
    swiftSettings: checked)
}

var targets: [Target] = [
  library("CCrypto", "libcrypto", "libssl-dev"),
  library("CDivsufsort", "libdivsufsort", "libdivsufsort-dev"),
  library("CQrencode", "libqrencode", "libqrencode-dev"),
  library("CSodium", "libsodium", "libsodium-dev"),
  library("CSQLite", "sqlite3", "libsqlite3-dev"),
  // utf8proc's pkg-config file asks for a macro that SwiftPM refuses; the module map links it.
  library("CUtf8proc", nil, "libutf8proc-dev"),
  library("CUV", "libuv", "libuv1-dev"),
  library("CZstd", "libzstd", "libzstd-dev"),

  .target(
    name: "CanonicalKernels",
    cSettings: [.unsafeFlags(["-O3", "-ffp-contract=off", "-fno-math-errno", "-Wall", "-Werror"])]),

  .target(
    name: "CSHA256", cSettings: [.unsafeFlags(["-O3", "-Wall", "-Werror"])]),

  module("Cryptography", ["CCrypto", "CSHA256", "CSodium"], settings: hot),
  module("UnicodeText", ["CUtf8proc"], settings: hot),
  module("JSON", settings: hot),
  module("Compression", ["CZstd"], settings: hot),
  module("Content", ["Cryptography", "JSON", "UnicodeText"], settings: hot),
  module("Records", ["Content", "Cryptography", "JSON", "UnicodeText"], settings: hot),
  module("Claims", ["Content", "Cryptography"], settings: hot),
  module("CanonicalMath", ["CanonicalKernels"], settings: hot),
  // Loads OpenBLAS (Debian: libopenblas0) when it is first used.
  module("FastMath"),
  module("Tokenization", ["JSON", "UnicodeText"], settings: hot),
  module("Checkpoints", ["JSON", "CanonicalMath", "Cryptography"], settings: hot),
  module(
    "Learning",
    [
      "Checkpoints", "Tokenization", "Records", "CanonicalMath", "Content", "Cryptography", "JSON",
    ],
    settings: hot),
  module(
    "Attribution",
    [
      "CDivsufsort", "Learning", "Checkpoints", "CanonicalMath", "Content", "Claims",
      "Cryptography", "Records", "UnicodeText",
    ],
    settings: hot),
  module(
    "Influence",
    [
      "Learning", "FastMath", "CanonicalMath", "Checkpoints", "Tokenization", "Records",
      "Cryptography", "JSON",
    ],
    settings: hot),
  module(
    "Store", ["CSQLite", "Content", "Claims", "Cryptography", "Records", "UnicodeText"],
    settings: hot),
  module(
    "PeerProtocol", ["Content", "Claims", "Cryptography", "Compression"], settings: hot),
  module(
    "Node",
    ["PeerProtocol", "Store", "Claims", "Content", "Records", "Cryptography", "Compression"],
    settings: hot),
  module("EventLoop", ["CUV"]),
  module("Terminal", ["CQrencode", "JSON"]),

  program(
    "datanet",
    [
      "Terminal", "EventLoop", "Node", "Store", "Attribution", "Learning", "Checkpoints",
      "Tokenization", "PeerProtocol", "Records", "Claims", "Content", "Cryptography", "JSON",
      "CanonicalMath", "Influence",
    ]),
  program(
    "datanet-bench",
    [
      "Terminal", "Store", "Records", "Content", "Claims", "Cryptography", "CanonicalMath",
      "CanonicalKernels",
      "FastMath", "Tokenization", "Checkpoints", "Learning", "Attribution", "Influence", "JSON",
    ],
    exclude: [
      "InfluencePeer.py", "LearningLlama.py", "LearningPeer.py", "SwarmLinks.py", "SwarmPeer.py",
      "TokenizersPeer.py",
    ]),

  .target(
    name: "Histories", dependencies: ["Claims", "Content", "Cryptography", "JSON"],
    path: "Tests/Histories",
    swiftSettings: hot),

  .target(name: "VirtualTime", path: "Tests/VirtualTime", swiftSettings: hot),

  .target(
    name: "Simulation",
    dependencies: [
      "VirtualTime", "Histories", "Node", "PeerProtocol", "Store", "Claims", "Content",
      "Cryptography",
    ],
    path: "Tests/Simulation", swiftSettings: hot),

  tests("ArchitectureTests", []),
  tests("CryptographyTests", ["Histories", "Cryptography", "JSON"]),
  tests("UnicodeTextTests", ["UnicodeText"]),
  tests("JSONTests", ["JSON"]),
  tests("CompressionTests", ["Compression"]),
  tests("ContentTests", ["Content", "Cryptography", "JSON"]),
  tests("RecordsTests", ["Records", "Content", "Cryptography", "JSON", "UnicodeText"]),
  tests("ClaimsTests", ["Histories", "Claims", "Content", "Cryptography", "JSON"]),
  tests("CanonicalMathTests", ["CanonicalMath", "CanonicalKernels", "JSON"]),
  tests("TokenizationTests", ["Tokenization", "JSON"]),
  tests("CheckpointsTests", ["Checkpoints", "JSON", "CanonicalMath"]),
  tests(
    "LearningTests",
    [
      "Learning", "Checkpoints", "Tokenization", "JSON", "CanonicalMath", "Content", "Cryptography",
    ]),
  tests(
    "AttributionTests",
    [
      "Attribution", "Histories", "Store", "Learning", "Checkpoints", "CanonicalMath", "Claims",
      "Content", "Cryptography", "Records", "Tokenization", "JSON",
    ]),
  tests(
    "InfluenceTests",
    [
      "Influence", "Learning", "Checkpoints", "Tokenization", "JSON", "CanonicalMath", "FastMath",
      "Cryptography",
    ]),
  tests(
    "StoreTests", ["Histories", "Store", "Claims", "Content", "Cryptography", "Records"]),
  tests(
    "PeerProtocolTests",
    [
      "VirtualTime", "PeerProtocol", "Claims", "Compression", "Content", "Cryptography", "JSON",
    ]),
  tests(
    "NodeTests",
    [
      "VirtualTime", "Histories", "Node", "PeerProtocol", "Store", "Claims", "Content",
      "Cryptography", "Records", "Compression",
    ]),
  tests(
    "SimulationTests",
    [
      "Simulation", "Histories", "Node", "PeerProtocol", "Store", "Claims", "Content",
      "Cryptography",
    ]),
  tests("SwarmTests", ["datanet"]),
  tests("EventLoopTests", ["EventLoop"]),
  tests("TerminalTests", ["Terminal", "JSON"]),
  .target(
    name: "Fuzzing",
    dependencies: [
      "Content", "Claims", "Cryptography", "JSON", "Records", "Checkpoints", "Tokenization",
      "Learning", "Attribution", "PeerProtocol", "Simulation",
    ], path: "Tests/Fuzzing", swiftSettings: hot),
  tests("FuzzTests", ["Fuzzing", "Histories"]),
  tests("CommandTests", ["datanet", "Terminal", "Learning", "Content", "JSON"]),
]

/// With `ONLY` set, keeps the named modules, their tests, and everything those need.
func selected(_ all: [Target]) -> [Target] {
  guard let only = Context.environment["ONLY"], !only.isEmpty else { return all }
  var wanted = Set<String>()
  func want(_ name: String) {
    guard let target = all.first(where: { $0.name == name }), wanted.insert(name).inserted else {
      return
    }
    for dependency in target.dependencies {
      switch dependency {
      case .byNameItem(let name, _), .targetItem(let name, _): want(name)
      default: break
      }
    }
  }
  for name in only.split(separator: ",") {
    want(String(name))
    want("\(name)Tests")
  }
  return all.filter { wanted.contains($0.name) }
}

if let fuzzer {
  let driver = "Tests/FuzzDriver"
  targets += [
    .systemLibrary(name: "CFuzzer", path: "\(driver)/CFuzzer"),
    .executableTarget(
      name: "datanet-fuzz", dependencies: ["Fuzzing", "CFuzzer"], path: driver,
      exclude: ["CFuzzer"], swiftSettings: checked,
      linkerSettings: [
        .unsafeFlags([
          "-sanitize=address", "\(fuzzer)/libclang_rt.fuzzer_no_main-x86_64.a", "-lstdc++",
        ])
      ]),
  ]
}

let package = Package(name: "datanet", targets: selected(targets))
