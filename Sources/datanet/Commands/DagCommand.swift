// `datanet dag`: a block as DAG-JSON; see Specs/ContentAddresses.md, "As JSON".

import Content
import JSON
import Store
import Terminal

enum DagCommand: Command {
  static let declaration = Declaration(
    "dag", group: CommandTable.Group.move,
    summary: "Show a structured block as DAG-JSON",
    prose: """
      Reads a dag-cbor block (a claim, a manifest, a recipe) and prints it as DAG-JSON: links as \
      {"/": "bafy…"}, bytes as {"/": {"bytes": "…"}}. Follow a link by giving its CID to the same \
      command. With --json it stands in 'data', beside its CID and size.
      """,
    arguments: [Argument("CID", .identifier, .one, "the block")],
    examples: [Example("datanet dag bafyreigbtj4x7ip5legnfznufuopl4sg", "By a unique beginning.")])

  static func run(_ context: Context) throws {
    let store = try context.store(access: .readOnly)
    let names = Names(store: store)
    let cid = try names.block(context.invocation.required("CID"), codec: .dagCBOR)
    let bytes = try names.bytes(of: cid)
    // A raw block is one byte string in the data model.
    let value = cid.codec == .raw ? Value.bytes(bytes) : try Value(decoding: bytes)
    if context.output.isJSON {
      let data = try JSONValue(parsing: value.dagJSON)
      context.output.json(["cid": .cid(cid), "bytes": .int(bytes.count), "data": data])
    } else {
      context.output.text(value.dagJSON)
    }
  }
}
