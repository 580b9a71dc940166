// A file mapped read-only into memory, so that weights are paged in as they are used; see
// Specs/Checkpoints.md, "Mapping".

import Glibc

/// The bytes of a file, or bytes held in memory. The mapping lives as long as this object; its
/// `deinit` is the only place that unmaps.
///
/// `@unchecked Sendable`, `@safe`: the pointer is set once, its memory is read-only and every access
/// goes through a bounds-checked range.
@safe public final class MappedFile: @unchecked Sendable {
  public let path: String
  public let count: Int
  private let base: UnsafeRawPointer?
  private let mapped: Bool

  /// Maps the regular file at `path`.
  public init(path: String) throws(CheckpointError) {
    // Without blocking: a named pipe would keep this waiting for a writer instead of being refused.
    let descriptor = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    if descriptor < 0 { throw .system(file: path, call: "open", code: errno) }
    defer { close(descriptor) }
    var status = stat()
    if unsafe fstat(descriptor, &status) != 0 {
      throw .system(file: path, call: "fstat", code: errno)
    }
    if status.st_mode & S_IFMT != S_IFREG {
      throw .malformed(file: path, problem: "not a regular file")
    }
    let size = Int(status.st_size)
    self.path = path
    if size == 0 {
      (count, mapped) = (0, false)
      unsafe base = nil
      return
    }
    let address = unsafe mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0)
    // MAP_FAILED is the pointer whose bits are all ones.
    if UInt(bitPattern: address) == UInt.max {
      throw .system(file: path, call: "mmap", code: errno)
    }
    (count, mapped) = (size, true)
    unsafe base = UnsafeRawPointer(address)
  }

  /// Keeps a copy of `bytes`; `name` stands for the path in messages.
  public init(bytes: [UInt8], name: String) {
    path = name
    count = bytes.count
    mapped = false
    if bytes.isEmpty {
      unsafe base = nil
    } else {
      let copy = UnsafeMutableRawPointer.allocate(byteCount: bytes.count, alignment: 64)
      unsafe copy.copyMemory(from: bytes, byteCount: bytes.count)
      unsafe base = UnsafeRawPointer(copy)
    }
  }

  deinit {
    guard let base = unsafe base else { return }
    if mapped {
      unsafe _ = munmap(UnsafeMutableRawPointer(mutating: base), count)
    } else {
      unsafe base.deallocate()
    }
  }

  /// Gives back the memory of a mapped file's pages; what is read again comes from the file again.
  public func forgetPages() {
    guard mapped, let base = unsafe base else { return }
    // The mapping is read-only, so no page holds anything that the file does not.
    unsafe _ = madvise(UnsafeMutableRawPointer(mutating: base), count, MADV_DONTNEED)
  }

  /// The bytes of a range, which is cut to the file. Valid only inside `body`.
  public func withBytes<Result, Failure: Error>(
    in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let range = range.clamped(to: 0..<count)
    // `range` lies within the `count` bytes at `base`, which live as long as `self`.
    return try unsafe body(
      UnsafeRawBufferPointer(start: base.map { unsafe $0 + range.lowerBound }, count: range.count))
  }

  public func bytes(in range: Range<Int>) -> [UInt8] {
    unsafe withBytes(in: range) { unsafe Array($0) }
  }

  /// Reads a small file whole, with a limit that is checked before anything is allocated.
  public static func contents(of path: String, limit: Int) throws(CheckpointError) -> [UInt8] {
    let file = try MappedFile(path: path)
    if file.count > limit {
      throw .limit(file: path, what: "the size in bytes", value: file.count, limit: limit)
    }
    return file.bytes(in: 0..<file.count)
  }

  public static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  static func explanation(of code: Int32) -> String {
    // strerror returns a static or thread-local string that is copied at once.
    unsafe strerror(code).map { unsafe String(cString: $0) } ?? "unknown error"
  }
}
