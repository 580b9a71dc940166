// Text that remembers which message it came from; see Specs/Tokenizers.md, "Chat templates".

/// UTF-8 bytes in runs. A run comes from the template (-1) or from a message's content (its number), so
/// that a rendered conversation tells what strangers wrote from what the template put around it.
struct TemplateText: Equatable {
  struct Run: Equatable {
    var end: Int
    var origin: Int32
  }

  private(set) var bytes: [UInt8] = []
  private(set) var runs: [Run] = []

  static let template: Int32 = -1

  init() {}

  init(_ bytes: [UInt8], origin: Int32 = template) {
    self.bytes = bytes
    if !bytes.isEmpty { runs = [Run(end: bytes.count, origin: origin)] }
  }

  init(_ text: String) { self.init(Array(text.utf8)) }

  var string: String { String(decoding: bytes, as: UTF8.self) }
  var isEmpty: Bool { bytes.isEmpty }

  /// The origin of text that is derived from this one: a message if any part is from one.
  var origin: Int32 { runs.reduce(Self.template) { max($0, $1.origin) } }

  static func == (left: TemplateText, right: TemplateText) -> Bool { left.bytes == right.bytes }

  mutating func append(_ other: TemplateText) {
    let offset = bytes.count
    bytes += other.bytes
    for run in other.runs {
      if let last = runs.last, last.origin == run.origin {
        runs[runs.count - 1].end = offset + run.end
      } else {
        runs.append(Run(end: offset + run.end, origin: run.origin))
      }
    }
  }

  /// The bytes of a range, with their origins.
  func slice(_ range: Range<Int>) -> TemplateText {
    let range = range.clamped(to: 0..<bytes.count)
    var output = TemplateText()
    output.bytes = Array(bytes[range])
    var start = 0
    for run in runs {
      let (low, high) = (max(start, range.lowerBound), min(run.end, range.upperBound))
      if low < high {
        output.runs.append(Run(end: high - range.lowerBound, origin: run.origin))
      }
      start = run.end
    }
    return output
  }

  /// The ranges of each origin but the template's, in order.
  var contentRanges: [(range: Range<Int>, message: Int)] {
    var output: [(Range<Int>, Int)] = []
    var start = 0
    for run in runs {
      if run.origin >= 0 { output.append((start..<run.end, Int(run.origin))) }
      start = run.end
    }
    return output
  }

  /// White space, or the characters of `set`, taken off the ends.
  func stripped(left: Bool = true, right: Bool = true, of set: [UInt32]? = nil) -> TemplateText {
    func goes(_ value: UInt32) -> Bool {
      if let set { return set.contains(value) }
      // Python's white space: Unicode's and the four ASCII separators.
      if (0x1C...0x1F).contains(value) { return true }
      return CharacterSet.spaces.contains(CharacterClasses.shared.code(of: value))
    }
    var (start, end) = (0, bytes.count)
    while left, start < end {
      let (value, length) = TextScan.scalar(bytes.span, start)
      if !goes(value) { break }
      start += length
    }
    while right, end > start {
      let last = TextScan.previous(bytes.span, end)
      if !goes(TextScan.scalar(bytes.span, last).0) { break }
      end = last
    }
    return slice(start..<end)
  }

  /// Where `pattern` stands, without overlaps.
  func places(of pattern: [UInt8]) -> [Int] {
    guard let first = pattern.first else { return [] }
    var output: [Int] = []
    var index = 0
    while index + pattern.count <= bytes.count {
      if bytes[index] == first, bytes[index..<index + pattern.count].elementsEqual(pattern) {
        output.append(index)
        index += pattern.count
      } else {
        index += 1
      }
    }
    return output
  }

  /// Byte places of all characters and of the end.
  var characterPlaces: [Int] {
    bytes.indices.filter { bytes[$0] & 0xC0 != 0x80 } + [bytes.count]
  }
}
