// Bytes from standard input, with a limit.

import Content
import Glibc
import Terminal

enum StandardInput {
  /// One block; more than a block may have is refused.
  static func block() throws(Failure) -> [UInt8] {
    let limit = Value.maximumByteCount
    let bytes = try read(most: limit + 1)
    guard bytes.count <= limit else {
      throw .refused("a block has at most \(Quantity.bytes(limit)), and there is more; use 'add'")
    }
    return bytes
  }

  /// Everything up to `most` bytes.
  static func read(most: Int) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 64 << 10)
    while bytes.count < most {
      let count = unsafe Glibc.read(0, &part, min(part.count, most - bytes.count))
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR, !Interruption.isRequested { continue }
        throw .failed("cannot read standard input: \(Screen.describe(errno))")
      }
      bytes += part[..<count]
    }
    return bytes
  }
}
