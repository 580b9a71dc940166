// A run's shares as a table and as JSON (Specs/Shares.md, "Shown").

import Attribution
import Claims
import Content
import Cryptography
import JSON
import Learning
import Terminal

struct SharesReport {
  let entry: RunBook.Entry
  let published: PublishedShares
  /// Computed here from the run's evidence; nil where that is not held.
  let shares: Shares?
  /// Of the run's yardstick, and runs from other seeds; nil where the evidence is not held.
  let yardstick: Yardstick?
  let repetitions: Int
  let snapshot: Snapshot?

  func show(_ context: Context, contributions: Bool) {
    let output = context.output
    var object: JSONObject = [
      "run": .cid(entry.cid), "trainer": .string(entry.author.did),
      "total": .double(Score.loss(published.total)), "rest": .double(Score.loss(published.rest)),
      "contributors": .array(published.parts.map { json($0) }), "checks": checks,
      "recomputed": .bool(shares != nil),
      "retracted": .array(entry.retracted.map { .string("\($0)") }),
    ]
    if let concentration { object["concentration"] = json(concentration) }
    if contributions, let rows = contributionRows {
      object["contributions"] = .array(rows.map(json))
    }
    output.json(.object(object))
    output.text(
      output.style.bold("run \(Shown.cid(entry.cid))") + " by \(Shown.author(entry.author)): "
        + "\(Quantity.count(entry.run.steps, "step")) on "
        + "\(Quantity.count(entry.run.records, "record")), scores add up to "
        + Quantity.fixed(Score.loss(published.total), 4))
    var table = Table(["contributor", ">records", ">share", ">sum", ">from", ">to"])
    for part in published.parts {
      table.row([
        Shown.author(part.contributor), Quantity.count(part.records), share(part.sum),
        fixed(part.sum), hasIntervals ? fixed(part.low) : "–",
        hasIntervals ? fixed(part.high) : "–",
      ])
    }
    let isContested = published.rest > 0 && published.parts.count < PublishedShares.maximumParts
    if published.rest.magnitude > UInt64(published.parts.count) {
      table.row([
        isContested ? "nobody" : "others", "", share(published.rest), fixed(published.rest), "", "",
      ])
      context.show(table)
      if isContested {
        output.text(
          "nobody: of records that several claim within one milestone, the more claim one the less "
            + "they get together. 'datanet duplicates' shows which.")
      }
    } else {
      context.show(table)
    }
    output.text(intervals)
    if contributions { showContributions(context) }
    if let concentration {
      output.text(
        "concentration: \(Quantity.count(concentration.half)) of "
          + "\(Quantity.count(concentration.count)) have half; HHI "
          + "\(Quantity.fixed(concentration.herfindahl, 2)), Gini "
          + Quantity.fixed(concentration.gini, 2)
          + (shares == nil ? "" : ", of those who share records as one"))
    }
    let report = ChecksReport(run: entry)
    output.text(report.line)
    if let confidence = report.confidence { output.text(confidence) }
    if !entry.retracted.isEmpty {
      output.text(
        "uses \(Quantity.count(entry.retracted.count, "contribution")) retracted since: "
          + entry.retracted.prefix(4).map(Shown.entry).joined(separator: ", "))
    }
    if shares == nil {
      output.text("The run's evidence is not here; these are the trainer's signed figures.")
    }
  }

  /// A run whose yardstick had too few folds publishes each sum as both ends.
  private var hasIntervals: Bool { published.parts.contains { $0.low != $0.high } }

  /// What 'from' and 'to' mean here, or why there are none and what to do.
  private var intervals: String {
    guard hasIntervals else {
      let least = FoldScores.leastFolds * YardstickDefaults.recordsOfFold
      let held = yardstick.map { " has \(Quantity.count($0.records.count)) and" } ?? ""
      return "No intervals: the yardstick\(held) needs \(Quantity.count(least, "record")). Add a "
        + "larger one with 'datanet yardstick NET FILE', sign a milestone, and train again."
    }
    guard let yardstick else { return "from … to: 95 % intervals, as the trainer signed them." }
    let folds = "from … to: 95 % over \(Quantity.count(yardstick.folds)) parts of the yardstick"
    return repetitions > 0
      ? "\(folds) and \(Quantity.count(repetitions + 1)) seeds."
      : "\(folds), and one seed: 'train --seeds 4' also says how far chance moves them."
  }

  private func showContributions(_ context: Context) {
    guard let rows = contributionRows else { return }
    var table = Table(["contribution", "by", ">records", ">share", ">sum", ">from", ">to"])
    for row in rows {
      table.row([
        Shown.entry(row.source.entry), Shown.author(row.source.author),
        Quantity.count(row.share.records), share(row.share.sum), fixed(row.share.sum),
        row.share.low.map(fixed) ?? "–", row.share.high.map(fixed) ?? "–",
      ])
    }
    context.show(table)
  }

  /// By sum, descending.
  private var contributionRows: [(source: SnapshotSource, share: Share)]? {
    guard let shares, let snapshot else { return nil }
    return zip(snapshot.sources, shares.bySource).map { ($0, $1) }
      .sorted { ($1.1.sum, $0.0.entry) < ($0.1.sum, $1.0.entry) }
  }

  private var concentration: Concentration? {
    if let shares {
      return Concentration(shares.byContributor.map(\.sum), clusters: shares.clusters)
    }
    return Concentration(published.parts.map(\.sum))
  }

  /// Of the sum of all; nothing where that is not above zero.
  private func share(_ sum: Int64) -> String {
    published.total > 0 ? Quantity.percent(Double(sum) / Double(published.total)) : "–"
  }

  private func fixed(_ units: Int64) -> String { Quantity.fixed(Score.loss(units), 4) }

  private func json(_ part: PublishedShares.Part) -> JSONValue {
    [
      "did": .string(part.contributor.did), "records": .int(part.records),
      "sum": .double(Score.loss(part.sum)),
      "low": hasIntervals ? .double(Score.loss(part.low)) : .null,
      "high": hasIntervals ? .double(Score.loss(part.high)) : .null, "units": .int(Int(part.sum)),
      "share": published.total > 0
        ? .double(Double(part.sum) / Double(published.total)) : .null,
    ]
  }

  private func json(_ row: (source: SnapshotSource, share: Share)) -> JSONValue {
    [
      "contribution": .string("\(row.source.entry)"), "did": .string(row.source.author.did),
      "records": .int(row.share.records), "sum": .double(Score.loss(row.share.sum)),
      "low": row.share.low.map { .double(Score.loss($0)) } ?? .null,
      "high": row.share.high.map { .double(Score.loss($0)) } ?? .null,
    ]
  }

  private func json(_ concentration: Concentration) -> JSONValue {
    [
      "holders": .int(concentration.count), "half": .int(concentration.half),
      "hhi": .double(concentration.herfindahl), "gini": .double(concentration.gini),
    ]
  }

  private var checks: JSONValue {
    let checks = entry.checks
    return [
      "state": .string(checks.state.rawValue), "checkers": .int(checks.spotCheckers),
      "coveredSteps": .int(checks.coveredSteps), "fullCheckers": .int(checks.fullCheckers),
      "opinions": .int(checks.opinions),
      "falseAccusers": .array(checks.falseAccusers.map { .string($0.did) }),
    ]
  }
}
