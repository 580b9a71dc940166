// Models of three sizes with random weights, written once to files that both sides load
// (Specs/Performance.md, "Learning").

import CanonicalMath
import Checkpoints
import Cryptography
import Glibc
import Learning

struct LearningShape {
  let name: String
  let configuration: ModelConfiguration

  static let smol = LearningShape(
    name: "SmolLM2-135M's shape",
    configuration: ModelConfiguration(
      vocabularySize: 49_152, hiddenSize: 576, intermediateSize: 1536, layerCount: 30,
      headCount: 9, keyValueHeadCount: 3, headDimension: 64, contextLength: 2048,
      ropeTheta: 100_000, endTokens: [0]))
  static let ten = LearningShape(
    name: "10 M parameters",
    configuration: ModelConfiguration(
      vocabularySize: 4096, hiddenSize: 256, intermediateSize: 768, layerCount: 12, headCount: 8,
      keyValueHeadCount: 4, headDimension: 32, contextLength: 2048, endTokens: [0]))
  static let one = LearningShape(
    name: "1 M parameters",
    configuration: ModelConfiguration(
      vocabularySize: 1024, hiddenSize: 128, intermediateSize: 384, layerCount: 4, headCount: 4,
      keyValueHeadCount: 2, headDimension: 32, contextLength: 2048, endTokens: [0]))

  /// The directory of the shape's checkpoint, which is made when it is not there.
  func directory(in folder: String, type: TensorType) throws -> String {
    let width = configuration.hiddenSize
    let path = "\(folder)/model-\(width)-\(type.rawValue.lowercased())"
    unsafe mkdir(folder, 0o755)
    unsafe mkdir(path, 0o755)
    guard !MappedFile.exists("\(path)/model.safetensors") else { return path }
    let layout = ParameterLayout(everythingIn: configuration)
    let seed = SHA256.hash(Array("benchmark".utf8))
    let tensors = layout.tensors.enumerated().map { index, tensor in
      OutgoingTensor(name: tensor.name, type: type, shape: tensor.shape) {
        () throws(CheckpointError) -> [UInt8] in
        let values =
          tensor.isVector
          ? Matrix([Float](repeating: 1, count: tensor.columns))
          : RandomStream(seed, .initialValues, index: index)
            .normal(rows: tensor.rows, columns: tensor.columns, deviation: 0.02)
        return values.bytes(as: type == .bf16 ? .bfloat16 : .float32)
      }
    }
    let name = type == .bf16 ? "bfloat16" : "float32"
    try AtomicFile.write(
      BaseMaking.configurationFile(configuration, type: name), to: "\(path)/config.json")
    try SafetensorsWriter.write(tensors, to: "\(path)/model.safetensors")
    return path
  }
}
