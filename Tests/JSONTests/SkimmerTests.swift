// The skimmer must agree with the reader about every document; see Specs/Records.md, "Skimming".

import JSON
import Testing

private let limits = JSONLimits(duplicateKeys: .report)

@Suite struct SkimmerTests {
  @Test func `wanted members are found with their kinds and places`() throws {
    let skimmer = HeldSkimmer(wanted: ["text", "instruction", "messages", "n", "absent"])
    let document = Array(
      #" {"other":{"text":1},"text":"a\"b", "instruc\u0074ion" : "c","messages":[1,[]],"n":null} "#
        .utf8)
    #expect(skimmer.skim(document))
    #expect(skimmer.held.kind == .object)
    let found = skimmer.held.fields.map { field in
      field.map { ($0.kind, String(decoding: document[$0.range], as: UTF8.self), $0.isEscaped) }
    }
    #expect(found[0]! == (.string, #"a\"b"#, true))
    #expect(found[1]! == (.string, "c", false))
    #expect(found[2]! == (.array, "[1,[]]", false))
    #expect(found[3]! == (.null, "null", false))
    #expect(found[4] == nil)
    #expect(skimmer.skim(Array("[1]".utf8)))
    #expect(skimmer.held.kind == .array)
    #expect(skimmer.held.fields.allSatisfy { $0 == nil })
  }

  @Test func `a wanted key that stands twice is refused`() {
    let skimmer = HeldSkimmer(wanted: ["text"])
    #expect(!skimmer.skim(Array(#"{"text":"a","text":"b"}"#.utf8)))
    #expect(skimmer.skim(Array(#"{"other":"a","other":"b"}"#.utf8)))
  }

  @Test func `nesting to the limit is followed and beyond it refused, as by the reader`() throws {
    let skimmer = HeldSkimmer(wanted: [])
    for depth in [1, 2, 63, 64, 65, 127, 128, 129] {
      for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
        let times = open.hasPrefix("[{") ? depth / 2 : depth
        let text =
          String(repeating: open, count: times) + "1" + String(repeating: close, count: times)
        let accepted = (try? JSONValue(parsing: text)) != nil
        #expect(skimmer.skim(Array(text.utf8)) == accepted, "\(depth) \(open)")
      }
    }
  }

  @Test func `reader and skimmer agree about mutated documents, wherever they lie`() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    let skimmer = HeldSkimmer(wanted: ["wanted"])
    var accepted = 0
    for _ in 0..<40_000 {
      var bytes = generator.value(depth: 3).serializedBytes(
        Bool.random(using: &generator) ? .pretty : .compact)
      for _ in 0..<Int.random(in: 0...2, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes[place] = Array("\"\\{}[]:,0-e.u9\n ".utf8).randomElement(using: &generator)!
        case 2: bytes.insert(bytes[place], at: place)
        case 3:
          bytes.insert(Array("0123456789eE.-".utf8).randomElement(using: &generator)!, at: place)
        default: if bytes.count > 1 { bytes.remove(at: place) }
        }
      }
      let expected = (try? JSONValue(parsing: bytes, limits: limits)) != nil
      if expected { accepted += 1 }
      // With other bytes behind it, as in the middle of a file, nothing may change.
      let followed =
        bytes
        + Array(
          ["\"}]", "0123456789abcdef\n", "\u{e9}", ""].randomElement(using: &generator)!.utf8)
      let skimmed = unsafe followed.withUnsafeBytes {
        unsafe skimmer.held.skim($0, count: bytes.count)
      }
      #expect(skimmed == expected, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
    }
    #expect(accepted > 4000 && accepted < 36_000, "seed \(seed)")
  }

  @Test func `UTF-8 is checked as the standard library checks it, however it is aligned`() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    var faults = 0
    for _ in 0..<20_000 {
      var bytes = Array(
        String(repeating: "a", count: Int.random(in: 0...40, using: &generator)).utf8)
      for _ in 0..<Int.random(in: 0...12, using: &generator) {
        bytes += Array(generator.text().utf8)
      }
      if !bytes.isEmpty, Bool.random(using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
          in: 0x70...0xFF, using: &generator)
      }
      let fault = UTF8Check.firstFault(in: bytes)
      if fault != nil { faults += 1 }
      #expect((fault == nil) == (String(validating: bytes, as: UTF8.self) != nil), "seed \(seed)")
      if let fault {
        #expect(String(validating: bytes[..<fault], as: UTF8.self) != nil, "seed \(seed)")
      }
    }
    #expect(faults > 1000, "seed \(seed)")
    for scalar in (0...0x10FFFF).lazy.compactMap(Unicode.Scalar.init) where scalar.value % 7 == 0 {
      let bytes = Array(String(Character(scalar)).utf8) + [0x61, 0x62, 0x63]
      #expect(UTF8Check.firstFault(in: bytes) == nil)
    }
  }

  @Test(arguments: ["1e308", "1e309", "-1e400", "1e-400", "0e999999999999", "1.5E+0000000308"])
  func `numbers at the edge of the range are judged alike`(text: String) {
    let skimmer = HeldSkimmer(wanted: [])
    #expect(skimmer.skim(Array(text.utf8)) == ((try? JSONValue(parsing: text)) != nil))
    let long = String(repeating: "9", count: 308)
    #expect(skimmer.skim(Array(long.utf8)) == ((try? JSONValue(parsing: long)) != nil))
    #expect(
      skimmer.skim(Array((long + "9").utf8)) == ((try? JSONValue(parsing: long + "9")) != nil))
  }
}

/// `#expect` cannot call mutating functions, so a class holds the skimmer.
private final class HeldSkimmer {
  var held: JSONSkimmer

  init(wanted: [String]) { held = JSONSkimmer(wanted: wanted) }

  func skim(_ bytes: [UInt8]) -> Bool { held.skim(bytes) }
}
