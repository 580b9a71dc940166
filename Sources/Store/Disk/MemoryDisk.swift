// A disk in memory that forgets what was not synced when its power is cut, for tests and the
// simulator. Specs/Store.md, "Durability".

internal import Glibc
internal import Synchronization

/// Remembers for every file what a real disk would surely have and what it only might have.
/// A power cut keeps the sure part, and of the rest whatever the given numbers choose: each
/// unsynced write wholly, partly or not at all, and names of files up to some moment.
package final class MemoryDisk: Disk {
  /// A power cut tears writes at multiples of this.
  static let sectorBytes = 512

  /// What happens instead of the next operation of a kind.
  package enum Fault: Sendable {
    /// Fails with this number.
    case code(Int32)
    /// Writes the first half and then fails.
    case half(Int32)
  }

  private struct Change {
    let offset: Int
    /// Nil for a change of size to `offset`.
    let bytes: [UInt8]?
  }

  private final class Content {
    var bytes: [UInt8] = []
    /// What is surely on the disk.
    var synced: [UInt8] = []
    var unsynced: [Change] = []
    var owner: ObjectIdentifier?

    func apply(_ change: Change) {
      Self.apply(change, to: &bytes)
      unsynced.append(change)
    }

    static func apply(_ change: Change, to bytes: inout [UInt8]) {
      guard let new = change.bytes else {
        if change.offset < bytes.count { bytes.removeLast(bytes.count - change.offset) }
        bytes += [UInt8](repeating: 0, count: change.offset - bytes.count)
        return
      }
      let end = change.offset + new.count
      if end > bytes.count { bytes += [UInt8](repeating: 0, count: end - bytes.count) }
      bytes.replaceSubrange(change.offset..<end, with: new)
    }

    func sync() {
      synced = bytes
      unsynced = []
    }
  }

  private struct State {
    var files: [String: Content] = [:]
    /// Names as they surely are on the disk.
    var syncedNames: [String: Content] = [:]
    /// Changes of names since the last sync of their directory, in order.
    var unsyncedNames: [(path: String, content: Content?)] = []
    /// Changes so far: writes, syncs, names.
    var operations = 0
    /// From this operation on, everything fails as on a machine without power.
    var lastOperation = Int.max
    var faultAt = Int.max
    var fault = Fault.code(EIO)
    var freeBytes = Int.max
  }

  private let state: Mutex<State>

  package init() { state = Mutex(State()) }

  private init(_ state: sending State) { self.state = Mutex(state) }

  // MARK: Tests' handles

  /// Operations that changed something so far.
  package var operations: Int { state.withLock { $0.operations } }

  /// After so many operations nothing happens any more; everything fails.
  package func stop(after operations: Int) { state.withLock { $0.lastOperation = operations } }

  /// The operation with this number fails once, in the given way.
  package func fail(at operation: Int, _ fault: Fault) {
    state.withLock {
      $0.faultAt = operation
      $0.fault = fault
    }
  }

  /// Changes bytes behind everybody's back, as a bad sector does.
  package func damage(_ path: String, at offset: Int) {
    state.withLock { $0.files[path]?.bytes[offset] ^= 0x55 }
  }

  /// What the next process finds after this one was killed: everything it has handed over.
  package func afterKill() -> MemoryDisk {
    state.withLock { state in
      var after = State()
      for (path, content) in state.files {
        let kept = Content()
        kept.bytes = content.bytes
        kept.synced = content.synced
        kept.unsynced = content.unsynced
        after.files[path] = kept
        after.syncedNames[path] = kept
      }
      return MemoryDisk(after)
    }
  }

  /// What a machine finds after its power was cut here. `choose(n)` picks a number below n.
  package func afterPowerCut(_ choose: (Int) -> Int) -> MemoryDisk {
    state.withLock { state in
      var names = state.syncedNames
      for change in state.unsyncedNames.prefix(choose(state.unsyncedNames.count + 1)) {
        names[change.path] = change.content
      }
      var after = State()
      for (path, content) in names.sorted(by: { $0.key < $1.key }) {
        let kept = Content()
        kept.bytes = content.synced
        for change in content.unsynced {
          guard let bytes = change.bytes else {
            if choose(2) == 0 { Content.apply(change, to: &kept.bytes) }
            continue
          }
          switch choose(4) {
          case 0: continue
          case 1:
            // A torn write: some of its sectors arrived, in any order.
            var at = 0
            while at < bytes.count {
              // The first sector ends at a multiple of the disk's sectors.
              let place = change.offset + at
              let count = min(Self.sectorBytes - place % Self.sectorBytes, bytes.count - at)
              if choose(2) == 0 {
                let part = Change(offset: place, bytes: Array(bytes[at..<at + count]))
                Content.apply(part, to: &kept.bytes)
              }
              at += count
            }
          default: Content.apply(change, to: &kept.bytes)
          }
        }
        kept.synced = kept.bytes
        after.files[path] = kept
        after.syncedNames[path] = kept
      }
      return MemoryDisk(after)
    }
  }

  // MARK: Disk

  /// Counts an operation that changes something; fails when it is one that should.
  private static func begin(
    _ state: inout State, _ operation: String, _ path: String
  ) throws(DiskError) -> Bool {
    state.operations += 1
    guard state.operations <= state.lastOperation else {
      throw DiskError(operation: operation, path: path, code: EIO)
    }
    guard state.operations == state.faultAt else { return true }
    switch state.fault {
    case .code(let code): throw DiskError(operation: operation, path: path, code: code)
    case .half: return false
    }
  }

  package func open(_ path: String, _ mode: OpenMode) throws(DiskError) -> any DiskFile {
    let content = try state.withLock { state throws(DiskError) -> Content in
      if let content = state.files[path] {
        if mode == .create { throw DiskError(operation: "make", path: path, code: EEXIST) }
        return content
      }
      guard mode == .create else { throw DiskError(operation: "open", path: path, code: ENOENT) }
      _ = try Self.begin(&state, "make", path)
      let content = Content()
      state.files[path] = content
      state.unsyncedNames.append((path, content))
      return content
    }
    return File(disk: self, path: path, content: content)
  }

  package func remove(_ path: String) throws(DiskError) {
    try state.withLock { state throws(DiskError) in
      guard state.files[path] != nil else {
        throw DiskError(operation: "remove", path: path, code: ENOENT)
      }
      _ = try Self.begin(&state, "remove", path)
      state.files[path] = nil
      state.unsyncedNames.append((path, nil))
    }
  }

  package func exists(_ path: String) -> Bool { state.withLock { $0.files[path] != nil } }

  package func names(in directory: String) throws(DiskError) -> [String] {
    state.withLock { state in
      state.files.keys.filter { $0.hasPrefix("\(directory)/") }
        .map { String($0.dropFirst(directory.count + 1)) }.filter { !$0.contains("/") }.sorted()
    }
  }

  package func syncDirectory(_ directory: String) throws(DiskError) {
    try state.withLock { state throws(DiskError) in
      _ = try Self.begin(&state, "sync", directory)
      let prefix = "\(directory)/"
      for change in state.unsyncedNames where change.path.hasPrefix(prefix) {
        state.syncedNames[change.path] = change.content
      }
      state.unsyncedNames.removeAll { $0.path.hasPrefix(prefix) }
    }
  }

  package func freeBytes(at path: String) -> Int? { state.withLock { $0.freeBytes } }

  /// Safe to share: `content` is touched only under the disk's lock.
  private final class File: DiskFile, @unchecked Sendable {
    let disk: MemoryDisk
    let path: String
    let content: Content

    init(disk: MemoryDisk, path: String, content: Content) {
      self.disk = disk
      self.path = path
      self.content = content
    }

    deinit {
      disk.state.withLock { _ in
        if content.owner == ObjectIdentifier(self) { content.owner = nil }
      }
    }

    func size() throws(DiskError) -> Int { disk.state.withLock { _ in content.bytes.count } }

    func stamp() -> FileStamp? { nil }

    func isLinked() -> Bool { disk.state.withLock { $0.files[path] === content } }

    func tryLock() throws(DiskError) -> Bool {
      disk.state.withLock { _ in
        if let owner = content.owner, owner != ObjectIdentifier(self) { return false }
        content.owner = ObjectIdentifier(self)
        return true
      }
    }

    func read(
      into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(DiskError) -> Int {
      let bytes = disk.state.withLock { _ in content.bytes }
      guard offset < bytes.count else { return 0 }
      let count = min(buffer.count, bytes.count - offset)
      unsafe bytes.withUnsafeBytes {
        unsafe buffer.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count]))
      }
      return count
    }

    func write(_ parts: [UnsafeRawBufferPointer], at offset: Int) throws(DiskError) {
      var bytes: [UInt8] = []
      for index in unsafe parts.indices { unsafe bytes.append(contentsOf: parts[index]) }
      let change = Change(offset: offset, bytes: bytes)
      try disk.state.withLock { state throws(DiskError) in
        if try MemoryDisk.begin(&state, "write", path) {
          content.apply(change)
          return
        }
        content.apply(Change(offset: offset, bytes: Array(bytes.prefix(bytes.count / 2))))
        guard case .half(let code) = state.fault else { return }
        throw DiskError(operation: "write", path: path, code: code)
      }
    }

    func truncate(to size: Int) throws(DiskError) {
      try disk.state.withLock { state throws(DiskError) in
        _ = try MemoryDisk.begin(&state, "shorten", path)
        content.apply(Change(offset: size, bytes: nil))
      }
    }

    func sync() throws(DiskError) {
      try disk.state.withLock { state throws(DiskError) in
        _ = try MemoryDisk.begin(&state, "sync", path)
        content.sync()
      }
    }
  }
}
