// A segment of a trace's index, read where it lies (Specs/Trace.md, "Segments").

public import Cryptography

/// Bytes in memory or of a mapped file: `owner` keeps them there. Everything in them was checked
/// when it was made, so no number in it leads outside.
@safe public struct TraceSegment: @unchecked Sendable {
  // `@unchecked Sendable`: the bytes are read-only, and `owner` only keeps them alive.
  static let magic = Array("DNTRACE1".utf8)
  static let headByteCount = 56

  private let bytes: UnsafeRawBufferPointer
  private let owner: AnyObject
  /// What the segment was made from.
  public let digest: Digest
  public let recordCount: Int
  let wordCount: Int
  private let textCount: Int
  private let numbersStart: Int
  private let startsStart: Int
  private let orderStart: Int
  private let textStart: Int

  /// Nil for bytes that are damaged, or of another kind: they are made again.
  public init?(_ bytes: UnsafeRawBufferPointer, owner: AnyObject) {
    let trailer = Digest.byteCount
    guard bytes.count >= Self.headByteCount + trailer,
      Self.magic.indices.allSatisfy({ unsafe bytes[$0] == Self.magic[$0] })
    else { return nil }
    func number(_ place: Int) -> Int {
      Int(unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
    }
    textCount = number(8)
    recordCount = number(12)
    wordCount = number(16)
    numbersStart = Self.headByteCount
    startsStart = numbersStart + 8 * recordCount
    orderStart = startsStart + 4 * recordCount
    textStart = orderStart + 4 * wordCount
    guard number(20) == 0, recordCount > 0, textStart + textCount + trailer == bytes.count,
      let digest = unsafe Digest(bytes: Array(bytes[24..<56]))
    else { return nil }
    let body = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - trailer)])
    guard unsafe SHA256.hash(body).bytes == Array(bytes[(bytes.count - trailer)...]) else {
      return nil
    }
    self.digest = digest
    unsafe self.bytes = bytes
    self.owner = owner
    guard start(of: 0) == 0 else { return nil }
    var last = -1
    for record in 0..<recordCount {
      guard start(of: record) > last, start(of: record) < textCount else { return nil }
      last = start(of: record)
    }
    for word in 0..<wordCount where place(of: word) >= textCount { return nil }
  }

  private func word(_ place: Int) -> Int {
    Int(unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
  }

  func start(of record: Int) -> Int { word(startsStart + 4 * record) }

  /// The record's number in what the segment was made from.
  public func number(of record: Int) -> UInt64 {
    let place = numbersStart + 8 * record
    return UInt64(word(place)) | UInt64(word(place + 4)) << 32
  }

  /// Where the suffix of this rank begins.
  func place(of rank: Int) -> Int { word(orderStart + 4 * rank) }

  func byte(_ place: Int) -> UInt8 { unsafe bytes[textStart + place] }

  /// The record that a place is in.
  func record(at place: Int) -> Int {
    var (low, high) = (0, recordCount)
    while low < high {
      let middle = (low + high) / 2
      if start(of: middle) <= place { low = middle + 1 } else { high = middle }
    }
    return low - 1
  }

  /// Behind the record's last word.
  func end(of record: Int) -> Int {
    (record + 1 < recordCount ? start(of: record + 1) : textCount) - 1
  }

  /// How many bytes of `words` from `start` on stand at a place, and whether the text is smaller
  /// where they part.
  func common(
    _ words: UnsafeBufferPointer<UInt8>, from start: Int, at place: Int
  ) -> (count: Int, isSmaller: Bool) {
    var count = 0
    let most = min(words.count - start, textCount - place)
    while count < most {
      let (here, wanted) = unsafe (bytes[textStart + place + count], words[start + count])
      if here != wanted { return (count, here < wanted) }
      count += 1
    }
    return (count, place + count >= textCount)
  }
}
