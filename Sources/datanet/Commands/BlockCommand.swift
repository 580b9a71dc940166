// `datanet block`: blocks by hand; see Specs/ContentAddresses.md.

import Content
import JSON
import Store
import Terminal

enum BlockCommand: Command {
  static let declaration = Declaration(
    "block", group: CommandTable.Group.move,
    summary: "Put, get or check one block by hand",
    prose: """
      A block is bytes named by their CID, at most 1 MiB. 'put' reads one from standard input, \
      stores it and prints its CID. 'get' writes one to standard output, verified; with --json \
      as DAG-JSON in 'data'. 'check' reads \
      bytes and prints the CID that they would have, without storing anything; DAG-CBOR that is \
      not strict is refused with exit code 3, the offset and the rule.
      """,
    arguments: [
      Argument("ACTION", .choice(["put", "get", "check"]), .one, "what to do"),
      Argument("CID", .identifier, .optional, "the block to get"),
    ],
    options: [
      .value(
        "codec", "CODEC", .choice(["raw", "dag-cbor"]), "How the bytes are read", default: "raw")
    ],
    examples: [
      Example("printf hello | datanet block put", "Store five bytes."),
      Example("printf '\\xa0' | datanet block check --codec dag-cbor", "The CID of an empty map."),
    ])

  static func run(_ context: Context) throws {
    let invocation = context.invocation
    let codec: CID.Codec = invocation.text("codec") == "dag-cbor" ? .dagCBOR : .raw
    switch invocation.required("ACTION") {
    case "check":
      let bytes = try StandardInput.block()
      try check(bytes, codec)
      show(CID(of: bytes, codec: codec), bytes.count, context)
    case "put":
      let bytes = try StandardInput.block()
      try check(bytes, codec)
      let store = try context.store()
      let cid = try store.blocks.put(bytes, codec: codec)
      // No claim needs it: without a pin the next collection would remove it.
      try store.blocks.pin(cid)
      show(cid, bytes.count, context)
    default:
      guard let text = invocation.text("CID") else {
        throw Failure.usage("'block get' needs the CID of a block")
      }
      let store = try context.store(access: .readOnly)
      let names = Names(store: store)
      let cid = try names.block(text, codec: codec)
      let bytes = try names.bytes(of: cid)
      guard context.output.isJSON else { return context.output.raw(bytes) }
      let data = try JSONValue(parsing: Value.bytes(bytes).dagJSON)
      context.output.json(["cid": .cid(cid), "bytes": .int(bytes.count), "data": data])
    }
  }

  private static func check(_ bytes: [UInt8], _ codec: CID.Codec) throws {
    if codec == .dagCBOR { _ = try Value(decoding: bytes) }
  }

  private static func show(_ cid: CID, _ count: Int, _ context: Context) {
    context.output.json(["cid": .string("\(cid)"), "bytes": .int(count)])
    context.output.text("\(cid)")
  }
}
