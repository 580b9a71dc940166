// What the world tells a node (Specs/Node.md, "Events").

public import PeerProtocol

/// One connection, from the wish to dial or the accept to its end. Numbers are never used twice.
public struct LinkID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let number: UInt64

  /// For the shell, which counts what it accepts.
  public static func accepted(_ count: UInt64) -> LinkID { LinkID(number: count << 1 | 1) }
  /// For the node, which counts what it dials.
  package static func dialled(_ count: UInt64) -> LinkID { LinkID(number: count << 1) }

  public var isDialled: Bool { number & 1 == 0 }

  public static func < (left: LinkID, right: LinkID) -> Bool { left.number < right.number }

  public var description: String { "link \(number)" }
}

/// Names a piece of work until its result comes.
public struct WorkToken: Hashable, Comparable, Sendable {
  public let number: UInt64

  public static func < (left: WorkToken, right: WorkToken) -> Bool { left.number < right.number }
}

public enum NodeEvent: Sendable {
  /// The addresses at which others may dial this peer; again when they change.
  case listening([String])
  /// Somebody dialled from an address.
  case accepted(LinkID, from: String)
  /// A wished connection stands.
  case dialled(LinkID)
  case dialFailed(LinkID, reason: String)
  /// Bytes from the wire; `Node.receive` takes them without a copy.
  case received(LinkID, [UInt8])
  /// Everything that was to be sent is with the system, which wants more.
  case drained(LinkID)
  /// The connection is gone; nil when it was closed in order.
  case ended(LinkID, reason: String?)
  /// Discovery heard of somebody, through a teller at an address.
  case found(PeerContact, from: String)
  /// Another process has written claims or blocks to the home.
  case changed
  /// What a person wishes, at the start and whenever it changes.
  case settings(NodeSettings)
  /// What a clock on the wall shows now, in milliseconds since 1970; at the start and every few
  /// minutes. It decides nothing but whether a claim comes from the future and when a ban ends.
  case clock(wallMilliseconds: Int)
  case worked(WorkToken, WorkResult)
  /// `deadline` has come.
  case tick
  /// Say goodbye to everybody.
  case leave
}
