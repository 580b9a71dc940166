// `datanet influence --suspects`: the records that look mislabelled (Specs/Influence.md, "Suspects").

import CanonicalMath
import Checkpoints
import Influence
import JSON
import Learning
import Terminal

enum SuspectsReport {
  private static let standardCount = 20

  static func run(_ files: InfluenceFiles, damping: Double, _ context: Context) throws {
    let options = context.invocation
    let settings = IndexSettings(
      method: .forSuspects, features: options.integer("features"), damping: damping)
    let started = Moment.monotonic()
    let index = try files.index(settings, at: options.text("index"), context)
    let suspicions = index.suspicions()
    let seconds = Moment.monotonic() - started
    if let out = options.text("out") {
      // What counts nothing is the least suspect of all.
      let least = suspicions.compactMap { $0?.score }.min() ?? 0
      let scores = suspicions.map { Float($0?.score ?? least) }
      try AtomicFile.write(NumpyFile.bytes(shape: [1, scores.count], scores), to: out)
    }
    let count = options.integer("top") ?? (options.has("out") ? 0 : standardCount)
    let worst = suspicions.indices.compactMap { place in
      suspicions[place].map { (place: place, suspicion: $0) }
    }.sorted {
      $0.suspicion.score != $1.suspicion.score
        ? $0.suspicion.score > $1.suspicion.score : $0.place < $1.place
    }.prefix(count)
    var object: JSONObject = [
      "records": .int(suspicions.count), "features": .int(index.featureCount),
      "indexBytes": .int(index.byteCount), "seconds": .double(seconds),
      "peakRSS": .int(Resources.peakBytes),
      "suspects": .array(
        worst.map { place, suspicion in
          let record = files.dataset.records[place]
          return [
            "record": .int(place), "line": .int(record.line), "name": .string("\(record.name)"),
            "score": .double(suspicion.score), "selfInfluence": .double(suspicion.selfInfluence),
            "agreement": .double(suspicion.agreement), "text": .string(record.text.shown),
          ]
        }),
    ]
    if let out = options.text("out") { object["out"] = .string(out) }
    context.output.json(.object(object))
    if !worst.isEmpty {
      var table = Table([">suspicion", ">agreement", ">line", "record"])
      for (place, suspicion) in worst {
        let record = files.dataset.records[place]
        table.row([
          Quantity.fixed(suspicion.score, 2), Quantity.fixed(suspicion.agreement, 4),
          Quantity.count(record.line), Printable.line(record.text.shown),
        ])
      }
      context.show(table)
    }
    if let out = options.text("out") {
      context.output.text("\(out): \(Quantity.count(suspicions.count, "record"))")
    }
  }
}
