// What pins mean for real peers: only the chunks that they name travel (Specs/Running.md,
// "Following").

import Foundation
import JSON
import Testing

@Suite("What is pinned", .serialized)
struct PinTests {
  private func stored(_ place: Place, _ home: String) -> Int {
    let status = place.datanet("--home", home, "status", "--json")
    return (try? JSONValue(parsing: status.output))?["storedBytes"]?.int ?? -1
  }

  @Test("is fetched, and nothing else: records of a file, a file, a contribution")
  func narrowed() throws {
    let place = try Place()
    defer { place.remove() }
    try place.homes("ada", "ben")
    try #require(place.datanet("--home", "ada", "create", "net").status == 0)
    let made = place.shell(
      """
      head -c 9000000 /dev/urandom | base64 -w 120 | awk '{print "{\\"text\\":\\"" $0 "\\"}"}' \
        > big.jsonl
      mkdir more; head -c 600000 /dev/urandom | base64 -w 120 > more/small.txt
      head -c 600000 /dev/urandom | base64 -w 120 > more/other.txt
      """)
    try #require(made.status == 0)
    try #require(place.datanet("--home", "ada", "add", "net", "big.jsonl").status == 0)
    try #require(place.datanet("--home", "ada", "add", "net", "more").status == 0)
    let ada = try PeerProcess("ada", in: place)
    try #require(
      place.datanet("--home", "ben", "join", try place.ticket("ada", "net")).status == 0)
    let ticket = place.datanet("--home", "ada", "ticket", "net", "--json")
    let datanet = try #require(try JSONValue(parsing: ticket.output)["datanet"]?.string)
    func sync() -> Int {
      let sync = place.datanet(
        "--home", "ben", "sync", "--once", "--no-discovery", "--timeout", "60", "--json")
      #expect(sync.status == 0, "\(sync.errors)")
      return (try? JSONValue(parsing: sync.output))?["bytesReceived"]?.int ?? .max
    }
    #expect(place.datanet("--home", "ben", "follow", datanet, "--pinned").status == 0)
    #expect(sync() < 50_000)
    #expect(stored(place, "ben") == 0)

    #expect(place.datanet("--home", "ben", "pin", "net/big.jsonl:5000-5999").status == 0)
    #expect(place.datanet("--home", "ben", "pin").output == "net/big.jsonl:5000-5999\n")
    #expect(sync() < 700_000)
    #expect(stored(place, "ben") < 600_000)
    for number in ["5000", "5500", "5999"] {
      let record = place.datanet("--home", "ben", "record", "net/big.jsonl:\(number)")
      #expect(record.status == 0, "\(record.errors)")
      let own = place.datanet("--home", "ada", "record", "net/big.jsonl:\(number)")
      #expect(record.output == own.output)
    }
    #expect(place.datanet("--home", "ben", "record", "net/big.jsonl:50000").status != 0)
    #expect(place.datanet("--home", "ben", "record", "net/big.jsonl:5").status != 0)

    #expect(place.datanet("--home", "ben", "pin", "net/small.txt").status == 0)
    #expect(sync() < 1_000_000)
    #expect(place.shell("datanet --home ben cat net/small.txt | cmp - more/small.txt").status == 0)
    #expect(place.datanet("--home", "ben", "cat", "net/other.txt").status != 0)

    #expect(place.datanet("--home", "ben", "pin", "net/big.jsonl:9-5").status == 2)
    #expect(place.datanet("--home", "ben", "follow", "net").status == 0)
    _ = sync()
    #expect(place.shell("datanet --home ben cat net/big.jsonl | cmp - big.jsonl").status == 0)
    #expect(place.datanet("--home", "ben", "fsck").status == 0)
    #expect(ada.stop() == 0)
  }
}
