// Help, tables, figures, bars and QR codes as they stand on the screen
// (Specs/CommandLine.md).

import Testing

@testable import Terminal

@Suite("On the screen")
struct LayoutTests {
  @Test("sizes read as people write them")
  func sizes() {
    #expect(Quantity.bytes(0) == "0 B")
    #expect(Quantity.bytes(1023) == "1023 B")
    #expect(Quantity.bytes(1024) == "1.0 KiB")
    #expect(Quantity.bytes(1536) == "1.5 KiB")
    #expect(Quantity.bytes(37 << 20) == "37 MiB")
    #expect(Quantity.bytes((1 << 20) - 1) == "1.0 MiB")
    #expect(Quantity.bytes(.max) == "8.0 EiB")
    #expect(Quantity.count(1_234_567) == "1,234,567")
    #expect(Quantity.count(-1000) == "-1,000")
    #expect(Quantity.count(1, "copy", "copies") == "1 copy")
    #expect(Quantity.count(0, "record") == "0 records")
    #expect(Quantity.percent(0.042) == "4.2 %")
    #expect(Quantity.percent(1) == "100 %")
    #expect(Quantity.percent(0.0001) == "< 0.1 %")
  }

  @Test("durations and decimals read as people write them")
  func durations() {
    #expect(Quantity.duration(0.0123) == "12.3 ms")
    #expect(Quantity.duration(0.8) == "0.8 s")
    #expect(Quantity.duration(12.2) == "12 s")
    #expect(Quantity.duration(185) == "3 min 5 s")
    #expect(Quantity.duration(7620) == "2 h 7 min")
    #expect(Quantity.duration(.infinity) == "–")
    #expect(Quantity.fixed(2.004, 2) == "2.00")
    #expect(Quantity.fixed(-0.04, 1) == "0.0")
    #expect(Quantity.fixed(3.14159, 3) == "3.142")
    #expect(Quantity.fixed(1.05, 1) == "1.1")
  }

  @Test("sizes are understood with and without units, and nonsense is not")
  func parsing() {
    #expect(Quantity.parseBytes("512") == 512)
    #expect(Quantity.parseBytes("1.5k") == 1536)
    #expect(Quantity.parseBytes("10 GB") == 10_000_000_000)
    for text in ["", "k", "-1", "1 x", "1e99T", "9999999999T", "1.2.3"] {
      #expect(Quantity.parseBytes(text) == nil, "\(text)")
    }
  }

  @Test("wide letters and combining marks are counted as the terminal draws them")
  func columns() {
    #expect(Printable.columns("abc") == 3)
    #expect(Printable.columns("数据") == 4)
    #expect(Printable.columns("e\u{301}") == 1)
    #expect(Printable.shortened("a-long-file-name.jsonl", to: 9) == "a-lo…sonl")
    #expect(Printable.shortened("short", to: 9) == "short")
    #expect(Printable.columns(Printable.shortened("数据数据数据", to: 5)) <= 5)
  }

  @Test("tables align figures right and cut the elastic column")
  func tables() {
    var table = Table(["name", ">bytes"], elastic: 0)
    table.row(["a", "1"])
    table.row(["a-rather-long-name", "1,000"])
    #expect(
      table.lines(width: 0, style: .plain) == [
        "name                bytes", "a                       1", "a-rather-long-name  1,000",
      ])
    #expect(table.lines(width: 17, style: .plain).allSatisfy { Printable.columns($0) == 17 })
  }

  @Test("a bar shows share, rate, time left and item, and fits the terminal")
  func bar() {
    var state = Progress.State(
      title: "Adding", unit: .bytes, total: 1 << 30, started: 0, lastAdvance: 10)
    state.done = 1 << 29
    state.item = "a-rather-long-directory/and-a-file.jsonl"
    state.samples = [(5, 1 << 28), (10, 1 << 29)]
    #expect(
      Progress.line(state, now: 10, columns: 0)
        == "Adding: 50 %  512 MiB of 1.0 GiB  51 MiB/s  10 s left  a-rather-long-directory/and-a-file.jsonl"
    )
    for columns in [20, 40, 80, 120] {
      #expect(Printable.columns(Progress.line(state, now: 10, columns: columns)) < columns)
    }
    #expect(Progress.line(state, now: 10, columns: 120).contains("█"))
  }

  @Test("a bar that stands still says why")
  func stalled() {
    var state = Progress.State(
      title: "Fetching", unit: .things(singular: "chunk", plural: "chunks"), total: 10, started: 0,
      lastAdvance: 1)
    state.done = 3
    #expect(
      Progress.line(state, now: 8, columns: 0)
        == "Fetching: 30 %  3 of 10 chunks  nothing moved for 7.0 s")
    state.reason = "no peer has it"
    #expect(
      Progress.line(state, now: 8, columns: 0)
        == "Fetching: 30 %  3 of 10 chunks  waiting 7.0 s: no peer has it")
  }

  @Test("help texts fit eighty columns and show defaults")
  func help() {
    let command = Declaration(
      "train", group: "g", summary: "Train",
      prose: String(repeating: "Trains an adapter on a Datanet. ", count: 6),
      options: [
        .value("rank", "R", .integer(1...256), "Rank of the adapter", default: "8"),
        .value(
          "method", "M", .choice(["ekfac", "graddot", "datainf", "repsim"]),
          "How influence is computed, which matters more than one would think"),
      ], examples: [Example("datanet train --rank 4", "A small one.")])
    let text = HelpText.of(command, program: "datanet", globals: [], style: .plain)
    #expect(text.hasPrefix("datanet train [options]\n\n"))
    #expect(text.contains("--rank R  Rank of the adapter (default: 8)"))
    #expect(text.contains("--method ekfac|graddot|datainf|repsim\n"))
    #expect(text.split(separator: "\n").allSatisfy { Printable.columns(String($0)) <= 80 })
  }

  @Test("a QR code is square, framed by light, and refuses what is too long")
  func qrCode() throws {
    let code = try #require(QRCode("datanet:abc"))
    #expect(code.width == 21)
    let lines = code.lines(emphasis: false)
    #expect(lines.count == 13)
    #expect(lines.allSatisfy { Printable.columns($0) == 25 })
    #expect(lines[0].allSatisfy { $0 == "█" })
    // The finder pattern: a dark frame of seven modules around light around dark.
    #expect(lines[1].hasPrefix("██ ▄▄▄▄▄ "))
    #expect(QRCode(String(repeating: "x", count: 3000)) == nil)
  }

  @Test("completion scripts name every command, option and value")
  func completions() {
    let command = Declaration(
      "move", group: "g", summary: "It's moved",
      arguments: [
        Argument("WAY", .choice(["up", "down"]), .one, "where"),
        Argument("NET", .datanet, .any, "what"),
      ], options: [.value("speed", "S", .choice(["fast", "slow"]), "How [fast]")])
    let made = Completions(
      program: "datanet", commands: [command], globals: [.flag("json", "JSON")],
      names: "datanet ls --names")
    for script in [made.bash, made.zsh, made.fish] {
      for word in ["move", "speed", "fast slow", "up down", "json", "datanet ls --names"] {
        #expect(script.contains(word), "\(word)")
      }
    }
    #expect(made.fish.contains("'It'\\''s moved'"))
  }
}

extension Declaration {
  fileprivate init(
    _ name: String, group: String, summary: String, arguments: [Argument], options: [Option]
  ) {
    self.init(
      name, group: group, summary: summary, prose: summary, arguments: arguments,
      options: options, examples: [])
  }
}
