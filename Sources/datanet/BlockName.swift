// A block as a person names it: a whole CID or a unique beginning of one
// (Specs/CommandLine.md, "Names").

import Content
import Cryptography
import Store
import Terminal

struct BlockName {
  /// Shorter beginnings would be unique by accident only.
  static let shortest = 4
  /// Candidates that are listed when a beginning fits several.
  static let mostListed = 8

  let text: String
  /// What a beginning without `bafkrei` or `bafyrei` is taken for: the store knows digests only.
  let codec: CID.Codec

  init(_ text: String, codec: CID.Codec) {
    self.text = text
    self.codec = codec
  }

  /// The block that is meant.
  func resolved(in store: Store) throws -> CID {
    if let cid = try whole() { return cid }
    let found = try candidates(in: store)
    guard let cid = found.first else {
      throw Failure.notFound("there is no block '\(Printable.line(text))' here")
    }
    if found.count > 1 { throw BlockName.ambiguous(text, found.map { "\($0)" }) }
    return cid
  }

  static func ambiguous(_ text: String, _ candidates: [String]) -> Failure {
    let listed = candidates.prefix(mostListed).joined(separator: ", ")
    let more = candidates.count > mostListed ? ", …" : ""
    return .usage("'\(Printable.line(text))' fits several: \(listed)\(more)")
  }

  /// The CID, when the text is a whole one; throws when it looks like one and is none.
  func whole() throws -> CID? {
    guard text.utf8.count >= 59, text.hasPrefix("b") else { return nil }
    return try CID(text)
  }

  /// Whether a CID begins so; the leading `b` and the fixed letters behind it may be left out.
  static func fits(_ text: String, _ cid: CID) -> Bool {
    let whole = "\(cid)"
    return whole.hasPrefix(text)
      || text.utf8.count >= shortest && whole.dropFirst(fixedLetters).hasPrefix(text)
  }

  /// `bafkrei` and `bafyrei`: letters that version, codec and hash function take alone.
  static let fixedLetters = 7

  private func candidates(in store: Store) throws -> [CID] {
    for (head, codec) in [("bafkrei", CID.Codec.raw), ("bafyrei", .dagCBOR)] {
      if text.hasPrefix(head), text.utf8.count >= head.utf8.count + BlockName.shortest {
        return try candidates(codec, rest: String(text.dropFirst(head.count)), in: store)
      }
    }
    guard text.utf8.count >= BlockName.shortest else {
      throw Failure.usage("a CID's beginning has at least \(BlockName.shortest) letters of its own")
    }
    return try candidates(codec, rest: text, in: store)
  }

  /// Blocks of one codec whose CID goes on with `rest` behind the fixed letters.
  private func candidates(_ codec: CID.Codec, rest: String, in store: Store) throws -> [CID] {
    let head = codec == .raw ? "bafkrei" : "bafyrei"
    guard let low = BlockName.digest(head + rest, filledWith: "a"),
      let high = BlockName.digest(head + rest, filledWith: "7")
    else { return [] }
    let limit = BlockName.mostListed + 1
    return try store.blocks.digests(from: low, through: high, limit: limit)
      .map { CID(codec: codec, digest: $0) }
      .filter { "\($0)".hasPrefix(head + rest) }
  }

  /// The digest in a CID that begins so and goes on with one letter only: the first or the last of
  /// all that begin so. `nil` when none can.
  private static func digest(_ beginning: String, filledWith filler: String) -> Digest? {
    let letters = 58
    let count = letters + 1 - beginning.utf8.count
    guard count >= 0 else { return nil }
    let text = (beginning + String(repeating: filler, count: count)).utf8.dropFirst()
    // The last letter's two lowest bits belong to no byte; they are cleared here.
    let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
    guard let last = text.last.flatMap({ alphabet.firstIndex(of: $0) }) else { return nil }
    guard let bytes = Base32.bytes(of: text.dropLast() + [alphabet[last & ~3]]) else { return nil }
    return Digest(bytes: bytes.dropFirst(CID.byteCount - Digest.byteCount))
  }
}
