// Runs a template over a conversation, with bounds on time and output; see Specs/Tokenizers.md, "Chat
// templates".

struct JinjaInterpreter {
  private(set) var output = TemplateText()
  /// What `{% generation %}` blocks gave, as byte ranges of the output.
  private(set) var generated: [Range<Int>] = []
  private var scopes: [[(name: String, value: JinjaValue)]]
  private var steps = 0
  private var calls = 0

  private enum Flow {
    case on, breakLoop, continueLoop
  }

  init(_ variables: [(name: String, value: JinjaValue)]) {
    scopes = [variables]
  }

  mutating func run(_ nodes: [JinjaNode]) throws(JinjaError) {
    if try execute(nodes) != .on {
      throw JinjaError(message: "break or continue outside of a loop")
    }
  }

  private mutating func step() throws(JinjaError) {
    steps += 1
    if steps > JinjaLimits.steps {
      throw JinjaError(message: "it takes more than \(JinjaLimits.steps) steps")
    }
  }

  private mutating func write(_ text: TemplateText) throws(JinjaError) {
    if output.bytes.count + text.bytes.count > JinjaLimits.outputBytes {
      throw JinjaError(message: "it writes more than \(JinjaLimits.outputBytes) bytes")
    }
    output.append(text)
  }

  private func lookUp(_ name: String) -> JinjaValue {
    for scope in scopes.reversed() {
      if let found = scope.last(where: { $0.name == name }) { return found.value }
    }
    switch name {
    case "raise_exception", "namespace", "range", "dict": return .function(name)
    default: return .undefined
    }
  }

  private mutating func assign(_ name: String, _ value: JinjaValue) {
    let last = scopes.count - 1
    if let place = scopes[last].firstIndex(where: { $0.name == name }) {
      scopes[last][place].value = value
    } else {
      scopes[last].append((name, value))
    }
  }

  private mutating func assign(_ names: [String], _ value: JinjaValue) throws(JinjaError) {
    if names.count == 1 { return assign(names[0], value) }
    guard case .list(let items) = value, items.count == names.count else {
      throw JinjaError(message: "\(names.count) names for \(value.kind)")
    }
    for (name, item) in zip(names, items) { assign(name, item) }
  }

  private mutating func execute(_ nodes: [JinjaNode]) throws(JinjaError) -> Flow {
    for node in nodes {
      try step()
      switch node {
      case .text(let text): try write(TemplateText(text))
      case .output(let expression): try write(try evaluate(expression).shown())
      case .set(let names, let expression): try assign(names, evaluate(expression))
      case .setAttribute(let name, let attribute, let expression):
        guard case .namespace(let space) = lookUp(name) else {
          throw JinjaError(message: "setting an attribute of \(name), which is no namespace")
        }
        let value = try evaluate(expression)
        if let place = space.members.firstIndex(where: { $0.key == attribute }) {
          space.members[place].value = value
        } else {
          space.members.append(JinjaMember(attribute, value))
        }
      case .setBlock(let name, let body): assign(name, .text(try captured(body)))
      case .macro(let name, let parameters, let body):
        assign(name, .macro(parameters: parameters, body: body))
      case .generation(let body):
        let start = output.bytes.count
        let flow = try execute(body)
        generated.append(start..<output.bytes.count)
        if flow != .on { return flow }
      case .branch(let branches, let otherwise):
        var taken = otherwise
        for branch in branches where try evaluate(branch.condition).isTrue {
          taken = branch.body
          break
        }
        let flow = try execute(taken)
        if flow != .on { return flow }
      case .loop(let names, let list, let filter, let body, let otherwise):
        try loop(names, list, filter, body, otherwise)
      case .breakLoop: return .breakLoop
      case .continueLoop: return .continueLoop
      }
    }
    return .on
  }

  /// What a body writes, kept out of the output.
  private mutating func captured(_ body: [JinjaNode]) throws(JinjaError) -> TemplateText {
    let outer = output
    let marks = generated
    output = TemplateText()
    defer {
      output = outer
      generated = marks
    }
    _ = try execute(body)
    return output
  }

