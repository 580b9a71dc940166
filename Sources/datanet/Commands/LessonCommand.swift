// `datanet lesson`: see Specs/FixtureBase.md.

import JSON
import Learning
import Terminal

enum LessonCommand: Command {
  static let declaration = Declaration(
    "lesson", group: CommandTable.Group.learn,
    summary: "Write exercises that the fixture base can learn",
    prose: """
      Prints records as JSONL, made from a seed. The fixture base (Fixtures/base) has never seen \
      them; after training on a lesson it answers the lesson's test. Facts are asked in other \
      words in the test, other skills about other things.
      """,
    arguments: [
      Argument("SKILL", .choice(Skill.allCases.map(\.rawValue)), .one, "what to learn")
    ],
    options: [
      .value("count", "N", .integer(1...100_000), "Exercises to learn from", default: "90"),
      .value("test-count", "N", .integer(1...10_000), "Exercises kept for the test", default: "20"),
      .flag("test", "Print the test instead"),
      .value("seed", "N", .integer(0...Int.max), "Another seed, another lesson", default: "1"),
    ],
    examples: [
      Example("datanet lesson facts > facts.jsonl", "Facts about islands that do not exist."),
      Example("datanet lesson facts --test > test.jsonl", "Its test."),
    ])

  static func run(_ context: Context) throws {
    let options = context.invocation
    guard let skill = Skill(rawValue: options.required("SKILL")) else { return }
    let lesson = Lesson(
      skill, count: options.integer("count") ?? 90, testCount: options.integer("test-count") ?? 20,
      seed: UInt64(options.integer("seed") ?? 1))
    for exercise in options.has("test") ? lesson.test : lesson.training {
      context.output.raw(exercise.line + [0x0A])
    }
  }
}
