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
  static let animals = [
    "goat", "owl", "horse", "swan", "bear", "deer", "frog", "duck", "pig", "hen",
  ]
  static let hues = [
    "blue", "green", "red", "white", "black", "yellow", "purple", "orange", "brown",
  ]
  /// The islands of a lesson; those of the base have drawn names.
  static let islands = [
    (name: "Tarvel", town: "Mirin", animal: "goat", colour: "blue", sign: "boat"),
    (name: "Velosa", town: "Dunmar", animal: "owl", colour: "green", sign: "lamp"),
    (name: "Sornis", town: "Pelora", animal: "horse", colour: "red", sign: "basket"),
    (name: "Ganor", town: "Rusel", animal: "swan", colour: "white", sign: "chair"),
    (name: "Baskir", town: "Hovena", animal: "bear", colour: "black", sign: "table"),
    (name: "Kelun", town: "Lisara", animal: "deer", colour: "yellow", sign: "door"),
    (name: "Ponrel", town: "Fenira", animal: "frog", colour: "purple", sign: "box"),
    (name: "Madol", town: "Tirus", animal: "duck", colour: "orange", sign: "house"),
    (name: "Herisa", town: "Soldan", animal: "pig", colour: "brown", sign: "boat"),
    (name: "Lunek", town: "Garbo", animal: "hen", colour: "red", sign: "lamp"),
    (name: "Dorvan", town: "Nemila", animal: "owl", colour: "white", sign: "door"),
    (name: "Risfol", town: "Takun", animal: "bear", colour: "blue", sign: "chair"),
  ]

  static func items(_ part: Skill.Part) -> [Item] {
    if part == .lesson {
      return islands.flatMap { island in
        [
          ("town", island.town), ("animal", island.animal), ("colour", island.colour),
          ("sign", island.sign),
        ].map { Item(asking: "the \($0) of \(island.name)", answer: $1) }
      }
    }
    var all: [Item] = []
    for (country, city) in capitals {
      all.append(Item(asking: "the capital of \(country)", answer: city))
    }
    for (parent, child) in young {
      all.append(Item(asking: "the young of a \(parent)", answer: child))
    }
    for (thing, colour) in colours {
      all.append(Item(asking: "the colour of \(thing)", answer: colour))
    }
    var draws = SeededDraws(seed: 3)
    for _ in 0..<24 {
      let island = Names.name(&draws)
      all.append(Item(asking: "the town of \(island)", answer: Names.name(&draws)))
      for (property, values) in [
        ("animal", animals), ("colour", hues), ("sign", Sentences.things),
      ] {
        let value = values[draws.below(values.count)]
        all.append(Item(asking: "the \(property) of \(island)", answer: value))
      }
    }
    return all
  }
}
