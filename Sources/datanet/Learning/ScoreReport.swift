// What a run's records did for its yardstick, as a file and in a few lines
// (Specs/Contributions.md, "What remains unexplained").

import Attribution
import Checkpoints
import Content
import Cryptography
import JSON
import Learning
import Terminal

struct ScoreReport {
  let list: ScoreList
  let intervals: [ScoreInterval?]
  let lossBefore: Double
  let lossAfter: Double

  init(
    _ run: Run, repetitions: [Transcript], names: [Digest], yardstick: [TokenRecord]
  ) throws {
    list = try ScoreList(run.transcript, names: names)
    let folds = try FoldScores(run.transcript, recipe: run.recipe)
    let repeated = try FoldScores.all(repetitions, of: run.recipe)
    intervals = try names.indices.map { place in
      try folds.interval(
        of: folds.sums(of: [place]), repeated: repeated.map { try $0.total(of: [place]) })
    }
    lossBefore = Self.loss(run.trainer.transformer, nil, yardstick)
    lossAfter = Self.loss(run.trainer.transformer, run.trainer.adapter, yardstick)
  }

  private static func loss(
    _ model: Transformer, _ adapter: AdapterTensors?, _ records: [TokenRecord]
  ) -> Double {
    var meter = LossMeter(model, adapter: adapter)
    let losses = meter.losses(of: records).joined()
    return losses.reduce(0) { $0 + Double($1) } / Double(max(losses.count, 1))
  }

  private static func end(_ units: Int64?) -> JSONValue {
    units.map { .double(Score.loss($0)) } ?? .null
  }

  var explained: Double { Score.loss(list.scores.reduce(0, &+)) }
  var drop: Double { lossBefore - lossAfter }

  /// Writes `scores.jsonl`, a line for each record in the order of the data, and says how much of the
  /// loss drop the scores explain.
  func write(to directory: String, _ output: Output) throws {
    var text = ""
    for (place, name) in list.names.enumerated() {
      let line: JSONObject = [
        "record": .string("\(name)"), "score": .double(Score.loss(list.scores[place])),
        "low": Self.end(intervals[place]?.low), "high": Self.end(intervals[place]?.high),
        "units": .int(Int(list.scores[place])),
      ]
      text += JSONValue.object(line).serialized() + "\n"
    }
    try AtomicFile.write(Array(text.utf8), to: "\(directory)/scores.jsonl")
    output.json([
      "yardstickLossBefore": .double(lossBefore), "yardstickLossAfter": .double(lossAfter),
      "drop": .double(drop), "explained": .double(explained),
      "unexplained": .double(drop - explained),
    ])
    let helped = list.scores.count { $0 > 0 }
    let harmed = list.scores.count { $0 < 0 }
    output.text(
      "yardstick: loss \(Quantity.fixed(lossBefore, 4)) → \(Quantity.fixed(lossAfter, 4)); scores "
        + "add up to \(Quantity.fixed(explained, 4)) of \(Quantity.fixed(drop, 4)), "
        + "\(Quantity.fixed(drop - explained, 4)) remain unexplained")
    output.text(
      "\(Quantity.count(helped, "record")) helped, \(Quantity.count(harmed)) harmed: "
        + "\(directory)/scores.jsonl")
  }
}
