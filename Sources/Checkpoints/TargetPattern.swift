// The regular expressions that adapters use to name modules, matched in polynomial time; see
// Specs/Checkpoints.md, "Target patterns".

/// A pattern in the part of Python's syntax that such patterns use: literals, `.`, classes, `\d \w \s
/// \b`, groups, `|`, `* + ? {m,n}`, `^ $`. Everything else is refused by name. Greedy and lazy make no
/// difference, because the whole name must match.
public struct TargetPattern: Sendable, Equatable {
  public let text: String
  private let root: Node

  /// A pattern has at most this many bytes.
  public static let length = 4096
  /// Groups nest no deeper.
  static let depth = 32
  /// A counted repetition repeats no more often.
  static let repetitions = 256

  indirect enum Node: Sendable, Equatable {
    case set(ranges: [ClosedRange<UInt8>], negated: Bool)
    case start, end, wordBoundary
    case sequence([Node])
    case alternatives([Node])
    case repeated(Node, least: Int, most: Int?)
  }

  public init(_ text: String, file: String = "adapter_config.json") throws(CheckpointError) {
    if text.utf8.count > Self.length {
      throw .limit(
        file: file, what: "the length of target_modules", value: text.utf8.count,
        limit: Self.length)
    }
    var parser = PatternParser(bytes: Array(text.utf8), file: file, text: text)
    root = try parser.alternatives(depth: 0)
    if parser.position < parser.bytes.count { throw parser.unsupported("an unmatched )") }
    self.text = text
  }

  /// True when the whole name matches.
  public func matches(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    var starts = [Bool](repeating: false, count: bytes.count + 1)
    starts[0] = true
    return Self.ends(root, bytes, starts)[bytes.count]
  }

  /// Where a match of `node` can end, given all places where it may start.
  private static func ends(_ node: Node, _ bytes: [UInt8], _ starts: [Bool]) -> [Bool] {
    var output = [Bool](repeating: false, count: starts.count)
    switch node {
    case .set(let ranges, let negated):
      for index in bytes.indices where starts[index] {
        output[index + 1] = ranges.contains { $0.contains(bytes[index]) } != negated
      }
    case .start: output[0] = starts[0]
    case .end: output[bytes.count] = starts[bytes.count]
    case .wordBoundary:
      for index in starts.indices where starts[index] {
        let before = index > 0 && PatternParser.isWord(bytes[index - 1])
        let after = index < bytes.count && PatternParser.isWord(bytes[index])
        output[index] = before != after
      }
    case .sequence(let nodes):
      output = starts
      for node in nodes { output = ends(node, bytes, output) }
    case .alternatives(let nodes):
      for node in nodes {
        for (index, found) in ends(node, bytes, starts).enumerated() where found {
          output[index] = true
        }
      }
    case .repeated(let inner, let least, let most):
      var current = starts
      for _ in 0..<least { current = ends(inner, bytes, current) }
      output = current
      var rounds = least
      // Each round adds a place or is the last one.
      while most.map({ rounds < $0 }) ?? true {
        current = ends(inner, bytes, current)
        var grew = false
        for index in current.indices where current[index] && !output[index] {
          output[index] = true
          grew = true
        }
        if !grew { break }
        rounds += 1
      }
    }
    return output
  }
}

struct PatternParser {
  let bytes: [UInt8]
  let file: String
  let text: String
  var position = 0

  init(bytes: [UInt8], file: String, text: String) {
    self.bytes = bytes
    self.file = file
    self.text = text
  }

  private static let digits: [ClosedRange<UInt8>] = [0x30...0x39]
  private static let words: [ClosedRange<UInt8>] = [
    0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A,
  ]
  private static let spaces: [ClosedRange<UInt8>] = [0x09...0x0D, 0x20...0x20]

  static func isWord(_ byte: UInt8) -> Bool { words.contains { $0.contains(byte) } }

  func unsupported(_ what: String) -> CheckpointError {
    .unsupported(
      file: file, option: "target_modules", value: shown(text),
      advice: "\(what) at byte \(position) of the pattern; name the modules in a list instead")
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ character: Character) -> Bool {
    guard next == character.asciiValue else { return false }
    position += 1
    return true
  }

