// The store and the arithmetic, as `datanet doctor` sees them.

import CanonicalMath
import Store
import Terminal

extension Examination {
  var store: Finding {
    guard home.exists else {
      return Finding(
        name: "store", state: .odd, found: "empty: no Datanet has been founded or joined")
    }
    do {
      let store = try Store.open(home, access: .readOnly)
      let nets = try store.claims.datanets()
      let waiting = try nets.reduce(0) { try $0 + store.claims.status(of: $1).waiting }
      let blocks = try store.blocks.totals()
      let found =
        "\(Quantity.count(nets.count, "Datanet")), \(Quantity.count(blocks.blocks, "block")), "
        + Quantity.bytes(blocks.bytes)
      if waiting > 0 {
        return Finding(
          name: "store", state: .odd, found: "\(found); \(Quantity.count(waiting)) claims wait",
          advice: "their predecessors are missing: 'datanet import' or 'datanet sync' brings them")
      }
      return Finding(name: "store", state: .good, found: found)
    } catch {
      return Finding(
        name: "store", state: .bad, found: "\(error)", advice: "run 'datanet fsck'")
    }
  }

  /// Files that are seeded where they lie, when there are any: those that changed are named.
  var inPlace: [Finding] {
    guard let store = try? Store.open(home, access: .readOnly),
      let files = try? store.blocks.filesInPlace(), !files.isEmpty
    else { return [] }
    let changed = files.filter(\.isChanged).map(\.path)
    guard let first = changed.first else {
      return [
        Finding(
          name: "in place", state: .good,
          found: "\(Quantity.count(files.count, "file")), as when added")
      ]
    }
    let more = changed.count > 1 ? " and \(Quantity.count(changed.count - 1, "other"))" : ""
    return [
      Finding(
        name: "in place", state: .bad,
        found: "\(Printable.line(first))\(more) changed or gone since added in place",
        advice: "restore the file, or add it again; 'datanet fsck' names all of them")
    ]
  }

  /// Which vector instructions the exact arithmetic uses here; `selftest` proves that they agree.
  var arithmetic: Finding {
    let others = Kernels.available.filter { $0 != Kernels.current }.map(\.name)
    let rest = others.isEmpty ? "" : " (also here: \(others.joined(separator: ", ")))"
    return Finding(
      name: "arithmetic", state: .good, found: "\(Kernels.current.name) kernels\(rest)")
  }
}
