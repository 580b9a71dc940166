// Large writes and reads that pass by the system's page cache. Specs/Store-decisions.md, "Why do
// large writes pass by the page cache?"

internal import Glibc
internal import Synchronization

/// A second descriptor of one file, for aligned writes. What is not aligned at the ends goes
/// through the cache; both kinds never share a page, and one sync makes both durable.
///
/// Safe to share: `descriptor` never changes, and `isOn` is only ever turned off.
final class DirectAccess: Sendable {
  /// Places, lengths and memory are multiples of this. Logical blocks of disks have 512 or 4,096.
  static let alignment = 4096
  /// Shorter stretches are not worth a wait for the disk.
  static let leastBytes = 512 << 10

  // O_DIRECT, which Swift does not see.
  #if arch(arm64)
    private static let flag: Int32 = 0o200000
  #else
    private static let flag: Int32 = 0o40000
  #endif

  private let descriptor: Int32
  private let isOn = Atomic(true)

  /// Nil where the file system takes no such writes.
  init?(path: String, of file: Int32) {
    descriptor = unsafe open(path, O_WRONLY | Self.flag | O_CLOEXEC)
    // The name may belong to another file by now.
    guard descriptor >= 0, Self.isSameFile(descriptor, file) else { return nil }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Whether writes of so many bytes should come here.
  func suits(_ count: Int) -> Bool {
    count >= Self.leastBytes && isOn.load(ordering: .relaxed)
  }

  /// Writes the aligned middle of `parts`, which begin at `offset` of the file, and gives the range
  /// of the file that is written. An empty range when the file system refuses after all.
  func write(
    _ parts: [UnsafeRawBufferPointer], at offset: Int
  ) throws(DiskError.Code) -> Range<Int> {
    let count = unsafe parts.reduce(0) { $0 + $1.count }
    let first = (offset + Self.alignment - 1) / Self.alignment * Self.alignment
    let end = (offset + count) / Self.alignment * Self.alignment
    guard first < end else { return first..<first }
    if unsafe parts.count == 1,
      let memory = unsafe parts[0].baseAddress?.advanced(by: first - offset),
      Int(bitPattern: memory) % Self.alignment == 0
    {
      // It lies as it should already.
      return first..<(try unsafe write(memory, end - first, at: first))
    }
    let buffer = DiskBuffer.taken()
    defer { buffer.giveBack() }
    var source = unsafe PartsReader(parts, skipping: first - offset)
    var place = first
    while place < end {
      let length = min(DiskBuffer.byteCount, end - place)
      unsafe source.copy(to: UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<length]))
      let done = try unsafe write(buffer.bytes.baseAddress!, length, at: place)
      guard done == place + length else { return first..<place }
      place += length
    }
    return first..<end
  }

  /// Writes aligned memory and gives where it ended: `offset` when the file system refuses after all,
  /// and then it is not asked again.
  private func write(
    _ memory: UnsafeRawPointer, _ length: Int, at offset: Int
  ) throws(DiskError.Code) -> Int {
    var done = 0
    while done < length {
      let written = unsafe pwrite(descriptor, memory + done, length - done, off_t(offset + done))
      if written > 0 {
        done += written
        // Only whole blocks can go on here.
        if written % Self.alignment == 0 { continue }
      }
      if written < 0, errno == EINTR { continue }
      if written < 0, errno != EINVAL { throw DiskError.Code(number: errno) }
      isOn.store(false, ordering: .relaxed)
      return offset
    }
    return offset + done
  }
}

extension DirectAccess {
  /// A stretch of a file past the cache; nil where the file system does not do that, or the file
  /// ends before: then the ordinary way tells what is wrong.
  static func read(
    _ path: String, of file: Int32, into buffer: DiskBuffer, at offset: Int, count: Int
  ) -> UnsafeRawBufferPointer? {
    let descriptor = unsafe open(path, O_RDONLY | flag | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard isSameFile(descriptor, file) else { return nil }
    let skipped = offset % alignment
    let wanted = (skipped + count + alignment - 1) / alignment * alignment
    let read = unsafe pread(descriptor, buffer.bytes.baseAddress, wanted, off_t(offset - skipped))
    guard read >= skipped + count else { return nil }
    return unsafe UnsafeRawBufferPointer(rebasing: buffer.bytes[skipped..<skipped + count])
  }

  private static func isSameFile(_ one: Int32, _ other: Int32) -> Bool {
    var first = stat()
    var second = stat()
    return unsafe fstat(one, &first) == 0 && fstat(other, &second) == 0
      && first.st_ino == second.st_ino && first.st_dev == second.st_dev
  }
}

extension DiskError {
  /// The number that the system gave, before anybody knows what was tried.
  struct Code: Error { let number: Int32 }
}

/// Goes through several pieces of memory as if they were one.
@unsafe private struct PartsReader {
  private let parts: [UnsafeRawBufferPointer]
  private var part = 0
  private var at = 0

  init(_ parts: [UnsafeRawBufferPointer], skipping count: Int) {
    unsafe self.parts = parts
    unsafe at = count
    unsafe pass()
  }

  private mutating func pass() {
    while unsafe part < parts.count, unsafe at >= parts[part].count {
      unsafe at -= parts[part].count
      unsafe part += 1
    }
  }

  /// Fills `target`; as many bytes must be left.
  mutating func copy(to target: UnsafeMutableRawBufferPointer) {
    var filled = 0
    while filled < target.count {
      let length = unsafe min(parts[part].count - at, target.count - filled)
      unsafe memcpy(target.baseAddress! + filled, parts[part].baseAddress! + at, length)
      filled += length
      unsafe at += length
      unsafe pass()
    }
  }
}
