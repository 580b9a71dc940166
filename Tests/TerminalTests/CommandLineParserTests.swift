// What people type, and what they are told (Specs/CommandLine.md, "Grammar" and "Near misses").

import Testing

@testable import Terminal

private let parser = CommandLineParser(
  program: "datanet",
  commands: [
    Declaration(
      "add", group: "g", summary: "Contribute", prose: "Contributes.",
      arguments: [
        Argument("NET", .datanet, .one, "the Datanet"),
        Argument("PATH", .file, .oneOrMore, "what to add"),
      ],
      options: [
        .value("license", "SPDX", "Its licence"),
        .value("replaces", "CLAIM", .identifier, "An older one"),
        .value("limit", "N", .integer(1...10), "At most so many"),
        .value("rate", "SIZE", .bytes, "A rate"),
        .value("lr", "X", .number, "Learning rate"),
        .value("tag", "TAG", repeats: true, "A tag"),
        .flag("in-place", "Do not copy"),
      ], examples: [Example("datanet add demo a.jsonl", "Adds.")]),
    Declaration(
      "block", group: "g", summary: "Blocks", prose: "Blocks.",
      arguments: [
        Argument("ACTION", .choice(["put", "get", "check"]), .one, "what to do"),
        Argument("CID", .identifier, .optional, "which"),
      ], examples: [Example("datanet block put", "Puts.")]),
  ],
  globals: [
    .value("home", "DIR", .directory, "Home"), .flag("json", "JSON"),
    .flag("quiet", letter: "q", "Quiet"),
  ])

private func invocation(_ words: String...) throws -> Invocation {
  guard case .run(let result) = try parser.parse(words) else {
    throw Failure.failed("not an invocation")
  }
  return result
}

private func refusal(_ words: String...) -> String {
  do throws(Failure) {
    _ = try parser.parse(words)
    return "accepted"
  } catch {
    #expect(error.code == .usage)
    return error.message
  }
}

@Suite("A command line")
struct CommandLineParserTests {
  @Test("takes global options before and after the command")
  func globals() throws {
    for words in [
      ["--home", "h", "--json", "add", "n", "p"], ["add", "n", "--json", "p", "--home=h"],
    ] {
      guard case .run(let found) = try parser.parse(words) else {
        Issue.record("not an invocation")
        return
      }
      #expect(found.text("home") == "h")
      #expect(found.has("json"))
      #expect(found.required("NET") == "n")
      #expect(found.texts("PATH") == ["p"])
    }
  }

  @Test("takes values after a space or an equals sign, and values that begin with a dash")
  func values() throws {
    let found = try invocation(
      "add", "n", "p", "--license=MIT", "--lr", "-0.5", "--tag", "a", "--tag=b")
    #expect(found.text("license") == "MIT")
    #expect(found.number("lr") == -0.5)
    #expect(found.texts("tag") == ["a", "b"])
    #expect(try invocation("add", "n", "p", "--license=a=b").text("license") == "a=b")
    #expect(try invocation("add", "n", "p", "--rate", "64KiB").bytes("rate") == 65536)
  }

  @Test("takes everything after two dashes as it is")
  func dashes() throws {
    let found = try invocation("add", "n", "--", "--json", "-x")
    #expect(found.texts("PATH") == ["--json", "-x"])
    #expect(!found.has("json"))
  }

  @Test("takes a single dash as a word")
  func dash() throws {
    #expect(try invocation("block", "put", "-").text("CID") == "-")
  }

  @Test("asks for help anywhere")
  func help() throws {
    for words in [["--help"], ["help"], [], ["-h"]] {
      guard case .help(nil) = try parser.parse(words) else {
        Issue.record("\(words)")
        return
      }
    }
    for words in [["help", "add"], ["add", "--help"], ["--help", "add"], ["add", "n", "-h"]] {
      guard case .help(let command?) = try parser.parse(words) else {
        Issue.record("\(words)")
        return
      }
      #expect(command.name == "add")
    }
    guard case .version = try parser.parse(["--version"]) else {
      Issue.record("--version")
      return
    }
  }

  @Test("suggests the near word for what was mistyped")
  func suggestions() {
    #expect(refusal("ad", "n") == "there is no command 'ad'; did you mean 'add'?")
    #expect(refusal("blcok") == "there is no command 'blcok'; did you mean 'block'?")
    #expect(refusal("frobnicate") == "there is no command 'frobnicate'; see 'datanet --help'")
    #expect(
      refusal("add", "n", "p", "--licence", "MIT")
        == "there is no option --licence for 'add'; did you mean --license?")
    #expect(
      refusal("add", "-license") == "there is no option -license for 'add'; did you mean --license?"
    )
    #expect(
      refusal("add", "--zzzzzzzz")
        == "there is no option --zzzzzzzz for 'add'; see 'datanet add --help'")
    #expect(
      refusal("block", "puT")
        == "ACTION is one of put, get, check, not 'puT'; did you mean 'put'?")
    #expect(
      refusal("--license", "MIT", "add", "n", "p")
        == "--license belongs after its command: datanet add … --license")
  }

  @Test("says what is missing, superfluous or of the wrong kind, with the usage")
  func refusals() {
    #expect(
      refusal("add", "n")
        == "'add' needs PATH… (what to add); usage: datanet add NET PATH… [options]")
    #expect(
      refusal("block", "get", "a", "b")
        == "'block' does not know what to do with 'b'; usage: datanet block put|get|check [CID]")
    #expect(refusal("add", "n", "p", "--license") == "--license needs a value: --license SPDX")
    #expect(
      refusal("add", "n", "p", "--license", "--json") == "--license needs a value: --license SPDX")
    #expect(refusal("add", "n", "p", "--in-place=yes") == "--in-place takes no value")
    #expect(
      refusal("add", "n", "p", "--limit", "11")
        == "--limit is a whole number from 1 to 10, not '11'")
    #expect(refusal("add", "n", "p", "--lr", "fast") == "--lr is a number, not 'fast'")
    #expect(
      refusal("add", "n", "p", "--rate", "fast")
        == "--rate is a size such as 512, 64KiB or 10GB, not 'fast'")
    #expect(refusal("add", "n", "p", "--limit", "1", "--limit", "2") == "--limit was given twice")
    #expect(refusal("add", "", "p") == "NET is empty")
    #expect(refusal("--json") == "which command? See 'datanet --help'")
  }

  @Test("shows strangers' words without their power over the terminal")
  func printable() {
    #expect(refusal("\u{1B}[2J") == "there is no command '\\u{1b}[2J'; see 'datanet --help'")
    #expect(Printable.line("a\u{202E}b\nc") == "a\\u{202e}b\\nc")
  }
}
