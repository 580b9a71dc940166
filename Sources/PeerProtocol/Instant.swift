// Time as the protocols see it: a number that the shell or the simulator hands in.

/// Milliseconds since a start that means nothing: only differences count.
public struct Instant: Hashable, Comparable, Sendable {
  public var milliseconds: UInt64

  public init(milliseconds: UInt64) { self.milliseconds = milliseconds }

  public static func < (left: Instant, right: Instant) -> Bool {
    left.milliseconds < right.milliseconds
  }

  public func advanced(byMilliseconds amount: UInt64) -> Instant {
    Instant(milliseconds: milliseconds &+ amount)
  }

  /// Zero when `earlier` is later: clocks that jump back cost nothing but patience.
  public func milliseconds(since earlier: Instant) -> UInt64 {
    milliseconds > earlier.milliseconds ? milliseconds - earlier.milliseconds : 0
  }
}
