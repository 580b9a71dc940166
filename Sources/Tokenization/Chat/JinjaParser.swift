// Builds a tree from a template's pieces; see Specs/Tokenizers.md, "Chat templates".

struct JinjaParser {
  private let pieces: [JinjaPiece]
  private var next = 0
  private var tokens: [JinjaToken] = []
  private var position = 0
  private var depth = 0

  init(_ text: String) throws(JinjaError) {
    if text.utf8.count > JinjaLimits.templateBytes {
      throw JinjaError(
        message: "it has \(text.utf8.count) bytes, the limit is \(JinjaLimits.templateBytes)")
    }
    var lexer = JinjaLexer(text)
    pieces = try lexer.cut()
  }

  mutating func template() throws(JinjaError) -> [JinjaNode] {
    let nodes = try body(until: [])
    return nodes
  }

  private mutating func deeper() throws(JinjaError) {
    depth += 1
    if depth > JinjaLimits.depth {
      throw JinjaError(message: "it nests deeper than \(JinjaLimits.depth)")
    }
  }

  /// Nodes up to a statement that begins with one of `names`, whose name is then read.
  private mutating func body(until names: [String]) throws(JinjaError) -> [JinjaNode] {
    try deeper()
    defer { depth -= 1 }
    var nodes: [JinjaNode] = []
    while next < pieces.count {
      let piece = pieces[next]
      next += 1
      switch piece {
      case .text(let text): nodes.append(.text(text))
      case .output(let list):
        begin(list)
        nodes.append(.output(try expression()))
        try finish()
      case .statement(let list):
        begin(list)
        let name = try word()
        if names.contains(name) {
          closing = name
          return nodes
        }
        nodes.append(try statement(name))
      }
    }
    if names.isEmpty { return nodes }
    throw JinjaError(message: "\(names.joined(separator: " or ")) is missing")
  }

  /// The name of the statement that ended the last body.
  private var closing = ""

  private mutating func begin(_ list: [JinjaToken]) {
    tokens = list
    position = 0
    links = 0
  }

  /// Operators of the current tag: a long chain of them is as deep as it is long.
  private var links = 0

  private mutating func link() throws(JinjaError) {
    links += 1
    if links > JinjaLimits.operators {
      throw JinjaError(message: "more than \(JinjaLimits.operators) operators in one tag")
    }
  }

  private var token: JinjaToken { position < tokens.count ? tokens[position] : .end }

  private mutating func take(_ sign: String) -> Bool {
    guard token == .sign(sign) else { return false }
    position += 1
    return true
  }

  private mutating func takeName(_ name: String) -> Bool {
    guard token == .name(name) else { return false }
    position += 1
    return true
  }

  private mutating func word() throws(JinjaError) -> String {
    guard case .name(let name) = token else {
      throw JinjaError(message: "a name is expected in a tag")
    }
    position += 1
    return name
  }

  private mutating func expect(_ sign: String) throws(JinjaError) {
    if !take(sign) { throw JinjaError(message: "\(sign) is expected") }
  }

  private func finish() throws(JinjaError) {
    if token != .end { throw JinjaError(message: "a tag does not end where it should: \(token)") }
  }

  private mutating func statement(_ name: String) throws(JinjaError) -> JinjaNode {
    switch name {
    case "if": return try branch()
    case "for": return try loop()
    case "set": return try assignment()
    case "macro":
      let name = try word()
      try expect("(")
      var parameters: [JinjaArgument] = []
      while !take(")") {
        let parameter = try word()
        let value = take("=") ? try expression() : .literal(.none)
        parameters.append(JinjaArgument(name: parameter, value: value))
        if !take(","), token != .sign(")") { throw JinjaError(message: ") is expected") }
      }
      try finish()
      let body = try body(until: ["endmacro"])
      return .macro(name, parameters, body)
    case "generation":
      try finish()
      let body = try body(until: ["endgeneration"])
      return .generation(body)
    case "break": return .breakLoop
    case "continue": return .continueLoop
    default: throw JinjaError(message: "the statement \(name)")
    }
  }

  private mutating func branch() throws(JinjaError) -> JinjaNode {
    var branches: [(condition: JinjaExpression, body: [JinjaNode])] = []
    var condition = try expression()
    try finish()
    while true {
      let inner = try body(until: ["elif", "else", "endif"])
      branches.append((condition, inner))
      if closing == "elif" {
        condition = try expression()
        try finish()
        continue
      }
      var otherwise: [JinjaNode] = []
      if closing == "else" { otherwise = try body(until: ["endif"]) }
      return .branch(branches, otherwise: otherwise)
    }
  }

