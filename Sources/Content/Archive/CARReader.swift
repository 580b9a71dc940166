// Reads CARv1 archives as their bytes come, and checks each block (Specs/Archives.md).

/// A push parser. Give it bytes in pieces of any size; it gives back whatever is complete.
/// `offset` is then the place to go on from, with `init(resumingAt:)`, after an interruption.
public struct CARReader: Sendable {
  /// Archives have at most this many roots.
  public static let maximumRootCount = 1024
  /// A longer header is refused before it is read: 1,024 roots and the frame around them.
  public static let maximumHeaderByteCount = 64 << 10

  public enum Part: Sendable, Equatable {
    case roots([CID])
    /// Its bytes have the address; if it is DAG-CBOR, it is strict.
    case block(Block)
  }

  /// Where the first part that is not complete begins, from the start of the archive.
  public private(set) var offset: UInt64
  private var awaitsHeader: Bool
  private var pending: [UInt8] = []
  /// What of `pending` is used up.
  private var head = 0

  public init() {
    offset = 0
    awaitsHeader = true
  }

  /// Goes on at a section's start that an earlier reader's `offset` named.
  public init(resumingAt offset: UInt64) {
    self.offset = offset
    awaitsHeader = offset == 0
  }

  /// Takes the next bytes and gives each part that is complete to `body`. After an error the
  /// parts given so far stay good, and `offset` names the faulty part.
  public mutating func push(
    _ bytes: [UInt8], _ body: (Part) throws -> Void
  ) throws {
    pending.append(contentsOf: bytes)
    while let part = try nextPart() { try body(part) }
    if head > 0 {
      pending.removeFirst(head)
      head = 0
    }
  }

  /// Says that no more bytes come.
  public func finish() throws(CARError) {
    guard pending.isEmpty, !awaitsHeader else { throw CARError(offset: offset, rule: .endOfInput) }
  }

  private func fault(_ rule: CARError.Rule) -> CARError { CARError(offset: offset, rule: rule) }

  private mutating func nextPart() throws(CARError) -> Part? {
    let length: UInt64
    let start: Int
    switch Varint.parse(pending, at: head) {
    case .incomplete: return nil
    case .malformed: throw fault(.varint)
    case .number(let value, let end): (length, start) = (value, end)
    }
    if awaitsHeader {
      guard length <= UInt64(Self.maximumHeaderByteCount) else { throw fault(.headerSize(length)) }
    } else {
      let most = UInt64(CID.byteCount + Block.maximumByteCount)
      guard length >= UInt64(CID.byteCount), length <= most else {
        throw fault(.sectionSize(length))
      }
    }
    guard pending.count - start >= Int(length) else { return nil }
    let end = start + Int(length)
    let part =
      awaitsHeader
      ? Part.roots(try roots(Array(pending[start..<end])))
      : Part.block(try block(start..<end))
    awaitsHeader = false
    offset += UInt64(end - head)
    head = end
    return part
  }

  private func roots(_ bytes: [UInt8]) throws(CARError) -> [CID] {
    guard let value = try? Value(decoding: bytes), let map = value.map,
      let version = value["version"]?.integer(as: UInt64.self)
    else { throw fault(.header) }
    guard version == 1 else { throw fault(.version(version)) }
    guard map.entries.count == 2, let roots = value["roots"]?.array else { throw fault(.header) }
    guard (1...Self.maximumRootCount).contains(roots.count) else {
      throw fault(.rootCount(roots.count))
    }
    let links = roots.compactMap(\.link)
    guard links.count == roots.count else { throw fault(.header) }
    return links
  }

  private func block(_ range: Range<Int>) throws(CARError) -> Block {
    let split = range.lowerBound + CID.byteCount
    let cid: CID
    do { cid = try CID(bytes: pending[range.lowerBound..<split]) } catch {
      throw fault(.address(error))
    }
    let block = Block(Array(pending[split..<range.upperBound]), codec: cid.codec)
    guard block.cid == cid else { throw fault(.digest(cid)) }
    if cid.codec == .dagCBOR {
      do { try Value.check(block.bytes) } catch { throw fault(.structure(cid, error)) }
    }
    return block
  }
}
