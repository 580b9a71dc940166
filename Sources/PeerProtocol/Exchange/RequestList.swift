// What is under way from one peer, in the order in which it was asked for
// (Specs/Exchange.md, "Windows").

internal import Cryptography

/// Answers come in the order of the requests, so what is finished stands first nearly always: it is
/// taken off there without moving the rest.
struct RequestList: Sendable {
  struct Request: Sendable {
    var digest: Digest
    var byteCount: Int
    var at: Instant
  }

  private var all: [Request] = []
  /// Requests before this index are finished; the array is compacted now and then.
  private var first = 0

  var count: Int { all.count - first }
  var isEmpty: Bool { count == 0 }
  /// Those that are not finished, in order.
  var open: ArraySlice<Request> { all[first...] }

  mutating func append(_ request: Request) { all.append(request) }

  func contains(_ digest: Digest) -> Bool { open.contains { $0.digest == digest } }

  /// Takes a request off the list; nil when there is none.
  mutating func finish(_ digest: Digest) -> Request? {
    guard let index = open.firstIndex(where: { $0.digest == digest }) else { return nil }
    let request = all[index]
    guard index == first else {
      all.remove(at: index)
      return request
    }
    first += 1
    if first == all.count {
      all.removeAll(keepingCapacity: true)
      first = 0
    } else if first >= 1_024 {
      all.removeFirst(first)
      first = 0
    }
    return request
  }
}
