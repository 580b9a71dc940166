// The part of `datanet tour` in which an adapter is trained, and shown whose data made it
// (Specs/Shares.md, Specs/Snapshots.md).

import Checkpoints
import Learning
import Terminal

enum SharesTour {
  /// Steps that the trainer takes: enough to learn two lessons.
  private static let steps = "500"

  /// Nil where the program does not stand beside its fixture base.
  static func base(from origin: String) -> String? {
    let path = "\(origin)/Fixtures/base"
    return MappedFile.exists("\(path)/config.json") ? path : nil
  }

  /// Ada founds; four people bring skills, one of them another's under a new name; ada trains; a
  /// fresh peer looks.
  static func play(_ stage: TourStage, base: String) throws {
    stage.say(
      """
      Now the reason for all this: whose data makes a model better? Tina founds a Datanet around a \
      small base model, with a yardstick: questions about islands that the base has never heard of.
      """)
    try stage.run("--home", "tina", "init")
    try stage.run("--home", "tina", "create", "islands", "--license", "CC0-1.0")
    try stage.run("--home", "tina", "model", "add", base, "islands", "--name", "tiny")
    let facts = Lesson(.facts, count: 90, testCount: 40, seed: 1)
    try stage.write("facts.jsonl", lines(facts.training))
    try stage.write("questions.jsonl", lines(facts.test))
    for (skill, name) in [(Skill.units, "units"), (.dates, "dates")] {
      let lesson = Lesson(skill, count: 90, testCount: 1, seed: 1)
      try stage.write("\(name).jsonl", lines(lesson.training))
    }
    try stage.run("--home", "tina", "yardstick", "islands", "questions.jsonl")
    try stage.run("--home", "tina", "export", "islands", "islands.car")

    stage.say(
      """
      Four people bring skills. Fay has facts about the islands, Uma units, Dov dates. A milestone \
      says what was there; then Cal hands in Fay's file under his own name, slightly changed.
      """)
    for (home, file) in [("fay", "facts"), ("uma", "units"), ("dov", "dates")] {
      try contribute(stage, home, "\(file).jsonl")
    }
    try stage.run("--home", "tina", "milestone", "islands", "--note", "Three skills")
    try stage.run("--home", "tina", "export", "islands", "islands.car")
    let copied = lines(facts.training).replacing("What is", with: "what  is")
    try stage.write("mine.jsonl", copied.replacing("?", with: " ?"))
    try contribute(stage, "cal", "mine.jsonl")
    try stage.run("--home", "tina", "milestone", "islands", "--note", "Cal has come")

    stage.say(
      """
      Tina trains an adapter on the milestone's snapshot: every record once, copies folded into the \
      first. While it trains, each record's contribution to the yardstick is measured, and everything \
      is signed.
      """)
    try stage.run(
      "--home", "tina", "train", "--data", "islands", "--out", "run", "--targets", "all", "--lr",
      "0.005", "--steps", steps, "--checkpoint-every", "20", "--publish")
    stage.say(
      """
      Whose data made it better? Mostly Fay's. 'from' and 'to' say how far a sum would move with other \
      questions as yardstick. Cal has nothing: his file was Fay's.
      """)
    try stage.introduce("fay", "uma", "dov", "cal")
    try stage.run("--home", "tina", "shares", "islands")
  }

  /// A question, and whom its answer comes from.
  static func ask(_ stage: TourStage) throws {
    stage.say("Now ask the adapter something. Whom does this one answer come from?")
    try stage.run(
      "--home", "tina", "ask", "islands", "What is the sign of Velosa?", "--top", "2")
    stage.say("And which of these words stand in somebody's record?")
    try stage.run("--home", "tina", "trace", "islands", "Tell me: what is the sign of Velosa?")
  }

  private static func contribute(_ stage: TourStage, _ home: String, _ file: String) throws {
    try stage.run("--home", home, "init")
    try stage.run("--home", home, "import", "islands.car")
    try stage.run("--home", home, "add", "islands", file)
    try stage.run("--home", home, "export", "islands", "\(home).car")
    try stage.run("--home", "tina", "import", "\(home).car")
  }

  private static func lines(_ exercises: [Exercise]) -> String {
    exercises.map { String(decoding: $0.line, as: UTF8.self) + "\n" }.joined()
  }
}
