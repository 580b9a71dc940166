// The operators, filters, tests and methods that chat templates use; see Specs/Tokenizers.md, "Chat
// templates". What is not here is refused by name.

internal import JSON

enum JinjaFunctions {
  typealias Arguments = [(name: String?, value: JinjaValue)]

  static let dictionaryMethods = ["items", "keys", "values", "get"]
  static let textMethods = [
    "strip", "lstrip", "rstrip", "startswith", "endswith", "upper", "lower", "capitalize", "title",
    "split", "replace", "find",
  ]

  static func arithmetic(
    _ sign: String, _ left: JinjaValue, _ right: JinjaValue
  ) throws(JinjaError) -> JinjaValue {
    switch (sign, left, right) {
    case ("+", .text(let first), .text(let second)):
      var text = first
      text.append(second)
      return .text(text)
    case ("+", .list(let first), .list(let second)): return .list(first + second)
    case (_, .integer(let first), .integer(let second)): return try integers(sign, first, second)
    default: break
    }
    guard let first = left.number, let second = right.number else {
      throw JinjaError(message: "\(left.kind) \(sign) \(right.kind)")
    }
    switch sign {
    case "+": return .real(first + second)
    case "-": return .real(first - second)
    case "*": return .real(first * second)
    case "/" where second != 0: return .real(first / second)
    default: throw JinjaError(message: "\(left.kind) \(sign) \(right.kind)")
    }
  }

  private static func integers(
    _ sign: String, _ first: Int, _ second: Int
  ) throws(JinjaError) -> JinjaValue {
    let result: (partialValue: Int, overflow: Bool)
    switch sign {
    case "+": result = first.addingReportingOverflow(second)
    case "-": result = first.subtractingReportingOverflow(second)
    case "*": result = first.multipliedReportingOverflow(by: second)
    case "/" where second != 0: return .real(Double(first) / Double(second))
    case "//", "%":
      let quotient = first.dividedReportingOverflow(by: second)
      let rest = first.remainderReportingOverflow(dividingBy: second)
      if quotient.overflow || rest.overflow { throw JinjaError(message: "a division by \(second)") }
      // Python rounds towards minus infinity.
      let down = rest.partialValue != 0 && (rest.partialValue < 0) != (second < 0)
      if sign == "//" { return .integer(quotient.partialValue - (down ? 1 : 0)) }
      return .integer(rest.partialValue + (down ? second : 0))
    default: throw JinjaError(message: "numbers with \(sign)")
    }
    if result.overflow { throw JinjaError(message: "a number that large") }
    return .integer(result.partialValue)
  }

  static func compare(
    _ sign: String, _ left: JinjaValue, _ right: JinjaValue
  ) throws(JinjaError) -> Bool {
    let order: (less: Bool, equal: Bool)
    if let first = left.number, let second = right.number {
      order = (first < second, first == second)
    } else if case .text(let first) = left, case .text(let second) = right {
      order = (first.bytes.lexicographicallyPrecedes(second.bytes), first == second)
    } else {
      throw JinjaError(message: "\(left.kind) \(sign) \(right.kind)")
    }
    switch sign {
    case "<": return order.less
    case "<=": return order.less || order.equal
    case ">": return !order.less && !order.equal
    default: return !order.less
    }
  }

  static func contains(_ value: JinjaValue, _ item: JinjaValue) throws(JinjaError) -> Bool {
    switch (value, item) {
    case (.text(let text), .text(let part)):
      return part.isEmpty || !text.places(of: part.bytes).isEmpty
    case (.list(let items), _): return items.contains { $0.equals(item) }
    case (.dictionary, .text(let key)): return value[key.string] != nil
    case (.namespace, .text(let key)): return value[key.string] != nil
    case (.undefined, _): return false
    default: throw JinjaError(message: "looking for \(item.kind) in \(value.kind)")
    }
  }

