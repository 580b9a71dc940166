// Random and mutated bytes for every decoder of the module: refused, or read as what they are.

import Cryptography
import Testing

@testable import Content

extension SeededRandom {
  mutating func value(depth: Int) -> Value {
    switch number(0...(depth > 0 ? 11 : 8)) {
    case 0: return .null
    case 1: return .bool(next() & 1 == 0)
    case 2: return .integer(Int128(next() >> UInt64(number(0...63))))
    case 3: return .integer(-1 - Int128(next() >> UInt64(number(0...63))))
    case 4:
      let float = Double(bitPattern: next())
      return .float(float.isFinite ? float : 0.5)
    case 5: return .bytes(bytes(number(0...40)))
    case 6: return .text(text(number(0...30)))
    case 7:
      return .link(CID(codec: next() & 1 == 0 ? .raw : .dagCBOR, digest: SHA256.hash(bytes(3))))
    case 8:
      let foreign = ForeignLink(bytes: [1, 0x70, 0x12, 0x20] + bytes(32))
      return foreign.map(Value.foreignLink) ?? .null
    case 9, 10: return .array((0..<number(0...6)).map { _ in value(depth: depth - 1) })
    default:
      return .map(
        ValueMap(
          (0..<number(0...6)).map { _ in
            ValueMap.Entry(key: text(number(0...4)), value: value(depth: depth - 1))
          }))
    }
  }

  private mutating func text(_ count: Int) -> String {
    let alphabet = Array("abcdef\"\\\n\u{1}éß€😀z0")
    return String((0..<count).map { _ in alphabet[number(0...alphabet.count - 1)] })
  }

  /// Flips, inserts, removes or doubles a few bytes.
  mutating func mutated(_ original: [UInt8]) -> [UInt8] {
    var bytes = original
    for _ in 0...number(0...2) {
      let place = bytes.isEmpty ? 0 : number(0...bytes.count - 1)
      switch number(0...5) {
      case 0 where !bytes.isEmpty: bytes[place] ^= 1 << UInt8(number(0...7))
      case 1 where !bytes.isEmpty: bytes[place] = UInt8(truncatingIfNeeded: next())
      case 2: bytes.insert(UInt8(truncatingIfNeeded: next()), at: place)
      case 3 where !bytes.isEmpty: bytes.remove(at: place)
      case 4 where !bytes.isEmpty: bytes.removeLast(number(1...bytes.count))
      default: bytes.insert(contentsOf: bytes[place...].prefix(9), at: place)
      }
    }
    return bytes
  }
}

@Suite struct MutationTests {
  private static let seeds: [UInt64] = [1, 2, 3, 4]

  /// The one property from which the rest follows: what is accepted is the one encoding.
  private func checkCBOR(_ bytes: [UInt8], _ random: SeededRandom) {
    let checked = Result { () throws(DagCBORError) in try Value.check(bytes) }
    let read = Result { () throws(DagCBORError) in try Value(decoding: bytes) }
    switch (read, checked) {
    case (.success(let value), .success):
      #expect(value.encoded() == bytes, "\(Hexadecimal.text(of: bytes)), \(random)")
    case (.failure(let left), .failure(let right)):
      #expect(left == right, "\(Hexadecimal.text(of: bytes)), \(random)")
      #expect(left.offset >= 0 && left.offset <= bytes.count)
    default: Issue.record("read and check differ: \(Hexadecimal.text(of: bytes)), \(random)")
    }
  }

