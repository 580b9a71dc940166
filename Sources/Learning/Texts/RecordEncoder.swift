// From a record's text to tokens and their marks (Specs/Runs.md, "From records to tokens").

public import Tokenization

public struct RecordEncoder: Sendable {
  public let tokenizer: Tokenizer
  public let form: RecordForm
  /// Put before every record, where the tokenizer's own template does so.
  let beginToken: Int32?
  /// Put behind every record, so that the model learns to stop.
  public let endToken: Int32?

  public init(
    _ tokenizer: Tokenizer, form: RecordForm, beginToken: Int?, endTokens: [Int]
  ) throws(TokenizerError) {
    self.tokenizer = tokenizer
    self.form = form
    let added = try tokenizer.encode("").ids
    self.beginToken =
      added.first.flatMap { first in beginToken.map { Int32($0) } == first ? first : nil }
    endToken = endTokens.first.map { Int32($0) }
  }

  /// Tokens and marks. Parts are tokenised apart, so that where one ends never depends on the next;
  /// names of special tokens in a record's text are text, because records come from strangers.
  public func encode(_ text: TrainingText) throws(EncodingError) -> TokenRecord {
    let parts: [TrainingText.Part]
    switch text.content {
    case .parts(let given): parts = given
    case .conversation:
      throw .needsTemplate
    }
    var tokens: [Int32] = []
    var counts: [Bool] = []
    if let beginToken {
      tokens.append(beginToken)
      counts.append(false)
    }
    for part in parts {
      let ids: [Int32]
      do {
        ids = try tokenizer.encode(
          part.text, addsSpecialTokens: false, recognisesSpecialTokens: false
        ).ids
      } catch { throw .tokenizer("\(error)") }
      tokens += ids
      counts += ids.map { _ in part.isCompletion || form.loss == .all }
    }
    if let endToken {
      tokens.append(endToken)
      counts.append(true)
    }
    guard tokens.count <= form.maximumTokens else {
      switch form.overlong {
      case .refuse: throw .overlong(tokens.count, limit: form.maximumTokens)
      case .skip: return TokenRecord(tokens: [], counts: [])
      case .cut:
        return TokenRecord(
          tokens: Array(tokens.prefix(form.maximumTokens)),
          counts: Array(counts.prefix(form.maximumTokens)))
      }
    }
    return TokenRecord(tokens: tokens, counts: counts)
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
      "a conversation needs a chat template: name one with --template"
    case .overlong(let count, let limit):
      "the record has \(count) tokens and at most \(limit) are taken: raise --max-tokens up to the "
        + "base's context, or choose --overlong cut or skip"
    case .tokenizer(let cause): cause
    case .at(let file, let line, let cause): "\(file), line \(line): \(cause)"
    }
  }
}
