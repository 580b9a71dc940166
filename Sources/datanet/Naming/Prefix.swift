// Beginnings of CIDs as people type them (Specs/CommandLine.md, "Names").

import Content
import Cryptography
import Store
import Terminal

enum Prefix {
  /// Any beginning will do as long as it fits one thing only.
  static let shortest = 1
  /// Candidates that are listed when a beginning fits several.
  static let mostListed = 8

  /// What version, codec and hash function make of every CID's first letters.
  static func head(_ codec: CID.Codec) -> String { codec == .raw ? "bafkrei" : "bafyrei" }

  /// The CID, when the text is a whole one.
  static func whole(_ text: String) throws(CIDError) -> CID? {
    text.utf8.count >= 59 && text.hasPrefix("b") ? try CID(text) : nil
  }

  /// The beginning in full: `gbtj4x` is taken for `bafyreigbtj4x`. `nil` when no CID of that codec
  /// can begin so.
  static func full(_ text: String, _ codec: CID.Codec) throws(Failure) -> String? {
    let head = head(codec)
    let other = Prefix.head(codec == .raw ? .dagCBOR : .raw)
    if text.hasPrefix(other) { return nil }
    if head.hasPrefix(text) { return head }
    let own = text.hasPrefix(head) ? String(text.dropFirst(head.count)) : text
    guard own.utf8.count >= shortest else {
      throw .usage(
        "'\(Printable.line(text))' is too short: a CID's beginning has \(shortest) letters behind "
          + "'\(head)'")
    }
    return head + own
  }

  static func ambiguous(_ text: String, _ candidates: [String]) -> Failure {
    let listed = candidates.prefix(mostListed).joined(separator: ", ")
    let more = candidates.count > mostListed ? ", …" : ""
    return .usage("'\(Printable.line(text))' fits several: \(listed)\(more)")
  }

  /// The least and the greatest digest of CIDs that begin so; `nil` when none can.
  static func digests(_ beginning: String) -> ClosedRange<Digest>? {
    guard let low = digest(beginning, filledWith: "a"),
      let high = digest(beginning, filledWith: "7")
    else { return nil }
    return low...high
  }

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
