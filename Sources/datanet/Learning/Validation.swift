// The loss on records that are not trained on, and when to stop for it (Specs/Runs.md,
// "Validation").

import Learning

struct Validation {
  private let records: [TokenRecord]
  private let every: Int
  private let patience: Int?
  private(set) var points: [(step: Int, loss: Double)] = []

  init(_ records: [TokenRecord], every: Int, patience: Int?) {
    self.records = records
    self.every = every
    self.patience = patience
  }

  func isDue(_ step: Int) -> Bool { step % every == 0 }

  /// The lowest loss lies `patience` measurements back.
  var isOver: Bool {
    guard let patience, let best = points.min(by: { $0.loss < $1.loss }) else { return false }
    return points.count { $0.step > best.step } >= patience
  }

  mutating func measure(_ run: Run) throws -> Double? {
    guard !records.isEmpty, points.last?.step != run.state.step else { return nil }
    var meter = LossMeter(run.trainer.transformer, adapter: run.trainer.adapter)
    let losses = meter.losses(of: records).joined()
    guard !losses.isEmpty else { return nil }
    let loss = losses.reduce(0) { $0 + Double($1) } / Double(losses.count)
    points.append((run.state.step, loss))
    return loss
  }
}
