// The Datanets that one session has open, by handle (Specs/Sharing.md has the state × event
// table).

public import Content
public import Cryptography

public enum SharingLimits {
  /// Datanets that one session may have open.
  public static let open = 256
  /// Openings that may fail in one session; a peer that guesses is sent away.
  public static let failures = 1_024
}

public enum SharingEffect: Equatable, Sendable {
  case send(SharingMessage)
  /// Both sides know the Datanet: messages may name it by `handle`.
  case opened(DatanetSecret, handle: UInt32)
  case closed(DatanetSecret, handle: UInt32)
  /// The other side does not know it, or does not want it.
  case refused(DatanetSecret)
  /// The other side breaks a limit or a rule.
  case violation
}

public struct SharedDatanets: Sendable {
  private let channelBinding: Digest
  private let isDialler: Bool
  /// What this peer has and shares.
  private var own: [DatanetSecret]
  private var asked: [(handle: UInt32, secret: DatanetSecret)] = []
  public private(set) var open: [(handle: UInt32, secret: DatanetSecret)] = []
  private var nextHandle: UInt32
  private var failures = 0
  /// Handles that the other side used, or may still use, for a Datanet whose handle is now the
  /// dialler's: both asked at once.
  private var aliases: [(handle: UInt32, secret: DatanetSecret)] = []

  /// The dialler's handles are even, the other's odd, so they never meet.
  public init(own: [DatanetSecret], channelBinding: Digest, isDialler: Bool) {
    self.own = own
    self.channelBinding = channelBinding
    self.isDialler = isDialler
    nextHandle = isDialler ? 0 : 1
  }

  public func secret(for handle: UInt32) -> DatanetSecret? {
    (open.first { $0.handle == handle } ?? aliases.first { $0.handle == handle })?.secret
  }

  public func handle(of datanet: CID) -> UInt32? {
    open.first { $0.secret.datanet == datanet }?.handle
  }

  /// Asks for a Datanet, or for all that this peer has.
  public mutating func ask(for secret: DatanetSecret) -> [SharingEffect] {
    if !own.contains(secret) { own.append(secret) }
    guard !open.contains(where: { $0.secret == secret }),
      !asked.contains(where: { $0.secret == secret }),
      open.count + asked.count < SharingLimits.open
    else { return [] }
    let handle = nextHandle
    nextHandle += 2
    asked.append((handle, secret))
    let proof = secret.proof(channelBinding: channelBinding, isDialler: isDialler)
    return [.send(.open(handle: handle, proof: proof))]
  }

  public mutating func handle(_ message: SharingMessage) -> [SharingEffect] {
    switch message {
    case .open(let handle, let proof): return answer(handle, proof)
    case .opened(let handle, let proof):
      guard let index = asked.firstIndex(where: { $0.handle == handle }) else {
        return [.violation]
      }
      let secret = asked.remove(at: index).secret
      guard let proof else { return [.refused(secret)] }
      guard
        Self.same(proof, secret.proof(channelBinding: channelBinding, isDialler: !isDialler))
      else { return [.violation] }
      // Both asked at once: the dialler's handle stays.
      if let other = open.firstIndex(where: { $0.secret == secret }) {
        guard isDialler else {
          aliases.append((handle, secret))
          return []
        }
        open.remove(at: other)
      }
      open.append((handle, secret))
      return [.opened(secret, handle: handle)]
    case .close(let handle):
      guard let index = open.firstIndex(where: { $0.handle == handle }) else { return [] }
      let secret = open.remove(at: index).secret
      aliases.removeAll { $0.secret == secret }
      return [.closed(secret, handle: handle)]
    }
  }

  private mutating func answer(_ handle: UInt32, _ proof: [UInt8]) -> [SharingEffect] {
    // Even handles are the dialler's.
    guard handle % 2 == (isDialler ? 1 : 0), !open.contains(where: { $0.handle == handle }) else {
      return [.violation]
    }
    let known = own.first {
      Self.same(proof, $0.proof(channelBinding: channelBinding, isDialler: !isDialler))
    }
    guard let known, open.count < SharingLimits.open else {
      failures += 1
      return failures > SharingLimits.failures
        ? [.violation] : [.send(.opened(handle: handle, proof: nil))]
    }
    let answer = SharingEffect.send(
      .opened(
        handle: handle, proof: known.proof(channelBinding: channelBinding, isDialler: isDialler)))
    if let index = open.firstIndex(where: { $0.secret == known }) {
      // Already open under this side's handle: the dialler's stays.
      guard !isDialler else { return [answer] }
      open.remove(at: index)
    }
    open.append((handle, known))
    return [answer, .opened(known, handle: handle)]
  }

  /// Takes back what was shared: forgets it and says so.
  public mutating func close(_ secret: DatanetSecret) -> [SharingEffect] {
    own.removeAll { $0 == secret }
    guard let index = open.firstIndex(where: { $0.secret == secret }) else { return [] }
    let handle = open.remove(at: index).handle
    aliases.removeAll { $0.secret == secret }
    return [.send(.close(handle: handle)), .closed(secret, handle: handle)]
  }

  /// Looks at every byte, so that the time tells nothing.
  private static func same(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
