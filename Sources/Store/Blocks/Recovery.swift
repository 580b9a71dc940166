// Takes up what writers left behind when they were killed or the power went.
// Specs/Store.md, "Recovery".

internal import Cryptography

extension BlockStore {
  /// Blocks entered in one transaction while an index is made again.
  private static let blocksPerTransaction = 65_536

  /// Brings the index in line with the packs. Packs that another process writes are left to it.
  ///
  /// Only bytes behind `indexed` are looked at, so opening costs one look at each file's size.
  func recover() throws {
    let known = try index.packs()
    let numbers = try files.numbers()
    files.raiseFloor(max(known.last?.number ?? 0, numbers.last ?? 0))
    var indexed: [UInt32: Int] = [:]
    for pack in known { indexed[pack.number] = pack.indexed }
    let swept = Set(known.lazy.filter(\.isSwept).map(\.number))
    for number in numbers {
      if swept.contains(number) {
        // A collection was stopped between the index and the file.
        if try files.locked(number) != nil { try removeSwept(number) }
        continue
      }
      guard let size = try? files.disk.open(files.path(number), .read).size(),
        size != indexed[number]
      else { continue }
      if let file = try files.locked(number) { try recover(number, file) }
    }
    for pack in known where !numbers.contains(pack.number) {
      // Gone after the list was made? Then a collection has taken its row along already.
      if try !files.numbers().contains(pack.number) { try index.forget(pack: pack.number) }
    }
  }

  /// Whether a pack is longer than the index says, and nobody is writing it.
  func hasUnindexed() throws -> Bool {
    var indexed: [UInt32: Int] = [:]
    for pack in try index.packs() { indexed[pack.number] = pack.indexed }
    return try files.numbers().contains { number in
      guard let file = try? files.disk.open(files.path(number), .read),
        let size = try? file.size(), size > indexed[number] ?? PackFormat.headerBytes
      else { return false }
      return (try? file.tryLock()) ?? false
    }
  }

  /// Enters what is whole behind the indexed part, and cuts off what is not. The caller has
  /// locked the pack. Gives the place where the next group goes.
  @discardableResult
  func recover(_ number: UInt32, _ file: any DiskFile) throws -> Int {
    let row = try index.pack(number)
    if row?.isSwept ?? false { return 0 }
    let indexed = row?.indexed ?? 0
    let start = max(indexed, PackFormat.headerBytes)
    if try file.size() <= PackFormat.headerBytes, indexed == 0 {
      // Its maker was stopped before it wrote anything that could have been acknowledged.
      try files.disk.remove(files.path(number))
      return 0
    }
    guard try hasHeader(number, file) else { return 0 }
    if try file.size() == start { return start }
    var end = start
    var places: [BlockPlace] = []
    var isSynced = false
    func enter() throws {
      if !isSynced { try file.sync() }
      isSynced = true
      try index.enter(places, pack: number, indexed: end)
      places = []
    }
    var scan = try PackScan(file, pack: number, from: start)
    while true {
      while let group = try scan.next() {
        let damaged = try group.damagedEntries(in: file)
        places += group.places.compactMap { entry, offset in
          damaged.contains(entry)
            ? nil : BlockPlace(pack: number, offset: offset, entry: entry)
        }
        end = group.end
        if places.count >= Self.blocksPerTransaction { try enter() }
      }
      // What was acknowledged stays even when something before it was damaged.
      guard try scan.skipToNextGroup() else { break }
    }
    if try file.size() > end { try file.truncate(to: end) }
    try enter()
    return end
  }

  private func hasHeader(_ number: UInt32, _ file: any DiskFile) throws -> Bool {
    guard let header = try file.bytes(at: 0, count: PackFormat.headerBytes) else { return false }
    return PackFormat.isHeader(header, pack: number)
  }
}
