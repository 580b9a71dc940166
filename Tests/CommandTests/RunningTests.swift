// A peer that runs, and the commands beside it (Specs/Running.md).

import Foundation
import JSON
import Testing

@Suite("A running peer", .serialized)
struct RunningTests {
  @Test("says where it listens, answers other commands, and ends with down")
  func life() throws {
    let place = try Place()
    defer { place.remove() }
    try place.homes("ada")
    let peer = try PeerProcess("ada", in: place, ["--metrics", "0"])
    #expect(peer.first["event"]?.string == "listening" && peer.first["pid"]?.int == Int(peer.pid))
    let address = try #require(peer.first["addresses"]?[0]?.string)
    #expect(address.hasPrefix("127.0.0.1:"))
    let mode = place.shell("stat -c %a ada/peer.socket").output
    #expect(mode == "600\n")
    let status = place.datanet("--home", "ada", "status", "--json")
    #expect(try JSONValue(parsing: status.output)["running"]?["pid"]?.int == Int(peer.pid))
    #expect(place.datanet("--home", "ada", "peers").output == "Nobody is connected.\n")
    let metrics = try #require(peer.first["metrics"]?.string)
    let port = String(metrics.split(separator: ":")[1])
    let page = place.shell(
      """
      exec 3<>/dev/tcp/127.0.0.1/\(port); printf 'GET /metrics HTTP/1.1\\r\\n\\r\\n' >&3
      timeout 5 cat <&3
      """)
    #expect(page.output.contains("HTTP/1.1 200 OK") && page.output.contains("datanet_peers 0"))
    let down = place.datanet("--home", "ada", "down", "--json")
    #expect(try JSONValue(parsing: down.output)["stopped"]?.bool == true)
    #expect(wait(5) { !peer.isRunning } && peer.stop() == 0)
    #expect(!FileManager.default.fileExists(atPath: place.folder.path + "/ada/peer.socket"))
    #expect(place.datanet("--home", "ada", "down").status == 0)
  }

  @Test("is the only one on its home, and starts again after it was killed")
  func alone() throws {
    let place = try Place()
    defer { place.remove() }
    try place.homes("ada")
    let peer = try PeerProcess("ada", in: place)
    let second = place.datanet("--home", "ada", "up", "--no-discovery")
    #expect(second.status == 1)
    #expect(second.errors.contains("a peer runs on") && second.errors.contains("pid \(peer.pid)"))
    peer.kill()
    #expect(place.datanet("--home", "ada", "peers").status == 4)
    let again = try PeerProcess("ada", in: place)
    #expect(again.stop() == 0)
  }

  @Test("refuses a port that somebody has, in plain words, and keeps its own for the next time")
  func ports() throws {
    let place = try Place()
    defer { place.remove() }
    try place.homes("ada", "ben")
    let ada = try PeerProcess("ada", in: place)
    let address = try #require(ada.first["addresses"]?[0]?.string)
    let ben = place.datanet("--home", "ben", "up", "--no-discovery", "--listen", address)
    #expect(ben.status == 1 && ben.errors.contains("address already in use"))
    #expect(ben.errors.contains(address))
    let wrong = place.datanet("--home", "ben", "up", "--listen", "localhost")
    #expect(wrong.status == 2)
    #expect(ada.stop() == 0)
    let told = place.datanet("--home", "ada", "create", "net")
    #expect(told.status == 0)
    // The next peer of the home listens at the same place without being told.
    let daemon = place.datanet("--home", "ada", "up", "--daemon", "--no-discovery", "--json")
    #expect(daemon.status == 0, "\(daemon.errors)")
    let line = try JSONValue(parsing: daemon.output)
    #expect(line["addresses"]?[0]?.string == address)
    #expect(place.datanet("--home", "ada", "down").status == 0)
  }

  /// Machines may have no IPv6 at all, containers often.
  private static let hasIPv6 =
    (try? String(contentsOfFile: "/proc/net/if_inet6", encoding: .utf8))?
    .contains("00000000000000000000000000000001") ?? false

  @Test("listens at IPv4 and IPv6 with one port", .enabled(if: hasIPv6))
  func bothFamilies() throws {
    let place = try Place()
    defer { place.remove() }
    try place.homes("ada")
    let peer = try PeerProcess("ada", in: place, listen: "127.0.0.1:0", "[::1]:0")
    let addresses = peer.first["addresses"]?.array?.compactMap(\.string) ?? []
    try #require(addresses.count == 2)
    #expect(addresses[0].hasPrefix("127.0.0.1:") && addresses[1].hasPrefix("[::1]:"))
    #expect(addresses[0].split(separator: ":").last == addresses[1].split(separator: ":").last)
    #expect(peer.stop() == 0)
  }

