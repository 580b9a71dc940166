// The messages of the membership overlay, as DAG-CBOR arrays (Specs/Overlay.md, "Messages").

public import Content

public enum OverlayMessage: Equatable, Sendable {
  /// "I am new here": sent once to a contact.
  case join(PeerContact)
  /// A newcomer's walk through the overlay.
  case forwardJoin(PeerContact, hops: UInt8)
  /// "Be my neighbour." A peer without neighbours says so and is not refused.
  case neighbour(PeerContact, isUrgent: Bool)
  case neighbourAnswer(accepted: Bool)
  /// "You are no longer my neighbour; I know you still."
  case part
  /// A sample of known peers on a random walk, to be answered by another sample.
  case shuffle(origin: PeerContact, hops: UInt8, sample: [PeerContact])
  case shuffleAnswer([PeerContact])

  public var value: Value {
    switch self {
    case .join(let contact): [0, contact.value]
    case .forwardJoin(let contact, let hops): [1, contact.value, Value(hops)]
    case .neighbour(let contact, let isUrgent): [2, contact.value, .bool(isUrgent)]
    case .neighbourAnswer(let accepted): [3, .bool(accepted)]
    case .part: [4]
    case .shuffle(let origin, let hops, let sample):
      [5, origin.value, Value(hops), .array(sample.map(\.value))]
    case .shuffleAnswer(let sample): [6, .array(sample.map(\.value))]
    }
  }

  /// Nil when malformed or over a limit.
  public init?(_ value: Value) {
    guard let items = value.array, let type = items.first?.integer(as: Int.self) else { return nil }
    func hops(_ index: Int) -> UInt8? {
      items[index].integer(as: UInt8.self).flatMap { $0 <= OverlayLimits.joinHops ? $0 : nil }
    }
    func sample(_ index: Int) -> [PeerContact]? {
      guard let values = items[index].array, values.count <= OverlayLimits.sample else {
        return nil
      }
      let contacts = values.compactMap { PeerContact($0) }
      return contacts.count == values.count ? contacts : nil
    }
    switch (type, items.count) {
    case (0, 2):
      guard let contact = PeerContact(items[1]) else { return nil }
      self = .join(contact)
    case (1, 3):
      guard let contact = PeerContact(items[1]), let hops = hops(2) else { return nil }
      self = .forwardJoin(contact, hops: hops)
    case (2, 3):
      guard let contact = PeerContact(items[1]), let isUrgent = items[2].bool else { return nil }
      self = .neighbour(contact, isUrgent: isUrgent)
    case (3, 2):
      guard let accepted = items[1].bool else { return nil }
      self = .neighbourAnswer(accepted: accepted)
    case (4, 1): self = .part
    case (5, 4):
      guard let origin = PeerContact(items[1]), let hops = hops(2), let sample = sample(3) else {
        return nil
      }
      self = .shuffle(origin: origin, hops: hops, sample: sample)
    case (6, 2):
      guard let sample = sample(1) else { return nil }
      self = .shuffleAnswer(sample)
    default: return nil
    }
  }
}
