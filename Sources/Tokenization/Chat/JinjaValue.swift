// The values of a running template; see Specs/Tokenizers.md, "Chat templates".

indirect enum JinjaValue {
  case undefined
  case none
  case bool(Bool)
  case integer(Int)
  case real(Double)
  case text(TemplateText)
  case list([JinjaValue])
  /// In the order of insertion; keys are texts.
  case dictionary([JinjaMember])
  case namespace(JinjaNamespace)
  case macro(parameters: [JinjaArgument], body: [JinjaNode])
  case function(String)
  /// A method that waits for its call.
  case method(JinjaValue, String)

  static func string(_ value: String) -> JinjaValue { .text(TemplateText(value)) }

  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .integer(let value): value != 0
    case .real(let value): value != 0
    case .text(let value): !value.isEmpty
    case .list(let items): !items.isEmpty
    case .dictionary(let members): !members.isEmpty
    case .namespace, .macro, .function, .method: true
    }
  }

  /// What stands in the output for it.
  func shown() throws(JinjaError) -> TemplateText {
    switch self {
    case .undefined: TemplateText()
    case .none: TemplateText("None")
    case .bool(let value): TemplateText(value ? "True" : "False")
    case .integer(let value): TemplateText(String(value))
    case .real(let value): TemplateText(String(value))
    case .text(let value): value
    default: throw JinjaError(message: "printing \(kind)")
    }
  }

  var kind: String {
    switch self {
    case .undefined: "an undefined value"
    case .none: "none"
    case .bool: "a boolean"
    case .integer, .real: "a number"
    case .text: "a text"
    case .list: "a list"
    case .dictionary: "a dictionary"
    case .namespace: "a namespace"
    case .macro, .function, .method: "a function"
    }
  }

  /// The member of that name of a dictionary or namespace.
  subscript(key: String) -> JinjaValue? {
    switch self {
    case .dictionary(let members): members.last { $0.key.utf8.elementsEqual(key.utf8) }?.value
    case .namespace(let space): JinjaValue.dictionary(space.members)[key]
    default: nil
    }
  }

  func equals(_ other: JinjaValue) -> Bool {
    switch (self, other) {
    case (.undefined, .undefined), (.none, .none): true
    case (.bool(let left), .bool(let right)): left == right
    case (.text(let left), .text(let right)): left == right
    case (.list(let left), .list(let right)):
      left.count == right.count && zip(left, right).allSatisfy { $0.equals($1) }
    case (.dictionary(let left), .dictionary(let right)):
      left.count == right.count
        && left.allSatisfy { member in
          other[member.key].map { member.value.equals($0) } ?? false
        }
    default: if let left = number, let right = other.number { left == right } else { false }
    }
  }

  /// Numbers compare with each other and with booleans.
  var number: Double? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .integer(let value): Double(value)
    case .real(let value): value
    default: nil
    }
  }
}

struct JinjaMember {
  var key: String
  var value: JinjaValue

  init(_ key: String, _ value: JinjaValue) {
    self.key = key
    self.value = value
  }
}

/// What `namespace()` makes: the one thing that an inner block can change for an outer one. Lives for
/// one rendering on one thread.
final class JinjaNamespace {
  var members: [JinjaMember] = []
}
