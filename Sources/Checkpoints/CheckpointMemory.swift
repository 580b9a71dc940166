// How much memory a model takes, from its configuration alone; see Specs/Checkpoints.md, "Memory".

extension ModelConfiguration {
  /// Weights and biases, a tied head counted once. The limits that `check` holds keep it below 2^62.
  public var parameterCount: Int {
    var layer = 2 * hiddenSize
    for role in LinearRole.allCases {
      let (outputs, inputs) = role.shape(in: self)
      layer += outputs * inputs + (role.hasBias(in: self) ? outputs : 0)
    }
    let tables = (tiedEmbeddings ? 1 : 2) * vocabularySize * hiddenSize
    return tables + layerCount * layer + hiddenSize
  }

  /// Bytes of keys and values that generation keeps for one token of one text.
  public var keyValueBytesPerToken: Int { layerCount * 2 * keyValueWidth * 4 }
}

/// What loading and running a checkpoint takes, to be said before anything is loaded.
public struct CheckpointMemory: Sendable, Equatable {
  public let parameters: Int
  /// The weights as they lie in the files; mapped, so they can be given back to the system.
  public let fileBytes: Int
  /// The weights as F32, where they must be widened or changed.
  public let floatBytes: Int
  /// Keys and values for `tokens` tokens.
  public let keyValueBytes: Int

  public init(_ configuration: ModelConfiguration, weights: WeightFiles?, tokens: Int) {
    parameters = configuration.parameterCount
    fileBytes = weights?.files.reduce(0) { $0 + $1.file.count } ?? 0
    floatBytes = parameters * 4
    let (bytes, overflow) = configuration.keyValueBytesPerToken.multipliedReportingOverflow(
      by: max(0, tokens))
    keyValueBytes = overflow ? Int.max : bytes
  }
}
