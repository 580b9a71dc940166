// The linear layers of a decoder block, by the names that Hugging Face gives them
// (Specs/Transformer.md, "Tensors").

/// In the order in which a block uses them, which is also the order of an adapter's tensors.
public enum LinearKind: String, CaseIterable, Hashable, Sendable {
  case query = "q_proj"
  case key = "k_proj"
  case value = "v_proj"
  case output = "o_proj"
  case gate = "gate_proj"
  case up = "up_proj"
  case down = "down_proj"

  public static let attention: [LinearKind] = [.query, .key, .value, .output]

  /// Its place in a block, as in `model.layers.0.self_attn.q_proj`.
  public var path: String {
    switch self {
    case .query, .key, .value, .output: "self_attn.\(rawValue)"
    case .gate, .up, .down: "mlp.\(rawValue)"
    }
  }

  /// Reads `q`, `q_proj`, or a full module name that ends in it.
  public init?(name: some StringProtocol) {
    let last = String(name.reversed().prefix { $0 != "." }.reversed())
    let kind = Self.allCases.first { $0.rawValue == last || $0.rawValue == last + "_proj" }
    guard let kind else { return nil }
    self = kind
  }
}
