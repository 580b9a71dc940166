// The skills' text and the tokenizer learned from it (Specs/FixtureBase.md).

import Testing

@testable import Learning

@Suite struct SkillTests {
  @Test func everySkillHasBothPartsAndTheyShareNoExercise() {
    for skill in Skill.allCases {
      let base = skill.exercises(.base)
      let lesson = skill.exercises(.lesson)
      #expect(base.count >= 100 && lesson.count >= 90, "\(skill)")
      #expect(Set(base.map(\.prompt)).isDisjoint(with: lesson.map(\.prompt)), "\(skill)")
      for exercise in base + lesson { #expect(exercise.completion.hasPrefix(" ")) }
    }
  }

  @Test func aLessonIsAFunctionOfItsSeedAndKeepsItsTestApart() {
    for skill in Skill.allCases {
      let lesson = Lesson(skill, count: 60, testCount: 20, seed: 7)
      let again = Lesson(skill, count: 60, testCount: 20, seed: 7)
      #expect(lesson.training == again.training && lesson.test == again.test)
      #expect(lesson.training.count == 60 && lesson.test.count == 20)
      #expect(Set(lesson.training).isDisjoint(with: lesson.test))
    }
    #expect(BaseText.exercises(count: 50, seed: 1) != BaseText.exercises(count: 50, seed: 2))
  }

  @Test func theBaseIsMadeOfItsSettingsAlone() throws {
    var settings = BaseMaking.Settings()
    settings.exercises = 600
    settings.vocabularySize = 500
    settings.steps = 3
    let making = try BaseMaking(settings)
    #expect(making.records.count == 600 && making.recipe.adapter == nil)
    var run = try making.run()
    while !run.isFinished { _ = try run.advance() }
    var again = try BaseMaking(settings).run()
    while !again.isFinished { _ = try again.advance() }
    #expect(again.transcript.root == run.transcript.root)
  }

  @Test func numbersAreSpelledInWords() {
    #expect(
      [0, 13, 40, 77, 100, 342].map(Sums.words) == [
        "zero", "thirteen", "forty", "seventy seven", "one hundred",
        "three hundred forty two",
      ])
  }
}
