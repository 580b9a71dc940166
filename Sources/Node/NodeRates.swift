// Rates that a person set: what may be read and written now (Specs/Node.md, "Rates").

internal import PeerProtocol

extension Node {
  /// Reading stops while more was received than the rate allows, or more than can be stored.
  func checkRates(at now: Instant) {
    let isFull = download.available(at: now) <= 0 || intake.bytes > NodeLimits.unwrittenBytes
    for link in links where link.isPaused != isFull && link.session != nil {
      link.isPaused = isFull
      effects.append(isFull ? .pauseReading(link.id) : .resumeReading(link.id))
    }
  }

  /// When a rate lets something pass again.
  var rateDue: Instant? {
    var due: Instant?
    if links.contains(where: \.isPaused), intake.bytes <= NodeLimits.unwrittenBytes {
      due = download.ready(after: lastSeen)
    }
    if upload.bytesPerSecond != nil,
      links.contains(where: { !$0.isWriting && $0.session?.hasOutput == true })
    {
      let next = upload.ready(after: lastSeen)
      due = due.map { min($0, next) } ?? next
    }
    return due
  }
}
