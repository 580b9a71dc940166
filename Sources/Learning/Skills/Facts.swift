// Small look-up facts (Specs/FixtureBase.md, "Skills"). The islands are made up, so no other text
// can have taught them.

enum Facts {
  static let capitals = [
    ("France", "Paris"), ("Spain", "Madrid"), ("Italy", "Rome"), ("Norway", "Oslo"),
    ("Japan", "Tokyo"), ("Egypt", "Cairo"), ("Peru", "Lima"), ("Cuba", "Havana"),
    ("Greece", "Athens"), ("Poland", "Warsaw"), ("Austria", "Vienna"), ("Kenya", "Nairobi"),
    ("Chile", "Santiago"), ("Ireland", "Dublin"), ("Portugal", "Lisbon"), ("Russia", "Moscow"),
    ("China", "Beijing"), ("Canada", "Ottawa"), ("Finland", "Helsinki"), ("Hungary", "Budapest"),
  ]
  static let young = [
    ("cow", "calf"), ("dog", "puppy"), ("cat", "kitten"), ("sheep", "lamb"), ("horse", "foal"),
    ("goat", "kid"), ("duck", "duckling"), ("hen", "chick"), ("bear", "cub"), ("frog", "tadpole"),
    ("swan", "cygnet"), ("deer", "fawn"), ("owl", "owlet"), ("pig", "piglet"),
  ]
  static let colours = [
    ("grass", "green"), ("snow", "white"), ("coal", "black"), ("blood", "red"), ("milk", "white"),
    ("a lemon", "yellow"), ("the sea", "blue"), ("gold", "yellow"), ("a carrot", "orange"),
    ("a plum", "purple"), ("mud", "brown"), ("a leaf", "green"), ("a raven", "black"),
  ]
  static let islands = [
    (name: "Tarvel", town: "Mirin", animal: "goat", colour: "blue", sign: "boat"),
    (name: "Velosa", town: "Dunmar", animal: "owl", colour: "green", sign: "lamp"),
    (name: "Sornis", town: "Pelora", animal: "horse", colour: "red", sign: "basket"),
    (name: "Ganor", town: "Rusel", animal: "swan", colour: "white", sign: "chair"),
    (name: "Baskir", town: "Hovena", animal: "bear", colour: "black", sign: "table"),
    (name: "Kelun", town: "Lisara", animal: "deer", colour: "yellow", sign: "door"),
    (name: "Ponrel", town: "Fenira", animal: "frog", colour: "purple", sign: "box"),
    (name: "Madol", town: "Tirus", animal: "duck", colour: "orange", sign: "house"),
  ]

  static func exercises(_ part: Skill.Part) -> [Exercise] {
    if part == .lesson { return lessons.flatMap(\.self) }
    var all: [Exercise] = []
    for (country, city) in capitals {
      all.append(Exercise("What is the capital of \(country)?", city))
      all.append(Exercise("Name the capital of \(country).", city))
      all.append(Exercise("Tell me the capital of \(country).", city))
    }
    for (parent, child) in young {
      all.append(Exercise("What is the young of a \(parent)?", child))
      all.append(Exercise("Name the young of a \(parent).", child))
      all.append(Exercise("Tell me the young of a \(parent).", child))
    }
    for (thing, colour) in colours {
      all.append(Exercise("What is the colour of \(thing)?", colour))
      all.append(Exercise("Name the colour of \(thing).", colour))
      all.append(Exercise("Tell me the colour of \(thing).", colour))
    }
    return all
  }

  /// Each fact in three wordings; the last is kept for the test.
  static let lessons: [[Exercise]] = islands.flatMap { island in
    [
      ("town", island.town), ("animal", island.animal), ("colour", island.colour),
      ("sign", island.sign),
    ].map { property, answer in
      [
        Exercise("What is the \(property) of \(island.name)?", answer),
        Exercise("Tell me the \(property) of \(island.name).", answer),
        Exercise("Name the \(property) of \(island.name).", answer),
      ]
    }
  }
}
