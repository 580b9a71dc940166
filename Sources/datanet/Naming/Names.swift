// From what a person types to what is meant: a name, a unique beginning of a CID, or a whole CID
// (Specs/CommandLine.md, "Names").

import Claims
import Content
import Cryptography
import Store
import Terminal

struct Names {
  let store: Store

  // MARK: Datanets

  /// The Datanets here with their names, in the order in which they became known.
  func datanets() throws -> [(cid: CID, name: String)] {
    try store.claims.datanets().map { ($0, try name(of: $0)) }
  }

  func name(of datanet: CID) throws -> String {
    guard case .genesis(let genesis)? = try store.claims.genesis(of: datanet)?.content else {
      return "\(datanet)"
    }
    return genesis.name
  }

  func datanet(_ text: String) throws -> CID {
    let all = try datanets()
    let named = all.filter { $0.name == text }
    if named.count == 1 { return named[0].cid }
    if named.count > 1 { throw Prefix.ambiguous(text, named.map { "\($0.cid)" }) }
    let begun = all.filter { datanet in
      let whole = "\(datanet.cid)"
      return text.utf8.count >= Prefix.shortest
        && (whole.hasPrefix(text) || whole.dropFirst(7).hasPrefix(text))
    }
    if begun.count == 1 { return begun[0].cid }
    if begun.count > 1 {
      throw Prefix.ambiguous(text, begun.map { "\(Printable.line($0.name)) \($0.cid)" })
    }
    let near = CommandTable.nearest(to: text, among: all.map(\.name))
    let hint = near.map { "; did you mean '\(Printable.line($0))'?" } ?? "; see 'datanet ls'"
    throw Failure.notFound("there is no Datanet '\(Printable.line(text))' here\(hint)")
  }

  // MARK: Claims

  func claim(_ text: String) throws -> Claim {
    guard let claim = try claimIfAny(text) else {
      throw Failure.notFound("there is no claim '\(Printable.line(text))' here")
    }
    return claim
  }

  /// The claim that is meant; `nil` when none is.
  func claimIfAny(_ text: String) throws -> Claim? {
    if let cid = try Prefix.whole(text) { return try store.claims.claim(cid) }
    guard let beginning = try Prefix.full(text, .dagCBOR) else { return nil }
    let found = try store.claims.addresses(
      beginningWith: beginning, limit: Prefix.mostListed + 1)
    if found.count > 1 { throw Prefix.ambiguous(text, found.map { "\($0)" }) }
    return try found.first.flatMap { try store.claims.claim($0) }
  }

  /// A contribution, yardstick or base: `CLAIM`, or `CLAIM#2` for the third item of a claim.
  func entry(_ text: String) throws -> DatanetState.Entry {
    let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    guard let item = parts.count < 2 ? 0 : Int(parts[1]), item >= 0 else {
      throw Failure.usage("'\(Printable.line(text))': behind '#' stands the number of an item")
    }
    let claim = try claim(String(parts[0]))
    guard let entry = try store.claims.entry(EntryID(claim: claim.digest, item: item)) else {
      throw Failure.usage(
        "\(Shown.cid(claim.cid)) is a \(claim.kind), not a contribution with an item \(item)")
    }
    return entry
  }

  // MARK: Blocks

  /// A block or claim; a beginning without `bafkrei` or `bafyrei` is taken for `codec`.
  func block(_ text: String, codec: CID.Codec) throws -> CID {
    guard let cid = try blockIfAny(text, codec: codec) else {
      throw Failure.notFound("there is no block '\(Printable.line(text))' here")
    }
    return cid
  }

  func blockIfAny(_ text: String, codec: CID.Codec) throws -> CID? {
    if let cid = try Prefix.whole(text) { return cid }
    for codec in [codec, codec == .raw ? .dagCBOR : .raw] {
      guard let beginning = try Prefix.full(text, codec) else { continue }
      var found: [CID] = []
      if codec == .dagCBOR {
        found += try store.claims.addresses(
          beginningWith: beginning, limit: Prefix.mostListed + 1)
      }
      if let range = Prefix.digests(beginning) {
        found += try store.blocks.digests(
          from: range.lowerBound, through: range.upperBound, limit: Prefix.mostListed + 1
        ).map { CID(codec: codec, digest: $0) }
      }
      found = Array(Set(found)).sorted().filter { "\($0)".hasPrefix(beginning) }
      if found.count > 1 { throw Prefix.ambiguous(text, found.map { "\($0)" }) }
      if let cid = found.first { return cid }
    }
    return nil
  }

  /// A block's or a claim's bytes.
  func bytes(of cid: CID) throws -> [UInt8] {
    if let claim = try store.claims.claim(cid) { return claim.bytes }
    return try store.blocks.block(cid)
  }

  // MARK: People

  /// A `did:key:…`, or the beginning of the key of somebody who has said something in a Datanet.
  func author(_ text: String, in datanet: CID) throws -> PublicKey {
    let key = text.hasPrefix("did:") ? text : "did:key:\(text)"
    if let whole = try? PublicKey(did: key) { return whole }
    let said = try store.claims.frontier(of: datanet).entries.map(\.author)
    let granted = try store.claims.roles(in: datanet).holdings.map(\.author)
    let found = Set(said + granted).sorted().filter {
      key.utf8.count >= 16 && $0.did.hasPrefix(key)
    }
    if found.count > 1 { throw Prefix.ambiguous(text, found.map(\.did)) }
    guard let author = found.first else {
      throw Failure.notFound(
        "nobody '\(Printable.line(text))' is known in this Datanet; give the whole did:key:…")
    }
    return author
  }
}