  private mutating func loop(
    _ names: [String], _ list: JinjaExpression, _ filter: JinjaExpression?, _ body: [JinjaNode],
    _ otherwise: [JinjaNode]
  ) throws(JinjaError) {
    var items = try self.items(evaluate(list))
    if let filter {
      var kept: [JinjaValue] = []
      for item in items {
        scopes.append([])
        defer { scopes.removeLast() }
        try assign(names, item)
        if try evaluate(filter).isTrue { kept.append(item) }
      }
      items = kept
    }
    if items.isEmpty {
      _ = try execute(otherwise)
      return
    }
    for (index, item) in items.enumerated() {
      try step()
      scopes.append([])
      defer { scopes.removeLast() }
      try assign(names, item)
      assign(
        "loop",
        .dictionary([
          JinjaMember("index", .integer(index + 1)), JinjaMember("index0", .integer(index)),
          JinjaMember("revindex", .integer(items.count - index)),
          JinjaMember("revindex0", .integer(items.count - index - 1)),
          JinjaMember("first", .bool(index == 0)),
          JinjaMember("last", .bool(index == items.count - 1)),
          JinjaMember("length", .integer(items.count)),
          JinjaMember("previtem", index > 0 ? items[index - 1] : .undefined),
          JinjaMember("nextitem", index + 1 < items.count ? items[index + 1] : .undefined),
        ]))
      if try execute(body) == .breakLoop { return }
    }
  }

  /// What a loop goes over.
  func items(_ value: JinjaValue) throws(JinjaError) -> [JinjaValue] {
    switch value {
    case .list(let items): return items
    case .dictionary(let members): return members.map { .string($0.key) }
    case .text(let text):
      let places = text.characterPlaces
      return zip(places, places.dropFirst()).map { .text(text.slice($0..<$1)) }
    case .undefined: return []
    default: throw JinjaError(message: "going through \(value.kind)")
    }
  }

  mutating func evaluate(_ expression: JinjaExpression) throws(JinjaError) -> JinjaValue {
    try step()
    switch expression {
    case .literal(let literal):
      switch literal {
      case .none: return .none
      case .bool(let value): return .bool(value)
      case .integer(let value): return .integer(value)
      case .real(let value): return .real(value)
      case .string(let value): return .string(value)
      }
    case .name(let name): return lookUp(name)
    case .list(let items):
      var output: [JinjaValue] = []
      for item in items { output.append(try evaluate(item)) }
      return .list(output)
    case .dictionary(let keys, let values):
      var members: [JinjaMember] = []
      for (key, value) in zip(keys, values) {
        members.append(JinjaMember(try evaluate(key).shown().string, try evaluate(value)))
      }
      return .dictionary(members)
    case .attribute(let inner, let name): return try attribute(evaluate(inner), name)
    case .item(let inner, let index): return try item(evaluate(inner), evaluate(index))
    case .slice(let inner, let start, let stop, let stride):
      let bounds = [try bound(start), try bound(stop), try bound(stride)]
      return try JinjaFunctions.slice(evaluate(inner), bounds)
    case .call(let function, let list): return try call(evaluate(function), list)
    case .filter(let inner, let name, let list):
      return try JinjaFunctions.filter(evaluate(inner), name, arguments(list))
    case .test(let inner, let name, let list, let negated):
      return .bool(
        try JinjaFunctions.test(evaluate(inner), name, arguments(list)) != negated)
    case .not(let inner): return .bool(!(try evaluate(inner).isTrue))
    case .negative(let inner):
      return try JinjaFunctions.arithmetic("-", .integer(0), evaluate(inner))
    case .choice(let condition, let yes, let no):
      if try evaluate(condition).isTrue { return try evaluate(yes) }
      return try no.map { (other) throws(JinjaError) in try evaluate(other) } ?? .undefined
    case .binary(let sign, let left, let right): return try binary(sign, left, right)
    }
  }

  private mutating func bound(_ expression: JinjaExpression?) throws(JinjaError) -> Int? {
    guard let expression else { return nil }
    switch try evaluate(expression) {
    case .none: return nil
    case .integer(let value): return value
    default: throw JinjaError(message: "a slice by something other than numbers")
    }
  }

