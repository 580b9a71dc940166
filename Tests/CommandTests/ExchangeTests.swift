// The program as two people use it: archives between homes, files in place, sealed identities
// (Specs/CommandLine.md).

import Foundation
import JSON
import Testing

@Suite("Two homes")
struct ExchangeTests {
  @Test("agree about what an archive holds, and use one contribution without the others")
  func partialArchive() throws {
    let place = try Place()
    defer { place.remove() }
    let story = place.shell(
      """
      set -e
      datanet --home ada init; datanet --home ben init; datanet --home ada create net
      printf '{"text":"one"}\\n' > one.jsonl; printf '{"text":"two"}\\n' > two.jsonl
      datanet --home ada add net one.jsonl; datanet --home ada add net two.jsonl
      """)
    #expect(story.status == 0, "\(story.output)")
    let claims = place.datanet("--home", "ada", "ls", "net", "--json").output
      .split(separator: "\n").compactMap { try? JSONValue(parsing: String($0))["claim"]?.string }
    try #require(claims.count == 2)
    let wrote = try JSONValue(
      parsing: place.datanet("--home", "ada", "export", claims[0], "one.car", "--json").output)
    let read = try JSONValue(
      parsing: place.datanet("--home", "ben", "import", "one.car", "--json").output)
    #expect(read["claims"]?.int == 3 && read["newClaims"]?.int == 3)
    #expect(wrote["claims"] == read["claims"] && wrote["blocks"] == read["blocks"])
    // The second contribution is known and its bytes are not here.
    #expect(place.datanet("--home", "ben", "cat", "net/one.jsonl").output == "{\"text\":\"one\"}\n")
    #expect(place.datanet("--home", "ben", "cat", "net/two.jsonl").status == 4)
    let record = try JSONValue(
      parsing: place.datanet("--home", "ben", "record", "net/one.jsonl:0", "--json").output)
    let name = try #require(record["record"]?.string)
    #expect(place.datanet("--home", "ben", "record", name).status == 0)
    let got = place.datanet("--home", "ben", "get", "net", "out")
    #expect(got.status == 4 && got.errors.contains("not wholly here"))
    #expect(place.shell("cat out/one.jsonl").output == "{\"text\":\"one\"}\n")
  }

  @Test("see the first author first, also when she improved the rest after somebody copied her")
  func firstAfterReplacing() throws {
    let place = try Place()
    defer { place.remove() }
    let story = place.shell(
      """
      set -e
      datanet --home ada init; datanet --home ben init; datanet --home ada create net
      words='the quick brown fox jumps over the lazy dog while seven wise owls look on'
      printf '{"text":"%s"}\\n{"text":"other words"}\\n' "$words" > ada.jsonl
      datanet --home ada add net ada.jsonl; datanet --home ada milestone net
      datanet --home ada export net one.car; datanet --home ben import one.car
      printf '{"text":"%s"}\\n' "$words" > ben.jsonl
      datanet --home ben add net ben.jsonl
      datanet --home ben export net two.car; datanet --home ada import two.car
      datanet --home ada milestone net
      """)
    #expect(story.status == 0, "\(story.output)")
    func firsts() throws -> [String?] {
      let found = try JSONValue(
        parsing: place.datanet("--home", "ada", "duplicates", "net", "--json").output)
      #expect(found["exact"]?.int == 1 && found["groups"]?.int == 1 && found["records"]?.int == 3)
      let members = found["clusters"]?.array?.first?["members"]?.array ?? []
      return members.filter { $0["first"] == .bool(true) }.map { $0["author"]?.string }
    }
    let before = try firsts()
    #expect(before.count == 1)
    let replacing = place.shell(
      """
      set -e
      claim=$(datanet --home ada ls net --json | head -1 | sed 's/.*"claim":"\\([a-z0-9]*\\)".*/\\1/')
      printf '{"text":"better words"}\\n' > more; sed -n 1p ada.jsonl >> more; mv more ada.jsonl
      datanet --home ada add net ada.jsonl --replaces $claim
      datanet --home ada milestone net
      """)
    #expect(replacing.status == 0, "\(replacing.output)")
    #expect(try firsts() == before)
  }

