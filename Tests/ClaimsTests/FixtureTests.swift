// Everything in Fixtures/claims, which an independent implementation made.

import Claims
import Content
import Cryptography
import Histories
import JSON
import Testing

@Suite struct FixtureTests {
  private func fixtures(_ name: String, atLeast count: Int) throws -> [JSONValue] {
    let lines = try FixtureFile.lines("Fixtures/claims/" + name)
    #expect(lines.count >= count)
    return lines
  }

  private func hex(_ line: JSONValue) throws -> [UInt8] {
    try #require(Hexadecimal.bytes(of: line["hex"]?.string ?? "?"))
  }

  @Test func claimsReadAsTheOtherImplementationWroteThem() throws {
    for line in try fixtures("accept.jsonl", atLeast: 16) {
      let name = line["name"]?.string ?? "?"
      let claim = try Claim(verifying: hex(line))
      #expect(claim.cid.description == line["cid"]?.string, "\(name)")
      #expect(claim.author.did == line["author"]?.string, "\(name)")
      #expect(claim.height == line["height"]?.int, "\(name)")
      #expect(claim.kind == line["kind"]?.string, "\(name)")
      #expect(claim.timeMilliseconds == line["time"]?.int, "\(name)")
      #expect(Hexadecimal.text(of: claim.body.encoded()) == line["body"]?.string, "\(name)")
      #expect(claim.seen.map(\.description) == line["seen"]?.array?.compactMap(\.string), "\(name)")
      // What is understood is written as it was read.
      #expect(claim.content.body == claim.body, "\(name)")
      switch claim.content {
      case .unknown: #expect(claim.kind == "ballot")
      case .malformed: #expect(name == "a known kind with a strange body")
      default: break
      }
    }
  }

  @Test func theSameStatementsGiveTheSameBytes() throws {
    let lines = try fixtures("accept.jsonl", atLeast: 2)
    let identity = try #require(Identity(seed: SHA256.hash(Array("ada".utf8)).bytes))
    let genesis = try Claim.signed(
      .genesis(Genesis(name: "birds", licenses: ["CC-BY-4.0"])), at: .genesis,
      timeMilliseconds: 1_700_000_000_000, by: identity)
    #expect(genesis.bytes == (try hex(lines[0])))
  }

  @Test func whatIsNoClaimIsRefused() throws {
    for line in try fixtures("refuse.jsonl", atLeast: 30) {
      let name = line["name"]?.string ?? "?"
      let bytes = try hex(line)
      if line["signature"]?.bool == true {
        // Whole but not signed by its author.
        #expect(throws: ClaimError.signature, "\(name)") { try Claim(verifying: bytes) }
      } else {
        #expect(throws: ClaimError.self, "\(name)") { try Claim(stored: bytes) }
      }
    }
  }

  @Test func historiesMergeAsInTheOtherImplementation() throws {
    for line in try fixtures("histories.jsonl", atLeast: 10) {
      let seed = "history \(line["seed"]?.int ?? -1)"
      let genesis = try claim(line["genesis"])
      let claims = try (line["claims"]?.array ?? []).map { try claim($0) }
      let state = try #require(DatanetState(genesis: genesis, claims: claims))
      let expected = try #require(line["state"])
      #expect(state.digest.description == expected["digest"]?.string, "\(seed)")
      #expect(lines(state.frontier) == lines(expected["frontier"]), "\(seed)")
      #expect(lines(state.roles) == lines(expected["roles"]), "\(seed)")
      #expect(entries(state) == lines(expected["entries"]), "\(seed)")
      let totals = expected["totals"]
      #expect(state.totals.claims == totals?["claims"]?.int, "\(seed)")
      #expect(state.totals.contributions == totals?["contributions"]?.int, "\(seed)")
      #expect(state.totals.records == totals?["records"]?.int, "\(seed)")
      #expect(state.totals.bytes == totals?["bytes"]?.int, "\(seed)")
      #expect(state.totals.contributors == totals?["contributors"]?.int, "\(seed)")
      let notes = state.notes.fields.map { "\"\($0.name)\":\(texts($0.texts))" }
      #expect("{\(notes.joined(separator: ","))}" == expected["notes"].map { "\($0)" }, "\(seed)")
      #expect(runs(state) == lines(expected["runs"]), "\(seed)")
      #expect(order(state, claims + [genesis]) == lines(expected["order"]), "\(seed)")
    }
  }

