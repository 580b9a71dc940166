// The part of `datanet tour` in which runs are checked: an honest one holds, and a false one is
// refuted by one step (Specs/Verification.md).

import Checkpoints
import Content
import Learning
import Terminal

enum VerifyTour {
  static func play(_ stage: TourStage) throws {
    stage.say(
      """
      Why believe Tina? She makes Fay a verifier, whose word then counts for all. Fay fetches the run \
      and executes some of its steps again: those that chance gives her, now that Tina has signed and \
      can change nothing. Not a bit may differ.
      """)
    try stage.run("--home", "tina", "grant", "islands", stage.did(of: "fay"), "verifier")
    try stage.run("--home", "tina", "export", "islands", "islands.car")
    try stage.run("--home", "fay", "import", "islands.car")
    try stage.run("--home", "fay", "verify", "islands", "--confidence", "0.9")

    stage.say(
      """
      Mal trains too, honestly at first. Then he moves what Fay's records did to his friend Dov's, in \
      every step, and signs that.
      """)
    let training = [
      "--home", "mal", "train", "--data", "islands", "--out", "lie", "--targets", "all", "--lr",
      "0.004", "--steps", "100", "--checkpoint-every", "20",
    ]
    try stage.run("--home", "mal", "init")
    try stage.run("--home", "mal", "import", "islands.car")
    try stage.run(training)
    try falsify("lie/transcript")
    stage.line("(Mal edits lie/transcript: all sums stay, only the names behind them change.)")
    try stage.run(training + ["--publish"])
    try stage.run("--home", "mal", "export", "islands", "mal.car")
    let lie = try stage.newestRun(of: "islands", in: "mal")

    stage.say(
      """
      Fay draws two steps of it. The first that she executes shows the lie, and she signs what shows \
      it to others: that one step, with the state before it.
      """)
    try stage.run("--home", "fay", "import", "mal.car")
    try stage.run("--home", "fay", "verify", lie, "--samples", "2", mayFail: true)
    try stage.run("--home", "fay", "export", "islands", "fay.car")

    stage.say(
      """
      Nia is new here, and believes neither Mal nor Fay. She takes the one step herself, and sees what \
      it really gives.
      """)
    try stage.run("--home", "nia", "init")
    try stage.run("--home", "nia", "import", "fay.car")
    try stage.run("--home", "nia", "verify", lie, mayFail: true)
    try stage.run("--home", "tina", "import", "fay.car")
    stage.say("So everybody sees the same of both runs, and the shares are those of the true one.")
    try stage.run("--home", "tina", "runs", "islands")
    try stage.run("--home", "tina", "shares", "islands")
  }

  /// In every step the greatest contribution goes to the neighbour, so that all sums stay.
  private static func falsify(_ path: String) throws {
    let honest = try Transcript(bytes: MappedFile.contents(of: path, limit: 64 << 20))
    var lie = Transcript(recipe: honest.recipe)
    for var entry in honest.entries {
      if let most = entry.contributions.indices.max(by: {
        entry.contributions[$0] < entry.contributions[$1]
      }), entry.contributions.count > 1 {
        let friend = (most + 1) % entry.contributions.count
        entry.contributions[friend] += entry.contributions[most]
        entry.contributions[most] = 0
      }
      lie.append(entry)
    }
    try AtomicFile.write(lie.bytes, to: path)
  }
}
