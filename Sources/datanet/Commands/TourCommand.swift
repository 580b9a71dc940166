// `datanet tour`: what `make run` shows; see README.md.

import Glibc
import JSON
import Store
import Terminal

enum TourCommand: Command {
  static let declaration = Declaration(
    "tour", group: CommandTable.Group.begin,
    summary: "Watch what the program does, in a temporary home",
    prose: """
      Plays a short story in a temporary folder: a Datanet is founded and contributed to, exchanged \
      by file, a record is traced to its contributor, damage is found; an adapter is trained, and shown \
      whose data made it, where the fixture base lies beside the program; then three peers meet on this \
      machine, agree and share, and a liar is cut off. Every line that begins with '$' is a command \
      that you can type yourself. Nothing of yours is touched. One peer goes on running for half an \
      hour, for you to join; --offline leaves the peers out and removes the folder.
      """,
    options: [
      .flag("keep", "Keep the folder, to go on from there"),
      .flag("offline", "Only what needs no peer"),
    ],
    examples: [
      Example("datanet tour", "About a minute."),
      Example("datanet tour --offline", "About a second."),
    ])

  static func run(_ context: Context) throws {
    let stage = try TourStage(context)
    let isOffline = context.invocation.has("offline")
    var isLeft = false
    defer { stage.close(keeps: isLeft || context.invocation.has("keep")) }
    try play(stage)
    let base = SharesTour.base(from: stage.origin)
    if let base {
      try SharesTour.play(stage, base: base)
      try VerifyTour.play(stage)
      try SharesTour.ask(stage)
    }
    if isOffline {
      stage.closing([
        ("datanet init", "an identity of your own"), ("datanet create NAME", "found a Datanet"),
        ("datanet add NAME FILE…", "contribute to it"),
      ])
    } else {
      let story = SwarmStory(stage, hasRun: base != nil)
      defer { story.stopOthers() }
      try story.play()
      isLeft = true
    }
  }

  private static func play(_ stage: TourStage) throws {
    stage.say(
      """
      Ada and Ben collect recipes for training small models. Ada founds a Datanet: a licensed, \
      signed collection to which anyone may contribute.
      """)
    try stage.run("--home", "ada", "init")
    try stage.run("--home", "ada", "create", "recipes", "--license", "CC-BY-4.0")

    stage.say(
      """
      She contributes a file. Its records are found, cut into chunks that never split a record, \
      and every byte is stored under its own hash.
      """)
    try stage.write("breads.jsonl", TourStage.records(300, seed: 1, of: "bread"))
    try stage.run(
      "--home", "ada", "add", "recipes", "breads.jsonl", "--note", "Typed from my notebook")

    stage.say("She hands everything to Ben as one file. All of it is checked on the way in.")
    try stage.run("--home", "ada", "export", "recipes", "recipes.car")
    try stage.run("--home", "ben", "init")
    try stage.run("--home", "ben", "import", "recipes.car")

    stage.say("Ben adds his own; one line is broken, which is counted and shown, not hidden.")
    try stage.write(
      "soups.jsonl", TourStage.records(200, seed: 2, of: "soup") + "{\"text\": \"unfinished\n")
    try stage.run("--home", "ben", "add", "recipes", "soups.jsonl")
    try stage.run("--home", "ben", "export", "recipes", "back.car")
    try stage.run("--home", "ada", "import", "back.car")

    stage.say("Both now know the same claims, so the digest of the state is the same for both.")
    try stage.run("--home", "ada", "log", "recipes")
    try stage.run("--home", "ada", "status", "recipes")
    try stage.run("--home", "ben", "status", "recipes")

    stage.say("Whose is the 42nd soup? A signature says so.")
    try stage.run("--home", "ada", "record", "recipes/soups.jsonl:41")

    stage.say("Now a bit of Ada's disk flips. Nothing wrong is ever served, and it is found.")
    try stage.flipOneBit(ofHome: "ada")
    try stage.run("--home", "ada", "fsck", mayFail: true)
    stage.say("Ben still has the block, so Ada reads his file once more, and all is well.")
    try stage.run("--home", "ada", "import", "back.car")
    try stage.run("--home", "ada", "fsck")
  }
}
