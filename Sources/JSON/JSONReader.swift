// The strict RFC 8259 reader: bytes to a JSONValue; see Specs/Records.md, "JSON".

extension JSONValue {
  /// Reads a document that is one value with nothing but white space around it.
  public init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
    self = try unsafe JSONReader.read(bytes.span.bytes, limits: limits).value
  }

  /// Reads a document out of memory that stays where it is.
  public init(parsing bytes: RawSpan, limits: JSONLimits = JSONLimits()) throws(JSONError) {
    self = try JSONReader.read(bytes, limits: limits).value
  }

  /// Reads a document out of memory that stays where it is, valid for the duration of the call.
  @unsafe public init(
    parsing bytes: UnsafeRawBufferPointer, limits: JSONLimits = JSONLimits()
  ) throws(JSONError) {
    self = try unsafe JSONReader.read(RawSpan(_unsafeBytes: bytes), limits: limits).value
  }

  public init(parsing text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) {
    self = try unsafe JSONReader.read(text.utf8Span.span.bytes, limits: limits).value
  }
}

/// Reads a document and reports what the limits let pass.
public enum JSONReader {
  public struct Document: Sendable, Equatable {
    public let value: JSONValue
    /// The repeated keys, in the order of the document.
    public let duplicates: [JSONDuplicateKey]
  }

  public static func read(
    _ bytes: RawSpan, limits: JSONLimits = JSONLimits()
  ) throws(JSONError) -> Document {
    let result: Result<Document, JSONError> = unsafe bytes.withUnsafeBytes { buffer in
      var cursor = unsafe JSONCursor(buffer, limits: limits)
      do throws(JSONFailure) {
        return .success(try cursor.document())
      } catch {
        return .failure(cursor.located(error))
      }
    }
    return try result.get()
  }
}

/// A refusal before its line has been counted; lines are counted only when something is wrong.
struct JSONFailure: Error {
  let reason: JSONError.Reason
  let offset: Int
}

/// A place in the bytes. The pointer is borrowed from the caller for the length of one `read`, and
/// every access is preceded by a comparison with `count`; that is what `@safe` rests on.
@safe struct JSONCursor {
  let base: UnsafeRawBufferPointer
  let count: Int
  let limits: JSONLimits
  var at = 0
  var depth = 0
  var duplicates: [JSONDuplicateKey] = []

  init(_ buffer: UnsafeRawBufferPointer, limits: JSONLimits) {
    unsafe base = buffer
    count = buffer.count
    self.limits = limits
  }

  @inline(__always) func byte(_ place: Int) -> UInt8 {
    unsafe base.loadUnaligned(fromByteOffset: place, as: UInt8.self)
  }

  func failure(_ reason: JSONError.Reason, at place: Int) -> JSONFailure {
    JSONFailure(reason: reason, offset: place)
  }

  /// What is wrong here when a byte was expected to be something else.
  func unexpected(_ expected: String) -> JSONFailure {
    at < count
      ? failure(.unexpectedByte(byte(at), expected: expected), at: at)
      : failure(.unexpectedEnd, at: count)
  }

  func located(_ failure: JSONFailure) -> JSONError {
    var line = 1
    for place in 0..<min(failure.offset, count) where byte(place) == 0x0A {
      line += 1
    }
    return JSONError(reason: failure.reason, offset: failure.offset, line: line)
  }

  mutating func document() throws(JSONFailure) -> JSONReader.Document {
    if count > limits.bytes {
      throw failure(.tooLong(limit: limits.bytes), at: limits.bytes)
    }
    if count >= 3, byte(0) == 0xEF, byte(1) == 0xBB, byte(2) == 0xBF {
      throw failure(.byteOrderMark, at: 0)
    }
    let value = try value()
    skipSpace()
    if at < count { throw failure(.trailingBytes, at: at) }
    return JSONReader.Document(value: value, duplicates: duplicates)
  }

  mutating func skipSpace() {
    while at < count {
      switch byte(at) {
      case 0x20, 0x0A, 0x0D, 0x09: at += 1
      default: return
      }
    }
  }

  mutating func value() throws(JSONFailure) -> JSONValue {
    skipSpace()
    guard at < count else { throw unexpected("a value") }
    switch byte(at) {
    case 0x22: return .string(try string())
    case 0x7B: return .object(try object())
    case 0x5B: return .array(try array())
    case 0x2D, 0x30...0x39: return try number()
    case 0x74:
      try word("true")
      return .bool(true)
    case 0x66:
      try word("false")
      return .bool(false)
    case 0x6E:
      try word("null")
      return .null
    default: throw unexpected("a value")
    }
  }

  private mutating func word(_ word: StaticString) throws(JSONFailure) {
    for place in 0..<word.utf8CodeUnitCount {
      guard at < count, byte(at) == (unsafe word.utf8Start[place]) else {
        throw unexpected("'\(word)'")
      }
      at += 1
    }
  }

  private mutating func enter() throws(JSONFailure) {
    depth += 1
    if depth > limits.depth {
      throw failure(.tooDeep(limit: limits.depth), at: at)
    }
    at += 1
    skipSpace()
  }

  private mutating func array() throws(JSONFailure) -> [JSONValue] {
    try enter()
    var values: [JSONValue] = []
    if at < count, byte(at) == 0x5D {
      at += 1
      depth -= 1
      return values
    }
    while true {
      values.append(try value())
      skipSpace()
      guard at < count else { throw unexpected("',' or ']'") }
      switch byte(at) {
      case 0x2C: at += 1
      case 0x5D:
        at += 1
        depth -= 1
        return values
      default: throw unexpected("',' or ']'")
      }
    }
  }

  private mutating func object() throws(JSONFailure) -> JSONObject {
    try enter()
    var object = JSONObject()
    if at < count, byte(at) == 0x7D {
      at += 1
      depth -= 1
      return object
    }
    while true {
      skipSpace()
      guard at < count, byte(at) == 0x22 else {
        throw unexpected("a key in quotes")
      }
      let start = at
      let key = try string()
      skipSpace()
      guard at < count, byte(at) == 0x3A else { throw unexpected("':'") }
      at += 1
      let value = try value()
      if let place = object.add(key, value) {
        guard limits.duplicateKeys == .report else {
          throw failure(.duplicateKey(key), at: start)
        }
        duplicates.append(JSONDuplicateKey(key: key, offset: start))
        object.replace(at: place, with: value)
      }
      skipSpace()
      guard at < count else { throw unexpected("',' or '}'") }
      switch byte(at) {
      case 0x2C: at += 1
      case 0x7D:
        at += 1
        depth -= 1
        return object
      default: throw unexpected("',' or '}'")
      }
    }
  }
}
