// `datanet import`: a CAR file into the store, checked on the way in; see Specs/Archives.md.

import Claims
import Content
import Glibc
import JSON
import Store
import Terminal

enum ImportCommand: Command {
  static let declaration = Declaration(
    "import", group: CommandTable.Group.move,
    summary: "Read a CAR file into the store, checked on the way in",
    prose: """
      Reads a CARv1 archive as a stream: every block is held to its address and every claim to its \
      signature before it is stored. Blocks that are here already are passed over, so reading an \
      archive again after an interruption goes on where it ended. An archive of another tool is \
      stored as blocks that are pinned by its roots.
      """,
    arguments: [Argument("FILE", .file, .one, "the archive; '-' is standard input")],
    examples: [
      Example("datanet import recipes.car", "From a USB stick."),
      Example("curl https://example.org/recipes.car | datanet import -", "As it is downloaded."),
    ])

  static func run(_ context: Context) throws {
    let path = context.invocation.required("FILE")
    let file = path == "-" ? 0 : unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw DiskError(operation: "open", path: path, code: errno) }
    defer { if file > 0 { close(file) } }
    var status = stat()
    let size = unsafe fstat(file, &status) == 0 && status.st_size > 0 ? Int(status.st_size) : nil
    let store = try context.store()
    let progress = context.progress("Importing", total: size)
    defer { progress.finish() }

    let intake = try ArchiveIntake(store)
    var reader = CARReader()
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    do {
      while true {
        let count = unsafe read(file, &buffer, buffer.count)
        if count < 0, errno == EINTR, !Interruption.isRequested { continue }
        if count < 0 { throw DiskError(operation: "read", path: path, code: errno) }
        if count == 0 { break }
        try reader.push(Array(buffer[..<count])) { try intake.take($0) }
        progress.advance(by: count)
        if Interruption.isRequested { throw Stopped() }
      }
      try reader.finish()
    } catch {
      // What came before the fault is good: it stays.
      let kept = try intake.finish()
      if error is Stopped {
        throw Failure.failed(
          "stopped: \(Quantity.count(kept.blocks, "block")) and "
            + "\(Quantity.count(kept.claims, "claim")) are kept; the same command goes on from there"
        )
      }
      throw error
    }
    let result = try intake.finish()
    progress.finish()
    show(result, context)
  }

  private struct Stopped: Error {}

  private static func show(_ result: ArchiveIntake.Result, _ context: Context) {
    context.output.json([
      "blocks": .int(result.blocks), "claims": .int(result.claims),
      "newBlocks": .int(result.newBlocks), "newClaims": .int(result.newClaims),
      "waiting": .int(result.report.waiting),
      "datanets": .array(result.datanets.map { .cid($0) }),
    ])
    context.output.text(
      "Read \(Quantity.count(result.claims, "claim")), \(Quantity.count(result.newClaims)) of "
        + "them new, and \(Quantity.count(result.blocks, "block")), "
        + "\(Quantity.count(result.newBlocks)) of them new; all of them checked")
    for datanet in result.datanets { context.output.text("\(datanet)") }
    if result.report.waiting > 0 {
      context.output.text(
        "\(Quantity.count(result.report.waiting, "claim waits", "claims wait")) for others that are "
          + "not here yet")
    }
  }
}
