// Why a block of a proof is refused (Specs/Proofs.md, "Refusals").

public import Content

public enum ProofError: Error, Equatable, CustomStringConvertible {
  /// Not a block of that kind.
  case shape(String)
  case encoding(String)
  /// A block that the proof names is not at hand.
  case missing(CID)
  /// What was said about something is not what it is.
  case contradiction(String)
  /// The limit, and what goes beyond it.
  case limit(String)

  public var description: String {
    switch self {
    case .shape(let what): "not \(what): a field is missing, unknown or beyond its limit"
    case .encoding(let cause): "not a DAG-CBOR block: \(cause)"
    case .missing(let cid): "block \(cid) is not held; get it from a peer first"
    case .contradiction(let what): what
    case .limit(let what): what
    }
  }
}
