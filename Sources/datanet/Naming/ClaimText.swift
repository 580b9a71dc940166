// What a claim says, in words: one line for a list, several for one claim.

import Claims
import Content
import Cryptography
import Terminal

enum ClaimText {
  static func line(_ claim: Claim) -> String {
    Printable.line(unchecked(claim))
  }

  private static func unchecked(_ claim: Claim) -> String {
    switch claim.content {
    case .genesis(let genesis): "founds '\(genesis.name)'"
    case .contribution(let items): publishes("contributes", items)
    case .yardstick(let items): publishes("sets a yardstick of", items)
    case .base(let items): publishes("shares a base of", items)
    case .retraction(let retraction):
      "retracts \(listed(retraction.targets.map { Shown.entry($0) }))"
        + (retraction.reason.map { ": \($0)" } ?? "")
    case .review(let items): listed(items.map { review($0) })
    case .grant(let items):
      listed(
        items.map {
          "makes \(Shown.author($0.subject)) \($0.role.rawValue) from height \($0.from)"
        })
    case .revoke(let items):
      listed(
        items.map {
          "ends that \(Shown.author($0.subject)) is \($0.role.rawValue) at height \($0.until)"
        })
    case .note(let note):
      listed(note.fields.map { "sets \($0.name) to '\($0.texts.joined(separator: ", "))'" })
    case .milestone(let milestone):
      "signs a milestone: all of its author's claims so far, and news of "
        + Quantity.count(milestone.reaches.count, "other author")
        + (milestone.note.map { ": \($0)" } ?? "")
    case .run(let run):
      "trained an adapter" + (run.name.map { " '\($0)'" } ?? "")
        + " in \(Quantity.count(run.steps, "step")) on \(Quantity.count(run.records, "record"))"
    case .attribution(let shares):
      "shows what \(Quantity.count(shares.parts.count, "contributor")) did for "
        + "run \(Shown.cid(shares.run))"
    case .verdict(let items): listed(items.map { verdict($0) })
    case .unknown(let kind, _): "says '\(kind)', which this version does not know"
    case .malformed(let kind, _, let reason): "says '\(kind)' wrongly: \(reason)"
    }
  }

  private static func publishes(_ verb: String, _ items: [Publication]) -> String {
    let records = items.reduce(0) { $0 &+ $1.records }
    let bytes = items.reduce(0) { $0 &+ $1.bytes }
    let name = items.count == 1 ? items[0].name.map { " '\($0)'" } ?? "" : ""
    let replaces =
      items.count == 1 ? items[0].replaces.map { ", replacing \(Shown.entry($0))" } : nil
    return "\(verb)\(name) \(Quantity.count(records, "record")), \(Quantity.bytes(bytes))"
      + (items.count > 1 ? " in \(items.count) items" : "") + (replaces ?? "")
  }

  static func review(_ review: Review) -> String {
    let opinion =
      switch review.opinion {
      case .approve: "approves \(Shown.entry(review.target))"
      case .reject: "rejects \(Shown.entry(review.target))"
      case .score(let score): "scores \(Shown.entry(review.target)) \(score) of 100"
      }
    return opinion + (review.note.map { " ('\($0)')" } ?? "")
  }

  static func verdict(_ verdict: Verdict) -> String {
    let scope =
      switch verdict.scope {
      case .structure: "the structure"
      case .steps(let steps): Quantity.count(steps.count, "step")
      case .full: "every step"
      }
    let run = Shown.cid(verdict.run)
    if let proof = verdict.proof.map(Shown.cid) {
      return verdict.result == .held
        ? "executed fraud proof \(proof) about run \(run): it shows no fraud"
        : "refutes run \(run) by fraud proof \(proof)"
    }
    return switch verdict.result {
    case .held: "checked \(scope) of run \(run): held"
    case .refuted: "is of the opinion that run \(run) is wrong, without a fraud proof"
    case .unavailable: "could not check \(scope) of run \(run)"
    }
  }

  private static func listed(_ parts: [String]) -> String {
    parts.count <= 4
      ? parts.joined(separator: "; ")
      : parts.prefix(3).joined(separator: "; ") + "; and \(parts.count - 3) more"
  }
}
