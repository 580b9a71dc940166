// Bases that live in a Datanet: found by name or claim, and laid out as files once
// (Specs/Snapshots.md, "On the command line").

import Checkpoints
import Claims
import Content
import Glibc
import Learning
import Store
import Terminal

/// What `--base` names.
enum NetBase {
  /// A directory of this machine as it is; else `NET`, `NET/NAME`, or the claim of a base.
  static func open(_ text: String, _ context: Context) throws -> OpenBase {
    if MappedFile.exists("\(text)/config.json") || !context.home.exists {
      return try OpenBase(text)
    }
    let store = try context.storeToRead()
    guard let entry = try entry(text, store) else { return try OpenBase(text) }
    return try open(entry, store, context)
  }

  /// What `--adapter` names: a directory, a run, or a Datanet's newest run.
  static func adapter(
    _ text: String?, beside base: OpenBase, _ context: Context
  ) throws -> AdapterTensors? {
    guard let text, !MappedFile.exists("\(text)/adapter_config.json"), context.home.exists else {
      return try base.adapter(text)
    }
    let store = try context.storeToRead()
    let names = Names(store: store)
    guard
      try names.datanets().contains(where: { $0.name == text })
        || (text.utf8.count >= Prefix.shortest && names.claimIfAny(text) != nil)
    else { return try base.adapter(text) }
    let run = try SharesCommand.run(text, store).entry
    return try base.adapter(files(of: run.run.adapter, store, context))
  }

  /// The base entry that is meant; nil when the text names nothing in the home.
  static func entry(_ text: String, _ store: Store) throws -> DatanetState.Entry? {
    let names = Names(store: store)
    if text.hasPrefix("bafy"), let claim = try names.claimIfAny(text) {
      guard let entry = try store.claims.entry(EntryID(claim: claim.digest)), entry.kind == .base
      else { throw Failure.usage("\(Shown.cid(claim.cid)) is no base, but a \(claim.kind)") }
      return entry
    }
    let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
    guard let net = parts.first,
      try names.datanets().contains(where: { $0.name == net || "\($0.cid)".hasPrefix(net) })
    else { return nil }
    let datanet = try names.datanet(net)
    let bases = try store.claims.entries(of: datanet, kind: .base, standing: .live)
    if parts.count == 1 {
      guard let newest = bases.last else {
        throw Failure.notFound(
          "'\(Printable.line(net))' has no base; a curator adds one with 'datanet model add DIR NET'"
        )
      }
      return newest
    }
    guard let base = bases.last(where: { $0.publication.name == parts[1] }) else {
      let known = bases.compactMap(\.publication.name).map { Printable.line($0) }
      throw Failure.notFound(
        "'\(Printable.line(net))' has no base '\(Printable.line(parts[1]))'; it has "
          + (known.isEmpty ? "none" : known.joined(separator: ", ")))
    }
    return base
  }

  /// Written whole under another name first; what has its name is whole and was verified.
  static func open(
    _ entry: DatanetState.Entry, _ store: Store, _ context: Context
  ) throws -> OpenBase {
    let directory = try files(of: entry.publication.manifest, store, context)
    return try OpenBase(directory, name: entry.publication.name ?? "\(entry.id)")
  }

  /// A manifest's files below the home's cache.
  static func files(of manifest: CID, _ store: Store, _ context: Context) throws -> String {
    let folder = "\(context.home.cachePath)/files"
    let directory = "\(folder)/\(manifest)"
    if unsafe access(directory, F_OK) == 0 { return directory }
    for path in [context.home.cachePath, folder] { unsafe mkdir(path, 0o700) }
    let reader = try ContributionReader(manifest, in: store.blocks)
    let unfinished = "\(directory).\(getpid())"
    let progress = context.progress("Laying out", total: Int(clamping: reader.manifest.bytes))
    defer { progress.finish() }
    var writer = FileTreeWriter(directory: unfinished, overwrites: true)
    do {
      try writer.write(reader, prefix: "") { count, item in
        progress.advance(by: count, item: item)
        return !Interruption.isRequested
      }
    } catch {
      FolderRemoval.remove(unfinished)
      throw error
    }
    if unsafe rename(unfinished, directory) != 0 {
      // Another process may have been faster.
      let code = errno
      FolderRemoval.remove(unfinished)
      guard unsafe access(directory, F_OK) == 0 else {
        throw DiskError(operation: "make", path: directory, code: code)
      }
    }
    return directory
  }
}
