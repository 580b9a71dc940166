// Every reader of bytes from outside, in one list: what `make test` throws mutated bytes at for a
// moment, and `make fuzz` for minutes with coverage as its guide. A new decoder is a line here.

/// One reader and what must hold for it whatever the bytes are.
public struct Decoder: Sendable {
  public let name: String
  /// Bytes that it accepts, from which mutations begin.
  public let seeds: @Sendable () -> [[UInt8]]
  /// Reads, and says what is wrong with how it read; `nil` when all is well. A refusal is well.
  public let check: @Sendable ([UInt8]) -> String?

  init(
    _ name: String, seeds: @escaping @Sendable () -> [[UInt8]],
    check: @escaping @Sendable ([UInt8]) -> String?
  ) {
    self.name = name
    self.seeds = seeds
    self.check = check
  }
}

/// All of them.
public let decoders: [Decoder] =
  contentDecoders + claimDecoders + fileDecoders + modelDecoders + learningDecoders
  + attributionDecoders + proofDecoders + peerDecoders