  private mutating func loop() throws(JinjaError) -> JinjaNode {
    let names = try self.names()
    guard takeName("in") else { throw JinjaError(message: "in is expected") }
    // Without the ternary, so that an if behind it filters.
    let list = try or()
    let filter = takeName("if") ? try expression() : nil
    try finish()
    let inner = try body(until: ["else", "endfor"])
    var otherwise: [JinjaNode] = []
    if closing == "else" { otherwise = try body(until: ["endfor"]) }
    return .loop(names: names, over: list, filter: filter, body: inner, otherwise: otherwise)
  }

  private mutating func names() throws(JinjaError) -> [String] {
    let open = take("(")
    var names = [try word()]
    while take(",") { names.append(try word()) }
    if open { try expect(")") }
    return names
  }

  private mutating func assignment() throws(JinjaError) -> JinjaNode {
    let names = try self.names()
    if names.count == 1, take(".") {
      let attribute = try word()
      try expect("=")
      let value = try expression()
      try finish()
      return .setAttribute(names[0], attribute, value)
    }
    if take("=") {
      var value = try expression()
      if token == .sign(",") {
        var items = [value]
        while take(",") { items.append(try expression()) }
        value = .list(items)
      }
      try finish()
      return .set(names: names, value)
    }
    try finish()
    return .setBlock(names[0], try body(until: ["endset"]))
  }

  mutating func expression() throws(JinjaError) -> JinjaExpression {
    try deeper()
    defer { depth -= 1 }
    var value = try or()
    while takeName("if") {
      try link()
      let condition = try or()
      let otherwise = takeName("else") ? try expression() : nil
      value = .choice(condition, value, otherwise)
    }
    return value
  }

  private mutating func or() throws(JinjaError) -> JinjaExpression {
    var value = try and()
    while takeName("or") {
      try link()
      value = .binary("or", value, try and())
    }
    return value
  }

  private mutating func and() throws(JinjaError) -> JinjaExpression {
    var value = try not()
    while takeName("and") {
      try link()
      value = .binary("and", value, try not())
    }
    return value
  }

  private mutating func not() throws(JinjaError) -> JinjaExpression {
    guard takeName("not") else { return try comparison() }
    try deeper()
    defer { depth -= 1 }
    return .not(try not())
  }

  private mutating func comparison() throws(JinjaError) -> JinjaExpression {
    var value = try sum()
    var result: JinjaExpression? = nil
    while true {
      let sign: String
      if case .sign(let text) = token, ["==", "!=", "<", "<=", ">", ">="].contains(text) {
        sign = text
        position += 1
      } else if takeName("in") {
        sign = "in"
      } else if token == .name("not"), position + 1 < tokens.count,
        tokens[position + 1] == .name("in")
      {
        position += 2
        sign = "not in"
      } else {
        return result ?? value
      }
      try link()
      let right = try sum()
      let one = JinjaExpression.binary(sign, value, right)
      result = result.map { .binary("and", $0, one) } ?? one
      value = right
    }
  }

  private mutating func sum() throws(JinjaError) -> JinjaExpression {
    var value = try joined()
    while case .sign(let sign) = token, sign == "+" || sign == "-" {
      position += 1
      try link()
      value = .binary(sign, value, try joined())
    }
    return value
  }

  private mutating func joined() throws(JinjaError) -> JinjaExpression {
    var value = try product()
    while take("~") {
      try link()
      value = .binary("~", value, try product())
    }
    return value
  }

  private mutating func product() throws(JinjaError) -> JinjaExpression {
    var value = try unary()
    while case .sign(let sign) = token, ["*", "/", "//", "%"].contains(sign) {
      position += 1
      try link()
      value = .binary(sign, value, try unary())
    }
    return value
  }

  private mutating func unary() throws(JinjaError) -> JinjaExpression {
    if take("-") {
      try deeper()
      defer { depth -= 1 }
      return .negative(try unary())
    }
    if take("+") {
      try link()
      return try unary()
    }
    return try filtered(try postfix(try primary()))
  }

