// A curator's signed frontier: what counts up to here (Specs/Claims.md, "milestone"; what follows
// from several: Specs/Merge.md, "Who was first").

internal import Content
public import Cryptography

public struct Milestone: Hashable, Sendable {
  /// One author's chain as far as the milestone contains it.
  public struct Reach: Hashable, Sendable {
    public let author: PublicKey
    /// Claims contained: those at heights below `count`; at least 1.
    public let count: Int
    /// The claim at height `count` − 1: proof that the claims existed when the milestone was signed.
    public let head: Digest

    public init(author: PublicKey, count: Int, head: Digest) {
      self.author = author
      self.count = count
      self.head = head
    }
  }

  /// Authors in one milestone: about 73 bytes each, in a block of 1 MiB. Larger Datanets sign
  /// several milestones in a row.
  public static let maximumReaches = 14_000

  /// What is new since the same author's earlier milestones, by author, ascending. The author's
  /// own chain is contained without saying so.
  public let reaches: [Reach]
  public let note: String?

  /// Of two reaches of one author the longer wins.
  public init(_ reaches: [Reach], note: String? = nil) {
    var sorted: [Reach] = []
    for reach in reaches.sorted(by: { ($0.author, $1.count) < ($1.author, $0.count) })
    where sorted.last?.author != reach.author {
      sorted.append(reach)
    }
    self.reaches = sorted
    self.note = note
  }

  init(_ reader: BodyReader) throws(BodyError) {
    var reaches: [Reach] = []
    for value in try reader.list("frontier", upTo: Self.maximumReaches) ?? [] {
      guard let parts = value.array, parts.count == 3,
        let author = parts[0].bytes.flatMap({ PublicKey(bytes: $0) }),
        let count = parts[1].integer(as: Int.self), (1...Claim.maximumHeight).contains(count),
        let head = parts[2].bytes.flatMap({ Digest(bytes: $0) }),
        reaches.last.map({ $0.author < author }) ?? true
      else {
        throw BodyError(reason: "'frontier' is not an ascending list of [author, count, head]")
      }
      reaches.append(Reach(author: author, count: count, head: head))
    }
    self.reaches = reaches
    note = try reader.text("note")
  }

  var body: Value {
    var writer = BodyWriter()
    writer.put(
      "frontier",
      reaches.map { [.bytes($0.author.bytes), Value($0.count), .bytes($0.head.bytes)] })
    writer.put("note", note)
    return writer.value
  }
}
