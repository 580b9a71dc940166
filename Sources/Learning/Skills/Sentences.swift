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

  static func items(_ part: Skill.Part) -> [Item] {
    var all: [Item] = []
    for (verb, objects) in verbs {
      for subject in subjects {
        for object in objects {
          let plain = capitalized("\(subject.one) \(verb.third) the \(object).")
          let plural = capitalized("\(subject.many) \(verb.base) the \(object).")
          guard part == .base else {
            all.append(Item("Many: \(plain)", answer: plural))
            continue
          }
          for (kind, answer) in [
            ("Past", "\(subject.one) \(verb.past) the \(object)."),
            ("Not", "\(subject.one) does not \(verb.base) the \(object)."),
            ("Question", "does \(subject.one) \(verb.base) the \(object)?"),
            ("Now", "\(subject.one) is \(verb.progressive) the \(object)."),
          ] { all.append(Item("\(kind): \(plain)", answer: capitalized(answer))) }
          // Plural sentences are known; turning one into the other is the lesson.
          all.append(
            Item(
              "Past: \(plural)",
              answer: capitalized("\(subject.many) \(verb.past) the \(object).")))
        }
      }
    }
    return all
  }
}