  private mutating func filtered(_ start: JinjaExpression) throws(JinjaError) -> JinjaExpression {
    var value = start
    while true {
      try link()
      if take("|") {
        let name = try word()
        value = .filter(value, name, token == .sign("(") ? try arguments() : [])
      } else if takeName("is") {
        let negated = takeName("not")
        let name = try word()
        var list: [JinjaArgument] = []
        if token == .sign("(") {
          list = try arguments()
        } else if takesOperand {
          list = [JinjaArgument(name: nil, value: try postfix(try primary()))]
        }
        value = .test(value, name, list, negated: negated)
      } else {
        return value
      }
      value = try postfix(value)
    }
  }

  /// A test may take one value without brackets.
  private var takesOperand: Bool {
    switch token {
    case .integer, .real, .string: true
    case .name(let name): !["and", "or", "not", "in", "is", "if", "else"].contains(name)
    default: false
    }
  }

  private mutating func postfix(_ start: JinjaExpression) throws(JinjaError) -> JinjaExpression {
    var value = start
    var length = 0
    while true {
      length += 1
      if length > JinjaLimits.depth { throw JinjaError(message: "a chain that long") }
      if take(".") {
        if case .integer(let index) = token {
          position += 1
          value = .item(value, .literal(.integer(index)))
        } else {
          value = .attribute(value, try word())
        }
      } else if take("[") {
        value = try subscripted(value)
      } else if token == .sign("(") {
        value = .call(value, try arguments())
      } else {
        return value
      }
    }
  }

  private mutating func subscripted(_ value: JinjaExpression) throws(JinjaError) -> JinjaExpression
  {
    var parts: [JinjaExpression?] = []
    var colons = 0
    var current: JinjaExpression? = nil
    while !take("]") {
      if take(":") {
        parts.append(current)
        current = nil
        colons += 1
      } else if current == nil {
        current = try expression()
      } else {
        throw JinjaError(message: "] is expected")
      }
      if token == .end { throw JinjaError(message: "] is expected") }
    }
    parts.append(current)
    if colons == 0 {
      guard let index = current else { throw JinjaError(message: "an index is expected") }
      return .item(value, index)
    }
    if colons > 2 { throw JinjaError(message: "a slice of more than three parts") }
    return .slice(value, parts[0], parts[1], parts.count > 2 ? parts[2] : nil)
  }

  private mutating func arguments() throws(JinjaError) -> [JinjaArgument] {
    try expect("(")
    var list: [JinjaArgument] = []
    while !take(")") {
      if case .name(let name) = token, position + 1 < tokens.count,
        tokens[position + 1] == .sign("=")
      {
        position += 2
        list.append(JinjaArgument(name: name, value: try expression()))
      } else {
        list.append(JinjaArgument(name: nil, value: try expression()))
      }
      if !take(","), token != .sign(")") { throw JinjaError(message: ") is expected") }
    }
    return list
  }

  private mutating func primary() throws(JinjaError) -> JinjaExpression {
    let first = token
    position += 1
    switch first {
    case .string(let start):
      // Strings side by side are one.
      var text = start
      while case .string(let more) = token {
        text += more
        position += 1
      }
      return .literal(.string(text))
    case .integer(let value): return .literal(.integer(value))
    case .real(let value): return .literal(.real(value))
    case .name(let name):
      switch name {
      case "true", "True": return .literal(.bool(true))
      case "false", "False": return .literal(.bool(false))
      case "none", "None": return .literal(.none)
      default: return .name(name)
      }
    case .sign("("):
      var items: [JinjaExpression] = []
      var isTuple = false
      while !take(")") {
        items.append(try expression())
        if take(",") {
          isTuple = true
        } else if token != .sign(")") {
          throw JinjaError(message: ") is expected")
        }
      }
      return items.count == 1 && !isTuple ? items[0] : .list(items)
    case .sign("["):
      var items: [JinjaExpression] = []
      while !take("]") {
        items.append(try expression())
        if !take(","), token != .sign("]") { throw JinjaError(message: "] is expected") }
      }
      return .list(items)
    case .sign("{"):
      var keys: [JinjaExpression] = []
      var values: [JinjaExpression] = []
      while !take("}") {
        keys.append(try expression())
        try expect(":")
        values.append(try expression())
        if !take(","), token != .sign("}") { throw JinjaError(message: "} is expected") }
      }
      return .dictionary(keys, values)
    default: throw JinjaError(message: "a value is expected")
    }
  }
}
