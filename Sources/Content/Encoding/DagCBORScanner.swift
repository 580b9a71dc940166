// The rules of strict DAG-CBOR over plain memory (Specs/ContentAddresses.md, "Encoding" and
// "Refusals"). `DagCBORDecoder` is its safe face.

internal import Cryptography

/// The first byte or bytes of an item.
struct DagCBORHead {
  enum Kind: UInt8 { case unsigned, negative, bytes, text, array, map, tag, simple, float }

  let kind: Kind
  /// The number, length, count, tag, simple value or bit pattern.
  let argument: UInt64
  let offset: Int
}

/// Lives only inside a `withUnsafeBytes` of the memory it reads. Every load is preceded by a
/// comparison with `count`. Lengths are compared with what is left before anything is allocated,
/// so an absurd length costs nothing. Safe to use inside that closure: only making one, and the
/// buffers that it gives, are marked unsafe.
@safe struct DagCBORScanner {
  private let base: UnsafeRawPointer
  private let count: Int
  private(set) var offset: Int

  /// Room is reserved for so many items at most: nested counts must not add up to much memory.
  private static let reservedCount = 1024

  init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    // The pointer of an empty buffer is never read.
    unsafe base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
    count = bytes.count
    self.offset = offset
  }

  private var end: DagCBORError { DagCBORError(offset: count, rule: .endOfInput) }

  private func bigEndian<Number: FixedWidthInteger>(_ type: Number.Type) -> Number {
    unsafe base.loadUnaligned(fromByteOffset: offset, as: Number.self).bigEndian
  }

  @inline(__always)
  mutating func head() throws(DagCBORError) -> DagCBORHead {
    let place = offset
    guard place < count else { throw end }
    let first = unsafe base.load(fromByteOffset: place, as: UInt8.self)
    let (major, info) = (first >> 5, first & 31)
    // The seven major types below 7 are the first seven kinds.
    if info < 24 {
      offset = place + 1
      return DagCBORHead(
        kind: DagCBORHead.Kind(rawValue: major) ?? .simple, argument: UInt64(info), offset: place)
    }
    return try longHead(major, info, at: place)
  }

  private mutating func longHead(
    _ major: UInt8, _ info: UInt8, at place: Int
  ) throws(DagCBORError) -> DagCBORHead {
    guard info < 28 else {
      throw DagCBORError(offset: place, rule: info == 31 ? .indefinite : .reserved)
    }
    if major == 7, info != 27 {
      throw DagCBORError(offset: place, rule: info == 24 ? .simple : .halfFloat)
    }
    let width = 1 << Int(info - 24)
    guard count - place > width else { throw end }
    offset = place + 1
    let argument: UInt64
    let least: UInt64
    switch info {
    case 24: (argument, least) = (UInt64(bigEndian(UInt8.self)), 24)
    case 25: (argument, least) = (UInt64(bigEndian(UInt16.self)), 1 << 8)
    case 26: (argument, least) = (UInt64(bigEndian(UInt32.self)), 1 << 16)
    default: (argument, least) = (bigEndian(UInt64.self), 1 << 32)
    }
    offset += width
    guard major != 7 else {
      guard Double(bitPattern: argument).isFinite else {
        throw DagCBORError(offset: place, rule: .finiteFloat)
      }
      return DagCBORHead(kind: .float, argument: argument, offset: place)
    }
    guard argument >= least else { throw DagCBORError(offset: place, rule: .shortestInteger) }
    return DagCBORHead(
      kind: DagCBORHead.Kind(rawValue: major) ?? .simple, argument: argument, offset: place)
  }

  /// The next `length` bytes, which must be there.
  @inline(__always)
  mutating func take(_ length: UInt64) throws(DagCBORError) -> UnsafeRawBufferPointer {
    guard length <= UInt64(count - offset) else { throw end }
    let bytes = unsafe UnsafeRawBufferPointer(start: base + offset, count: Int(length))
    offset += Int(length)
    return unsafe bytes
  }

  mutating func string(_ length: UInt64) throws(DagCBORError) -> String {
    let place = offset
    let bytes = unsafe try take(length)
    guard let text = unsafe Self.text(bytes) else { throw DagCBORError(offset: place, rule: .text) }
    return text
  }

  private static func text(_ bytes: UnsafeRawBufferPointer) -> String? {
    let span = unsafe Span<UInt8>(_unsafeBytes: bytes)
    guard let valid = try? UTF8Span(validating: span) else { return nil }
    return String(copying: valid)
  }

  /// What `string` does, without making one.
  mutating func checkText(_ length: UInt64) throws(DagCBORError) {
    let place = offset
    let bytes = unsafe try take(length)
    let span = unsafe Span<UInt8>(_unsafeBytes: bytes)
    guard (try? UTF8Span(validating: span)) != nil else {
      throw DagCBORError(offset: place, rule: .text)
    }
  }

  /// The count of an array or map, which cannot have more items than bytes are left.
  @inline(__always)
  func items(_ head: DagCBORHead, depth: Int) throws(DagCBORError) -> Int {
    guard depth < DagCBORDecoder.maximumDepth else {
      throw DagCBORError(offset: head.offset, rule: .depth)
    }
    let left = UInt64(count - offset)
    guard head.argument <= (head.kind == .map ? left / 2 : left) else { throw end }
    return Int(head.argument)
  }

  mutating func value(depth: Int) throws(DagCBORError) -> Value {
    let head = try head()
    switch head.kind {
    case .unsigned: return .integer(Int128(head.argument))
    case .negative: return .integer(-1 - Int128(head.argument))
    case .bytes: return .bytes(unsafe Array(try take(head.argument)))
    case .text: return .text(try string(head.argument))
    case .array: return try array(try items(head, depth: depth), depth: depth + 1)
    case .map: return try map(try items(head, depth: depth), depth: depth + 1)
    case .tag: return try link(head)
    case .simple: return try simple(head)
    case .float: return .float(Double(bitPattern: head.argument))
    }
  }

  func simple(_ head: DagCBORHead) throws(DagCBORError) -> Value {
    switch head.argument {
    case 20: .bool(false)
    case 21: .bool(true)
    case 22: .null
    default: throw DagCBORError(offset: head.offset, rule: .simple)
    }
  }

  private mutating func array(_ count: Int, depth: Int) throws(DagCBORError) -> Value {
    var items: [Value] = []
    items.reserveCapacity(min(count, Self.reservedCount))
    for _ in 0..<count { items.append(try value(depth: depth)) }
    return .array(items)
  }

  private mutating func map(_ count: Int, depth: Int) throws(DagCBORError) -> Value {
    var entries: [ValueMap.Entry] = []
    entries.reserveCapacity(min(count, Self.reservedCount))
    var keys = DagCBORKeys()
    for _ in 0..<count {
      let key = unsafe try key(&keys)
      guard let text = unsafe Self.text(key) else {
        throw DagCBORError(offset: offset - key.count, rule: .text)
      }
      entries.append(ValueMap.Entry(key: text, value: try value(depth: depth)))
    }
    return .map(ValueMap(sorted: entries))
  }

  /// The next key of a map, held against the one before it. Not checked to be UTF-8.
  mutating func key(_ keys: inout DagCBORKeys) throws(DagCBORError) -> UnsafeRawBufferPointer {
    let head = try head()
    guard head.kind == .text else { throw DagCBORError(offset: head.offset, rule: .key) }
    let key = unsafe try take(head.argument)
    if let rule = unsafe keys.fault(next: key) {
      throw DagCBORError(offset: head.offset, rule: rule)
    }
    return unsafe key
  }

  /// What follows tag 42.
  mutating func link(_ tag: DagCBORHead) throws(DagCBORError) -> Value {
    guard tag.argument == 42 else { throw DagCBORError(offset: tag.offset, rule: .tag) }
    let head = try head()
    let fault = DagCBORError(offset: head.offset, rule: .link)
    guard head.kind == .bytes else { throw fault }
    let bytes = unsafe try take(head.argument)
    guard unsafe bytes.first == 0 else { throw fault }
    let binary = unsafe UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
    if let cid = unsafe CID(binary: binary) { return .link(cid) }
    guard let foreign = unsafe ForeignLink(bytes: binary) else { throw fault }
    return .foreignLink(foreign)
  }

  /// Checks an item and passes over it.
  mutating func skip(depth: Int) throws(DagCBORError) {
    var links: [CID]?
    try skip(depth: depth, links: &links)
  }

  /// Checks an item and passes over it; the addresses in it are added to `links`, if wanted.
  mutating func skip(depth: Int, links: inout [CID]?) throws(DagCBORError) {
    let head = try head()
    switch head.kind {
    case .unsigned, .negative, .float: break
    case .bytes: unsafe _ = try take(head.argument)
    case .text: try checkText(head.argument)
    case .array:
      for _ in 0..<(try items(head, depth: depth)) { try skip(depth: depth + 1, links: &links) }
    case .map:
      var keys = DagCBORKeys()
      for _ in 0..<(try items(head, depth: depth)) {
        let key = unsafe try key(&keys)
        offset -= key.count
        try checkText(UInt64(key.count))
        try skip(depth: depth + 1, links: &links)
      }
    case .tag:
      if case .link(let cid) = try link(head) { links?.append(cid) }
    case .simple: _ = try simple(head)
    }
  }
}

/// Holds the keys of one map to their order. Points into the scanner's memory.
@safe struct DagCBORKeys {
  private var last: UnsafeRawBufferPointer?

  mutating func fault(next: UnsafeRawBufferPointer) -> DagCBORError.Rule? {
    defer { unsafe last = next }
    guard let last = unsafe last else { return nil }
    if last.count != next.count {
      return last.count < next.count ? nil : .keyOrder
    }
    if unsafe last.lexicographicallyPrecedes(next) { return nil }
    return unsafe last.elementsEqual(next) ? .duplicateKey : .keyOrder
  }
}

extension CID {
  /// The binary form, when it is one of the two that addresses here have.
  @inline(__always)
  init?(binary bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Self.byteCount, unsafe bytes[0] == 1,
      let codec = unsafe Codec(rawValue: bytes[1]), unsafe bytes[2] == 0x12,
      unsafe bytes[3] == 0x20,
      let digest = unsafe Digest(span: RawSpan(_unsafeBytes: bytes).extracting(4...))
    else { return nil }
    self.init(codec: codec, digest: digest)
  }
}