  @Test("are told of a file in place that changed, each time it is asked for")
  func changedInPlace() throws {
    let place = try Place()
    defer { place.remove() }
    let story = place.shell(
      """
      set -e
      datanet --home ada init; datanet --home ada create net
      printf '{"text":"one"}\\n' > one.jsonl; datanet --home ada add net one.jsonl --in-place
      printf '{"text":"two"}\\n' > one.jsonl
      """)
    #expect(story.status == 0, "\(story.output)")
    let doctor = place.datanet("--home", "ada", "doctor")
    #expect(doctor.status == 1 && doctor.output.contains("one.jsonl changed or gone"))
    for _ in 0..<3 {
      let result = place.datanet("--home", "ada", "cat", "net/one.jsonl")
      #expect(result.status == 3 && result.output.isEmpty)
      #expect(result.errors.contains("has changed since it was added in place"))
      _ = place.datanet("--home", "ada", "fsck")
    }
  }

  @Test("seal an identity that lay open when they are asked to, and never with nothing")
  func sealing() throws {
    let place = try Place()
    defer { place.remove() }
    let open = place.datanet("--home", "ada", "init", "--json")
    let result = place.shell("DATANET_PASSPHRASE= datanet --home ada init --passphrase --json")
    #expect(result.status == 2)
    let sealed = place.shell("DATANET_PASSPHRASE=word datanet --home ada init --passphrase --json")
    let (before, after) = (
      try JSONValue(parsing: open.output), try JSONValue(parsing: sealed.output)
    )
    #expect(before["did"] == after["did"])
    #expect(before["sealed"]?.bool == false && after["sealed"]?.bool == true)
    #expect(place.shell("DATANET_PASSPHRASE=other datanet --home ada create net").status == 1)
    #expect(place.shell("DATANET_PASSPHRASE=word datanet --home ada create net").status == 0)
  }

  @Test("are told which file has a name that is not UTF-8")
  func strangeName() throws {
    let place = try Place()
    defer { place.remove() }
    let result = place.shell(
      """
      datanet --home ada init > /dev/null; datanet --home ada create net > /dev/null
      mkdir data; touch "data/$(printf 'bad\\377name')"; datanet --home ada add net data
      """)
    #expect(result.status == 1 && result.output.contains("its name is not UTF-8; rename it"))
  }

