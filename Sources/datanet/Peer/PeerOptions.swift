// How a peer is to run, apart from what the home's settings say (Specs/Running.md).

import EventLoop

struct PeerOptions {
  /// Where to listen.
  enum Listening {
    /// Exactly there, or not at all.
    case at([SocketAddress])
    /// Where the last peer of the home listened, or the usual port.
    case asBefore
    /// Only dials.
    case nowhere
  }

  var listening = Listening.asBefore
  /// Whether others on the local network are looked for, and told.
  var discovers = true
  var metricsPort: UInt16?
  /// Whether it ends by itself, after so many seconds.
  var seconds: Double?
  /// Whether it changes a bit in every chunk that it sends, for `tour` and tests.
  var lies = false
  /// What it may spend on checking runs by others; nil when it checks none.
  var verification: VerificationBudget?
  /// What a check misses is waited for so long before the run is called unavailable.
  var verificationPatienceSeconds = 600.0
  /// Seconds between milestones that it signs as a curator; nil when it signs none by itself.
  var milestoneSeconds: Double?
  /// Whether other commands may talk to this peer.
  var answersCommands = true
}