  mutating func alternatives(depth: Int) throws(CheckpointError) -> TargetPattern.Node {
    if depth > TargetPattern.depth { throw unsupported("groups nest too deep") }
    var branches: [TargetPattern.Node] = []
    repeat {
      var nodes: [TargetPattern.Node] = []
      while let byte = next, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
        nodes.append(try quantified(try atom(depth: depth)))
      }
      branches.append(.sequence(nodes))
    } while take("|")
    return branches.count == 1 ? branches[0] : .alternatives(branches)
  }

  private mutating func atom(depth: Int) throws(CheckpointError) -> TargetPattern.Node {
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "("):
      if take("?") && !take(":") { throw unsupported("a group other than (...) and (?:...)") }
      let inner = try alternatives(depth: depth + 1)
      if !take(")") { throw unsupported("a missing )") }
      return inner
    case UInt8(ascii: "["): return try characterClass()
    case UInt8(ascii: "."): return .set(ranges: [0x0A...0x0A], negated: true)
    case UInt8(ascii: "^"): return .start
    case UInt8(ascii: "$"): return .end
    case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{"):
      throw unsupported("a quantifier with nothing before it")
    case UInt8(ascii: "\\"):
      if take("b") { return .wordBoundary }
      let (ranges, negated) = try escape()
      return .set(ranges: ranges, negated: negated)
    default: return .set(ranges: [byte...byte], negated: false)
    }
  }

  private mutating func escape() throws(CheckpointError) -> (
    ranges: [ClosedRange<UInt8>], negated: Bool
  ) {
    guard let byte = next else { throw unsupported("a lone backslash") }
    position += 1
    switch byte {
    case UInt8(ascii: "d"): return (Self.digits, false)
    case UInt8(ascii: "D"): return (Self.digits, true)
    case UInt8(ascii: "w"): return (Self.words, false)
    case UInt8(ascii: "W"): return (Self.words, true)
    case UInt8(ascii: "s"): return (Self.spaces, false)
    case UInt8(ascii: "S"): return (Self.spaces, true)
    default:
      // A letter or digit after the backslash has a meaning that is not implemented.
      if Self.isWord(byte) && byte != UInt8(ascii: "_") { throw unsupported("an unknown escape") }
      return ([byte...byte], false)
    }
  }

  private mutating func characterClass() throws(CheckpointError) -> TargetPattern.Node {
    let negated = take("^")
    var ranges: [ClosedRange<UInt8>] = []
    var first = true
    while true {
      guard let byte = next else { throw unsupported("a missing ]") }
      position += 1
      if byte == UInt8(ascii: "]"), !first { break }
      first = false
      if byte == UInt8(ascii: "\\") {
        let (more, inverted) = try escape()
        if inverted { throw unsupported("a negated escape in a class") }
        ranges += more
      } else if next == UInt8(ascii: "-"), position + 1 < bytes.count,
        bytes[position + 1] != UInt8(ascii: "]")
      {
        let last = bytes[position + 1]
        if last < byte || last == UInt8(ascii: "\\") { throw unsupported("a bad range") }
        position += 2
        ranges.append(byte...last)
      } else {
        ranges.append(byte...byte)
      }
    }
    return .set(ranges: ranges, negated: negated)
  }

  private mutating func quantified(
    _ node: TargetPattern.Node
  ) throws(CheckpointError) -> TargetPattern.Node {
    var node = node
    var counted = false
    while let byte = next {
      let bounds: (least: Int, most: Int?)
      switch byte {
      case UInt8(ascii: "*"): bounds = (0, nil)
      case UInt8(ascii: "+"): bounds = (1, nil)
      case UInt8(ascii: "?"): bounds = (0, 1)
      case UInt8(ascii: "{"):
        position += 1
        let least = number()
        let most = take(",") ? number() : least
        guard let first = least ?? (most == nil ? nil : 0), next == UInt8(ascii: "}"),
          max(first, most ?? 0) <= TargetPattern.repetitions, most.map({ $0 >= first }) ?? true
        else { throw unsupported("a repetition count") }
        bounds = (first, most)
      default: return node
      }
      position += 1
      // A ? after a quantifier makes it lazy, a + possessive; a second quantifier is an error.
      if counted { throw unsupported("a quantifier after a quantifier") }
      counted = true
      node = .repeated(node, least: bounds.least, most: bounds.most)
      if take("?") { continue }
    }
    return node
  }

  private mutating func number() -> Int? {
    var value: Int? = nil
    while let byte = next, byte >= 0x30, byte <= 0x39 {
      value = min((value ?? 0) * 10 + Int(byte - 0x30), TargetPattern.repetitions + 1)
      position += 1
    }
    return value
  }
}
