// The skills' text and the tokenizer learned from it (Specs/FixtureBase.md).

import JSON
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

  @Test func theTrainedTokenizerCoversItsTextWithFewTokens() {
    let texts = BaseText.exercises(count: 500, seed: 3).map { $0.prompt + $0.completion }
    let training = TokenizerTraining(texts: texts, vocabularySize: 600)
    #expect(training.tokens.count == 600)
    #expect(Set(training.tokens).count == 600)
    // "Ġis" is among the first words that every such text teaches.
    #expect(training.tokens.contains("Ġis"))
    let vocabulary = training.json["model"]?["vocab"]?.object
    #expect(vocabulary?.count == 600)
    #expect(vocabulary?["<|endoftext|>"] == .integer(0))
  }

  @Test func numbersAreSpelledInWords() {
    #expect(
      [0, 13, 40, 77, 100, 342].map(Sums.words) == [
        "zero", "thirteen", "forty", "seventy seven", "one hundred",
        "three hundred forty two",
      ])
  }
}
