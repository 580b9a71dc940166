// What a running peer says of itself, as a person reads it at two in the morning
// (Specs/Running.md, "Status").

import Content
import JSON
import Store
import Terminal

enum RunningLines {
  /// Shows a running peer's status; `nil` says that none runs.
  static func show(_ status: JSONValue?, only wanted: [CID]?, _ names: Names, _ context: Context) {
    let output = context.output
    guard let status else {
      output.text("No peer runs on this home; 'datanet up' starts one.")
      return
    }
    let addresses = (status["addresses"]?.array ?? []).compactMap(\.string)
    output.text(
      "A peer runs with pid \(status["pid"]?.int ?? 0), up "
        + Quantity.duration(Double(status["upMilliseconds"]?.int ?? 0) / 1000)
        + (addresses.isEmpty ? ", not listening" : ", at \(addresses.joined(separator: ", "))"))
    let peers = status["peers"]?.array ?? []
    output.text(
      "  peers          \(Quantity.count(peers.count)) connected, "
        + "\(Quantity.count(status["knownAddresses"]?.int ?? 0, "address", "addresses")) known"
        + PeerLines.unproven(status))
    let (down, up) = (
      status["bytesPerSecondDown"]?.int ?? 0, status["bytesPerSecondUp"]?.int ?? 0
    )
    output.text(
      "  rate           \(Quantity.bytesPerSecond(Double(down))) down, "
        + "\(Quantity.bytesPerSecond(Double(up))) up")
    if let verification = status["verification"], verification["state"] != nil {
      output.text("  verification   \(line(verification))")
    }
    for datanet in status["datanets"]?.array ?? [] {
      guard let text = datanet["datanet"]?.string, let cid = try? CID(text),
        wanted?.contains(cid) ?? true
      else { continue }
      show(datanet, names.shown(cid), rate: down, output)
    }
    let banned = (status["bans"]?.array ?? []).filter {
      $0["remainingMilliseconds"]?.int ?? 0 > 0
    }
    if !banned.isEmpty {
      output.text(
        "  not spoken to  \(Quantity.count(banned.count, "peer")); see 'datanet peers --banned'")
    }
  }

  /// What is checked in the background, or why nothing is.
  private static func line(_ verification: JSONValue) -> String {
    func number(_ field: String) -> Int { verification[field]?.int ?? 0 }
    var line =
      verification["state"]?.string == "verifying"
      ? "run \(verification["run"]?.string.map { "\($0.prefix(16))…" } ?? "")"
        + (number("total") > 0 ? ", step \(number("done")) of \(number("total"))" : ", loading")
      : "nothing now: \(Printable.line(verification["reason"]?.string ?? ""))"
    line +=
      "; done so far: \(Quantity.count(number("verifications"), "verification")), "
      + Quantity.count(number("steps"), "step")
    if number("refuted") > 0 { line += ", \(Quantity.count(number("refuted"))) refuted" }
    return line
  }

  private static func show(_ datanet: JSONValue, _ name: String, rate: Int, _ output: Output) {
    func number(_ field: String) -> Int { datanet[field]?.int ?? 0 }
    var line = "  \(name): "
    line += "\(datanet["mode"]?.string ?? ""), \(Quantity.count(number("peers"), "peer")); "
    let missing = number("missingBytes")
    if datanet["inStep"]?.bool == true {
      line += "everything that is followed is here"
    } else if number("missingContributions") > 0 {
      line += "\(Quantity.count(number("missingContributions"), "contribution")) missing"
      if number("missingChunks") > 0 {
        line +=
          ", \(Quantity.count(number("missingChunks"), "chunk")) or \(Quantity.bytes(missing))"
      }
      let moves = datanet["standstill"]?.bool != true
      if moves, rate > 0 {
        line += ", \(Quantity.duration(Double(missing) / Double(rate))) left"
      }
    } else if datanet["agreedMilliseconds"]?.int == nil {
      line += "no peer has agreed on the claims yet"
    } else if number("claimsWaiting") > 0 {
      line += "\(Quantity.count(number("claimsWaiting"), "claim")) being checked"
    } else {
      line += "claims are being compared with \(Quantity.count(number("uncompared"), "peer"))"
    }
    output.text(line)
    if datanet["standstill"]?.bool == true, let reason = datanet["state"]?.string {
      output.text("    nothing moves: \(Printable.line(reason))")
    }
  }
}