  static func slice(_ value: JinjaValue, _ bounds: [Int?]) throws(JinjaError) -> JinjaValue {
    let stride = bounds[2] ?? 1
    guard stride == 1 || stride == -1 else { throw JinjaError(message: "a slice by \(stride)") }
    func range(_ count: Int) -> Range<Int> {
      func place(_ bound: Int) -> Int {
        min(max(bound < 0 ? max(bound, -count) + count : bound, 0), count)
      }
      let start = bounds[0].map(place) ?? 0
      return start..<max(start, bounds[1].map(place) ?? count)
    }
    if stride == -1, bounds[0] != nil || bounds[1] != nil {
      throw JinjaError(message: "a part taken backwards")
    }
    switch value {
    case .list(let items):
      let part = Array(items[range(items.count)])
      return .list(stride == 1 ? part : part.reversed())
    case .text(let text) where stride == 1:
      let places = text.characterPlaces
      let part = range(places.count - 1)
      return .text(text.slice(places[part.lowerBound]..<places[part.upperBound]))
    default: throw JinjaError(message: "a slice of \(value.kind)")
    }
  }

  static func range(_ values: [JinjaValue]) throws(JinjaError) -> JinjaValue {
    var numbers: [Int] = []
    for value in values {
      guard case .integer(let number) = value else {
        throw JinjaError(message: "a range of \(value.kind)")
      }
      numbers.append(number)
    }
    let start = numbers.count > 1 ? numbers[0] : 0
    let stop = numbers.count > 1 ? numbers[1] : numbers.first ?? 0
    let step = numbers.count > 2 ? numbers[2] : 1
    if step == 0 { throw JinjaError(message: "a range with step 0") }
    var output: [JinjaValue] = []
    for number in stride(from: start, to: stop, by: step) {
      if output.count >= JinjaLimits.listItems {
        throw JinjaError(message: "a range of more than \(JinjaLimits.listItems) numbers")
      }
      output.append(.integer(number))
    }
    return .list(output)
  }

  static func test(
    _ value: JinjaValue, _ name: String, _ arguments: Arguments
  ) throws(JinjaError) -> Bool {
    switch (name, value) {
    case ("defined", .undefined): return false
    case ("defined", _): return true
    case ("undefined", .undefined): return true
    case ("undefined", _): return false
    case ("none", .none): return true
    case ("none", _): return false
    case ("string", .text): return true
    case ("mapping", .dictionary): return true
    case ("boolean", .bool): return true
    case ("integer", .integer): return true
    case ("float", .real): return true
    case ("number", .integer), ("number", .real), ("number", .bool): return true
    case ("iterable", .text), ("iterable", .list), ("iterable", .dictionary): return true
    case ("sequence", .text), ("sequence", .list), ("sequence", .dictionary): return true
    case ("callable", .function), ("callable", .macro), ("callable", .method): return true
    case ("true", .bool(let flag)): return flag
    case ("false", .bool(let flag)): return !flag
    case ("odd", .integer(let number)): return number % 2 != 0
    case ("even", .integer(let number)): return number % 2 == 0
    case ("string", _), ("mapping", _), ("boolean", _), ("integer", _), ("float", _),
      ("number", _), ("iterable", _), ("sequence", _), ("callable", _), ("true", _),
      ("false", _):
      return false
    default: break
    }
    guard let other = arguments.first?.value else { throw JinjaError(message: "the test \(name)") }
    switch name {
    case "eq", "equalto", "sameas": return value.equals(other)
    case "ne": return !value.equals(other)
    case "in": return try contains(other, value)
    case "lt", "lessthan": return try compare("<", value, other)
    case "gt", "greaterthan": return try compare(">", value, other)
    case "le": return try compare("<=", value, other)
    case "ge": return try compare(">=", value, other)
    case "divisibleby":
      guard case .integer(let first) = value, case .integer(let second) = other, second > 0 else {
        throw JinjaError(message: "the test \(name) of \(value.kind)")
      }
      return first % second == 0
    default: throw JinjaError(message: "the test \(name)")
    }
  }

