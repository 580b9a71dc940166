// What a scan found: spans, counts and problems; see Specs/Records.md, "Scanning".

/// What a record's members make it.
public enum RecordShape: UInt8, Sendable, Hashable, CaseIterable {
  /// `text`, or a line, paragraph or section.
  case text
  /// `prompt` and `completion`.
  case promptCompletion
  /// `messages`: a list of `role` and `content`.
  case messages
  /// `instruction`, `output` and perhaps `input`, as Alpaca has them.
  case instruction
  /// `conversations`: a list of `from` and `value`, as ShareGPT has them.
  case conversations
  /// Well-formed, but none of these.
  case other

  public var name: String {
    switch self {
    case .text: "text"
    case .promptCompletion: "prompt/completion"
    case .messages: "messages"
    case .instruction: "instruction"
    case .conversations: "conversations"
    case .other: "other"
    }
  }
}

/// Where a record lies. Offsets count from the first byte that the scanner was given.
public struct RecordSpan: Sendable, Equatable {
  /// The record's own bytes are `start..<contentEnd`: its name is their SHA-256.
  public var start: Int
  public var contentEnd: Int
  /// Behind the record's line end: the place to cut. What lies between the end of the span before
  /// and `start` (blank lines, a byte order mark, a CSV header) belongs to this span.
  public var end: Int
  /// `nil` if the record does not parse.
  public var shape: RecordShape?

  public var isBroken: Bool { shape == nil }
  public var content: Range<Int> { start..<contentEnd }

  public init(start: Int, contentEnd: Int, end: Int, shape: RecordShape?) {
    self.start = start
    self.contentEnd = contentEnd
    self.end = end
    self.shape = shape
  }
}

/// A record that does not parse.
public struct RecordProblem: Sendable, Equatable, CustomStringConvertible {
  /// The line on which the record begins, counted from 1.
  public let line: Int
  public let reason: String

  public init(line: Int, reason: String) {
    self.line = line
    self.reason = reason
  }

  public var description: String { "line \(line): \(reason)" }
}

public struct RecordSummary: Sendable, Equatable {
  /// Problems beyond so many are counted but not kept.
  public static let greatestProblems = 100

  /// All records, those that do not parse among them.
  public private(set) var records = 0
  public private(set) var broken = 0
  public internal(set) var lines = 0
  public internal(set) var blankLines = 0
  public private(set) var problems: [RecordProblem] = []
  private var shapes = Array(repeating: 0, count: RecordShape.allCases.count)
  private let mostProblems: Int

  /// Keeps `mostProblems` of the problems; finding out why a record does not parse takes longer than
  /// to see that.
  public init(mostProblems: Int = RecordSummary.greatestProblems) {
    self.mostProblems = mostProblems
  }

  /// How many records have this shape.
  public func count(of shape: RecordShape) -> Int { shapes[Int(shape.rawValue)] }

  mutating func count(_ shape: RecordShape) {
    records += 1
    shapes[Int(shape.rawValue)] += 1
  }

  /// The reason is only made when it will be kept.
  mutating func countBroken(line: Int, reason: () -> String) {
    records += 1
    broken += 1
    if problems.count < mostProblems {
      problems.append(RecordProblem(line: line, reason: reason()))
    }
  }
}
