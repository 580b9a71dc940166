// What a node wants from the world (Specs/Node.md, "Effects").

public enum NodeEffect: Sendable {
  /// Connect; `dialled` or `dialFailed` follows.
  case dial(LinkID, address: String)
  /// Write; `drained` follows when the system has taken it. Nothing more is sent on the link until
  /// then.
  case send(LinkID, [UInt8])
  case pauseReading(LinkID)
  case resumeReading(LinkID)
  /// Close once everything sent is written, or after a second. No `ended` need follow.
  case close(LinkID)
  /// Run on any thread; `worked` brings the result. Pieces may run at the same time.
  case work(WorkToken, Work)
  /// For people: logs, progress, JSON lines.
  case report(NodeReport)
}
