// Writes an index of records' words: their suffixes in order (Specs/Trace.md, "Segments").

import CDivsufsort
public import Cryptography

/// Takes records while they fit, then sorts.
public struct TraceSegmentBuilder {
  /// Words of one segment, in bytes: sorting takes five times as much memory.
  public static let byteLimit = 64 << 20

  private var text: [UInt8] = []
  private var starts: [UInt32] = []
  private var numbers: [UInt64] = []
  private var tokens = TraceTokens()

  public init() {}

  public var isEmpty: Bool { starts.isEmpty }

  /// Adds a record by the texts that count in it; false when the segment is full, and then nothing
  /// was added. A single record beyond the limit is cut there.
  public mutating func append(_ content: [UInt8], number: UInt64) -> Bool {
    tokens.read(content)
    var count = tokens.folded.count
    if text.count + count + 1 > Self.byteLimit {
      guard isEmpty else { return false }
      count = tokens.starts.last { $0 < Self.byteLimit } ?? 0
    }
    starts.append(UInt32(text.count))
    numbers.append(number)
    text += tokens.folded[..<count]
    text.append(0x0A)
    return true
  }

  /// The segment's bytes; `owner` names what it was made from. Memory: five times the words.
  public func segment(of owner: Digest) -> [UInt8] {
    var order = [Int32](repeating: 0, count: text.count)
    let status = unsafe text.withUnsafeBufferPointer { text in
      unsafe order.withUnsafeMutableBufferPointer { order in
        unsafe divsufsort(text.baseAddress, order.baseAddress, saidx_t(text.count))
      }
    }
    // It fails only for want of memory, or for arguments that were not given.
    precondition(status == 0, "the suffixes cannot be sorted: out of memory")
    var words = 0
    for place in order where isWordStart(Int(place)) { words += 1 }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(
      TraceSegment.headByteCount + text.count + 12 * starts.count + 4 * words + 64)
    bytes += TraceSegment.magic
    Self.append(UInt32(text.count), to: &bytes)
    Self.append(UInt32(starts.count), to: &bytes)
    Self.append(UInt32(words), to: &bytes)
    Self.append(0, to: &bytes)
    bytes += owner.bytes
    for number in numbers {
      Self.append(UInt32(truncatingIfNeeded: number), to: &bytes)
      Self.append(UInt32(truncatingIfNeeded: number >> 32), to: &bytes)
    }
    for start in starts { Self.append(start, to: &bytes) }
    for place in order where isWordStart(Int(place)) { Self.append(UInt32(place), to: &bytes) }
    bytes += text
    bytes += SHA256.hash(bytes).bytes
    return bytes
  }

  private func isWordStart(_ place: Int) -> Bool {
    text[place] > 0x20 && (place == 0 || text[place - 1] <= 0x20)
  }

  private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
    bytes.append(UInt8(truncatingIfNeeded: number))
    bytes.append(UInt8(truncatingIfNeeded: number >> 8))
    bytes.append(UInt8(truncatingIfNeeded: number >> 16))
    bytes.append(UInt8(truncatingIfNeeded: number >> 24))
  }
}
