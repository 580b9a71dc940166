// The directory of packs: which there are, opening them for reading, making new ones.
// Specs/Store.md, "Packs".

internal import Synchronization

/// Shared by all threads of a process. Keeps the packs that were read last open.
final class PackFiles: Sendable {
  /// Open packs that are kept for the next reader.
  static let mostOpen = 64

  let disk: any Disk
  let directory: String

  private struct State {
    var open: [UInt32: any DiskFile] = [:]
    /// In the order in which they were opened.
    var order: [UInt32] = []
    /// No new pack gets a number up to this one.
    var floor: UInt32 = 0
  }

  private let state = Mutex(State())

  init(disk: any Disk, directory: String) {
    self.disk = disk
    self.directory = directory
  }

  func path(_ pack: UInt32) -> String { "\(directory)/\(PackFormat.name(pack: pack))" }

  /// The packs that have a file, in the order of their numbers.
  func numbers() throws(DiskError) -> [UInt32] {
    try disk.names(in: directory).compactMap { PackFormat.number(name: $0) }.sorted()
  }

  /// A pack open for reading.
  func reader(_ pack: UInt32) throws(DiskError) -> any DiskFile {
    if let open = state.withLock({ $0.open[pack] }) { return open }
    let file = try disk.open(path(pack), .read)
    state.withLock { state in
      guard state.open[pack] == nil else { return }
      if state.order.count >= Self.mostOpen {
        state.open[state.order.removeFirst()] = nil
      }
      state.open[pack] = file
      state.order.append(pack)
    }
    return file
  }

  /// Closes a pack, so that its next reader opens what has the name now.
  func forget(_ pack: UInt32) {
    state.withLock { state in
      state.open[pack] = nil
      state.order.removeAll { $0 == pack }
    }
  }

  /// Numbers up to this one are not given to new packs.
  func raiseFloor(_ number: UInt32) {
    state.withLock { $0.floor = max($0.floor, number) }
  }

  /// A new pack, locked, with its header written but not synced.
  func make() throws(DiskError) -> (number: UInt32, file: any DiskFile) {
    raiseFloor(try numbers().last ?? 0)
    while true {
      let number = state.withLock { state in
        state.floor += 1
        return state.floor
      }
      let file: any DiskFile
      do {
        file = try disk.open(path(number), .create)
      } catch {
        // Another process has just made it.
        if error.kind == .exists { continue }
        throw error
      }
      // Another process may have taken an empty file for a left-over.
      guard try file.tryLock(), file.isLinked() else { continue }
      do {
        try file.write(PackFormat.header(pack: number), at: 0)
      } catch {
        _ = try? disk.remove(path(number))
        throw error
      }
      return (number, file)
    }
  }

  /// An existing pack for writing, locked; nil when another has it or it has gone.
  func locked(_ pack: UInt32) throws(DiskError) -> (any DiskFile)? {
    let file: any DiskFile
    do {
      file = try disk.open(path(pack), .write)
    } catch {
      if error.kind == .missing { return nil }
      throw error
    }
    guard try file.tryLock(), file.isLinked() else { return nil }
    return file
  }
}
