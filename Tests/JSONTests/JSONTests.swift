// The JSON reader and writer against cases from RFC 8259; see Specs/Records.md, "JSON".

import JSON
import Testing

private func read(_ text: String) throws(JSONError) -> JSONValue { try JSONValue(parsing: text) }

private func refusal(_ bytes: [UInt8], _ limits: JSONLimits = JSONLimits()) -> JSONError? {
  do throws(JSONError) {
    _ = try JSONValue(parsing: bytes, limits: limits)
    return nil
  } catch {
    return error
  }
}

@Suite struct JSONTests {
  @Test func `a document with every kind of value reads as it stands`() throws {
    let value = try read(
      #" { "a" : [ null, true, false, -12, 3.5, 1e2 ], "b":"x\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00y", "c": {} } "#
    )
    #expect(
      value == [
        "a": [nil, true, false, -12, 3.5, 100.0],
        "b": "x\"\\/\u{8}\u{c}\n\r\té😀y", "c": [:],
      ])
    #expect(value["a"]?[3]?.int == -12)
    #expect(value["a"]?[5]?.int == 100)
    #expect(value["nothing"] == nil)
  }

  @Test(arguments: [
    ("9223372036854775807", JSONValue.integer(.max)),
    ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .double(0x1p63)),
    ("-0", .double(-0.0)), ("0", 0), ("0.1", .double(0.1)),
    ("5e-324", .double(.leastNonzeroMagnitude)),
    ("1.7976931348623157e308", .double(1.7976931348623157e308)), ("1e-400", .double(0)),
    ("123456789012345678901234567890", .double(0x1.8ee90ff6c373ep96)),
    ("2.2250738585072011e-308", .double(.leastNormalMagnitude.nextDown)), ("1E+2", .double(100)),
  ])
  func `a number is an integer if it can be, else the nearest double`(
    text: String, value: JSONValue
  ) throws {
    #expect(try read(text) == value)
  }

  @Test(arguments: [
    ("", JSONError.Reason.unexpectedEnd, 0), ("{", .unexpectedEnd, 1), ("[1,", .unexpectedEnd, 3),
    ("[1,]", .unexpectedByte(0x5D, expected: "a value"), 3), ("01", .leadingZero, 0),
    ("-", .unexpectedEnd, 1), ("1.", .unexpectedEnd, 2), ("1e", .unexpectedEnd, 2),
    (".5", .unexpectedByte(0x2E, expected: "a value"), 0), ("1e400", .numberOutOfRange, 0),
    ("nul", .unexpectedEnd, 3), ("nulL", .unexpectedByte(0x4C, expected: "'null'"), 3),
    ("1 2", .trailingBytes, 2), ("\"a", .unexpectedEnd, 2), ("\"\t\"", .controlCharacter(9), 1),
    ("\"\\x\"", .invalidEscape, 1), ("\"\\u12G4\"", .invalidEscape, 1),
    ("\"\\ud800\"", .loneSurrogate, 1), ("\"\\udc00\"", .loneSurrogate, 1),
    ("\"\\ud800\\u0041\"", .loneSurrogate, 1),
    ("{1:2}", .unexpectedByte(0x31, expected: "a key in quotes"), 1),
    ("{\"a\" 1}", .unexpectedByte(0x31, expected: "':'"), 5),
    ("{\"a\":1,\n\"a\":2}", .duplicateKey("a"), 8),
    ("{\"a\":1,}", .unexpectedByte(0x7D, expected: "a key in quotes"), 7),
    ("NaN", .unexpectedByte(0x4E, expected: "a value"), 0), ("\u{FEFF}1", .byteOrderMark, 0),
    ("'a'", .unexpectedByte(0x27, expected: "a value"), 0),
    ("[1 2]", .unexpectedByte(0x32, expected: "',' or ']'"), 3),
  ])
  func `a malformed document is refused with reason and offset`(
    text: String, reason: JSONError.Reason, offset: Int
  ) {
    let error = refusal(Array(text.utf8))
    #expect(error?.reason == reason)
    #expect(error?.offset == offset)
  }

  @Test(
    arguments: [
      [0xFF], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
      [0xE2, 0x82], [0xF0, 0x9F, 0x98],
    ] as [[UInt8]])
  func `ill-formed UTF-8 is refused where it begins`(bytes: [UInt8]) {
    let plain = refusal(Array("\"ab".utf8) + bytes + Array("\"".utf8))
    #expect(plain == JSONError(reason: .invalidUTF8, offset: 3, line: 1))
    let escaped = refusal(Array("[\n\"\\n".utf8) + bytes + Array("\"]".utf8))
    #expect(escaped == JSONError(reason: .invalidUTF8, offset: 5, line: 2))
  }

  @Test func `an error counts the line on which it stands`() {
    #expect(refusal(Array("{\n\"a\": 1,\n\"b\": x\n}".utf8))?.line == 3)
  }

  @Test func `nesting and length have limits`() {
    let deep = Array(String(repeating: "[", count: 9).utf8)
    #expect(refusal(deep, JSONLimits(depth: 8))?.reason == .tooDeep(limit: 8))
    #expect(refusal(deep, JSONLimits(depth: 9))?.reason == .unexpectedEnd)
    #expect(refusal(deep, JSONLimits(bytes: 8))?.reason == .tooLong(limit: 8))
    let hostile = [UInt8](repeating: 0x5B, count: 1_000_000)
    #expect(refusal(hostile, JSONLimits(depth: .max))?.reason == .tooDeep(limit: 512))
  }

  @Test func `repeated keys are reported when that is asked for, and the last value wins`() throws {
    let document = try unsafe JSONReader.read(
      #"{"a":1,"b":2,"a":3}"#.utf8Span.span.bytes, limits: JSONLimits(duplicateKeys: .report))
    #expect(document.value == ["a": 3, "b": 2])
    #expect(document.duplicates == [JSONDuplicateKey(key: "a", offset: 13)])
  }

  @Test func `keys that are canonically equivalent stay apart`() throws {
    let value = try read("{\"\u{e9}\":1,\"e\u{301}\":2,\"K\":3,\"\u{212a}\":4}")
    #expect(value["\u{e9}"] == 1)
    #expect(value["e\u{301}"] == 2)
    #expect(value["K"] == 3)
    #expect(value["\u{212a}"] == 4)
    #expect(JSONValue.string("\u{e9}") != JSONValue.string("e\u{301}"))
  }

  @Test func `a large object keeps its order and finds every key`() throws {
    var object = JSONObject()
    for number in 0..<5000 { object["key \(number)"] = .int(number) }
    object["key 17"] = nil
    #expect(object.count == 4999)
    let back = try read(JSONValue.object(object).serialized(.pretty))
    #expect(back == .object(object))
    for number in 0..<5000 where number != 17 { #expect(back["key \(number)"] == .int(number)) }
    #expect(back["key 17"] == nil)
  }

  @Test func `the two layouts are written exactly`() {
    let value: JSONValue = ["b": [1, 2.0, "\u{1}\"\\\n\u{7f}é"], "a": [], "c": ["d": nil]]
    #expect(
      value.serialized()
        == "{\"b\":[1,2.0,\"\\u0001\\\"\\\\\\n\\u007fé\"],\"a\":[],\"c\":{\"d\":null}}")
    #expect(
      value.serialized(.pretty) == """
        {
          "b": [
            1,
            2.0,
            "\\u0001\\"\\\\\\n\\u007fé"
          ],
          "a": [],
          "c": {
            "d": null
          }
        }
        """)
    #expect(JSONValue.double(.nan).serialized() == "null")
  }

  @Test func `random values survive writing and reading, in both layouts`() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      let value = generator.value(depth: 4)
      #expect(try read(value.serialized()) == value, "seed \(seed)")
      #expect(try read(value.serialized(.pretty)) == value, "seed \(seed)")
    }
  }

  @Test func `mutated documents are read or refused inside the document, never worse`() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    var refused = 0
    for _ in 0..<20_000 {
      var bytes = generator.value(depth: 3).serializedBytes()
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes[place] = Array("\"\\{}[]:,0-e".utf8).randomElement(using: &generator)!
        case 2: bytes.insert(bytes[place], at: place)
        default: if bytes.count > 1 { bytes.remove(at: place) }
        }
      }
      if let error = refusal(bytes) {
        refused += 1
        #expect(error.offset >= 0 && error.offset <= bytes.count && error.line >= 1, "seed \(seed)")
      }
    }
    #expect(refused > 1000, "seed \(seed)")
  }
}

/// SplitMix64, so that a printed seed replays the same values everywhere.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  mutating func text() -> String {
    let pieces = [
      "a", "key", "\"", "\\", "\n", "\u{0}", "é", "e\u{301}", "漢", "😀", " ", "\u{2028}", "/",
    ]
    return (0..<Int.random(in: 0...6, using: &self)).map { _ in pieces.randomElement(using: &self)!
    }
    .joined()
  }

  mutating func value(depth: Int) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &self) {
    case 0: return nil
    case 1: return .bool(Bool.random(using: &self))
    case 2: return .integer(Int64(bitPattern: next() >> UInt64.random(in: 0..<64, using: &self)))
    case 3:
      let double = Double(bitPattern: next())
      return .double(double.isFinite ? double : 0.5)
    case 4: return .double(Double(Int.random(in: -9999...9999, using: &self)) / 100)
    case 5: return .string(text())
    case 6:
      return .array((0..<Int.random(in: 0...5, using: &self)).map { _ in value(depth: depth - 1) })
    default:
      return .object(
        JSONObject(
          (0..<Int.random(in: 0...20, using: &self)).map { _ in (text(), value(depth: depth - 1)) })
      )
    }
  }
}
