// Which of several notes is shown: the one written in the knowledge of the others, and among
// those that knew nothing of each other the same one for everybody (Specs/Merge.md, "Notes").

public import Content
public import Cryptography

public struct NoteBook: Hashable, Sendable {
  /// A note by someone who was curator at its height.
  public struct Signed: Hashable, Sendable {
    public let author: PublicKey
    public let height: Int
    public let claim: Digest
    public let note: Note

    public init(author: PublicKey, height: Int, claim: Digest, note: Note) {
      self.author = author
      self.height = height
      self.claim = claim
      self.note = note
    }
  }

  /// What is shown for one field, and the claim that says so.
  public struct Shown: Hashable, Sendable {
    public let name: String
    public let texts: [String]
    public let author: PublicKey
    public let claim: Digest
  }

  /// By name, bytewise; cleared fields are left out.
  public let fields: [Shown]
  /// The claims that a new note by anyone should name in `replaces`: those shown, cleared ones
  /// included.
  public let current: [CID]

  public init(founder: PublicKey, notes: [Signed]) {
    let sorted = notes.sorted { ($0.author, $0.height) < ($1.author, $1.height) }
    let depths = Self.depths(sorted)
    // Field by field, the deepest; then the founder's; then the smallest key's.
    var winners: [String: Int] = [:]
    for (place, signed) in sorted.enumerated() {
      func strength(_ at: Int) -> (Int, Int, PublicKey) {
        (-depths[at], sorted[at].author == founder ? 0 : 1, sorted[at].author)
      }
      for field in signed.note.fields {
        if let best = winners[field.name], strength(best) < strength(place) { continue }
        winners[field.name] = place
      }
    }
    let named = winners.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    fields = named.compactMap { name, place in
      let texts = sorted[place].note.fields.first { $0.name == name }?.texts ?? []
      return texts.isEmpty
        ? nil
        : Shown(
          name: name, texts: texts, author: sorted[place].author, claim: sorted[place].claim)
    }
    current = Array(Set(named.map { sorted[$0.value].claim })).sorted()
      .map { CID(codec: .dagCBOR, digest: $0) }
  }

  /// One more than the deepest of the notes that a note replaces: those it names, and its author's
  /// previous one. Links are hashes, so depth cannot be claimed, only written.
  private static func depths(_ notes: [Signed]) -> [Int] {
    var places: [Digest: Int] = [:]
    for (place, note) in notes.enumerated() { places[note.claim] = place }
    let parents = notes.enumerated().map { place, signed in
      var parents = signed.note.replaces.compactMap { places[$0.digest] }
      if place > 0, notes[place - 1].author == signed.author { parents.append(place - 1) }
      return parents
    }
    var depths = [Int](repeating: 0, count: notes.count)
    for start in notes.indices {
      // A stack of its own: a long chain of notes must not exhaust the thread's.
      var stack = [start]
      while let place = stack.last {
        let unknown = parents[place].filter { depths[$0] == 0 }
        if depths[place] > 0 || unknown.isEmpty {
          if depths[place] == 0 {
            depths[place] = 1 + (parents[place].map { depths[$0] }.max() ?? 0)
          }
          stack.removeLast()
        } else {
          stack += unknown
        }
      }
    }
    return depths
  }
}
