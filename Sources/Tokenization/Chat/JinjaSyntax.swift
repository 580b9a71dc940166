// The tree of a template; see Specs/Tokenizers.md, "Chat templates".

indirect enum JinjaExpression: Equatable {
  case literal(JinjaLiteral)
  case name(String)
  case list([JinjaExpression])
  case dictionary([JinjaExpression], [JinjaExpression])
  case attribute(JinjaExpression, String)
  case item(JinjaExpression, JinjaExpression)
  case slice(JinjaExpression, JinjaExpression?, JinjaExpression?, JinjaExpression?)
  case call(JinjaExpression, [JinjaArgument])
  case filter(JinjaExpression, String, [JinjaArgument])
  case test(JinjaExpression, String, [JinjaArgument], negated: Bool)
  case not(JinjaExpression)
  case negative(JinjaExpression)
  case binary(String, JinjaExpression, JinjaExpression)
  case choice(JinjaExpression, JinjaExpression, JinjaExpression?)
}

enum JinjaLiteral: Equatable {
  case none
  case bool(Bool)
  case integer(Int)
  case real(Double)
  case string(String)
}

struct JinjaArgument: Equatable {
  var name: String?
  var value: JinjaExpression
}

indirect enum JinjaNode {
  case text(String)
  case output(JinjaExpression)
  case branch([(condition: JinjaExpression, body: [JinjaNode])], otherwise: [JinjaNode])
  case loop(
    names: [String], over: JinjaExpression, filter: JinjaExpression?, body: [JinjaNode],
    otherwise: [JinjaNode])
  case set(names: [String], JinjaExpression)
  case setAttribute(String, String, JinjaExpression)
  case setBlock(String, [JinjaNode])
  case macro(String, [JinjaArgument], [JinjaNode])
  case generation([JinjaNode])
  case breakLoop
  case continueLoop
}

/// Bounds on templates from outside.
enum JinjaLimits {
  static let templateBytes = 256 << 10
  /// Expressions and blocks nest no deeper.
  static let depth = 64
  /// Operators, filters and tests of one tag.
  static let operators = 200
  /// Steps of one rendering, so that loops within loops end.
  static let steps = 2_000_000
  static let outputBytes = 64 << 20
  static let listItems = 100_000
}
