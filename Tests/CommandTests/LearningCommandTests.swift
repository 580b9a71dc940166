// The learning commands as programs read them (Specs/Runs.md, "Files").

import Foundation
import JSON
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
