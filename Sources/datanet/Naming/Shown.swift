// Identities and addresses as people see them: short, but long enough to paste back
// (Specs/CommandLine.md, "Names").

import Claims
import Content
import Cryptography
import JSON

enum Shown {
  /// `bafyreigbtj4x7ip`: the fixed letters and nine that tell blocks apart.
  static func cid(_ cid: CID) -> String { String("\(cid)".prefix(16)) }

  /// `z6MkvenTcJrx`.
  static func author(_ key: PublicKey) -> String {
    String(key.did.dropFirst("did:key:".count).prefix(12))
  }

  static func entry(_ id: EntryID) -> String {
    cid(id.cid) + (id.item > 0 ? "#\(id.item)" : "")
  }

  static func standing(_ standing: Standing) -> String {
    switch standing {
    case .live: "live"
    case .retracted: "retracted"
    case .unauthorised: "unauthorised"
    case .unlicensed: "unlicensed"
    case .rejected: "rejected"
    case .replaced: "replaced"
    case .unapproved: "awaits approval"
    }
  }

  /// Why an entry does not count, for its author.
  static func reason(_ standing: Standing) -> String {
    switch standing {
    case .live: "it counts"
    case .retracted: "it was retracted"
    case .unauthorised: "its author may not contribute here"
    case .unlicensed: "the Datanet does not allow its licence"
    case .rejected: "curators rejected it"
    case .replaced: "its author replaced it"
    case .unapproved: "it counts once a curator approves it"
    }
  }
}

extension JSONValue {
  static func cid(_ cid: CID) -> JSONValue { .string("\(cid)") }
  static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}
