// A ticket to this home's peer (Specs/Discovery.md, "Tickets").

import EventLoop
import JSON
import PeerProtocol
import Store

enum TicketMaker {
  /// A ticket with the addresses of the peer that runs on the home, or of the last one; and whether
  /// one runs.
  static func ticket(
    for following: Following, in store: Store, home: Home, first: [String] = []
  ) throws -> (ticket: Ticket, runs: Bool) {
    let own = try IdentityKeeper.summary(in: home).publicKey
    let client = try ControlClient.connect(to: home)
    let listening =
      try client.map { try $0.ask(.hello)["addresses"]?.array?.compactMap(\.string) ?? [] }
      ?? ListenPlaces.dialable(
        store.peers.listenAddresses().compactMap { SocketAddress($0) }, NetworkInterface.all())
    let addresses = (first + listening.filter { !first.contains($0) }).filter {
      $0.utf8.count <= PeerContact.maximumAddressBytes
    }.prefix(PeerContact.maximumAddresses)
    let contact = PeerContact(identity: own, addresses: Array(addresses))
    let ticket = Ticket(
      datanet: following.datanet, key: following.key, contacts: addresses.isEmpty ? [] : [contact])
    return (ticket, client != nil)
  }
}
