// The learning commands as programs read them (Specs/Runs.md, "Files").

import Foundation
import JSON
import Learning
import Testing

@Suite("Learning commands")
struct LearningCommandTests {
  private func lines(_ output: String) throws -> [JSONValue] {
    try output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
  }

  @Test("tell programs every step and close with the transcript's root")
  func events() throws {
    let place = try Place()
    defer { place.remove() }
    try place.write(place.datanet("lesson", "facts").output, to: "facts.jsonl")
    try place.write(place.datanet("lesson", "facts", "--test").output, to: "test.jsonl")
    let result = place.datanet(
      "train", "--base", "Fixtures/base", "--data", "facts.jsonl", "--eval", "test.jsonl",
      "--out", "run", "--steps", "12", "--checkpoint-every", "6", "--json")
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    let events = try lines(result.output)
    let steps = events.filter { $0["state"] != nil && $0["step"] != nil }
    #expect(steps.compactMap { $0["step"]?.int } == Array(1...12))
    for step in steps {
      #expect(step["loss"]?.double != nil && step["tokensPerSecond"]?.double != nil)
      #expect(step["state"]?.string?.count == 64)
    }
    #expect(events.contains { $0["validationLoss"]?.double != nil })
    let last = try #require(events.last)
    #expect(last["transcriptRoot"]?.string?.count == 64)
    #expect(last["peakRSS"]?.int ?? 0 > 1 << 20)
    #expect(last["finished"]?.bool == true)
    for name in [
      "adapter_config.json", "adapter_model.safetensors", "recipe.json", "transcript", "loss.svg",
      "checkpoints/00000006.safetensors", "checkpoints/00000012.safetensors",
    ] { #expect(try !place.read("run/\(name)").isEmpty, "\(name)") }
    // Another number of threads, another root? Never.
    let again = place.datanet(
      "train", "--base", "Fixtures/base", "--data", "facts.jsonl", "--out", "again", "--steps",
      "12", "--checkpoint-every", "6", "--json", "--threads", "3", "--memory", "small")
    #expect(try lines(again.output).last?["transcriptRoot"] == last["transcriptRoot"])
  }

  @Test("repeat a run from other seeds, and check the repetitions in full")
  func seeds() throws {
    let place = try Place()
    defer { place.remove() }
    let facts = place.datanet("lesson", "facts").output.split(separator: "\n").prefix(24)
    try place.write(facts.joined(separator: "\n") + "\n", to: "facts.jsonl")
    try place.write(place.datanet("lesson", "facts", "--test").output, to: "test.jsonl")
    let from = [
      "--base", "Fixtures/base", "--data", "facts.jsonl", "--yardstick", "test.jsonl", "-q",
    ]
    let words = ["--steps", "12", "--batch", "3", "--out", "run", "--folds", "4", "--refresh", "1"]
    func width() throws -> [Double] {
      try lines(String(decoding: place.read("run/scores.jsonl"), as: UTF8.self)).map {
        ($0["high"]?.double ?? 0) - ($0["low"]?.double ?? 0)
      }
    }
    let once = place.launch(["datanet", "train"] + from + words)
    #expect(once.status == 0, "\(once.errors)")
    let narrow = try width()
    let thrice = place.launch(["datanet", "train"] + from + words + ["--seeds", "3"])
    #expect(thrice.status == 0, "\(thrice.errors)")
    #expect(try width() != narrow)
    let full = place.launch(["datanet", "verify", "run", "--full"] + from)
    #expect(full.status == 0 && full.output.contains("2 repetitions executed again"))
    // A repetition that was not executed: found by who executes everything.
    var lie = try Learning.Transcript(bytes: [UInt8](place.read("run/transcript-2")))
    var entries = lie.entries
    entries[7].contributions[0] += 1
    lie = Learning.Transcript(recipe: lie.recipe)
    for entry in entries { lie.append(entry) }
    try Data(lie.bytes).write(to: place.folder.appendingPathComponent("run/transcript-2"))
    #expect(place.launch(["datanet", "verify", "run"] + from).status == 0)
    let refuted = place.launch(["datanet", "verify", "run", "--full"] + from)
    #expect(refuted.status == 3 && refuted.errors.contains("repetition 2: step 7"))
  }

  /// The proof is one file; it shows the lie to whoever has it, and nothing about an honest run.
  @Test("save what refutes a run, and check it alone")
  func proofFile() throws {
    let place = try Place()
    defer { place.remove() }
    let facts = place.datanet("lesson", "facts").output.split(separator: "\n").prefix(24)
    try place.write(facts.joined(separator: "\n") + "\n", to: "facts.jsonl")
    let from = ["--base", "Fixtures/base", "--data", "facts.jsonl", "-q"]
    let words = ["--steps", "8", "--batch", "3", "--checkpoint-every", "2"]
    for out in ["run", "honest"] {
      let result = place.launch(["datanet", "train"] + from + words + ["--out", out])
      #expect(result.status == 0, "\(result.errors)")
    }
    let honest = try Learning.Transcript(bytes: [UInt8](place.read("run/transcript")))
    var lie = Learning.Transcript(recipe: honest.recipe)
    for var entry in honest.entries {
      if entry.step == 5 { entry.loss = entry.loss.nextUp }
      lie.append(entry)
    }
    try Data(lie.bytes).write(to: place.folder.appendingPathComponent("run/transcript"))
    let found = place.launch(
      ["datanet", "verify", "run", "--full", "--save", "lie.car"] + from)
    #expect(found.status == 3 && found.errors.contains("step 5"), "\(found.errors)")
    #expect(try place.read("lie.car").count < 1 << 20)
    let checked = place.launch(["datanet", "verify", "run", "--check", "lie.car"] + from)
    #expect(checked.status == 3 && checked.output.contains("The proof shows it"))
    let unfounded = place.launch(["datanet", "verify", "honest", "--check", "lie.car"] + from)
    #expect(unfounded.status == 0 && unfounded.output.contains("shows nothing"))
    // A byte of the state is another's: the file is refused, which says nothing about the run.
    var bytes = try place.read("lie.car")
    bytes[bytes.count - 40] ^= 1
    try bytes.write(to: place.folder.appendingPathComponent("bent.car"))
    let bent = place.launch(["datanet", "verify", "run", "--check", "bent.car"] + from)
    #expect(bent.status != 0 && !bent.errors.contains("is refuted"), "\(bent.errors)")
    // Without the kept states it is unavailable, not false.
    #expect(place.shell("rm honest/checkpoints/*").status == 0)
    #expect(
      place.launch(["datanet", "verify", "honest", "--samples", "8"] + from).status == 0,
      "reached from the first state")
  }

  @Test("write the same text for the same seed, and stop where told")
  func generation() throws {
    let place = try Place()
    defer { place.remove() }
    let words = [
      "datanet", "generate", "--base", "Fixtures/base", "What is two plus three?",
      "--temperature", "1.5", "--new-tokens", "12",
    ]
    let first = place.launch(words + ["--seed", "5"])
    #expect(first.status == 0 && first.errors.isEmpty)
    #expect(place.launch(words + ["--seed", "5", "--threads", "2"]).output == first.output)
    let answer = place.datanet(
      "generate", "--base", "Fixtures/base", "Past: The girl paints the door.", "--stop", " the")
    #expect(answer.output == " The girl painted\n")
  }
}
