// `datanet tokenize`: see Specs/Tokenizers.md.

import Checkpoints
import JSON
import Learning
import Terminal
import Tokenization

enum TokenizeCommand: Command {
  static let declaration = Declaration(
    "tokenize", group: CommandTable.Group.learn,
    summary: "Show the tokens of a text",
    prose: """
      Prints the tokens that a base's tokenizer makes of a text: id, bytes and what the vocabulary \
      calls them. With --json, ids and the byte range of each. Of the directory nothing but \
      tokenizer.json is needed.
      """,
    arguments: [Argument("TEXT", .text, .optional, "the text; none: standard input")],
    options: [
      .value("base", "DIR|NET/NAME", .directory, "The base whose tokenizer is meant"),
      .flag("specials", "Understand the names of special tokens, and add the usual ones"),
      .flag("count", "Print the number of tokens alone"),
    ],
    examples: [
      Example("datanet tokenize --base Fixtures/base 'What is two plus two?'", "Each token."),
      Example("datanet tokenize --base smol --count < book.txt", "How long a text is."),
    ])

  /// The longest text that is read from standard input.
  private static let byteLimit = 64 << 20

  static func run(_ context: Context) throws {
    let options = context.invocation
    guard let directory = options.text("base") else { throw Failure.usage("--base is missing") }
    let tokenizer =
      MappedFile.exists("\(directory)/tokenizer.json")
      ? try OpenTokenizer.inDirectory(directory)
      : try NetBase.open(directory, context).tokenizer()
    let bytes =
      try options.text("TEXT").map { Array($0.utf8) }
      ?? StandardInput.read(most: byteLimit)
    let specials = options.has("specials")
    let encoding = try tokenizer.encode(
      bytes, addsSpecialTokens: specials, recognisesSpecialTokens: specials, withOffsets: true)
    if options.has("count") {
      context.output.json(["count": .int(encoding.ids.count)])
      context.output.text("\(encoding.ids.count)")
      return
    }
    context.output.json([
      "count": .int(encoding.ids.count), "ids": .array(encoding.ids.map { .int(Int($0)) }),
      "offsets": .array(
        encoding.offsets.map { .array([.int($0.lowerBound), .int($0.upperBound)]) }),
    ])
    var table = Table([">id", "bytes", "token"])
    for (id, range) in zip(encoding.ids, encoding.offsets) {
      table.row([
        "\(id)", "\(range.lowerBound)–\(range.upperBound)", tokenizer.token(of: id) ?? "?",
      ])
    }
    for line in table.lines(width: 0, style: context.output.style) { context.output.text(line) }
  }
}
