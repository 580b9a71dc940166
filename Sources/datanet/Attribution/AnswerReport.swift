// An answer with its contributors, for people and as JSON (Specs/Answers.md, "Shown").

import Attribution
import Claims
import JSON
import Learning
import Terminal

struct AnswerReport {
  let question: String
  let answer: String
  let model: AnswerModel
  let shares: AnswerShares
  let scores: [Float]
  /// The answer's summed loss without and with the adapter.
  let losses: [Double]
  let seconds: Double

  func show(top count: Int, _ context: Context) {
    let output = context.output
    let (helped, hindered) = extremes(count)
    var object: JSONObject = [
      "question": .string(question), "answer": .string(answer), "base": .double(shares.base),
      "contested": .double(shares.contested),
      "contributors": .array(
        shares.contributors.map { part in
          [
            "contributor": .string(model.contributors[part.contributor]),
            "share": .double(part.share), "low": .double(part.low), "high": .double(part.high),
          ]
        }),
      "helped": .array(helped.map(json)), "hindered": .array(hindered.map(json)),
      "lossOfBase": .double(losses[0]), "lossOfAdapter": .double(losses[1]),
      "seconds": .double(seconds),
    ]
    if let run = model.run {
      object["run"] = .cid(run.cid)
      object["state"] = .string(run.checks.state.rawValue)
    }
    output.json(.object(object))
    output.text(output.style.bold(Printable.line(answer.isEmpty ? "(no answer)" : answer)))
    output.text()
    var table = Table(["comes from", ">part", ">from", ">to"])
    table.row(["the base", Quantity.percent(shares.base), "", ""])
    for part in shares.contributors.prefix(20) {
      table.row([
        name(part.contributor), Quantity.percent(part.share), Quantity.percent(part.low),
        Quantity.percent(part.high),
      ])
    }
    if shares.contested > 0 {
      table.row(["nobody: several claim it", Quantity.percent(shares.contested), "", ""])
    }
    context.show(table)
    if shares.contributors.count > 20 {
      output.text("and \(Quantity.count(shares.contributors.count - 20)) more")
    }
    show("helped most", helped, output)
    show("spoke against", hindered, output)
    if let run = model.run {
      output.text()
      output.text(
        "run \(Shown.cid(run.cid)), "
          + ChecksReport(run: run).line)
    }
  }

  private func show(_ title: String, _ places: [Int], _ output: Output) {
    guard !places.isEmpty else { return }
    output.text()
    output.text(title)
    for place in places {
      let who = model.claimants[place].map { name($0) }.joined(separator: ", ")
      output.text("  \(Printable.line(text(place), limit: 72))")
      output.text("    \(model.places[place]), \(who)")
    }
  }

  private func name(_ contributor: Int) -> String {
    let name = model.contributors[contributor]
    return name.hasPrefix("did:key:")
      ? String(name.dropFirst("did:key:".count).prefix(12)) : Printable.line(name)
  }

  private func text(_ place: Int) -> String {
    switch model.data.texts[place]?.content {
    case .parts(let parts)?: parts.map(\.text).joined()
    case .conversation(let turns)?: turns.map(\.content).joined(separator: " / ")
    case nil: ""
    }
  }

  /// Records by score: the highest, and the lowest that are below zero.
  private func extremes(_ count: Int) -> (helped: [Int], hindered: [Int]) {
    let order = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
    return (
      Array(order.prefix(count).filter { scores[$0] > 0 }),
      Array(order.suffix(count).reversed().filter { scores[$0] < 0 })
    )
  }

  private func json(_ place: Int) -> JSONValue {
    [
      "record": .int(place), "where": .string(model.places[place]),
      "text": .string(text(place)), "score": .double(Double(scores[place])),
      "contributors": .array(
        model.claimants[place].map { .string(model.contributors[$0]) }),
    ]
  }
}
