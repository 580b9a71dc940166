// How far a synchronisation is, from a running peer's status (Specs/Running.md, "Synchronising").

import Content
import JSON
import Store
import Terminal

/// Looks at one status after the other until everything that is wanted is here.
struct SyncProgress {
  let wanted: [CID]
  let names: Names
  private(set) var isComplete = false
  /// Why it is not complete, in words, for the first Datanet that is not.
  private(set) var reason = "no peer has been reached yet"
  /// When something last changed, by the monotonic clock.
  private(set) var moved: Double
  private var last: [JSONValue] = []
  /// The most bytes that were missing at once, and how many are now.
  private(set) var peakBytes = 0
  private(set) var missingBytes = 0

  init(_ wanted: [CID], names: Names) {
    self.wanted = wanted
    self.names = names
    moved = Moment.monotonic()
  }

  mutating func look(at status: JSONValue) {
    let datanets = status["datanets"]?.array ?? []
    isComplete = true
    missingBytes = 0
    var seen: [JSONValue] = [status["bytesReceived"] ?? .null]
    for cid in wanted {
      let name = names.shown(cid)
      guard let found = datanets.first(where: { $0["datanet"]?.string == "\(cid)" }) else {
        isComplete = false
        reason = "\(name): it is not followed"
        continue
      }
      missingBytes += found["missingBytes"]?.int ?? 0
      for field in ["peers", "authors", "missingContributions", "missingChunks", "claimsWaiting"] {
        seen.append(found[field] ?? .null)
      }
      guard found["inStep"]?.bool != true else { continue }
      if isComplete { reason = "\(name): \(Self.words(found))" }
      isComplete = false
    }
    peakBytes = max(peakBytes, missingBytes)
    if seen != last {
      last = seen
      moved = Moment.monotonic()
    }
  }

  /// What is between here and complete.
  private static func words(_ datanet: JSONValue) -> String {
    if datanet["standstill"]?.bool == true, let state = datanet["state"]?.string { return state }
    if datanet["peers"]?.int == 0 { return "no peer of this Datanet is connected" }
    if datanet["agreedMilliseconds"]?.int == nil { return "no peer has agreed on the claims yet" }
    if let count = datanet["uncompared"]?.int, count > 0, datanet["missingContributions"]?.int == 0
    {
      return "claims are being compared with \(Quantity.count(count, "peer"))"
    }
    return datanet["state"]?.string ?? "it is on its way"
  }

  func show(on progress: Progress) {
    progress.set(done: peakBytes - missingBytes, total: peakBytes > 0 ? peakBytes : nil)
    progress.stalled(Moment.monotonic() - moved > 2 ? reason : nil)
  }
}
