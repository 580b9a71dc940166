// What the claims' store refuses, on one line. Specs/ClaimStore.md, "Refusals".

public import Content

public enum ClaimStoreError: Error, Equatable, Sendable, CustomStringConvertible {
  /// This home does not know the Datanet.
  case unknownDatanet(CID)
  /// The claim founds no Datanet.
  case notGenesis(CID)
  /// Our own chain has a gap here: some of our claims are elsewhere only.
  case ownChainIncomplete(known: Int)
  /// Our own chain is forked: nothing that we sign from `height` on counts.
  case ownChainForked(height: Int)

  public var description: String {
    switch self {
    case .unknownDatanet(let cid): "no Datanet \(cid) here; datanet ls shows those that are"
    case .notGenesis(let cid): "\(cid) is not the genesis of a Datanet"
    case .ownChainIncomplete(let known):
      "only \(known) of this identity's claims are here and later ones exist; import an archive "
        + "that has them first, since signing now would contradict them"
    case .ownChainForked(let height):
      "this identity has signed two claims at height \(height): nothing that it signs from there on "
        + "counts; make another identity (datanet init) in a new home"
    }
  }
}
