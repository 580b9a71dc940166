// A rate that people set, and a measured one (Specs/Node.md, "Rates").

internal import PeerProtocol

/// Lets so many bytes a second pass, with a fifth of a second's worth at once. What is taken beyond
/// that is owed.
struct TokenBucket: Sendable {
  /// Nil: everything passes.
  var bytesPerSecond: Int? {
    didSet { if bytesPerSecond != oldValue { tokens = min(tokens, burst) } }
  }
  private var tokens = 0
  private var filled = Instant(milliseconds: 0)

  /// The least that passes at once, so that a slow rate still moves whole frames.
  static let leastBurst = 64 << 10

  private var burst: Int { max((bytesPerSecond ?? 0) / 5, Self.leastBurst) }

  /// Bytes that may pass now.
  mutating func available(at now: Instant) -> Int {
    guard let rate = bytesPerSecond else { return .max }
    let span = Int(min(now.milliseconds(since: filled), 1_000))
    let (amount, overflow) = rate.multipliedReportingOverflow(by: span)
    if span > 0 {
      tokens = min(burst, tokens + (overflow ? burst : amount / 1_000))
      filled = now
    }
    return tokens
  }

  mutating func take(_ bytes: Int) {
    if bytesPerSecond != nil { tokens -= bytes }
  }

  /// When something may pass again.
  func ready(after now: Instant) -> Instant {
    guard let rate = bytesPerSecond, rate > 0, tokens <= 0 else { return now }
    return now.advanced(byMilliseconds: UInt64(min(-tokens * 1_000 / rate + 20, 10_000)))
  }
}

/// Bytes a second over the last seconds, for people.
struct RateMeter: Sendable {
  private var current = 0
  private var since = Instant(milliseconds: 0)
  private var rate = 0

  mutating func add(_ bytes: Int, at now: Instant) {
    settle(at: now)
    current += bytes
  }

  private mutating func settle(at now: Instant) {
    let span = Int(now.milliseconds(since: since))
    guard span >= 2_000 else { return }
    rate = current / (span / 1_000)
    current = 0
    since = now
  }

  mutating func bytesPerSecond(at now: Instant) -> Int {
    settle(at: now)
    return rate
  }
}

/// Something that may happen so many times in a while.
struct Allowance: Sendable {
  let times: Int
  private var used = 0
  private var since = Instant(milliseconds: 0)

  init(_ times: Int) { self.times = times }

  /// What costs more counts more often; the first of a while always may.
  mutating func take(at now: Instant, cost: Int = 1) -> Bool {
    if now.milliseconds(since: since) >= NodeLimits.askedMilliseconds { (since, used) = (now, 0) }
    guard used == 0 || used + cost <= times else { return false }
    used += cost
    return true
  }
}
