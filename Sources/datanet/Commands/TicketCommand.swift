// `datanet ticket`: see Specs/Discovery.md, "Tickets".

import Content
import EventLoop
import JSON
import PeerProtocol
import Store
import Terminal

enum TicketCommand: Command {
  static let declaration = Declaration(
    "ticket", group: CommandTable.Group.swarm,
    summary: "Print the line by which others join a Datanet",
    prose: """
      Prints a ticket: the Datanet, this peer and the addresses at which it listens, and of a private \
      Datanet its key, so that whoever has the ticket can read everything in it. On a terminal a QR \
      code follows. A peer must run for others to join.
      """,
    arguments: [Argument("NET", .datanet, .one, "the Datanet")],
    options: [
      .value(
        "address", "HOST:PORT", repeats: true,
        "An address at which this peer can be reached from elsewhere, told first"),
      .flag("qr", "Draw the QR code also where there is no terminal"),
    ],
    examples: [
      Example("datanet ticket recipes", "Copy the line, or point a camera at the code."),
      Example(
        "datanet ticket recipes --address 203.0.113.7:4180", "Behind a router that forwards."),
    ])

  static func run(_ context: Context) throws {
    let store = try context.store(access: .readOnly)
    let datanet = try Names(store: store).followed(context.invocation.required("NET"))
    let following = try store.peers.following(datanet)
    let addresses = context.invocation.texts("address")
    for address in addresses where SocketAddress.split(address) == nil {
      throw Failure.usage("--address takes HOST:PORT, not '\(Printable.line(address))'")
    }
    let (ticket, runs) = try TicketMaker.ticket(
      for: following, in: store, home: context.home, first: addresses)
    let told = ticket.contacts.flatMap(\.addresses)
    context.output.json([
      "ticket": .string(ticket.text), "datanet": .cid(datanet),
      "private": .bool(ticket.key != nil), "addresses": .array(told.map { .string($0) }),
      "running": .bool(runs),
    ])
    context.output.text(ticket.text)
    if context.output.isTerminal || context.invocation.has("qr"), let code = QRCode(ticket.text) {
      context.output.text()
      for line in code.lines(emphasis: context.output.style.isOn) { context.output.text(line) }
    }
    if ticket.key != nil {
      Screen.remark("Whoever has this ticket can read everything in the Datanet.")
    }
    if !runs {
      Screen.remark(
        "No peer runs on this home, so nobody can join now; 'datanet up' starts one"
          + (told.isEmpty ? ", and a new ticket will have its addresses." : "."))
    } else if following.mode == .none {
      Screen.remark("This home does not follow it: 'datanet follow' shares it.")
    }
  }
}
