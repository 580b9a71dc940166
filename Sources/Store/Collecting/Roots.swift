// What no collection may remove. Specs/Store.md, "Collection".

internal import Claims
public import Content

extension ClaimStore {
  /// What nothing may remove: the manifests of all entries that count or may yet count,
  /// of all runs, and what refutes them.
  public func roots() throws -> [CID] {
    var roots: [CID] = []
    for datanet in try datanets() {
      for entry in try entries(of: datanet) {
        switch entry.standing {
        case .live, .unapproved, .unauthorised, .replaced: roots.append(entry.publication.manifest)
        case .retracted, .unlicensed, .rejected: continue
        }
      }
      for run in try runs(of: datanet) where !run.isWithdrawn {
        // Not the snapshot, which links to everything that it was made from: it is in a file of the
        // evidence, so that what is retracted can go.
        roots += run.run.manifests
        roots += run.checks.proofs.map(\.proof)
      }
    }
    return roots
  }
}

extension Store {
  /// What nothing may remove.
  public func roots() throws -> [CID] { try claims.roots() }

  public func collect(options: CollectOptions = CollectOptions()) throws -> CollectionReport {
    try blocks.collect(options: options) { try self.roots() }
  }
}
