// The store, as `datanet doctor` sees them.

import Glibc
import Store
import Terminal

extension Examination {
  var store: Finding {
    guard home.exists else {
      return Finding(
        name: "store", state: .odd, found: "empty: no Datanet has been founded or joined")
    }
    var file = stat()
    unsafe stat(home.databasePath, &file)
    return Finding(
      name: "store", state: .good, found: "\(Quantity.bytes(Int(file.st_size))) of claims")
  }
}
