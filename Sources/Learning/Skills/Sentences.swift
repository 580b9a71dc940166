// Transformations of simple sentences (Specs/FixtureBase.md, "Skills").

enum Sentences {
  struct Verb { let base, third, past, progressive: String }

  static let verbs: [(verb: Verb, objects: [String])] = [
    (.init(base: "paint", third: "paints", past: "painted", progressive: "painting"), things),
    (.init(base: "clean", third: "cleans", past: "cleaned", progressive: "cleaning"), things),
    (.init(base: "open", third: "opens", past: "opened", progressive: "opening"), things),
    (.init(base: "carry", third: "carries", past: "carried", progressive: "carrying"), things),
    (.init(base: "find", third: "finds", past: "found", progressive: "finding"), things),
    (.init(base: "see", third: "sees", past: "saw", progressive: "seeing"), things),
    (.init(base: "buy", third: "buys", past: "bought", progressive: "buying"), things),
    (.init(base: "sell", third: "sells", past: "sold", progressive: "selling"), things),
    (.init(base: "build", third: "builds", past: "built", progressive: "building"), things),
    (.init(base: "draw", third: "draws", past: "drew", progressive: "drawing"), things),
    (.init(base: "bring", third: "brings", past: "brought", progressive: "bringing"), things),
    (.init(base: "hold", third: "holds", past: "held", progressive: "holding"), things),
  ]
  static let things = ["box", "door", "chair", "table", "boat", "house", "lamp", "basket"]
  static let subjects = [
    (one: "the girl", many: "the girls"), (one: "the boy", many: "the boys"),
    (one: "the farmer", many: "the farmers"), (one: "the teacher", many: "the teachers"),
    (one: "the sailor", many: "the sailors"), (one: "my friend", many: "my friends"),
  ]

  static func capitalized(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }

  static func exercises(_ part: Skill.Part) -> [Exercise] {
    var all: [Exercise] = []
    for (verb, objects) in verbs {
      for subject in subjects {
        for object in objects {
          let plain = capitalized("\(subject.one) \(verb.third) the \(object).")
          switch part {
          case .base:
            all.append(
              Exercise("Past: \(plain)", capitalized("\(subject.one) \(verb.past) the \(object).")))
            all.append(
              Exercise(
                "Not: \(plain)",
                capitalized("\(subject.one) does not \(verb.base) the \(object).")))
            all.append(
              Exercise("Question: \(plain)", "Does \(subject.one) \(verb.base) the \(object)?"))
            all.append(
              Exercise(
                "Now: \(plain)",
                capitalized("\(subject.one) is \(verb.progressive) the \(object).")))
            // The plural forms are known as sentences; turning one into the other is the lesson.
            all.append(
              Exercise(
                "Past: \(capitalized("\(subject.many) \(verb.base) the \(object)."))",
                capitalized("\(subject.many) \(verb.past) the \(object).")))
          case .lesson:
            all.append(
              Exercise(
                "Many: \(plain)", capitalized("\(subject.many) \(verb.base) the \(object).")))
          }
        }
      }
    }
    return all
  }
}
