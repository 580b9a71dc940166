// Reading the fields of a claim's body, each with its type and limit. Unknown fields are left
// alone: a newer version may add some (Specs/Claims.md, "Bodies").

internal import Content
internal import Cryptography

struct BodyError: Error, Equatable {
  let reason: String
}

struct BodyReader {
  /// One line of text: a name, a title, a reason.
  static let longestLine = 1024
  /// Several paragraphs: a description.
  static let longestText = 16 << 10
  /// Counts of bytes and records stay below 2⁵³, which JSON readers can hold.
  static let maximumCount = 1 << 53

  private let map: ValueMap?

  init(_ body: Value) { map = body.map }

  func value(_ key: String) throws(BodyError) -> Value? {
    guard let map else { throw BodyError(reason: "not a map") }
    return map[key]
  }

  func required<Field>(_ key: String, _ field: Field?) throws(BodyError) -> Field {
    guard let field else { throw BodyError(reason: "'\(key)' is missing") }
    return field
  }

  /// Text of 1 to `limit` bytes.
  func text(_ key: String, limit: Int = longestLine) throws(BodyError) -> String? {
    guard let value = try value(key) else { return nil }
    guard let text = value.text, (1...limit).contains(text.utf8.count) else {
      throw BodyError(reason: "'\(key)' is not text of 1 to \(limit) bytes")
    }
    return text
  }

  func count(_ key: String, below limit: Int = maximumCount) throws(BodyError) -> Int? {
    guard let value = try value(key) else { return nil }
    guard let count = value.integer(as: Int.self), (0..<limit).contains(count) else {
      throw BodyError(reason: "'\(key)' is not a number from 0 to \(limit - 1)")
    }
    return count
  }

  func link(_ key: String) throws(BodyError) -> CID? {
    guard let value = try value(key) else { return nil }
    guard let link = value.link else { throw BodyError(reason: "'\(key)' is not a link") }
    return link
  }

  func claim(_ key: String) throws(BodyError) -> CID? {
    guard let cid = try link(key) else { return nil }
    guard cid.codec == .dagCBOR else { throw BodyError(reason: "'\(key)' is not a claim's CID") }
    return cid
  }

  func digest(_ key: String) throws(BodyError) -> Digest? {
    guard let value = try value(key) else { return nil }
    guard let digest = value.bytes.flatMap({ Digest(bytes: $0) }) else {
      throw BodyError(reason: "'\(key)' is not a digest of 32 bytes")
    }
    return digest
  }

  /// A sum of contributions: a signed number.
  func sum(_ key: String) throws(BodyError) -> Int64? {
    guard let value = try value(key) else { return nil }
    guard let sum = value.integer(as: Int64.self),
      sum.magnitude < PublishedShares.maximumSum.magnitude
    else { throw BodyError(reason: "'\(key)' is not a sum of contributions") }
    return sum
  }

  func author(_ key: String) throws(BodyError) -> PublicKey? {
    guard let value = try value(key) else { return nil }
    guard let bytes = value.bytes, let author = PublicKey(bytes: bytes) else {
      throw BodyError(reason: "'\(key)' is not a key of 32 bytes")
    }
    return author
  }

  func list(_ key: String, upTo limit: Int) throws(BodyError) -> [Value]? {
    guard let value = try value(key) else { return nil }
    guard let list = value.array, (1...limit).contains(list.count) else {
      throw BodyError(reason: "'\(key)' is not a list of 1 to \(limit) items")
    }
    return list
  }

  /// Claims, ascending, each once.
  func claims(_ key: String, upTo limit: Int) throws(BodyError) -> [CID] {
    var claims: [CID] = []
    for value in try list(key, upTo: limit) ?? [] {
      guard let cid = value.link, cid.codec == .dagCBOR, claims.last.map({ $0 < cid }) ?? true
      else { throw BodyError(reason: "'\(key)' is not an ascending list of claims") }
      claims.append(cid)
    }
    return claims
  }

  /// The list `items`, each read by `read`.
  func items<Item>(_ read: (BodyReader) throws(BodyError) -> Item) throws(BodyError) -> [Item] {
    let list = try required("items", list("items", upTo: ClaimContent.maximumItems))
    var items: [Item] = []
    items.reserveCapacity(list.count)
    for value in list { items.append(try read(BodyReader(value))) }
    return items
  }

  /// A licence's SPDX expression: printable ASCII.
  func license(_ key: String = "license") throws(BodyError) -> String? {
    guard let text = try text(key, limit: 128) else { return nil }
    guard text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
      throw BodyError(reason: "'\(key)' is not an SPDX expression")
    }
    return text
  }
}

/// Puts together a map of the fields that are there.
struct BodyWriter {
  private(set) var map = ValueMap()

  mutating func put(_ key: String, _ text: String?) { map[key] = text.map { .text($0) } }
  mutating func put(_ key: String, _ count: Int?) { map[key] = count.map { Value($0) } }
  mutating func put(_ key: String, _ link: CID?) { map[key] = link.map { .link($0) } }
  mutating func put(_ key: String, _ digest: Digest?) {
    map[key] = digest.map { .bytes($0.bytes) }
  }
  mutating func put(_ key: String, _ value: Value?) { map[key] = value }
  mutating func put(_ key: String, _ author: PublicKey) { map[key] = .bytes(author.bytes) }
  /// An empty list is left out.
  mutating func put(_ key: String, _ items: [Value]) {
    map[key] = items.isEmpty ? nil : .array(items)
  }
  mutating func put(_ key: String, claims: [CID]) {
    put(key, Array(Set(claims)).sorted().map { .link($0) })
  }

  var value: Value { .map(map) }
}
