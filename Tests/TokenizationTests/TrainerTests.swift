// Tests of the BPE trainer against PyPI's; see Specs/Tokenizers.md, "Training".

import JSON
import Testing
import Tokenization

@Suite struct TrainerTests {
  static let text = Repository.contents("\(Repository.fixtures)/training/text.txt")

  @Test(arguments: [BPETrainer.Words.gpt2, .llama3, .qwen2])
  func `the trainer learns what the library learns from the same text`(
    _ words: BPETrainer.Words
  ) throws {
    var trainer = BPETrainer(
      vocabularySize: 700, specialTokens: ["<|end|>", "<|pad|>"], words: words)
    try trainer.add(#require(Self.text))
    let ours = try JSONValue(parsing: trainer.file(trainer.train()))
    let theirs = try JSONValue(
      parsing: #require(
        Repository.contents("\(Repository.fixtures)/training/\(words).json")))
    #expect(ours["model"]?["merges"] == theirs["merges"])
    let vocabulary = try #require(theirs["vocab"]?.object)
    let found = try #require(ours["model"]?["vocab"]?.object)
    #expect(found.count == vocabulary.count)
    for (token, id) in vocabulary.members { #expect(found[token] == id, "\(token)") }
  }

  @Test func `a trained tokenizer reads back and gives every text back`() throws {
    var trainer = BPETrainer(
      vocabularySize: 400, specialTokens: ["<|end|>"], words: .llama3)
    // In parts, cut where words end.
    for line in try #require(Self.text).split(separator: 0x0A) { try trainer.add(Array(line)) }
    let file = trainer.file(trainer.train(), begin: "<|end|>")
    let tokenizer = try Tokenizer(parsing: file)
    #expect(tokenizer.vocabularySize == 400 && tokenizer.isSpecial(0))
    for text in ["", "banana", "Größe <|end|>\n\t日本語 👩‍👩‍👧", "\u{0}\u{7F}"] {
      let ids = try tokenizer.encode(text).ids
      #expect(ids.first == 0)
      #expect(tokenizer.decode(Array(ids.dropFirst()), skipsSpecialTokens: false) == text)
    }
  }

  @Test func `training stops where no pair is frequent enough`() throws {
    var trainer = BPETrainer(vocabularySize: 1000, specialTokens: [], minimumFrequency: 3)
    try trainer.add("ab ab ab cd cd")
    let vocabulary = trainer.train()
    // "ab" occurs three times, " ab" only twice.
    #expect(vocabulary.count == 257 && vocabulary.merges.count == 1)
    #expect(vocabulary.token(256) == Array("ab".utf8))
  }
}
