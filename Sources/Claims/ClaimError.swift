// Why bytes are not a claim (Specs/Claims.md, "Refusals").

public import Content

public enum ClaimError: Error, Equatable {
  /// More than one block.
  case size(Int)
  /// Not strict DAG-CBOR.
  case encoding(DagCBORError)
  /// Not `[statement, signature]`.
  case envelope
  /// Another version of the envelope.
  case version(Int)
  /// A field is missing, has another type or breaks its limit.
  case field(String)
  /// The statement has a field that this version does not know.
  case unknownField(String)
  /// Height, `prev` and `net` contradict each other.
  case place
  /// The signature is not the author's.
  case signature
  /// The body breaks its kind's rules: only for claims that we are about to sign.
  case body(String)
}

extension ClaimError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .size(let count):
      "not a claim: \(count) bytes; at most \(Claim.maximumByteCount) are allowed"
    case .encoding(let error): "not a claim: \(error)"
    case .envelope: "not a claim: it is not a list of a statement and a 64-byte signature"
    case .version(let version):
      "claim format \(version) is not spoken here: this program knows 1; a newer one may help"
    case .field(let name): "not a claim: '\(name)' is missing, of another type or beyond its limit"
    case .unknownField(let name): "not a claim: unknown field '\(name)'"
    case .place: "not a claim: height, prev and net contradict each other"
    case .signature: "not a claim: the signature is not its author's"
    case .body(let reason): "cannot sign this claim: \(reason)"
    }
  }
}
