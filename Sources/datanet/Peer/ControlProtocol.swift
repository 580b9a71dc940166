// What other commands and the running peer say to each other over the home's socket: JSON lines,
// bounded and versioned (Specs/Running.md, "Control socket").

import JSON
import Store

enum ControlLimits {
  /// Spoken here; another version is refused with this one's number.
  static let version = 1
  /// A request is short.
  static let requestBytes = 16 << 10
  /// An answer lists at most a few thousand peers.
  static let answerBytes = 16 << 20
  /// Commands that may be connected at the same time.
  static let clients = 32
  /// What a command that does not read may have waiting; then it is cut off.
  static let queuedBytes = 4 << 20
  /// A running peer answers within this time, or it hangs.
  static let patienceMilliseconds: UInt64 = 10_000
}

/// A request: `{"version":1,"do":"status"}`.
enum ControlRequest: String, CaseIterable {
  /// Who is there: pid, identity, since when.
  case hello
  /// Everything that `status`, `peers` and `sync` show.
  case status
  /// The home was written to.
  case changed
  /// Events from now on, a line each, until the connection ends.
  case watch
  /// Say goodbye to all peers and end.
  case down

  var line: JSONValue {
    ["version": .int(ControlLimits.version), "do": .string(rawValue)]
  }

  enum Refusal: Error, Equatable {
    case malformed
    case version
    case unknown(String)

    var text: String {
      switch self {
      case .malformed: "a request is a JSON object with 'version' and 'do'"
      case .version: "this peer speaks version \(ControlLimits.version) of the control socket"
      case .unknown(let word): "there is no request '\(word)'"
      }
    }
  }

  init(line: [UInt8]) throws(Refusal) {
    guard let value = try? JSONValue(parsing: line), let version = value["version"]?.int,
      let word = value["do"]?.string
    else { throw .malformed }
    guard version == ControlLimits.version else { throw .version }
    guard let request = ControlRequest(rawValue: word) else { throw .unknown(word) }
    self = request
  }
}

enum ControlAnswer {
  static func done(_ members: JSONObject = [:]) -> JSONValue {
    var object: JSONObject = ["version": .int(ControlLimits.version), "ok": true]
    for (name, value) in members.members { object[name] = value }
    return .object(object)
  }

  static func refused(_ reason: String) -> JSONValue {
    ["version": .int(ControlLimits.version), "ok": false, "error": .string(reason)]
  }
}

/// Cuts a stream of bytes into lines, none longer than `limit`.
struct LineSplitter {
  let limit: Int
  private var rest: [UInt8] = []

  init(limit: Int) { self.limit = limit }

  /// The lines that are whole now, without their ends; nil when one is too long.
  mutating func push(_ bytes: some Collection<UInt8>) -> [[UInt8]]? {
    rest += bytes
    var lines: [[UInt8]] = []
    var start = 0
    while let end = rest[start...].firstIndex(of: 0x0A) {
      guard end - start <= limit else { return nil }
      lines.append(Array(rest[start..<end]))
      start = end + 1
    }
    if start > 0 { rest.removeFirst(start) }
    return rest.count <= limit ? lines : nil
  }
}
