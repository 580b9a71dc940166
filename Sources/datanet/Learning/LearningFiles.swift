// Opens what learning commands work on: a base with its tokenizer, an adapter, a file of records.

import Checkpoints
import Cryptography
import Glibc
import Learning
import Terminal
import Tokenization

/// A base on disk.
struct OpenBase {
  let directory: String
  /// What others call it.
  let name: String
  let checkpoint: Checkpoint

  var configuration: ModelConfiguration { checkpoint.configuration }

  init(_ directory: String, name: String? = nil) throws {
    guard MappedFile.exists("\(directory)/config.json") else {
      throw Failure.notFound(
        "\(directory) holds no base: config.json is missing; give a directory in the layout of "
          + "Hugging Face, or make one with 'datanet model make DIR'")
    }
    self.directory = directory
    self.name = name ?? directory
    checkpoint = try Checkpoint(directory: directory)
  }

  func tokenizer() throws -> Tokenizer {
    let tokenizer = try OpenTokenizer.inDirectory(directory)
    guard tokenizer.vocabularySize <= configuration.vocabularySize else {
      throw Failure.failed(
        "\(directory)/tokenizer.json has \(tokenizer.vocabularySize) tokens and the model "
          + "\(configuration.vocabularySize): it is another model's")
    }
    return tokenizer
  }

  func encoder(
    _ form: RecordForm, conversations: ConversationForm? = nil
  ) throws -> RecordEncoder {
    try RecordEncoder(
      tokenizer(), form: form, beginToken: checkpoint.generation.beginToken,
      endTokens: checkpoint.generation.endTokens, conversations: conversations)
  }

  /// The chat template of that name, or the one that the base brings; nil where it brings none.
  func conversations(_ name: String?) throws -> ConversationForm? {
    var tokens = ChatTokens(begin: "", end: "")
    var template: ChatTemplate?
    let limit = TokenizerLimits.fileBytes
    let path = "\(directory)/tokenizer_config.json"
    if MappedFile.exists(path) {
      let bytes = try MappedFile.contents(of: path, limit: limit)
      tokens = try TokenizerConfiguration.chatTokens(bytes, file: path)
      if name == nil { template = try ChatTemplate(configuration: bytes, file: path) }
    }
    if let name {
      template = try ChatTemplate(named: name)
    } else if template == nil, MappedFile.exists("\(directory)/chat_template.jinja") {
      let file = "\(directory)/chat_template.jinja"
      let source = String(decoding: try MappedFile.contents(of: file, limit: limit), as: UTF8.self)
      template = try ChatTemplate(source: source, file: file)
    }
    return template.map { ConversationForm($0, tokens: tokens) }
  }

  /// The files that decide a run: configuration, tokenizer and weights.
  func identity() throws -> BaseIdentity {
    var names = ["config.json", "tokenizer.json"].filter {
      MappedFile.exists("\(directory)/\($0)")
    }
    names += checkpoint.weights.files.map { file in
      file.file.path.split(separator: "/").last.map(String.init) ?? file.file.path
    }
    return BaseIdentity(
      files: try names.map { name in
        let file = try MappedFile(path: "\(directory)/\(name)")
        let digest = unsafe file.withBytes(in: 0..<file.count) { unsafe SHA256.hash($0) }
        return BaseIdentity.File(name: name, digest: digest)
      })
  }

  func adapter(_ directory: String?) throws -> AdapterTensors? {
    guard let directory else { return nil }
    return try AdapterTensors(
      Adapter(directory: directory, base: configuration), base: configuration)
  }
}

enum OpenTokenizer {
  /// The tokenizer of a directory, whatever else is there.
  static func inDirectory(_ directory: String) throws -> Tokenizer {
    let path = "\(directory)/tokenizer.json"
    guard MappedFile.exists(path) else {
      throw Failure.notFound("\(path) is missing: text cannot become tokens without it")
    }
    return try Tokenizer(
      parsing: MappedFile.contents(of: path, limit: TokenizerLimits.fileBytes), file: path)
  }
}

enum OpenData {
  /// A file of records is read into memory, up to this.
  static let byteLimit = 1 << 30

  static func dataset(_ path: String) throws -> Dataset {
    guard MappedFile.exists(path) else { throw Failure.notFound("\(path) does not exist") }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return try Dataset(MappedFile.contents(of: path, limit: byteLimit), fileName: name)
  }
}

enum Resources {
  /// The most memory that this process has held, in bytes.
  static var peakBytes: Int {
    var usage = rusage()
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }

  /// Memory that the system could give; nil where it does not say.
  static var availableBytes: Int? {
    let file = unsafe open("/proc/meminfo", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = unsafe read(file, &bytes, bytes.count)
    let text = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
      return line.split(separator: " ").compactMap { Int($0) }.first.map { $0 * 1024 }
    }
    return nil
  }
}
