// Opens the checkpoints made by an independent implementation, where they are present; see
// Specs/Checkpoints.md.

import Checkpoints
import Testing

/// Paths relative to this repository.
enum Repository {
  static let root = String(#filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 })
  static let reference = root + "/../shared/reference"
  static let hasReference = MappedFile.exists(reference + "/nano/config.json")
  static func fixture(_ name: String) -> String { root + "/Fixtures/checkpoints/" + name }
}

@Suite struct ReferenceTests {
  @Test(.enabled(if: Repository.hasReference, "../shared/reference is absent"))
  func `the small Llama checkpoint opens with every tensor in its place`() throws {
    let checkpoint = try Checkpoint(directory: Repository.reference + "/nano")
    let configuration = checkpoint.configuration
    #expect(configuration.family == .llama)
    #expect(configuration.layerCount == 4 && configuration.keyValueHeadCount == 2)
    #expect(configuration.headDimension == 32 && configuration.tiedEmbeddings)
    #expect(configuration.ropeScaling == .none && configuration.ropeTheta == 10_000)
    #expect(checkpoint.generation.endTokens == [0] && checkpoint.generation.paddingToken == 3)
    #expect(checkpoint.layout.layers.count == 4)
    #expect(checkpoint.layout.layers[3][.key].weight.shape == [64, 128])
    #expect(checkpoint.layout.head.name == "model.embed_tokens.weight")
    let embedding = try checkpoint.layout.embedding.floats(128..<256)
    #expect(embedding.count == 128 && embedding.contains { $0 != 0 })
  }

  @Test(.enabled(if: Repository.hasReference, "../shared/reference is absent"))
  func `the checkpoint with every optional feature opens`() throws {
    let checkpoint = try Checkpoint(directory: Repository.reference + "/pico")
    let configuration = checkpoint.configuration
    #expect(configuration.queryKeyValueBias && configuration.outputBias)
    #expect(configuration.feedForwardBias && !configuration.tiedEmbeddings)
    #expect(configuration.endTokens == [1, 2])
    #expect(
      configuration.ropeScaling
        == .llama3(
          factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContextLength: 64))
    #expect(checkpoint.layout.layers[1][.down].bias?.shape == [48])
    #expect(checkpoint.layout.head.name == "lm_head.weight")
  }
}
