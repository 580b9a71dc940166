// `datanet cat`: a file's bytes, verified; see Specs/Store.md, "Getting".

import Content
import JSON
import Store
import Terminal

enum CatCommand: Command {
  static let declaration = Declaration(
    "cat", group: CommandTable.Group.contribute,
    summary: "Write a file of a Datanet to standard output",
    prose: """
      Writes a file's bytes, each chunk checked against its address first. Bytes that do not check \
      are never written; the command then ends with 3. With --json there is a line for each chunk: \
      where it begins in the file, and its bytes as 'text', or as 'base64' where they are not UTF-8.
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
    var offset = 0
    try place.reader.read(place.file) { bytes in
      if context.output.isJSON {
        let text = String(validating: bytes, as: UTF8.self)
        context.output.json([
          "path": .string(place.file.item.path.text), "offset": .int(offset),
          "bytes": .int(bytes.count),
          text == nil ? "base64" : "text": .string(text ?? Base64.text(of: bytes)),
        ])
        offset += bytes.count
      } else {
        context.output.raw(bytes)
      }
      if Interruption.isRequested { throw Failure.failed("stopped") }
    }
  }
}
