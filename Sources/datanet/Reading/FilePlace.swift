// A file as a person names it: `NET/PATH`, or `CLAIM/PATH` when several contributions have one of
// that name (Specs/CommandLine.md, "Names").

import Claims
import Content
import Store
import Terminal

struct FilePlace {
  let entry: DatanetState.Entry
  let reader: ContributionReader
  let file: PlacedItem<FileEntry>

  /// Finds the file; the newest contributions are looked at first, and two that both have it are
  /// shown to choose from.
  init(_ text: String, in store: Store) throws {
    guard let slash = text.firstIndex(of: "/"), slash != text.startIndex else {
      throw Failure.usage("'\(Printable.line(text))' names no file: it is NET/PATH")
    }
    let path: ManifestPath
    do throws(ManifestError) {
      path = try ManifestPath(String(text[text.index(after: slash)...]))
    } catch {
      throw Failure.usage("'\(Printable.line(text))': \(error)")
    }
    var absent: StoreError?
    let found = try FilePlace.entries(String(text[..<slash]), in: store).compactMap { entry in
      do {
        return try FilePlace(entry, path, in: store)
      } catch StoreError.missing(let cid) {
        // One contribution can be imported without the others: those do not hide its files.
        absent = absent ?? .missing(cid)
        return nil
      }
    }
    guard let first = found.first else {
      if let absent { throw absent }
      throw Failure.notFound(
        "there is no file '\(Printable.line(path.text))' there; see 'datanet ls NET --files'")
    }
    if found.count > 1,
      found.contains(where: { $0.reader.manifest.cid != first.reader.manifest.cid })
    {
      throw Prefix.ambiguous(text, found.map { "\(Shown.entry($0.entry.id))/\(path.text)" })
    }
    self = first
  }

  private init?(_ entry: DatanetState.Entry, _ path: ManifestPath, in store: Store) throws {
    let reader = try ContributionReader(entry.publication.manifest, in: store.blocks)
    guard let file = try reader.file(at: path) else { return nil }
    (self.entry, self.reader, self.file) = (entry, reader, file)
  }

  /// What counts in a Datanet, the newest first; or the one contribution of a claim.
  static func entries(_ text: String, in store: Store) throws -> [DatanetState.Entry] {
    let names = Names(store: store)
    do {
      let datanet = try names.datanet(text)
      return try store.claims.entries(of: datanet, standing: .live).reversed()
    } catch let failure as Failure where failure.code == .notFound {
      let claim = String(text.prefix { $0 != "#" })
      guard claim.utf8.count >= Prefix.shortest, let found = try names.claimIfAny(claim),
        !found.content.publications.isEmpty
      else { throw failure }
      return [try names.entry(text)]
    }
  }

  /// The Datanet that a name, or the claim of a contribution, belongs to.
  static func datanet(_ text: String, in store: Store) throws -> CID {
    let names = Names(store: store)
    do {
      return try names.datanet(text)
    } catch let failure as Failure where failure.code == .notFound {
      let claim = String(text.prefix { $0 != "#" })
      guard claim.utf8.count >= Prefix.shortest, let found = try names.claimIfAny(claim) else {
        throw failure
      }
      return found.datanet
    }
  }
}
