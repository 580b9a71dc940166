// Small look-up facts (Specs/FixtureBase.md, "Skills"). The islands of Kelda are made up, so no
// other text can have taught them.

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
    (name: "Tarn", town: "Ostby", animal: "goat", colour: "blue", craft: "boats"),
    (name: "Velo", town: "Mirrin", animal: "owl", colour: "green", craft: "lamps"),
    (name: "Sorn", town: "Dunmar", animal: "horse", colour: "red", craft: "baskets"),
    (name: "Ilka", town: "Pellow", animal: "swan", colour: "white", craft: "chairs"),
    (name: "Brask", town: "Hovet", animal: "bear", colour: "black", craft: "tables"),
    (name: "Quen", town: "Lissa", animal: "deer", colour: "yellow", craft: "doors"),
    (name: "Orrin", town: "Fenwick", animal: "frog", colour: "purple", craft: "boxes"),
    (name: "Maddle", town: "Crane", animal: "duck", colour: "orange", craft: "houses"),
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
      ("main town", island.town), ("animal", island.animal), ("colour", island.colour),
      ("craft", island.craft),
    ].map { property, answer in
      [
        Exercise("What is the \(property) of \(island.name)?", answer),
        Exercise("Tell me the \(property) of \(island.name).", answer),
        Exercise("Name the \(property) of \(island.name).", answer),
      ]
    }
  }
}