  static func filter(
    _ value: JinjaValue, _ name: String, _ arguments: Arguments
  ) throws(JinjaError) -> JinjaValue {
    switch (name, value) {
    case ("default", _), ("d", _):
      let boolean = arguments.count > 1 ? arguments[1].value.isTrue : false
      if case .undefined = value { return arguments.first?.value ?? .string("") }
      return boolean && !value.isTrue ? arguments.first?.value ?? .string("") : value
    case ("tojson", _):
      return .text(TemplateText(try json(value, arguments), origin: origin(value)))
    case ("string", _): return .text(try value.shown())
    case ("trim", _): return .text(try value.shown().stripped())
    case ("length", _), ("count", _): return .integer(try count(value))
    case ("list", .text), ("list", .dictionary), ("list", .list):
      return .list(try JinjaInterpreter([]).items(value))
    case ("first", .list(let items)): return items.first ?? .undefined
    case ("last", .list(let items)): return items.last ?? .undefined
    case ("reverse", .list(let items)): return .list(items.reversed())
    case ("join", .list(let items)):
      var text = TemplateText()
      let separator = try arguments.first?.value.shown() ?? TemplateText()
      for (place, item) in items.enumerated() {
        if place > 0 { text.append(separator) }
        text.append(try item.shown())
        if text.bytes.count > JinjaLimits.outputBytes {
          throw JinjaError(message: "a text of more than \(JinjaLimits.outputBytes) bytes")
        }
      }
      return .text(text)
    case ("int", _):
      if case .text(let text) = value { return .integer(Int(text.string) ?? 0) }
      return .integer(value.number.flatMap { Int(exactly: $0.rounded(.towardZero)) } ?? 0)
    case ("items", _), ("upper", _), ("lower", _), ("capitalize", _), ("title", _), ("replace", _):
      return try method(value, name, arguments)
    case ("selectattr", .list(let items)), ("rejectattr", .list(let items)):
      guard let key = try arguments.first?.value.shown().string else { break }
      var kept: [JinjaValue] = []
      for item in items {
        let found = item[key] ?? .undefined
        let passes: Bool
        if arguments.count > 1 {
          passes = try test(
            found, try arguments[1].value.shown().string, Array(arguments.dropFirst(2)))
        } else {
          passes = found.isTrue
        }
        if passes == (name == "selectattr") { kept.append(item) }
      }
      return .list(kept)
    case ("map", .list(let items)):
      guard arguments.first?.name == "attribute",
        let key = try arguments.first?.value.shown().string
      else { break }
      return .list(items.map { $0[key] ?? .undefined })
    default: break
    }
    throw JinjaError(message: "the filter \(name) of \(value.kind)")
  }

  private static func count(_ value: JinjaValue) throws(JinjaError) -> Int {
    switch value {
    case .text(let text): text.characterPlaces.count - 1
    case .list(let items): items.count
    case .dictionary(let members): members.count
    case .undefined: 0
    default: throw JinjaError(message: "the length of \(value.kind)")
    }
  }

  private static func origin(_ value: JinjaValue) -> Int32 {
    switch value {
    case .text(let text): text.origin
    case .list(let items): items.reduce(TemplateText.template) { max($0, origin($1)) }
    case .dictionary(let members):
      members.reduce(TemplateText.template) { max($0, origin($1.value)) }
    default: TemplateText.template
    }
  }

  /// Python's `json.dumps`, which puts a space after commas and colons.
  private static func json(
    _ value: JinjaValue, _ arguments: Arguments
  ) throws(JinjaError) -> [UInt8] {
    if arguments.contains(where: { !($0.name == "ensure_ascii" && !$0.value.isTrue) }) {
      throw JinjaError(message: "the filter tojson with a layout")
    }
    switch value {
    case .none: return Array("null".utf8)
    case .bool(let flag): return Array((flag ? "true" : "false").utf8)
    case .text(let text): return Array(JSONWriter.quoted(text.string).utf8)
    case .list(let items):
      var output = Array("[".utf8)
      for (place, item) in items.enumerated() {
        if place > 0 { output += ", ".utf8 }
        output += try json(item, [])
      }
      return output + "]".utf8
    case .dictionary(let members):
      var output = Array("{".utf8)
      for (place, member) in members.enumerated() {
        if place > 0 { output += ", ".utf8 }
        output += "\(JSONWriter.quoted(member.key)): ".utf8
        output += try json(member.value, [])
      }
      return output + "}".utf8
    default: return try value.shown().bytes
    }
  }