  @Test("show every block as JSON, also one that is only bytes")
  func blocks() throws {
    let place = try Place()
    defer { place.remove() }
    let cid = place.shell(
      "datanet --home ada init > /dev/null; printf hello | datanet --home ada block put"
    ).output.trimmingCharacters(in: .newlines)
    #expect(place.datanet("--home", "ada", "block", "get", cid).output == "hello")
    let data = "{\"/\":{\"bytes\":\"aGVsbG8\"}}"
    #expect(place.datanet("--home", "ada", "dag", cid).output == data + "\n")
    #expect(
      place.datanet("--home", "ada", "block", "get", cid, "--json").output
        == "{\"cid\":\"\(cid)\",\"bytes\":5,\"data\":\(data)}\n")
  }

  @Test("read a home that nobody can write, and say so when something would be written")
  func readOnlyHome() throws {
    let place = try Place()
    defer { place.remove() }
    let story = place.shell(
      """
      set -e
      datanet --home ada init; datanet --home ada create net
      printf '{"text":"one two three four"}\\n{"text":"one two three four"}\\n' > one.jsonl
      datanet --home ada add net one.jsonl --no-duplicates
      chmod -R a-w ada
      """)
    #expect(story.status == 0, "\(story.output)")
    // A superuser may write everything, so the commands run as nobody.
    let prefix = """
      run=
      if [ $(id -u) = 0 ]; then
        cp $(command -v datanet) program; chown -R 65534 ada; chmod 755 .
        run="setpriv --reuid=65534 --regid=65534 --clear-groups"
        datanet() { $run ./program "$@"; }
      fi
      export TMPDIR=/tmp
      """
    for (command, shown) in [
      ("fsck", "All is well."), ("gc --dry-run", "Would free"),
      ("status net", "2 in 1 contribution"),
      ("duplicates net", "1 copy"), ("ls net", "live"), ("log net", "contributes"),
      ("cat net/one.jsonl", "one two"), ("record net/one.jsonl:1", "one two"),
    ] {
      let result = place.shell("\(prefix)\ndatanet --home ada \(command) 2>&1")
      #expect(result.status == 0 && result.output.contains(shown), "\(command): \(result.output)")
    }
    let write = place.shell("\(prefix)\ndatanet --home ada note net --title x 2>&1")
    #expect(write.status == 1 && write.output.split(separator: "\n").count == 1, "\(write.output)")
    _ = place.shell("chmod -R u+w ada")
  }

  @Test("print one JSON object, or lines of them, whatever the command")
  func onlyJSON() throws {
    let place = try Place()
    defer { place.remove() }
    let story = place.shell(
      """
      set -e
      datanet --home ada init; datanet --home ada create net
      printf '{"text":"one"}\\n' > one.jsonl; printf 'a\\377b' > bytes.bin
      datanet --home ada add net one.jsonl bytes.bin
      """)
    #expect(story.status == 0, "\(story.output)")
    let claim = try #require(
      JSONValue(parsing: place.datanet("--home", "ada", "ls", "net", "--json").output)["claim"]?
        .string)
    for command in [
      "--version", "--help", "help add", "add --help", "completions bash", "dag \(claim)",
      "block get \(claim)", "cat net/one.jsonl", "cat net/bytes.bin", "show \(claim)", "fsck",
      "doctor", "gc", "status", "status net", "record net/one.jsonl:0", "duplicates net",
    ] {
      let result = place.shell("datanet --home ada \(command) --json 2>/dev/null")
      let lines = result.output.split(separator: "\n").map { try? JSONValue(parsing: String($0)) }
      #expect(!lines.isEmpty && lines.allSatisfy { $0?.object != nil }, "\(command)")
    }
    let text = try JSONValue(
      parsing: place.datanet("--home", "ada", "cat", "net/one.jsonl", "--json").output)
    #expect(text["text"]?.string == "{\"text\":\"one\"}\n" && text["offset"]?.int == 0)
    let bytes = try JSONValue(
      parsing: place.datanet("--home", "ada", "cat", "net/bytes.bin", "--json").output)
    #expect(bytes["base64"]?.string == "Yf9i" && bytes["bytes"]?.int == 3)
  }

  @Test("are stopped before they sign nonsense: unknown licences, a second retraction")
  func refusals() throws {
    let place = try Place()
    defer { place.remove() }
    let story = place.shell(
      """
      set -e
      datanet --home ada init; datanet --home ada create net --license nonsense-1 || true
      datanet --home ada create net --license 'mit or LicenseRef-x'
      printf '{"text":"one"}\\n' > one.jsonl; datanet --home ada add net one.jsonl
      """)
    #expect(story.status == 0, "\(story.output)")
    let shown = place.datanet("--home", "ada", "show", "net").output
    #expect(shown.contains("MIT OR LicenseRef-x"))
    let wrong = place.datanet("--home", "ada", "add", "net", "one.jsonl", "--license", "Apache2")
    #expect(wrong.status == 2 && wrong.errors.contains("did you mean 'Apache-2.0'?"))
    let claim = try #require(
      JSONValue(parsing: place.datanet("--home", "ada", "ls", "net", "--json").output)["claim"]?
        .string)
    #expect(place.datanet("--home", "ada", "get", "net", "one.jsonl/out").status == 1)
    #expect(place.datanet("--home", "ada", "retract", claim).status == 0)
    let again = place.datanet("--home", "ada", "retract", claim)
    #expect(again.status == 1 && again.errors.contains("retracted already"))
    let log = place.datanet("--home", "ada", "log", "net", "--json").output
    #expect(log.split(separator: "\n").count == 3)
    #expect(place.datanet("--home", "ada", "add", "net", "nothing.jsonl").status == 4)
  }
}