  @Test("in the background asks for a sealed identity's passphrase before it starts")
  func sealedDaemon() throws {
    let place = try Place()
    defer { place.remove() }
    #expect(place.shell("DATANET_PASSPHRASE=word datanet --home ada init --passphrase").status == 0)
    let up = "datanet --home ada up --daemon --no-discovery --listen 127.0.0.1:0"
    let wrong = place.shell("DATANET_PASSPHRASE=other \(up)")
    #expect(wrong.status != 0 && wrong.output.contains("the passphrase does not open"))
    #expect(place.shell("DATANET_PASSPHRASE=word \(up)").status == 0)
    #expect(place.datanet("--home", "ada", "down").status == 0)
  }

  @Test("speaks one version on its socket, and says so to others")
  func control() throws {
    let place = try Place()
    defer { place.remove() }
    try place.homes("ada")
    let peer = try PeerProcess("ada", in: place)
    let socket = try #require(LocalSocket("\(place.folder.path)/ada/peer.socket"))
    socket.send(
      """
      {"version":1,"do":"hello"}
      {"version":9,"do":"hello"}
      nothing
      {"version":1,"do":"dance"}

      """)
    let answers = (0..<4).compactMap { _ in socket.line() }
    try #require(answers.count == 4)
    #expect(try JSONValue(parsing: answers[0])["pid"]?.int == Int(peer.pid))
    #expect(answers[1].contains("version 1 of the control socket"))
    #expect(answers[2].contains("a request is a JSON object"))
    #expect(answers[3].contains("there is no request 'dance'"))
    socket.send(String(repeating: "x", count: 20_000))
    #expect(socket.line() == nil)
    #expect(peer.stop() == 0)
  }

  @Test("is described to systemd with the paths of this program and home")
  func unit() throws {
    let place = try Place()
    defer { place.remove() }
    let unit = place.datanet("--home", "a %h$x", "doctor", "--systemd").output
    #expect(unit.contains("ExecStart=\"") && unit.contains("/a %%h$$x\" up\n"))
    #expect(unit.contains("[Install]\nWantedBy=default.target"))
  }
}

@Suite("What is wanted of other peers")
struct WishTests {
  @Test("is said by follow, pin and limit, and stays")
  func wishes() throws {
    let place = try Place()
    defer { place.remove() }
    let story = place.shell(
      """
      set -e
      datanet --home ada init; datanet --home ada create net
      printf '{"text":"one"}\\n' > one.jsonl; datanet --home ada add net one.jsonl
      datanet --home ada follow net --pinned; datanet --home ada pin net/one.jsonl
      datanet --home ada limit --up 500KiB --quota 2GB
      """)
    #expect(story.status == 0, "\(story.output)")
    #expect(place.datanet("--home", "ada", "pin").output == "net/one.jsonl\n")
    let limits = try JSONValue(parsing: place.datanet("--home", "ada", "limit", "--json").output)
    #expect(limits["up"]?.int == 512_000 && limits["quota"]?.int == 2_000_000_000)
    #expect(limits["down"] == .null)
    #expect(place.datanet("--home", "ada", "limit", "--up", "none").status == 0)
    #expect(place.datanet("--home", "ada", "limit", "--up", "fast").status == 2)
    #expect(place.datanet("--home", "ada", "unpin", "net/one.jsonl").status == 0)
    #expect(place.datanet("--home", "ada", "unpin", "net/one.jsonl").status == 4)
    #expect(place.datanet("--home", "ada", "unfollow", "net").status == 0)
    let sync = place.datanet("--home", "ada", "sync", "net", "--no-discovery")
    #expect(sync.status == 1 && sync.errors.contains("is not followed any more"))
  }

  @Test("is said by a ticket, whole or not at all")
  func tickets() throws {
    let place = try Place()
    defer { place.remove() }
    try place.homes("ada", "ben")
    #expect(place.datanet("--home", "ada", "create", "net", "--private").status == 0)
    let ticket = try place.ticket("ada", "net")
    #expect(ticket.hasPrefix("datanet:"))
    for wrong in [String(ticket.dropLast()), "http:" + ticket, ticket + "a"] {
      let result = place.datanet("--home", "ben", "join", wrong)
      #expect(result.status == 2 && result.errors.contains("this is no ticket"))
    }
    let joined = place.datanet("--home", "ben", "join", "-", "--json", input: ticket + "\n")
    let line = try JSONValue(parsing: joined.output)
    #expect(line["private"]?.bool == true && line["new"]?.bool == true)
    let datanet = try #require(line["datanet"]?.string)
    // Known by the beginning of its ID until its name has arrived.
    let follow = place.datanet("--home", "ben", "follow", String(datanet.prefix(16)), "--claims")
    #expect(follow.status == 0, "\(follow.errors)")
  }
}
