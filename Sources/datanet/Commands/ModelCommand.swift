// `datanet model`: see Specs/FixtureBase.md and Specs/Checkpoints.md.

import Checkpoints
import JSON
import Terminal

enum ModelCommand: Command {
  static let declaration = Declaration(
    "model", group: CommandTable.Group.learn,
    summary: "Look at a base, or make the project's own",
    prose: """
      'show' opens a directory in the layout of Hugging Face, checks every tensor's shape, and says \
      what it found. 'make' makes the project's own small base from nothing: it writes the text, \
      learns the tokenizer and trains every weight. The result is the same on every machine, to \
      the last bit, and takes some minutes. 'add' publishes a base into a Datanet: its files become \
      chunks, and a base claim names them, so that every peer trains beside the same bits; only \
      curators may.
      """,
    arguments: [
      Argument("ACTION", .choice(["show", "make", "add"]), .one, "what to do"),
      Argument("DIR", .directory, .one, "the base's directory"),
      Argument("NET", .datanet, .optional, "the Datanet to add it to"),
    ],
    options: [
      .value("license", "SPDX", "The licence of the base, for 'add'", default: "the Datanet's"),
      .value("name", "TEXT", "What it is called there", default: "the directory's name"),
      LearningOptions.threads,
    ],
    examples: [
      Example("datanet model show Fixtures/base", "Shape, formats and size."),
      Example("datanet model make /tmp/base", "The fixture base again, bit for bit."),
      Example("datanet model add Fixtures/base recipes", "Share it in a Datanet."),
    ])

  static func run(_ context: Context) throws {
    try LearningOptions.prepare(context)
    switch context.invocation.required("ACTION") {
    case "make": try BaseMaker.make(in: context.invocation.required("DIR"), context)
    case "add": try BasePublishing.add(context.invocation.required("DIR"), context)
    default: try show(context)
    }
  }

  private static func show(_ context: Context) throws {
    let base = try NetBase.open(context.invocation.required("DIR"), context).checkpoint
    let shape = base.configuration
    let tensors = base.weights.names.compactMap { base.weights[$0] }
    let parameters = tensors.reduce(0) { $0 + $1.count }
    let bytes = tensors.reduce(0) { $0 + $1.count * $1.type.size }
    let formats = TensorType.allCases.filter { type in tensors.contains { $0.type == type } }
      .map(\.rawValue)
    context.output.json([
      "family": .string(shape.family.rawValue), "parameters": .int(parameters),
      "bytes": .int(bytes), "formats": .array(formats.map { .string($0) }),
      "layers": .int(shape.layerCount), "hidden": .int(shape.hiddenSize),
      "intermediate": .int(shape.intermediateSize), "heads": .int(shape.headCount),
      "keyValueHeads": .int(shape.keyValueHeadCount),
      "headDimension": .int(shape.headDimension), "vocabulary": .int(shape.vocabularySize),
      "context": .int(shape.contextLength), "tiedEmbeddings": .bool(shape.tiedEmbeddings),
    ])
    var table = Table(["", ""])
    table.row(["family", shape.family.rawValue])
    table.row(["parameters", Quantity.count(parameters)])
    table.row(["size", "\(Quantity.bytes(bytes)) in \(formats.joined(separator: ", "))"])
    table.row(["layers", "\(shape.layerCount) of width \(shape.hiddenSize)"])
    table.row(["feed-forward", "\(shape.intermediateSize)"])
    table.row([
      "attention",
      "\(shape.headCount) heads of \(shape.headDimension), \(shape.keyValueHeadCount) for keys "
        + "and values",
    ])
    table.row([
      "vocabulary",
      "\(Quantity.count(shape.vocabularySize)), "
        + (shape.tiedEmbeddings ? "head tied to embeddings" : "head of its own"),
    ])
    table.row(["context", Quantity.count(shape.contextLength, "token")])
    for line in table.lines(width: 0, style: context.output.style) { context.output.text(line) }
  }
}
