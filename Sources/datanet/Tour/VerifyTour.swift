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
      Why believe Tina? Fay fetches the run and executes some steps again: her own draw, after Tina \
      has signed. Not a bit may differ.
      """)
    try stage.run("--home", "tina", "export", "islands", "islands.car")
    try stage.run("--home", "fay", "import", "islands.car")
    try stage.run("--home", "fay", "verify", "islands", "--samples", "5")

    stage.say(
      """
      Mal trains too, honestly at first. Then he moves what Fay's records did to Dov's, in every \
      step, and signs that.
      """)
    try stage.run("--home", "mal", "init")
    try stage.run("--home", "mal", "import", "islands.car")
    try stage.run(
      "--home", "mal", "train", "--data", "islands", "--out", "lie", "--targets", "all", "--lr",
      "0.004", "--steps", "100", "--checkpoint-every", "20")
    try falsify("lie/transcript")
    try stage.run(
      "--home", "mal", "train", "--data", "islands", "--out", "lie", "--targets", "all", "--lr",
      "0.004", "--steps", "100", "--checkpoint-every", "20", "--publish")
    try stage.run("--home", "mal", "export", "islands", "mal.car")

    stage.say("Fay draws two steps of it. The first that she executes shows the lie.")
    try stage.run("--home", "fay", "import", "mal.car")
    try stage.run("--home", "fay", "verify", "islands", "--samples", "2", mayFail: true)
    try stage.run("--home", "fay", "export", "islands", "fay.car")

    stage.say(
      """
      Tina need not believe Fay either. What Fay signed is one step: the state before it, and what \
      Mal said about it. Tina takes that step alone.
      """)
    try stage.run("--home", "tina", "import", "fay.car")
    try stage.run("--home", "tina", "verify", "islands", mayFail: true)
    stage.say("Now Mal's run is refuted for everybody, and the shares are those of the true one.")
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
