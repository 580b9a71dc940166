// Decides what shape a line of JSONL has, without building it; see Specs/Records.md, "Shapes".

internal import JSON

/// The members that decide a shape, in the order in which the skimmer reports them.
enum RecordKey: Int, CaseIterable {
  case text, prompt, completion, messages, instruction, input, output, conversations

  var name: String {
    switch self {
    case .text: "text"
    case .prompt: "prompt"
    case .completion: "completion"
    case .messages: "messages"
    case .instruction: "instruction"
    case .input: "input"
    case .output: "output"
    case .conversations: "conversations"
    }
  }

  static let names = allCases.map(\.name)
}

struct JSONRecordJudge: Sendable {
  enum Verdict {
    case shape(RecordShape)
    /// Without a reason the line is not JSON, and `explanation` tells why.
    case refused(String?)
  }

  /// Copied for each scanner: making the lists of keys anew costs more than reading a small file.
  static let unused = JSONRecordJudge()

  private var skimmer = JSONSkimmer(wanted: RecordKey.names)
  private var turns = JSONSkimmer(wanted: ["role", "content", "from", "value", "tool_calls"])

  /// The members found by the last verdict that was not a refusal.
  func field(_ key: RecordKey) -> JSONField? { skimmer.fields[key.rawValue] }

  /// The document is the first `count` bytes.
  mutating func verdict(on buffer: UnsafeRawBufferPointer, count: Int) -> Verdict {
    guard unsafe skimmer.skim(buffer, count: count) else { return .refused(nil) }
    if let messages = list(.messages) {
      let problem = unsafe problem(in: messages, of: buffer, role: 0, content: 1)
      return problem.map { .refused("messages\($0)") } ?? .shape(.messages)
    }
    if let conversations = list(.conversations) {
      let problem = unsafe problem(in: conversations, of: buffer, role: 2, content: 3)
      return problem.map { .refused("conversations\($0)") } ?? .shape(.conversations)
    }
    if isString(.instruction), isString(.output) { return .shape(.instruction) }
    if isString(.prompt), isString(.completion) { return .shape(.promptCompletion) }
    return .shape(isString(.text) ? .text : .other)
  }

  private func isString(_ key: RecordKey) -> Bool { field(key)?.kind == .string }

  private func list(_ key: RecordKey) -> JSONField? {
    guard let field = field(key), field.kind == .array else { return nil }
    return field
  }

  /// What is wrong with a list of turns, as the rest of a sentence that begins with its name.
  private mutating func problem(
    in list: JSONField, of buffer: UnsafeRawBufferPointer, role: Int, content: Int
  ) -> String? {
    var place = 0
    var problem: String?
    let isWhole = unsafe forEachElement(of: list, in: buffer) { turns in
      if turns.kind != .object {
        problem = "[\(place)] is not an object"
      } else if turns.fields[role]?.kind != .string {
        problem = "[\(place)] has no '\(role == 0 ? "role" : "from")' that is a string"
      } else if !JSONRecordJudge.isContent(turns, at: content) {
        problem = "[\(place)] has no '\(content == 1 ? "content" : "value")' that is a string"
      }
      place += 1
      return problem == nil
    }
    if let problem { return problem }
    if !isWhole { return "[\(place)] repeats a member" }
    return place == 0 ? " is empty" : nil
  }

  /// A message's content may also be a list of parts, and missing or null beside calls of tools.
  private static func isContent(_ turns: JSONSkimmer, at place: Int) -> Bool {
    let field = turns.fields[place]
    switch field?.kind {
    case .string: return true
    case .array: return place == 1
    case .null, nil: return place == 1 && turns.fields[4]?.kind == .array
    default: return false
    }
  }

  /// Skims the elements of a list that has been skimmed before, until `body` answers false. False
  /// if an element repeats a wanted member.
  mutating func forEachElement(
    of list: JSONField, in buffer: UnsafeRawBufferPointer, _ body: (JSONSkimmer) -> Bool
  ) -> Bool {
    var at = list.start + 1
    while true {
      // The list is known to be well-formed, so a comma or bracket ends each element.
      while at < list.end, unsafe JSONRecordJudge.isBetween(buffer[at]) { at += 1 }
      guard at < list.end, unsafe buffer[at] != 0x5D else { return true }
      guard let end = unsafe turns.skimValue(buffer, from: at, count: list.end) else {
        return false
      }
      if !body(turns) { return true }
      at = end
    }
  }

  private static func isBetween(_ byte: UInt8) -> Bool {
    byte == 0x2C || byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  /// Why a line was refused; reads it once more, with everything checked.
  static func explanation(of bytes: UnsafeRawBufferPointer) -> String {
    do throws(JSONError) {
      _ = try unsafe JSONValue(parsing: bytes)
      return "a member that tells the record's shape is repeated"
    } catch {
      return "byte \(error.offset): \(error.reason.explanation)"
    }
  }
}
