// `datanet cat`: a file's bytes, verified; see Specs/Store.md, "Getting".

import Content
import Store
import Terminal

enum CatCommand: Command {
  static let declaration = Declaration(
    "cat", group: CommandTable.Group.contribute,
    summary: "Write a file of a Datanet to standard output",
    prose: """
      Writes a file's bytes, each chunk checked against its address first. Bytes that do not check \
      are never written; the command then ends with 3.
      """,
    arguments: [
      Argument("NET/PATH", .text, .one, "the Datanet or contribution, and the file in it")
    ],
    examples: [
      Example("datanet cat recipes/train.jsonl | head -3", "The first records."),
      Example("datanet cat bafyreigbtj4x7ip/train.jsonl", "As one contribution has it."),
    ])

  static func run(_ context: Context) throws {
    let store = try context.store(access: .readOnly)
    let place = try FilePlace(context.invocation.required("NET/PATH"), in: store)
    try place.reader.read(place.file) { bytes in
      context.output.raw(bytes)
      if Interruption.isRequested { throw Failure.failed("stopped") }
    }
  }
}
