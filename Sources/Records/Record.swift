// A record as a value, for training and for show; see Specs/Records.md, "Values".

public import JSON

/// One turn of a conversation.
public struct Message: Sendable, Equatable {
  /// `system`, `user`, `assistant` or `tool`; another name stays as it was written.
  public var role: String
  public var content: String

  public init(role: String, content: String) {
    self.role = role
    self.content = content
  }
}

public enum Record: Sendable, Equatable {
  case text(String)
  case promptCompletion(prompt: String, completion: String)
  /// `messages`, and ShareGPT's `conversations` with their speakers' names made roles.
  case messages([Message])
  case instruction(instruction: String, input: String, output: String)
  /// A JSON document of none of these shapes.
  case document(JSONValue)
  /// A row of CSV of none of these shapes: column names (their numbers where nothing names them)
  /// and fields.
  case row([RowField])
}

/// One field of a row of CSV.
public struct RowField: Sendable, Equatable {
  public var column: String
  public var value: String

  public init(column: String, value: String) {
    self.column = column
    self.value = value
  }
}

/// Why bytes are not a record of their format.
public struct RecordError: Error, Sendable, Equatable, CustomStringConvertible {
  public let reason: String
  public var description: String { reason }

  public init(reason: String) { self.reason = reason }
}

extension Record {
  /// Reads one record's own bytes. `header` is a CSV file's first row, if it names the columns.
  public init(
    _ bytes: [UInt8], format: RecordFormat, header: CSVHeader? = nil
  ) throws(RecordError) {
    switch format {
    case .opaque: throw RecordError(reason: "opaque bytes have no records")
    case .jsonLines, .jsonArray: self = try Record.json(bytes)
    case .csv(let dialect): self = try Record.row(bytes, dialect, header)
    case .textLines, .textParagraphs, .markdownSections, .markdownParagraphs:
      self = .text(try Record.text(bytes))
    }
  }

  private static func text(_ bytes: [UInt8]) throws(RecordError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      let fault = UTF8Check.firstFault(in: bytes) ?? 0
      throw RecordError(reason: "byte \(fault): the text is not valid UTF-8")
    }
    return text
  }

  private static func json(_ bytes: [UInt8]) throws(RecordError) -> Record {
    var judge = JSONRecordJudge()
    let verdict = unsafe bytes.withUnsafeBytes { buffer in
      let verdict = unsafe judge.verdict(on: buffer, count: buffer.count)
      guard case .refused(nil) = verdict else { return verdict }
      return .refused(unsafe JSONRecordJudge.explanation(of: buffer))
    }
    let shape: RecordShape
    switch verdict {
    case .shape(let found): shape = found
    case .refused(let reason): throw RecordError(reason: reason ?? "not JSON")
    }
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(parsing: bytes, limits: JSONLimits(duplicateKeys: .report))
    } catch {
      throw RecordError(reason: "byte \(error.offset): \(error.reason.explanation)")
    }
    func text(_ key: String) -> String { value[key]?.string ?? "" }
    switch shape {
    case .text: return .text(text("text"))
    case .promptCompletion:
      return .promptCompletion(prompt: text("prompt"), completion: text("completion"))
    case .instruction:
      return .instruction(
        instruction: text("instruction"), input: text("input"), output: text("output"))
    case .messages:
      return .messages(
        (value["messages"]?.array ?? []).map {
          Message(role: $0["role"]?.string ?? "", content: content($0["content"]))
        })
    case .conversations:
      return .messages(
        (value["conversations"]?.array ?? []).map {
          Message(role: role($0["from"]?.string ?? ""), content: $0["value"]?.string ?? "")
        })
    case .other: return .document(value)
    }
  }

  /// A message's content: a string, or the texts of its parts one after another.
  private static func content(_ value: JSONValue?) -> String {
    switch value {
    case .string(let text): text
    case .array(let parts): parts.compactMap { $0["text"]?.string }.joined()
    default: ""
    }
  }

  /// ShareGPT's names for who speaks.
  private static func role(_ name: String) -> String {
    switch name {
    case "human", "user": "user"
    case "gpt", "assistant", "chatgpt", "model": "assistant"
    case "system": "system"
    case "tool", "function", "observation": "tool"
    default: name
    }
  }

  private static func row(
    _ bytes: [UInt8], _ dialect: CSVDialect, _ header: CSVHeader?
  ) throws(RecordError) -> Record {
    _ = try text(bytes)
    let fields = CSVRow.fields(of: bytes, separator: dialect.separator).map {
      String(decoding: $0, as: UTF8.self)
    }
    guard let header else {
      return .row(
        fields.enumerated().map { RowField(column: "\($0.offset + 1)", value: $0.element) })
    }
    guard fields.count == header.names.count else {
      throw RecordError(
        reason: "\(fields.count) fields where the first row has \(header.names.count)")
    }
    func field(_ key: RecordKey) -> String { header.place(of: key).map { fields[$0] } ?? "" }
    switch header.shape {
    case .text: return .text(field(.text))
    case .promptCompletion:
      return .promptCompletion(prompt: field(.prompt), completion: field(.completion))
    case .instruction:
      return .instruction(
        instruction: field(.instruction), input: field(.input), output: field(.output))
    case .messages, .conversations, .other:
      return .row(zip(header.names, fields).map { RowField(column: $0, value: $1) })
    }
  }
}

/// The names of a CSV file's columns, and what shape they make its rows.
public struct CSVHeader: Sendable, Equatable {
  public let names: [String]
  public let shape: RecordShape

  /// Column names match the members of JSON records, without regard to white space around them.
  public init(row: [UInt8], dialect: CSVDialect) {
    let names = CSVRow.fields(of: row, separator: dialect.separator).map {
      String(decoding: LineRules.trimmed($0[...]), as: UTF8.self)
    }
    self.names = names
    func has(_ key: RecordKey) -> Bool { names.contains(key.name) }
    shape =
      if has(.instruction), has(.output) {
        .instruction
      } else if has(.prompt), has(.completion) {
        .promptCompletion
      } else if has(.text) {
        .text
      } else {
        .other
      }
  }

  func place(of key: RecordKey) -> Int? { names.firstIndex(of: key.name) }
}