  @Test(arguments: seeds) func `values survive both encodings`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for _ in 0..<1500 {
      let value = random.value(depth: 5)
      let bytes = value.encoded()
      #expect(try Value(decoding: bytes) == value, "\(random)")
      let json = Array(value.dagJSON.utf8)
      #expect(try Value(dagJSON: json) == value, "\(random)")
    }
  }

  @Test(arguments: seeds) func `mutated DAG-CBOR is refused or the one encoding`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for _ in 0..<400 {
      let bytes = random.value(depth: 4).encoded()
      for _ in 0..<12 { checkCBOR(random.mutated(bytes), random) }
    }
  }

  @Test(arguments: seeds) func `random bytes are refused or the one encoding`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for _ in 0..<8000 { checkCBOR(random.bytes(random.number(0...24)), random) }
  }

  @Test(arguments: seeds) func `mutated DAG-JSON is refused or has a value`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for _ in 0..<1500 {
      let text = random.mutated(Array(random.value(depth: 3).dagJSON.utf8))
      guard let value = try? Value(dagJSON: text) else { continue }
      #expect(try Value(dagJSON: Array(value.dagJSON.utf8)) == value, "\(random)")
      #expect(try Value(decoding: value.encoded()) == value, "\(random)")
    }
  }

  @Test(arguments: seeds) func `a mutated archive gives only blocks that have their address`(
    seed: UInt64
  ) throws {
    var random = SeededRandom(seed: seed)
    let blocks = (0..<6).map { _ in Block(random.value(depth: 3)) }
    let good = try CARWriter.header(roots: [blocks[0].cid]) + blocks.flatMap(CARWriter.section)
    for _ in 0..<300 {
      let bytes = random.mutated(good)
      var reader = CARReader()
      _ = try? reader.push(bytes) { part in
        guard case .block(let block) = part else { return }
        #expect(CID(of: block.bytes, codec: block.cid.codec) == block.cid, "\(random)")
      }
      #expect(reader.offset <= UInt64(bytes.count))
    }
  }

  @Test(arguments: seeds) func `mutated manifests, outlines and patches are refused or read`(
    seed: UInt64
  ) throws {
    var random = SeededRandom(seed: seed)
    let made = try Contribution(Contribution.random(&random, files: 120))
    let nodes = made.blocks.filter { $0.key.codec == .dagCBOR }.keys.sorted()
    for _ in 0..<150 {
      let cid = nodes[random.number(0...nodes.count - 1)]
      let bytes = random.mutated(try made.source(cid))
      // As another author's honest block: its address is right, what it says may not be.
      let block = Block(bytes, codec: .dagCBOR)
      if let manifest = try? Manifest(decoding: block) {
        var cursor = manifest.fileCursor()
        while let file = try? cursor.next(made.source) {
          #expect(file.item.records <= file.item.bytes)
        }
        _ = try? manifest.place(ofRecord: manifest.records / 2, made.source)
        _ = try? manifest.forEachPart(of: 0..<manifest.bytes, made.source) { _ in }
      }
      if let value = try? Value(decoding: bytes) {
        _ = try? ManifestNode<ChunkEntry>(decoding: value)
        _ = try? ManifestNode<FileEntry>(decoding: value)
        for outline in value.array ?? [] {
          guard let bytes = outline.bytes, let read = Outline(decoding: bytes, chunk: 16 << 10)
          else {
            continue
          }
          #expect(read.segments.reduce(0) { $0 + $1.byteCount } == (bytes.isEmpty ? 0 : 16 << 10))
        }
      }
    }
    let outline = made.chunks.first { !$0.outline.bytes.isEmpty }
    let chunk = try #require(outline)
    for _ in 0..<300 {
      let bytes = random.mutated(chunk.outline.bytes)
      guard let read = Outline(decoding: bytes, chunk: chunk.byteCount) else { continue }
      let total = read.segments.reduce(0) { $0 + $1.byteCount }
      #expect(total == (bytes.isEmpty ? 0 : chunk.byteCount))
    }
  }

  @Test(arguments: seeds) func `mutated texts of addresses are refused or spelt as they are`(
    seed: UInt64
  ) {
    var random = SeededRandom(seed: seed)
    for _ in 0..<1000 {
      let cid = CID(codec: .raw, digest: SHA256.hash(random.bytes(4)))
      let text = String(decoding: random.mutated(Array(cid.description.utf8)), as: UTF8.self)
      if let read = try? CID(text) { #expect(read.description == text, "\(random)") }
      let binary = random.mutated(cid.bytes)
      if let read = try? CID(bytes: binary) { #expect(read.bytes == binary, "\(random)") }
      if let foreign = ForeignLink(bytes: binary) {
        #expect(ForeignLink(foreign.description) == foreign, "\(random)")
      }
    }
  }

  @Test func `varints have one form each`() {
    for value in [0, 1, 127, 128, 16383, 16384, 1 << 56, (1 << 63) - 1] as [UInt64] {
      var bytes: [UInt8] = []
      Varint.append(value, to: &bytes)
      #expect(Varint.read(bytes, at: 0).map { $0.value } == value)
      #expect(Varint.parse(Array(bytes.dropLast()), at: 0) == .incomplete)
    }
    #expect(Varint.parse([0x80, 0x00], at: 0) == .malformed)
    #expect(Varint.parse([UInt8](repeating: 0xFF, count: 9), at: 0) == .malformed)
    #expect(Varint.parse([UInt8](repeating: 0x80, count: 8) + [0x7F], at: 0) != .malformed)
  }
}
