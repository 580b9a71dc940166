// The 200 steps of Fixtures/runs, taken by the program as it was built for speed and by one that is
// killed (Specs/Runs.md, "A worked example"), and their adapter read by Python's peft. Kernels and
// threads are gone through in LearningTests.

import Foundation
import JSON
import Testing

private let words = [
  "train", "--json", "--base", "Fixtures/base", "--data", "Fixtures/runs/facts.jsonl", "--steps",
  "200", "--batch", "3", "--lr", "0.003", "--targets", "all", "--rank", "4",
]
private let expected = "45a12eb2179974dd2d325163acf58eee3054d073f5168c7a97e93fb0eca68f5a"

/// The program as it was built for speed, by `make run` or `.ci/run`.
private let release = root.appendingPathComponent(".build/release/datanet").path
private let hasRelease = FileManager.default.isExecutableFile(atPath: release)

/// A Python that has transformers and peft.
private let python: String? = {
  let named = ProcessInfo.processInfo.environment["DATANET_BENCH_PYTHON"] ?? "python3"
  return named.split(separator: ":").map(String.init).first { candidate in
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [candidate, "-c", "import torch, transformers, peft"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? starting.withLock { try process.run() }) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}()

@Suite("The fixture run", .serialized)
struct FixtureRunTests {
  private func transcriptRoot(_ result: Place.Result) throws -> String? {
    let last = result.output.split(separator: "\n").last.map(String.init) ?? ""
    return try JSONValue(parsing: last)["transcriptRoot"]?.string
  }

  @Test("has its root after being killed again and again")
  func killed() throws {
    let place = try Place()
    defer { place.remove() }
    let often = ["datanet"] + words + ["--checkpoint-every", "20", "--out"]
    let whole = try transcriptRoot(place.launch(often + ["whole"]))
    let run = often + ["run"]
    for seconds in ["0.3", "0.5", "0.7"] {
      _ = place.launch(["timeout", "-s", "KILL", seconds] + run)
    }
    #expect(try transcriptRoot(place.launch(run)) == whole)
    #expect(try place.read("run/transcript") == place.read("whole/transcript"))
  }

  @Test(
    "has its root in a release build",
    .enabled(if: hasRelease, "needs .build/release/datanet: 'make run' builds it"))
  func releaseBuild() throws {
    let place = try Place()
    defer { place.remove() }
    #expect(
      try transcriptRoot(place.launch([release] + words + ["--out", "run"])) == expected)
    #expect(place.launch([release, "selftest", "arithmetic"]).output.hasPrefix("0 differing bits"))
  }

  @Test(
    "left an adapter that peft reads and writes on with as we do",
    .enabled(
      if: python != nil,
      "needs Python with torch, transformers and peft; DATANET_BENCH_PYTHON names one"))
  func peft() throws {
    let place = try Place()
    defer { place.remove() }
    let question = "What is the town of Madol?"
    let ours = place.datanet(
      "generate", "--base", "Fixtures/base", "--adapter", "Fixtures/runs/facts", question,
      "--new-tokens", "8")
    try place.write(
      """
      import sys, torch
      from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast
      from peft import PeftModel
      base = AutoModelForCausalLM.from_pretrained("Fixtures/base", dtype=torch.float32)
      model = PeftModel.from_pretrained(base, "Fixtures/runs/facts")
      tokenizer = PreTrainedTokenizerFast(tokenizer_file="Fixtures/base/tokenizer.json")
      ids = tokenizer(sys.argv[1], return_tensors="pt")["input_ids"]
      out = model.generate(input_ids=ids, max_new_tokens=8, do_sample=False)
      print(tokenizer.decode(out[0][ids.shape[1]:], skip_special_tokens=True))
      model.save_pretrained("saved")
      """, to: "reading.py")
    let theirs = place.launch([python ?? "python3", "reading.py", question])
    #expect(theirs.status == 0, "\(theirs.errors)")
    #expect(!ours.output.isEmpty && ours.output == theirs.output)
    // What peft saved again is our file, byte for byte, and its configuration one that we read.
    #expect(
      try place.read("saved/adapter_model.safetensors")
        == place.read("Fixtures/runs/facts/adapter_model.safetensors"))
    #expect(
      place.datanet("adapter", "show", "saved", "--base", "Fixtures/base", "--json").status == 0)
    let again = place.datanet(
      "generate", "--base", "Fixtures/base", "--adapter", "saved", question, "--new-tokens", "8")
    #expect(again.output == ours.output)
  }
}
