// Appends groups to a pack of its own, from several threads; acknowledges them by a sync.
// Specs/Store.md, "Writing".

internal import Synchronization

/// One writer's packs. Each is locked while this object has it, so every pack has one writer.
///
/// `append` may be called from several threads at once, also while one of them calls `sync` or
/// `takeSynced`. After a failure everything since the last sync is undone and the writer is of no
/// more use: a file system that could not sync once has promised nothing about what follows.
final class PackWriter: Sendable {
  private struct Open {
    let number: UInt32
    let file: any DiskFile
    /// Where the next group goes.
    var end: Int
    /// Up to here everything is on the disk.
    var synced: Int
    /// Its name is on the disk.
    var isNamed: Bool
    /// Reserved since the last `takeSynced`, in the order of the file.
    var places: [BlockPlace] = []
    /// Where groups begin that are being written now.
    var underWay: [Int] = []

    /// Up to here everything is written.
    var written: Int { underWay.min() ?? end }

    /// How many of `places` are on the disk.
    var syncedCount: Int {
      var (low, high) = (0, places.count)
      while low < high {
        let middle = (low + high) / 2
        // By their ends: an empty block may begin where the synced part ends.
        if places[middle].range.upperBound <= synced { low = middle + 1 } else { high = middle }
      }
      return low
    }
  }

  private struct State {
    /// The last one takes the next group; full ones before it wait for a sync.
    var packs: [Open] = []
    var failure: DiskError?
    /// Bytes written since the disk was last set to work.
    var unflushed = 0
    var isFlushing = false
    var flushers: [Worker] = []
  }

  /// When so many bytes wait, a thread of its own begins to sync them, so that the disk works
  /// while the next ones are hashed and the last sync is short.
  private static let flushBytes = 64 << 20

  private let files: PackFiles
  private let state = Mutex(State())
  /// Woken whenever a group is written, or could not be.
  private let turn = Condition()

  init(_ files: PackFiles) { self.files = files }

  deinit {
    joinFlushers()
    undo()
  }

  /// Goes on in an existing pack that the caller has locked and recovered up to `end`.
  func adopt(_ number: UInt32, _ file: any DiskFile, end: Int) {
    state.withLock {
      $0.packs.append(
        Open(number: number, file: file, end: end, synced: end, isNamed: true))
    }
  }

  /// Writes blocks as one group and gives their places. They are acknowledged by `sync`.
  func append(_ entries: [PackEntry], _ payload: [UnsafeRawBufferPointer]) throws -> [BlockPlace] {
    let (number, file, offset) = try reserve(entries)
    defer { settled(number, offset) }
    let head = PackFormat.head(pack: number, offset: offset, entries: entries)
    do throws(DiskError) {
      unsafe try head.span.bytes.withUnsafeBytes { (head) throws(DiskError) in
        unsafe try file.write([head] + payload, at: offset)
      }
    } catch {
      fail(error)
      throw error
    }
    let group = PackGroup(offset: offset, entries: entries)
    flushBehind(group.end - offset)
    return group.places.map { entry, offset in
      BlockPlace(pack: number, offset: offset, entry: entry)
    }
  }

