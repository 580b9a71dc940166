// Mutated and structured hostile input to the parsers of checkpoints: a named error or a value, never a
// crash; see Specs/Checkpoints.md.

import Checkpoints
import Testing

/// Changes to bytes that break lengths, nesting and numbers.
struct Mutator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(truncatingIfNeeded: state >> 33) % max(bound, 1)
  }

  private static let scraps = [
    "9223372036854775807", "-1", "0", "1e999", "4294967296", "null", "[]", "{}", "[[[[", "\"", "{",
    "}", "]", ",", ":", "true", "\\u0000", "\u{0}", "F64", "\"q_proj\"", "(a*)*", "\\", "0.5",
  ].map { Array($0.utf8) }

  mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
    var output = bytes
    for _ in 0...next(4) {
      let place = next(output.count + 1)
      switch next(6) {
      case 0: if place < output.count { output[place] = UInt8(next(256)) }
      case 1: output.insert(contentsOf: Self.scraps[next(Self.scraps.count)], at: place)
      case 2: output.removeSubrange(place..<min(output.count, place + next(40)))
      case 3:
        let end = min(output.count, place + next(60))
        output.insert(contentsOf: Array(output[place..<end]), at: next(output.count + 1))
      case 4: output.removeLast(min(output.count, next(30)))
      default: if place < 9, place < output.count { output[place] = UInt8(next(4)) }
      }
    }
    return output
  }
}

@Suite struct HostileTests {
  static let rounds = 4000

  func fuzz(_ files: [String], _ seed: UInt64, _ body: ([UInt8]) -> Void) throws {
    for (index, name) in files.enumerated() {
      let bytes = try MappedFile.contents(of: Repository.fixture(name), limit: 1 << 20)
      var mutator = Mutator(seed: seed &+ UInt64(index))
      body(bytes)
      for _ in 0..<Self.rounds { body(mutator.mutated(bytes)) }
    }
    print("seed \(seed): \(Self.rounds * files.count) mutated files")
  }

  @Test func `mutated safetensors files never crash the reader`() throws {
    try fuzz(["mixed.safetensors", "halves.safetensors", "adapter/adapter_model.safetensors"], 11) {
      CheckpointFuzzing.safetensors($0)
    }
  }

  @Test func `mutated JSON files never crash their readers`() throws {
    try fuzz(
      [
        "base/config.json", "base/generation_config.json", "adapter/adapter_config.json",
        "shards/model.safetensors.index.json",
      ], 12
    ) { CheckpointFuzzing.configuration($0) }
  }

  @Test func `mutated patterns never crash or hang the matcher`() {
    var mutator = Mutator(seed: 13)
    let pattern = Array(#"(?:.*?(?:self_attn|mlp)\.)?[\w.]+{1,3}\.(q|v)_proj\b"#.utf8)
    for _ in 0..<Self.rounds { CheckpointFuzzing.targetPattern(mutator.mutated(pattern)) }
    let nested = String(repeating: "(", count: 25) + "a" + String(repeating: "*)", count: 25)
    CheckpointFuzzing.targetPattern(Array(nested.utf8))
    CheckpointFuzzing.targetPattern(Array((String(repeating: ".*", count: 2000) + "x").utf8))
    CheckpointFuzzing.targetPattern(Array("((.{256}){256}){256}".utf8))
  }

  @Test func `a memory estimate is said before loading and does not overflow`() throws {
    let checkpoint = try Checkpoint(directory: Repository.fixture("base"))
    let estimate = CheckpointMemory(
      checkpoint.configuration, weights: checkpoint.weights, tokens: 100)
    let counted = checkpoint.weights.files.flatMap(\.tensors).reduce(0) { $0 + $1.count }
    #expect(estimate.parameters == counted && estimate.floatBytes == counted * 4)
    #expect(estimate.keyValueBytes == 100 * 2 * 2 * 8 * 4)
    var greatest = checkpoint.configuration
    greatest.vocabularySize = ModelLimits.vocabularySize
    greatest.hiddenSize = ModelLimits.hiddenSize
    greatest.intermediateSize = ModelLimits.intermediateSize
    greatest.layerCount = ModelLimits.layers
    greatest.headCount = ModelLimits.heads
    greatest.keyValueHeadCount = ModelLimits.heads
    greatest.headDimension = ModelLimits.headDimension
    #expect(CheckpointMemory(greatest, weights: nil, tokens: Int.max).keyValueBytes == Int.max)
  }
}
