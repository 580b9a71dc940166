// Contacts that are being dialled, address by address, and when the given ones are due again
// (Specs/Node.md, "Dialling").

internal import Content
internal import Cryptography
internal import PeerProtocol

struct DialBook {
  struct Attempt {
    var contact: PeerContact
    /// Those that were not tried yet.
    var addresses: ArraySlice<String>
    var key: Digest?
    /// Datanets whose overlays want to hear that nobody answered.
    var datanets: [CID]
  }

  private(set) var attempts: [Attempt] = []
  /// Back-off of contacts that a person gave.
  private var waits: [(peer: PublicKey, due: Instant, failures: Int)] = []

  private static let firstWaitMilliseconds: UInt64 = 1_000
  private static let longestWaitMilliseconds: UInt64 = 60_000

  func isDialling(_ peer: PublicKey) -> Bool { attempts.contains { $0.contact.identity == peer } }

  mutating func begin(_ attempt: Attempt) { attempts.append(attempt) }

  mutating func want(_ datanet: CID, of peer: PublicKey) {
    guard let index = attempts.firstIndex(where: { $0.contact.identity == peer }),
      !attempts[index].datanets.contains(datanet)
    else { return }
    attempts[index].datanets.append(datanet)
  }

  /// The next address of a contact that is being dialled.
  mutating func nextAddress(of peer: PublicKey) -> String? {
    guard let index = attempts.firstIndex(where: { $0.contact.identity == peer }) else {
      return nil
    }
    return attempts[index].addresses.popFirst()
  }

  mutating func end(_ peer: PublicKey) -> Attempt? {
    guard let index = attempts.firstIndex(where: { $0.contact.identity == peer }) else {
      return nil
    }
    return attempts.remove(at: index)
  }

  // MARK: Given contacts

  func isDue(_ peer: PublicKey, at now: Instant) -> Bool {
    waits.first { $0.peer == peer }.map { $0.due <= now } ?? true
  }

  mutating func failed(_ peer: PublicKey, at now: Instant, atLeast least: UInt64 = 0) {
    let failures = (waits.first { $0.peer == peer }?.failures ?? 0) + 1
    waits.removeAll { $0.peer == peer }
    let wait = max(
      min(
        Self.firstWaitMilliseconds << UInt64(min(failures - 1, 10)), Self.longestWaitMilliseconds),
      least)
    waits.append((peer, now.advanced(byMilliseconds: wait), failures))
    if waits.count > NodeLimits.waitsKept { waits.removeFirst() }
  }

  mutating func answered(_ peer: PublicKey) { waits.removeAll { $0.peer == peer } }
}