  static func method(
    _ value: JinjaValue, _ name: String, _ arguments: Arguments
  ) throws(JinjaError) -> JinjaValue {
    switch value {
    case .dictionary(let members):
      switch name {
      case "items": return .list(members.map { .list([.string($0.key), $0.value]) })
      case "keys": return .list(members.map { .string($0.key) })
      case "values": return .list(members.map(\.value))
      case "get":
        let key = try arguments.first?.value.shown().string ?? ""
        return value[key] ?? (arguments.count > 1 ? arguments[1].value : .none)
      default: break
      }
    case .text(let text): return try method(text, name, arguments)
    default: break
    }
    throw JinjaError(message: "\(name) of \(value.kind)")
  }

  private static func method(
    _ text: TemplateText, _ name: String, _ arguments: Arguments
  ) throws(JinjaError) -> JinjaValue {
    var texts: [TemplateText] = []
    for argument in arguments {
      guard case .text(let text) = argument.value else { break }
      texts.append(text)
    }
    let set = texts.first.map { $0.string.unicodeScalars.map(\.value) }
    func changed(_ string: String) -> JinjaValue {
      .text(TemplateText(Array(string.utf8), origin: text.origin))
    }
    switch name {
    case "strip": return .text(text.stripped(of: set))
    case "lstrip": return .text(text.stripped(right: false, of: set))
    case "rstrip": return .text(text.stripped(left: false, of: set))
    case "startswith":
      return .bool(texts.contains { text.bytes.starts(with: $0.bytes) })
    case "endswith":
      return .bool(texts.contains { text.bytes.reversed().starts(with: $0.bytes.reversed()) })
    case "upper": return changed(text.string.uppercased())
    case "lower": return changed(text.string.lowercased())
    case "capitalize":
      return changed(text.string.prefix(1).uppercased() + text.string.dropFirst().lowercased())
    case "title":
      var output = ""
      var inWord = false
      for character in text.string {
        output += inWord ? character.lowercased() : character.uppercased()
        inWord = character.isLetter
      }
      return changed(output)
    case "split":
      guard let separator = texts.first else {
        return .list(
          text.string.split(whereSeparator: \.isWhitespace).map { changed(String($0)) })
      }
      if separator.isEmpty || arguments.count > 1 { break }
      var pieces: [JinjaValue] = []
      var start = 0
      for place in text.places(of: separator.bytes) {
        pieces.append(.text(text.slice(start..<place)))
        start = place + separator.bytes.count
      }
      return .list(pieces + [.text(text.slice(start..<text.bytes.count))])
    case "replace":
      guard texts.count == 2, !texts[0].isEmpty else { break }
      var output = TemplateText()
      var start = 0
      for place in text.places(of: texts[0].bytes) {
        output.append(text.slice(start..<place))
        output.append(texts[1])
        start = place + texts[0].bytes.count
        if output.bytes.count > JinjaLimits.outputBytes {
          throw JinjaError(message: "a text of more than \(JinjaLimits.outputBytes) bytes")
        }
      }
      output.append(text.slice(start..<text.bytes.count))
      return .text(output)
    case "find":
      guard let part = texts.first, let place = text.places(of: part.bytes).first else {
        return .integer(-1)
      }
      return .integer(text.characterPlaces.firstIndex(of: place) ?? -1)
    default: break
    }
    throw JinjaError(message: "\(name) of a text")
  }
}
