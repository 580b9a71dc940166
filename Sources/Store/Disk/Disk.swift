// The file operations that the store's durability rests on, so that tests can watch, fail and
// undo them. Specs/Store.md, "Durability".

/// A file system, as far as packs need one. `SystemDisk` is the real one; `MemoryDisk` forgets
/// what was not synced when a test cuts its power.
package protocol Disk: AnyObject, Sendable {
  func open(_ path: String, _ mode: OpenMode) throws(DiskError) -> any DiskFile
  func remove(_ path: String) throws(DiskError)
  /// The names in a directory, sorted.
  func names(in directory: String) throws(DiskError) -> [String]
  /// Makes the names in a directory, new and removed ones, survive a power cut.
  func syncDirectory(_ directory: String) throws(DiskError)
  /// Bytes that can still be written below a path; nil when unknown.
  func freeBytes(at path: String) -> Int?
}

package enum OpenMode: Sendable {
  case read
  case write
  /// Fails with `.exists` when there is one.
  case create
}

/// An open file. Reading and writing at given places, from any thread.
package protocol DiskFile: AnyObject, Sendable {
  var path: String { get }
  func size() throws(DiskError) -> Int
  /// What tells whether the file was changed; nil when it cannot be looked at.
  func stamp() -> FileStamp?
  /// Fills `buffer` as far as the file reaches, and gives the number of bytes read.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(DiskError) -> Int
  /// Fills several pieces of memory from one stretch; false when the file ends before.
  func read(
    into parts: [UnsafeMutableRawBufferPointer], at offset: Int
  ) throws(DiskError) -> Bool
  /// Reads a long stretch that will not be wanted again soon; shorter where the file ends.
  func readThrough(
    into buffer: DiskBuffer, at offset: Int, count: Int
  ) throws(DiskError) -> UnsafeRawBufferPointer
  /// Writes all parts, one behind the other.
  func write(_ parts: [UnsafeRawBufferPointer], at offset: Int) throws(DiskError)
  func truncate(to size: Int) throws(DiskError)
  /// Makes the bytes survive a power cut.
  func sync() throws(DiskError)
  /// Takes the exclusive lock without waiting; it goes with the file. False when it is taken.
  func tryLock() throws(DiskError) -> Bool
  /// False when the file has lost its name since it was opened.
  func isLinked() -> Bool
}

extension DiskFile {
  package func read(
    into parts: [UnsafeMutableRawBufferPointer], at offset: Int
  ) throws(DiskError) -> Bool {
    var place = offset
    for index in unsafe parts.indices {
      let part = unsafe parts[index]
      guard try unsafe read(into: part, at: place) == part.count else { return false }
      place += part.count
    }
    return true
  }

  package func readThrough(
    into buffer: DiskBuffer, at offset: Int, count: Int
  ) throws(DiskError) -> UnsafeRawBufferPointer {
    let wanted = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<count])
    let read = try unsafe self.read(into: wanted, at: offset)
    return unsafe UnsafeRawBufferPointer(rebasing: wanted[..<read])
  }

  /// Exactly `count` bytes at `offset`; nil when the file ends before.
  func bytes(at offset: Int, count: Int) throws(DiskError) -> [UInt8]? {
    var failure: DiskError?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
      do throws(DiskError) {
        used = try unsafe read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
      } catch {
        used = 0
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes.count == count ? bytes : nil
  }

  func write(_ bytes: [UInt8], at offset: Int) throws(DiskError) {
    try unsafe bytes.span.bytes.withUnsafeBytes { (buffer) throws(DiskError) in
      try unsafe write([buffer], at: offset)
    }
  }
}