  private mutating func binary(
    _ sign: String, _ left: JinjaExpression, _ right: JinjaExpression
  ) throws(JinjaError) -> JinjaValue {
    let first = try evaluate(left)
    switch sign {
    case "or": return first.isTrue ? first : try evaluate(right)
    case "and": return first.isTrue ? try evaluate(right) : first
    default: break
    }
    let second = try evaluate(right)
    switch sign {
    case "==": return .bool(first.equals(second))
    case "!=": return .bool(!first.equals(second))
    case "in": return .bool(try JinjaFunctions.contains(second, first))
    case "not in": return .bool(!(try JinjaFunctions.contains(second, first)))
    case "<", "<=", ">", ">=": return .bool(try JinjaFunctions.compare(sign, first, second))
    case "~":
      var text = try first.shown()
      text.append(try second.shown())
      return try bounded(.text(text))
    default: return try bounded(try JinjaFunctions.arithmetic(sign, first, second))
    }
  }

  private func bounded(_ value: JinjaValue) throws(JinjaError) -> JinjaValue {
    switch value {
    case .text(let text) where text.bytes.count > JinjaLimits.outputBytes:
      throw JinjaError(message: "a text of more than \(JinjaLimits.outputBytes) bytes")
    case .list(let items) where items.count > JinjaLimits.listItems:
      throw JinjaError(message: "a list of more than \(JinjaLimits.listItems) items")
    default: return value
    }
  }

  private func attribute(_ value: JinjaValue, _ name: String) throws(JinjaError) -> JinjaValue {
    if let member = value[name] { return member }
    switch value {
    case .undefined: throw JinjaError(message: "the attribute \(name) of an undefined value")
    case .text where JinjaFunctions.textMethods.contains(name): return .method(value, name)
    case .dictionary where JinjaFunctions.dictionaryMethods.contains(name):
      return .method(value, name)
    default: return .undefined
    }
  }

  private func item(_ value: JinjaValue, _ index: JinjaValue) throws(JinjaError) -> JinjaValue {
    switch (value, index) {
    case (.undefined, _): throw JinjaError(message: "an item of an undefined value")
    case (.list(let items), .integer(let place)):
      let place = place < 0 ? place + items.count : place
      return items.indices.contains(place) ? items[place] : .undefined
    case (.text(let text), .integer(let place)):
      let places = text.characterPlaces
      let place = place < 0 ? place + places.count - 1 : place
      guard place >= 0, place + 1 < places.count else { return .undefined }
      return .text(text.slice(places[place]..<places[place + 1]))
    case (_, .text(let key)):
      if let member = value[key.string] { return member }
      return .undefined
    default: return .undefined
    }
  }

  private mutating func arguments(
    _ list: [JinjaArgument]
  ) throws(JinjaError) -> [(name: String?, value: JinjaValue)] {
    var output: [(name: String?, value: JinjaValue)] = []
    for argument in list { output.append((argument.name, try evaluate(argument.value))) }
    return output
  }

  private mutating func call(
    _ function: JinjaValue, _ list: [JinjaArgument]
  ) throws(JinjaError) -> JinjaValue {
    let arguments = try arguments(list)
    switch function {
    case .function("raise_exception"):
      let reason = try arguments.first?.value.shown().string ?? ""
      throw JinjaError(message: "this conversation, because it says: \(reason)")
    case .function("namespace"):
      let space = JinjaNamespace()
      for argument in arguments {
        if let name = argument.name { space.members.append(JinjaMember(name, argument.value)) }
      }
      return .namespace(space)
    case .function("dict"):
      return .dictionary(
        arguments.compactMap { item in item.name.map { JinjaMember($0, item.value) } })
    case .function: return try JinjaFunctions.range(arguments.map(\.value))
    case .method(let value, let name): return try JinjaFunctions.method(value, name, arguments)
    case .macro(let parameters, let body):
      calls += 1
      defer { calls -= 1 }
      if calls > 16 { throw JinjaError(message: "macros that call each other that deep") }
      var scope: [(name: String, value: JinjaValue)] = []
      for (place, parameter) in parameters.enumerated() {
        let named = arguments.first { $0.name == parameter.name }?.value
        let placed = arguments.filter { $0.name == nil }
        if let value = named ?? (place < placed.count ? placed[place].value : nil) {
          scope.append((parameter.name ?? "", value))
        } else {
          scope.append((parameter.name ?? "", try evaluate(parameter.value)))
        }
      }
      // A macro sees what stands outside of all loops, and its parameters.
      let outer = scopes
      scopes = [outer[0], scope]
      defer { scopes = outer }
      return .text(try captured(body))
    default: throw JinjaError(message: "calling \(function.kind)")
    }
  }
}
