// Memory for large reads and writes, aligned for the disk and used again and again.
// Specs/Store-decisions.md, "Why do large writes pass by the page cache?"

internal import Glibc
internal import Synchronization

/// New memory costs the system about as much as a copy of the same size, so some is kept.
///
/// Safe to share: one thread has it at a time, and the address stays from `init` to `deinit`.
@safe package final class DiskBuffer: @unchecked Sendable {
  /// What one use may ask for.
  static let byteCount = 4 << 20
  /// Buffers kept for the next use.
  private static let mostKept = 4
  private static let kept = Mutex<[DiskBuffer]>([])

  /// More than `byteCount`: what alignment adds at both ends, and a group's table.
  static let extraByteCount = 2 * DirectAccess.alignment + (64 << 10)

  let bytes: UnsafeMutableRawBufferPointer

  /// Where the system has large pages, they have this size: a thousandth of the entries to fill and
  /// to hand to the disk. Memory that begins elsewhere does not get the first.
  private static let largePage = 2 << 20

  private init() {
    unsafe bytes = .allocate(
      byteCount: Self.byteCount + Self.extraByteCount, alignment: Self.largePage)
    // Whether it is heard does not matter.
    unsafe madvise(bytes.baseAddress, bytes.count, MADV_HUGEPAGE)
  }

  deinit { unsafe bytes.deallocate() }

  /// The caller has it until `giveBack`.
  static func taken() -> DiskBuffer { kept.withLock { $0.popLast() } ?? DiskBuffer() }

  func giveBack() {
    Self.kept.withLock { if $0.count < Self.mostKept { $0.append(self) } }
  }
}
