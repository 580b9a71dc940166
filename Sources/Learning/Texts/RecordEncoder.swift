// From a record's text to tokens and their marks (Specs/Runs.md, "From records to tokens").

import Cryptography
public import Tokenization

/// How conversations become text.
public struct ConversationForm: Sendable {
  public let template: ChatTemplate
  public let tokens: ChatTokens

  public init(_ template: ChatTemplate, tokens: ChatTokens) {
    self.template = template
    self.tokens = tokens
  }

  /// What a recipe calls it: a built-in template's name, or the SHA-256 of the template itself.
  public var name: String {
    ChatTemplate.names.contains(template.name)
      ? template.name : "\(SHA256.hash(Array(template.source.utf8)))"
  }
}

public struct RecordEncoder: Sendable {
  public let tokenizer: Tokenizer
  public let form: RecordForm
  let conversations: ConversationForm?
  /// Put before every record, where the tokenizer's own template does so.
  let beginToken: Int32?
  /// Put behind every record, so that the model learns to stop.
  public let endToken: Int32?

  public init(
    _ tokenizer: Tokenizer, form: RecordForm, beginToken: Int?, endTokens: [Int],
    conversations: ConversationForm? = nil
  ) throws(TokenizerError) {
    self.tokenizer = tokenizer
    self.form = form
    self.conversations = conversations
    let added = try tokenizer.encode("").ids
    self.beginToken =
      added.first.flatMap { first in beginToken.map { Int32($0) } == first ? first : nil }
    endToken = endTokens.first.map { Int32($0) }
  }

  /// Tokens and marks. Names of special tokens in a record's text are text, because records come
  /// from strangers.
  public func encode(_ text: TrainingText) throws(EncodingError) -> TokenRecord {
    switch text.content {
    case .parts(let parts):
      let record: TokenRecord
      do { record = try encode(parts) } catch { throw .tokenizer("\(error)") }
      return try fitted(record)
    case .conversation(let messages): return try fitted(try encode(messages))
    }
  }

  /// Parts are tokenised apart, so that where one ends never depends on the next.
  private func encode(_ parts: [TrainingText.Part]) throws(TokenizerError) -> TokenRecord {
    var tokens: [Int32] = []
    var counts: [Bool] = []
    if let beginToken {
      tokens.append(beginToken)
      counts.append(false)
    }
    for part in parts {
      let ids = try tokenizer.encode(
        part.text, addsSpecialTokens: false, recognisesSpecialTokens: false
      ).ids
      tokens += ids
      counts += ids.map { _ in part.isCompletion || form.loss == .all }
    }
    if let endToken {
      tokens.append(endToken)
      counts.append(true)
    }
    return TokenRecord(tokens: tokens, counts: counts)
  }

  /// The template ends every turn itself.
  private func encode(_ messages: [TrainingText.Message]) throws(EncodingError) -> TokenRecord {
    guard let conversations else { throw .needsTemplate }
    do throws(TokenizerError) {
      let chat = try conversations.template.render(
        messages.map { ChatMessage(role: $0.role, content: $0.content) },
        tokens: conversations.tokens)
      let (ids, answers) = try tokenizer.encode(chat)
      return TokenRecord(tokens: ids, counts: answers.map { $0 || form.loss == .all })
    } catch { throw .tokenizer("\(error)") }
  }

  private func fitted(_ record: TokenRecord) throws(EncodingError) -> TokenRecord {
    guard record.tokens.count > form.maximumTokens else { return record }
    switch form.overlong {
    case .refuse: throw .overlong(record.tokens.count, limit: form.maximumTokens)
    case .skip: return TokenRecord(tokens: [], counts: [])
    case .cut:
      return TokenRecord(
        tokens: Array(record.tokens.prefix(form.maximumTokens)),
        counts: Array(record.counts.prefix(form.maximumTokens)))
    }
  }

  /// The tokens of a question in a conversation, up to where the answer begins.
  public func encodeQuestion(_ question: String) throws(EncodingError) -> [Int32] {
    guard let conversations else { throw .needsTemplate }
    do throws(TokenizerError) {
      let chat = try conversations.template.render(
        [ChatMessage(role: "user", content: question)], tokens: conversations.tokens,
        addsGenerationPrompt: true)
      return try tokenizer.encode(chat).ids
    } catch { throw .tokenizer("\(error)") }
  }

  /// The tokens of a prompt that is to be continued.
  public func encodePrompt(_ prompt: String) throws(TokenizerError) -> [Int32] {
    let ids = try tokenizer.encode(
      prompt, addsSpecialTokens: false, recognisesSpecialTokens: false
    ).ids
    return (beginToken.map { [$0] } ?? []) + ids
  }

  /// All records of a dataset.
  public func encode(_ dataset: Dataset, file: String) throws(EncodingError) -> [TokenRecord] {
    var records: [TokenRecord] = []
    records.reserveCapacity(dataset.records.count)
    for record in dataset.records {
      do throws(EncodingError) {
        records.append(try encode(record.text))
      } catch {
        throw .at(file: file, line: record.line, cause: "\(error)")
      }
    }
    return records
  }
}

public enum EncodingError: Error, Equatable, CustomStringConvertible {
  case needsTemplate
  case overlong(Int, limit: Int)
  case tokenizer(String)
  case at(file: String, line: Int, cause: String)

  public var description: String {
    switch self {
    case .needsTemplate:
      "a conversation needs a chat template and the base names none: choose one with --template "
        + "(\(ChatTemplate.names.joined(separator: ", ")))"
    case .overlong(let count, let limit):
      "the record has \(count) tokens and at most \(limit) are taken: raise --max-tokens up to the "
        + "base's context, or choose --overlong cut or skip"
    case .tokenizer(let cause): cause
    case .at(let file, let line, let cause): "\(file), line \(line): \(cause)"
    }
  }
}
