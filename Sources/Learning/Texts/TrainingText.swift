// What a record asks a model to read and to write (Specs/Runs.md, "From records to tokens").

public import JSON

/// A record's text in parts, some of which are to be learned.
public struct TrainingText: Hashable, Sendable {
  public struct Part: Hashable, Sendable {
    public var text: String
    /// Whether the model should come to write this part.
    public var isCompletion: Bool

    public init(_ text: String, isCompletion: Bool) {
      self.text = text
      self.isCompletion = isCompletion
    }
  }

  /// One turn of a conversation.
  public struct Message: Hashable, Sendable {
    public var role: String
    public var content: String

    public init(role: String, content: String) {
      self.role = role
      self.content = content
    }
  }

  public enum Content: Hashable, Sendable {
    case parts([Part])
    /// Becomes text by a chat template.
    case conversation([Message])
  }

  public var content: Content

  public init(_ content: Content) { self.content = content }

  /// The usual shapes of a line of JSONL: `prompt` and `completion`; Alpaca's `instruction`, `input`
  /// and `output`; `messages`; ShareGPT's `conversations`; `text`. Nil for anything else.
  public init?(_ value: JSONValue) {
    if let prompt = value["prompt"]?.string, let completion = value["completion"]?.string {
      content = .parts([
        Part(prompt, isCompletion: false), Part(completion, isCompletion: true),
      ])
    } else if let instruction = value["instruction"]?.string,
      let output = value["output"]?.string
    {
      let input = value["input"]?.string ?? ""
      let prompt = input.isEmpty ? instruction : "\(instruction)\n\(input)"
      content = .parts([
        Part("\(prompt)\n", isCompletion: false), Part(output, isCompletion: true),
      ])
    } else if let messages = value["messages"]?.array {
      guard let turns = Self.turns(messages, role: "role", content: "content") else { return nil }
      content = .conversation(turns)
    } else if let messages = value["conversations"]?.array {
      guard let turns = Self.turns(messages, role: "from", content: "value") else { return nil }
      content = .conversation(turns)
    } else if let text = value["text"]?.string {
      content = .parts([Part(text, isCompletion: true)])
    } else {
      return nil
    }
  }

  /// ShareGPT's names for the roles are understood beside the usual ones.
  private static func turns(_ items: [JSONValue], role: String, content: String) -> [Message]? {
    var turns: [Message] = []
    for item in items {
      guard let name = item[role]?.string, let text = item[content]?.string else { return nil }
      let usual = ["human": "user", "gpt": "assistant", "bot": "assistant"][name] ?? name
      turns.append(Message(role: usual, content: text))
    }
    return turns.isEmpty ? nil : turns
  }

  /// The text up to the first part that is to be learned, and that part: a question and its answer.
  public var question: (prompt: String, answer: String)? {
    guard case .parts(let parts) = content, let first = parts.firstIndex(where: \.isCompletion)
    else { return nil }
    let prompt = parts[..<first].map(\.text).joined()
    return prompt.isEmpty ? nil : (prompt, parts[first].text)
  }
}