  /// The same for at most `DiskBuffer.byteCount` bytes of blocks that `fill` puts behind each other:
  /// into memory from which they can be written as it is.
  func append(_ entries: [PackEntry], fill: (UnsafeMutableRawBufferPointer) -> Void) throws {
    let (number, file, offset) = try reserve(entries)
    defer { settled(number, offset) }
    let head = PackFormat.head(pack: number, offset: offset, entries: entries)
    let buffer = DiskBuffer.taken()
    defer { buffer.giveBack() }
    // In memory it begins as far behind a multiple of the alignment as in the file.
    let start = offset % DirectAccess.alignment
    let group = PackGroup(offset: offset, entries: entries)
    let range = start..<start + group.end - offset
    let room = unsafe buffer.bytes.count
    precondition(range.upperBound <= room, "a group is larger than its memory")
    unsafe UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[range]).copyBytes(from: head)
    unsafe fill(
      UnsafeMutableRawBufferPointer(
        rebasing: buffer.bytes[start + head.count..<range.upperBound]))
    do throws(DiskError) {
      unsafe try file.write(
        [UnsafeRawBufferPointer(rebasing: buffer.bytes[range])], at: offset)
    } catch {
      fail(error)
      throw error
    }
    flushBehind(range.count)
  }

  /// Takes the next place in a pack for a group.
  private func reserve(
    _ entries: [PackEntry]
  ) throws -> (number: UInt32, file: any DiskFile, offset: Int) {
    try state.withLock { state throws(DiskError) in
      if let failure = state.failure { throw failure }
      if state.packs.last.map({ $0.end >= PackFormat.fullBytes }) ?? true {
        let (number, file) = try files.make()
        state.packs.append(
          Open(
            number: number, file: file, end: PackFormat.headerBytes,
            synced: PackFormat.headerBytes, isNamed: false))
      }
      let last = state.packs.count - 1
      let group = PackGroup(offset: state.packs[last].end, entries: entries)
      let places = group.places.map { entry, offset in
        BlockPlace(pack: state.packs[last].number, offset: offset, entry: entry)
      }
      state.packs[last].end = group.end
      state.packs[last].places += places
      state.packs[last].underWay.append(group.offset)
      return (state.packs[last].number, state.packs[last].file, group.offset)
    }
  }

  /// A group is written, or never will be: then `failure` is set already.
  private func settled(_ number: UInt32, _ offset: Int) {
    state.withLock { state in
      guard let index = state.packs.firstIndex(where: { $0.number == number }) else { return }
      state.packs[index].underWay.removeAll { $0 == offset }
    }
    turn.lock()
    turn.wake()
    turn.unlock()
  }

  /// Returns once nothing is under way before the given places: recovery goes from group to group, so
  /// what lies behind one that was not written would not be found.
  private func wait(until ends: [UInt32: Int]) {
    turn.lock()
    defer { turn.unlock() }
    while state.withLock({ state in
      state.packs.contains { pack in
        let end = ends[pack.number] ?? 0
        return pack.underWay.contains { $0 < end }
      }
    }) { turn.wait() }
  }

  private func flushBehind(_ count: Int) {
    let begins = state.withLock { state in
      state.unflushed += count
      guard state.unflushed >= Self.flushBytes, !state.isFlushing else { return false }
      state.unflushed = 0
      state.isFlushing = true
      return true
    }
    if !begins { return }
    let worker = Worker { [self] in
      // The system tells of a failed sync once; it must not be told to nobody.
      do throws(DiskError) { try syncWritten() } catch { fail(error) }
      state.withLock { $0.isFlushing = false }
    }
    state.withLock { state in
      if let worker { state.flushers.append(worker) } else { state.isFlushing = false }
    }
  }

  /// Syncs what is written by now, without waiting for what is under way: `takeSynced` gives it from
  /// then on.
  func syncWritten() throws(DiskError) {
    let packs = state.withLock { state in
      state.packs.filter { $0.written > $0.synced }
    }
    if packs.isEmpty { return }
    for pack in packs { try pack.file.sync() }
    // Who finds a block in the index relies on it, so its pack's name must not be lost either.
    if packs.contains(where: { !$0.isNamed }) { try files.disk.syncDirectory(files.directory) }
    state.withLock { state in
      for index in state.packs.indices {
        let number = state.packs[index].number
        guard let pack = packs.first(where: { $0.number == number }) else { continue }
        state.packs[index].synced = max(state.packs[index].synced, pack.written)
        state.packs[index].isNamed = true
      }
    }
  }

  private func joinFlushers() {
    let flushers = state.withLock { state in
      defer { state.flushers = [] }
      return state.flushers
    }
    for flusher in flushers { flusher.join() }
  }

  /// Afterwards everything whose `append` had begun survives a power cut. Others may append meanwhile;
  /// two at a time may not sync.
  func sync() throws(DiskError) {
    joinFlushers()
    let ends = state.withLock { state in
      Dictionary(uniqueKeysWithValues: state.packs.map { ($0.number, $0.end) })
    }
    wait(until: ends)
    let pending = try state.withLock { state throws(DiskError) in
      if let failure = state.failure { throw failure }
      return state.packs.filter { pack in
        ends[pack.number].map { $0 > pack.synced || !pack.isNamed } ?? false
      }
    }
    do throws(DiskError) {
      for pack in pending { try pack.file.sync() }
      if pending.contains(where: { !$0.isNamed }) { try files.disk.syncDirectory(files.directory) }
    } catch {
      fail(error)
      throw error
    }
    state.withLock { state in
      for index in state.packs.indices {
        guard let end = ends[state.packs[index].number] else { continue }
        state.packs[index].synced = end
        state.packs[index].isNamed = true
      }
    }
  }

  /// What one pack has got since the last call, for the index.
  struct Synced: Sendable {
    let pack: UInt32
    let end: Int
    let places: [BlockPlace]
  }

  /// What was synced and is not in the index yet.
  func takeSynced() -> [Synced] {
    state.withLock { state in
      var synced: [Synced] = []
      for index in state.packs.indices {
        let count = state.packs[index].syncedCount
        if count == 0 { continue }
        synced.append(
          Synced(
            pack: state.packs[index].number, end: state.packs[index].synced,
            places: Array(state.packs[index].places[..<count])))
        state.packs[index].places.removeFirst(count)
      }
      return synced
    }
  }

  /// How many blocks `takeSynced` would give.
  var syncedCount: Int { state.withLock { $0.packs.reduce(0) { $0 + $1.syncedCount } } }

  /// Bytes that wait for a sync.
  var unsyncedBytes: Int {
    state.withLock { $0.packs.reduce(0) { $0 + $1.end - $1.synced } }
  }

  private func fail(_ error: DiskError) {
    let isFirst = state.withLock { state in
      defer { state.failure = state.failure ?? error }
      return state.failure == nil
    }
    if isFirst { undo() }
  }

  /// Shortens packs to what was synced. When even that fails, recovery finds what is whole.
  private func undo() {
    let packs = state.withLock { $0.packs }
    for pack in packs where pack.end > pack.synced || !pack.isNamed {
      if pack.isNamed {
        _ = try? pack.file.truncate(to: pack.synced)
      } else {
        _ = try? files.disk.remove(files.path(pack.number))
      }
    }
  }
}
