// Tickets, the table of known addresses, and local discovery (Specs/Discovery.md).

import Content
import Cryptography
import PeerProtocol
import Testing

@Suite struct DiscoveryTests {
  func contact(_ number: Int, _ address: String) -> PeerContact {
    PeerContact(identity: Sheet.author(number), addresses: [address])
  }

  @Test func ticketsComeBackAsTheyWentAndForgivePasting() throws {
    let net = CID(of: [1], codec: .dagCBOR)
    for key in [nil, SHA256.hash([2])] {
      let ticket = Ticket(
        datanet: net, key: key, contacts: [contact(1, "127.0.0.1:4001"), contact(2, "[::1]:9")])
      #expect(try Ticket(ticket.text) == ticket)
      let pasted = "  " + ticket.text.uppercased().replacing("A", with: "A\n ") + "\n"
      #expect(try Ticket(pasted) == ticket)
    }
  }

  @Test func everyChangedOrMissingCharacterOfATicketIsNoticed() throws {
    let text = Ticket(
      datanet: CID(of: [1], codec: .dagCBOR), contacts: [contact(1, "127.0.0.1:1")]
    ).text
    for index in text.indices.dropFirst(8) {
      var changed = text
      changed.replaceSubrange(index...index, with: text[index] == "a" ? "b" : "a")
      #expect(throws: Ticket.Refusal.self) { try Ticket(changed) }
      #expect(throws: Ticket.Refusal.self) { try Ticket(String(text[..<index])) }
    }
    #expect(throws: Ticket.Refusal.scheme) { try Ticket("http://example") }
  }

  @Test func addressesFallIntoGroups() {
    #expect(AddressGroup("10.1.2.3:5")?.bytes == [4, 10, 1])
    #expect(AddressGroup("127.9.2.3:5") == AddressGroup("[::1]:5"))
    #expect(AddressGroup("[2001:db8:1::7]:5")?.bytes == [6, 0x20, 0x01, 0x0d, 0xb8])
    #expect(AddressGroup("[::ffff:10.1.9.9]:1") == AddressGroup("10.1.2.3:5"))
    for bad in ["", "a:1", "1.2.3:1", "1.2.3.4", "[::1]", "[1::2::3]:1", "[12345::]:1", "::1:1"] {
      #expect(AddressGroup(bad) == nil, "\(bad)")
    }
  }

  @Test func oneLiarCannotFillTheTable() {
    var table = PeerTable(secret: SHA256.hash([7]))
    let now = Instant(milliseconds: 0)
    // Honest tellers in forty networks, a few addresses each.
    for teller in 0..<40 {
      for number in 0..<5 {
        table.learn(
          contact(teller * 5 + number, "10.\(teller).\(number).1:4001"),
          from: "10.\(teller).0.1:4001", at: now)
      }
    }
    let honest = table.entries.count
    #expect(honest > 150)
    // One liar tells of a hundred thousand addresses in a thousand networks.
    for number in 0..<100_000 {
      table.learn(
        contact(1_000 + number % 5_000, "\(20 + number % 4).\(number % 250).\(number / 400).9:1"),
        from: "66.66.1.1:4001", at: now)
    }
    let liars = table.entries.filter { !$0.address.hasPrefix("10.") }.count
    #expect(liars <= PeerTableLimits.bucketsPerSource * PeerTableLimits.bucketEntries)
    #expect(table.entries.count - liars > honest * 3 / 4)
    // A peer that dials by the table still meets honest ones most of the time.
    var met = 0
    for _ in 0..<1_000 {
      if let entry = table.candidate(at: now, busy: []), entry.address.hasPrefix("10.") {
        met += 1
      }
    }
    #expect(met > 600)
  }

