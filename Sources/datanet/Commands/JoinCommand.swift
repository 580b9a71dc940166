// `datanet join`: see Specs/Discovery.md, "Tickets", and Specs/Running.md.

import Content
import Cryptography
import JSON
import PeerProtocol
import Store
import Terminal

enum JoinCommand: Command {
  static let declaration = Declaration(
    "join", group: CommandTable.Group.swarm,
    summary: "Join a Datanet by a ticket that somebody gave you",
    prose: """
      Remembers the Datanet, who can be asked for it, and for a private one its key. A peer that \
      runs on this home goes there at once; otherwise 'datanet up' or 'datanet sync' does. The \
      identity in the ticket must answer, so nobody else can take its place.
      """,
    arguments: [Argument("TICKET", .text, .one, "the ticket; '-' is standard input")],
    options: [.flag("claims", "Fetch claims only, and no data")],
    examples: [
      Example("datanet join datanet:qqcdgx", "And then 'datanet sync' or 'datanet up'."),
      Example("datanet join - < ticket.txt", "From a file."),
    ])

  static func run(_ context: Context) throws {
    let given = context.invocation.required("TICKET")
    let text =
      given == "-"
      ? String(decoding: try StandardInput.read(most: Ticket.maximumCharacters + 1), as: UTF8.self)
      : given
    let ticket: Ticket
    do {
      ticket = try Ticket(text)
    } catch {
      throw Failure.usage("this is no ticket: \(error)")
    }
    let own = try IdentityKeeper.summary(in: context.home).publicKey
    let store = try context.store()
    let before = try store.peers.followings().contains { $0.datanet == ticket.datanet }
    var following = try store.peers.following(ticket.datanet)
    following.mode = context.invocation.has("claims") ? .claims : .all
    following.key = ticket.key ?? following.key
    let others = ticket.contacts.filter { $0.identity != own }
    try store.peers.follow(following)
    try store.peers.remember(
      others.flatMap { contact in
        contact.addresses.map {
          KnownPeer(
            identity: contact.identity, address: $0, datanet: ticket.datanet, isGiven: true)
        }
      })
    let runs = ControlClient.poke(context.home)
    let names = Names(store: store)
    context.output.json([
      "datanet": .cid(ticket.datanet), "private": .bool(following.key != nil),
      "contacts": .int(others.count), "new": .bool(!before), "running": .bool(runs),
    ])
    context.output.text("Joined \(names.shown(ticket.datanet))")
    context.output.text("\(ticket.datanet)")
    context.output.flush()
    if context.invocation.has("quiet") { return }
    if others.isEmpty {
      Screen.remark("The ticket names nobody to ask; peers on the local network are found.")
    }
    if !runs { Screen.remark("Next: 'datanet sync' fetches it, 'datanet up' stays connected.") }
  }
}
