// `datanet get`: everything that counts, as files; see Specs/Store.md, "Getting".

import Claims
import Content
import JSON
import Store
import Terminal

enum GetCommand: Command {
  static let declaration = Declaration(
    "get", group: CommandTable.Group.contribute,
    summary: "Write a Datanet's files into a folder, verified",
    prose: """
      Writes the files of all contributions that count, or of one claim, each chunk checked against \
      its address. A contribution whose files have the names of earlier ones goes into a folder of \
      its own, named after its claim. Files that are there already and equal are left alone; one \
      that differs stops the command unless --overwrite is given. What is whole is kept when the \
      command is stopped. A contribution that is not wholly here is named, and the command ends \
      with 4 after writing the others.
      """,
    arguments: [
      Argument("NET", .datanet, .one, "a Datanet, or a contribution's claim"),
      Argument("DIR", .directory, .one, "where to; it is made"),
    ],
    options: [.flag("overwrite", "Replace files that differ")],
    examples: [
      Example("datanet get recipes out", "Everything that counts."),
      Example("datanet get bafyreigbtj4x7ip out --overwrite", "One contribution."),
    ])

  static func run(_ context: Context) throws {
    let store = try context.store(access: .readOnly)
    let directory = context.invocation.required("DIR")
    let entries = try FilePlace.entries(context.invocation.required("NET"), in: store)
    let total = entries.reduce(0) { $0 &+ $1.publication.bytes }
    let progress = context.progress("Getting", total: total)
    defer { progress.finish() }
    var layout = FolderLayout()
    var writer = FileTreeWriter(
      directory: directory, overwrites: context.invocation.has("overwrite"))
    // The earliest contribution keeps the plain names.
    var absent: [String] = []
    for entry in entries.reversed() {
      do {
        let reader = try ContributionReader(entry.publication.manifest, in: store.blocks)
        var paths: [ManifestPath] = []
        try reader.forEachFile { paths.append($0.path) }
        let prefix = layout.prefix(for: paths, else: Shown.entry(entry.id))
        try writer.write(reader, prefix: prefix) { count, item in
          progress.advance(by: count, item: item)
          return !Interruption.isRequested
        }
      } catch StoreError.missing(let cid) {
        if entries.count == 1 { throw StoreError.missing(cid) }
        absent.append(Shown.entry(entry.id))
      }
    }
    progress.finish()
    context.output.json([
      "files": .int(writer.files), "bytes": .int(writer.bytes),
      "unchanged": .int(writer.unchanged), "contributions": .int(entries.count),
      "directory": .string(directory), "incomplete": .array(absent.map { .string($0) }),
    ])
    let unchanged = writer.unchanged > 0 ? "; \(Quantity.count(writer.unchanged)) were there" : ""
    context.output.text(
      "Wrote \(Quantity.count(writer.files, "file")), \(Quantity.bytes(writer.bytes)), verified, "
        + "to \(directory)\(unchanged)")
    guard absent.isEmpty else {
      throw Failure.notFound(
        "not wholly here: \(absent.joined(separator: ", ")); import an archive that has them, or "
          + "add their files again")
    }
  }
}

/// Which contributions may lie side by side, and which need a folder of their own.
struct FolderLayout {
  private var taken: Set<String> = []

  /// Empty when no path is taken, is inside a file, or has a file inside it.
  mutating func prefix(for paths: [ManifestPath], else name: String) -> String {
    var own: Set<String> = []
    for path in paths {
      var prefix = ""
      for part in path.text.split(separator: "/") {
        // A folder is marked, so that a file and a folder of one name are told apart.
        if !prefix.isEmpty { own.insert(prefix + "/") }
        prefix += prefix.isEmpty ? part : "/\(part)"
      }
      own.insert(prefix)
    }
    let collides = own.contains { name in
      if name.hasSuffix("/") { return taken.contains(String(name.dropLast())) }
      return taken.contains(name) || taken.contains(name + "/")
    }
    if collides { return name + "/" }
    taken.formUnion(own)
    return ""
  }
}