  private func claim(_ value: JSONValue?) throws -> Claim {
    try Claim(verifying: base64(value?.string ?? ""))
  }

  private func base64(_ text: String) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var bytes: [UInt8] = []
    var (pending, bits) = (0, 0)
    for character in text.utf8 {
      guard let digit = alphabet.firstIndex(of: character) else { break }
      pending = (pending << 6 | digit) & 0xFFFF
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: pending >> bits))
      }
    }
    return bytes
  }

  private func lines(_ value: JSONValue?) -> [String] { (value?.array ?? []).map { "\($0)" } }

  private func texts(_ texts: [String]) -> String {
    "[" + texts.map { "\"\($0)\"" }.joined(separator: ",") + "]"
  }

  private func lines(_ frontier: Frontier) -> [String] {
    frontier.entries.map { entry in
      let head = entry.head?.description ?? String(repeating: "0", count: 64)
      let fork = entry.fork.map { "\($0)" } ?? "null"
      return "[\"\(entry.author)\",\(entry.count),\"\(head)\",\(fork)]"
    }
  }

  private func lines(_ roles: RoleBook) -> [String] {
    roles.holdings.map { holding in
      let ranges = holding.heights.map { "[\($0.lowerBound),\($0.upperBound)]" }
      return
        "[\"\(holding.author)\",\"\(holding.role.rawValue)\",[\(ranges.joined(separator: ","))]]"
    }
  }

  private func entries(_ state: DatanetState) -> [String] {
    state.entries.map { entry in
      "{\"claim\":\"\(entry.id.cid)\",\"item\":\(entry.id.item),"
        + "\"standing\":\"\(entry.standing)\",\"approvals\":\(entry.tally.approvals),"
        + "\"rejections\":\(entry.tally.rejections),\"scores\":\(entry.tally.scores),"
        + "\"scoreSum\":\(entry.tally.scoreSum)}"
    }
  }

  private func runs(_ state: DatanetState) -> [String] {
    state.runs.runs.map { run in
      let checks = run.checks
      let proofs = checks.proofs.map { "[\"\($0.standing.rawValue)\",\($0.accusers.count)]" }
      return "{\"claim\":\"\(run.cid)\",\"state\":\"\(checks.state.rawValue)\","
        + "\"covered\":\(checks.coveredSteps),\"checkers\":\(checks.spotCheckers),"
        + "\"full\":\(checks.fullCheckers),\"drawn\":\(checks.drawnSteps),"
        + "\"drawnWithoutOne\":\(checks.drawnStepsWithoutOne),\"opinions\":\(checks.opinions),"
        + "\"proofs\":[\(proofs.joined(separator: ","))],\"withdrawn\":\(run.isWithdrawn),"
        + "\"founded\":\(run.isFounded),\"shared\":\(run.shares != nil),"
        + "\"retracted\":\(texts(run.retracted.map { "\($0)" }.sorted()))}"
    }
  }

  /// For the first 40 counting claims, who is before whom.
  private func order(_ state: DatanetState, _ claims: [Claim]) -> [String] {
    let places = state.frontier.entries.flatMap { entry in
      (0..<entry.count).map { state.milestones.place(of: entry.author, height: $0) }
    }.prefix(40)
    return places.map { left in
      let signs = places.map { right in
        switch state.milestones.order(left, right) {
        case .before: "<"
        case .after: ">"
        case .tied: "="
        }
      }
      return "\"\(signs.joined())\""
    }
  }
}
