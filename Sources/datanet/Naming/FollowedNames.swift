// Names of Datanets that are followed, also of those of which nothing has arrived yet
// (Specs/CommandLine.md, "Names").

import Content
import Store
import Terminal

extension Names {
  /// Datanets here, and those that were joined and are awaited; the latter have no name yet.
  func followed() throws -> [(cid: CID, name: String?)] {
    let here = try datanets()
    let awaited = try store.peers.followings().map(\.datanet).filter { cid in
      !here.contains { $0.cid == cid }
    }
    return here.map { ($0.cid, $0.name) } + awaited.map { ($0, nil) }
  }

  /// A Datanet here, or one that was joined, by the beginning of its CID.
  func followed(_ text: String) throws -> CID {
    do {
      return try datanet(text)
    } catch let failure as Failure where failure.code == .notFound {
      let awaited = try followed().filter { followed in
        let whole = "\(followed.cid)"
        return followed.name == nil && text.utf8.count >= Prefix.shortest
          && (whole.hasPrefix(text) || whole.dropFirst(7).hasPrefix(text))
      }
      if awaited.count > 1 { throw Prefix.ambiguous(text, awaited.map { "\($0.cid)" }) }
      if let only = awaited.first { return only.cid }
      guard try followed().contains(where: { $0.name == nil }) else { throw failure }
      // The name of a Datanet that was joined arrives with its first claim.
      throw Failure.notFound(
        failure.message + "; one that was joined has no name here until a peer has sent it: "
          + "'datanet sync' waits for that, and its ID works at once")
    }
  }

  /// As a person sees it: its name, or the beginning of its CID while the name is not known.
  func shown(_ datanet: CID) -> String {
    let name = (try? name(of: datanet)) ?? ""
    return name.isEmpty || name == "\(datanet)" ? Shown.cid(datanet) : Printable.line(name)
  }
}
