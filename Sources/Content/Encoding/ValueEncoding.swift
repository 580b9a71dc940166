// A tree's encoding, written into memory that grows by itself: half as fast again as appending to
// an array item by item (Specs/ContentAddresses.md, "Encoding").

internal import Cryptography

extension Value {
  /// The one encoding of this value.
  public func encoded() -> [UInt8] {
    var writer = ValueWriter()
    writer.write(self)
    return writer.bytes
  }
}

/// Owns its memory and frees it in `deinit`. Every write asks `room` first, which makes sure of
/// the space: that is what `@safe` rests on.
@safe private struct ValueWriter: ~Copyable {
  private var base: UnsafeMutableRawPointer
  private var capacity = 512
  private var offset = 0

  init() {
    unsafe base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
  }

  deinit { unsafe base.deallocate() }

  /// A copy of what has been written.
  var bytes: [UInt8] { unsafe [UInt8](UnsafeRawBufferPointer(start: base, count: offset)) }

  /// Where the next `length` bytes go.
  @inline(__always)
  private mutating func room(_ length: Int) -> UnsafeMutableRawPointer {
    if length > capacity - offset { grow(by: length) }
    let place = unsafe base + offset
    offset += length
    return unsafe place
  }

  private mutating func grow(by length: Int) {
    capacity = max(capacity * 2, offset + length)
    let grown = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    unsafe grown.copyMemory(from: base, byteCount: offset)
    unsafe base.deallocate()
    unsafe base = grown
  }

  @inline(__always)
  private mutating func byte(_ byte: UInt8) {
    unsafe room(1).storeBytes(of: byte, as: UInt8.self)
  }

  @inline(__always)
  private mutating func head(_ major: UInt8, _ argument: UInt64) {
    if argument < 24 {
      byte(major << 5 | UInt8(truncatingIfNeeded: argument))
    } else {
      longHead(major, argument)
    }
  }

  private mutating func longHead(_ major: UInt8, _ argument: UInt64) {
    switch argument {
    case ...0xFF:
      byte(major << 5 | 24)
      byte(UInt8(truncatingIfNeeded: argument))
    case ...0xFFFF:
      byte(major << 5 | 25)
      word(UInt16(truncatingIfNeeded: argument))
    case ...0xFFFF_FFFF:
      byte(major << 5 | 26)
      word(UInt32(truncatingIfNeeded: argument))
    default:
      byte(major << 5 | 27)
      word(argument)
    }
  }

  private mutating func word<Word: FixedWidthInteger & BitwiseCopyable>(_ word: Word) {
    unsafe room(MemoryLayout<Word>.size).storeBytes(of: word.bigEndian, as: Word.self)
  }

  private mutating func bytes(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    unsafe room(bytes.count).copyMemory(from: source, byteCount: bytes.count)
  }

  private mutating func text(_ text: String) {
    head(3, UInt64(text.utf8.count))
    let isDone: Void? = unsafe text.utf8.withContiguousStorageIfAvailable { utf8 in
      unsafe bytes(UnsafeRawBufferPointer(utf8))
    }
    // A string that came over from elsewhere may not lie in one piece.
    if isDone == nil { for unit in text.utf8 { byte(unit) } }
  }

  mutating func write(_ value: Value) {
    switch value {
    case .null: byte(0xF6)
    case .bool(let value): byte(value ? 0xF5 : 0xF4)
    case .integer(let value):
      precondition(value >= -(1 << 64) && value < 1 << 64, "an integer beyond 64 bits and a sign")
      head(value >= 0 ? 0 : 1, UInt64(truncatingIfNeeded: value >= 0 ? value : -1 - value))
    case .float(let value):
      precondition(value.isFinite, "DAG-CBOR has no NaN and no infinities")
      byte(0xFB)
      word(value.bitPattern)
    case .bytes(let value):
      head(2, UInt64(value.count))
      unsafe value.withUnsafeBytes { unsafe bytes($0) }
    case .text(let value): text(value)
    case .array(let items):
      head(4, UInt64(items.count))
      unsafe items.withUnsafeBufferPointer { items in
        for index in items.indices { unsafe write(items[index]) }
      }
    case .map(let map):
      head(5, UInt64(map.entries.count))
      unsafe map.entries.withUnsafeBufferPointer { entries in
        for index in entries.indices {
          unsafe text(entries[index].key)
          unsafe write(entries[index].value)
        }
      }
    case .link(let cid):
      word(0xD82A_5825_0001_0012 as UInt64 | UInt64(cid.codec.rawValue) << 8)
      byte(0x20)
      unsafe cid.digest.withUnsafeBytes { unsafe bytes($0) }
    case .foreignLink(let link):
      byte(0xD8)
      byte(42)
      head(2, UInt64(link.bytes.count + 1))
      byte(0)
      unsafe link.bytes.withUnsafeBytes { unsafe bytes($0) }
    }
  }
}