  @Test func failuresWaitLongerEachTimeAndAnswersMoveToTheTried() throws {
    var table = PeerTable(secret: SHA256.hash([1]))
    var now = Instant(milliseconds: 0)
    table.learn(contact(1, "10.0.0.1:1"), from: "10.9.0.1:1", at: now)
    var waits: [UInt64] = []
    for _ in 0..<4 {
      table.failed(Sheet.author(1), address: "10.0.0.1:1", at: now)
      let due = try #require(table.nextDue)
      #expect(table.candidate(at: now, busy: []) == nil)
      waits.append(due.milliseconds - now.milliseconds)
      now = due
    }
    #expect(waits == waits.sorted() && waits[0] >= 10_000 && waits[3] >= 80_000)
    table.answered(Sheet.author(1), address: "10.0.0.1:1", at: now)
    #expect(table.entries.map(\.isTried) == [true])
    #expect(table.candidate(at: now, busy: [Sheet.author(1)]) == nil)
    for _ in 0..<20 { table.failed(Sheet.author(1), address: "10.0.0.1:1", at: now) }
    #expect(table.entries.count == 1, "who answered once is not forgotten")
  }

  @Test("The honest second teller of an address is not shut out by a liar who was first")
  func firstTellers() throws {
    let (liar, other, honest) = (Sheet.author(66), Sheet.author(67), Sheet.author(1))
    let address = "10.0.0.1:1"
    for lies in [[liar], [liar, other]] {
      var table = PeerTable(secret: SHA256.hash([UInt8(lies.count)]))
      var now = Instant(milliseconds: 0)
      for lie in lies {
        table.learn(PeerContact(identity: lie, addresses: [address]), from: "66.6.0.1:1", at: now)
      }
      var dials = 0
      var met = false
      while !met, dials < 8 {
        table.learn(contact(1, address), from: "10.9.0.1:1", at: now)
        let candidate = table.candidate(at: now, busy: [])
        let entry = try #require(candidate)
        dials += 1
        met = entry.identity == honest
        if met { break }
        table.failed(entry.identity, address: address, at: now)
        now = try #require(table.nextDue)
      }
      #expect(met, "after \(dials) dials")
      if lies.count == 1 { #expect(dials == 2 && now.milliseconds == 0, "at once") }
      table.answered(honest, address: address, at: now)
      #expect(table.entries.map(\.identity) == [honest])
      // Lies about who is tried change nothing while it answers.
      for _ in 0..<10 {
        table.learn(PeerContact(identity: liar, addresses: [address]), from: "66.6.0.1:1", at: now)
        table.failed(liar, address: address, at: now)
      }
      #expect(table.entries.map(\.identity) == [honest] && table.entries[0].isTried)
      // When it does not, both have their turns, and who answered once is not forgotten.
      for _ in 0..<3 { table.failed(honest, address: address, at: now) }
      #expect(table.candidate(at: now, busy: [])?.identity == liar)
      for _ in 0..<20 { table.failed(liar, address: address, at: now) }
      #expect(table.entries.map(\.identity) == [honest] && table.entries[0].isTried)
    }
  }

  @Test func localAnnouncementsComeBackAndNameNoDatanet() throws {
    let announcement = ServiceAnnouncement(
      identity: Sheet.author(1), port: 4001,
      addresses: [[10, 0, 0, 1], [UInt8](repeating: 7, count: 16)])
    #expect(ServiceDiscovery.read(ServiceDiscovery.query) == .query)
    let bytes = ServiceDiscovery.answer(announcement)
    #expect(ServiceDiscovery.read(bytes) == .announcements([announcement]))
    #expect(bytes.count <= 512, "one datagram of the smallest size that DNS allows")
  }

  @Test(arguments: 0..<300)
  func mutatedAnnouncementsNeverHarm(seed: Int) {
    var dice = Dice(seed: UInt64(seed))
    var bytes = ServiceDiscovery.answer(
      ServiceAnnouncement(identity: Sheet.author(1), port: 1, addresses: [[1, 2, 3, 4]]))
    for _ in 0..<Int.random(in: 1...6, using: &dice) {
      bytes[Int.random(in: 0..<bytes.count, using: &dice)] = UInt8.random(in: 0...255, using: &dice)
    }
    if Bool.random(using: &dice) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &dice)) }
    // Compression pointers that point at themselves end too.
    if case .announcements(let list)? = ServiceDiscovery.read(bytes) { #expect(list.count <= 64) }
  }
}

extension String {
  /// Every `from` becomes `with`: enough to mangle a ticket as paste buffers do.
  fileprivate func replacing(_ from: Character, with: String) -> String {
    map { $0 == from ? with : String($0) }.joined()
  }
}
