// A rateless set sketch: coded symbols whose difference with one's own lists exactly the elements
// that one side has and the other has not (after "Practical Rateless Set Reconciliation", 2024;
// Specs/Reconciliation.md, "Sketch").

/// An element: who, how much of the chain, and a check that the heads agree. 10 bytes on the wire.
typealias SketchElement = TaggedState

extension TaggedState {
  /// Enough to tell elements apart in a symbol's checksum and in the choice of symbols.
  fileprivate func hash(salt: UInt64) -> UInt64 {
    var mixed = (UInt64(tag) << 32 | UInt64(count)) ^ salt
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed ^= UInt64(fingerprint) << 17
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

struct Sketch {
  struct Symbol: Equatable, Sendable {
    var tag: UInt32 = 0
    var count: UInt32 = 0
    var fingerprint: UInt16 = 0
    /// The exclusive or of the elements' checks: 24 bits.
    var check: UInt32 = 0
    /// The number of elements, modulo 256.
    var number: UInt8 = 0

    static let byteCount = 14

    mutating func toggle(_ element: SketchElement, check: UInt32, by amount: UInt8) {
      tag ^= element.tag
      count ^= element.count
      fingerprint ^= element.fingerprint
      self.check ^= check
      number &+= amount
    }

    var element: SketchElement {
      SketchElement(tag: tag, count: count, fingerprint: fingerprint)
    }
    var isEmpty: Bool { self == Symbol() }
  }

  /// The places of an element among the symbols: each index is followed by a larger one, drawn so
  /// that symbol i holds the element with probability 2 ÷ (2 + i).
  private struct Places {
    var state: UInt64
    var index = 0

    mutating func advance() {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      let draw = Double((mixed ^ (mixed >> 31)) >> 32) + 1
      let root = (4_294_967_296.0 / draw).squareRoot()
      let step = ((Double(index) + 1.5) * (root - 1)).rounded(.up)
      index = step < 1e9 ? index + max(1, Int(step)) : .max / 2
    }
  }

  let salt: UInt64
  private(set) var symbols: [Symbol]

  init(count: Int, salt: UInt64) {
    self.salt = salt
    symbols = Array(repeating: Symbol(), count: count)
  }

  init(symbols: [Symbol], salt: UInt64) {
    self.salt = salt
    self.symbols = symbols
  }

  mutating func toggle(_ element: SketchElement, by amount: UInt8) {
    let hash = element.hash(salt: salt)
    let check = UInt32(truncatingIfNeeded: hash & 0xFF_FFFF)
    var places = Places(state: hash)
    while places.index < symbols.count {
      symbols[places.index].toggle(element, check: check, by: amount)
      places.advance()
    }
  }

  /// Lists what the sender of this sketch has and `own` has not, and the other way round. `own`
  /// must have been taken out already. Nil when the sketch is too short, or was made up.
  mutating func decode() -> (theirs: [SketchElement], ours: [SketchElement])? {
    var theirs: [SketchElement] = []
    var ours: [SketchElement] = []
    var queue = Array(symbols.indices)
    while let index = queue.popLast() {
      let symbol = symbols[index]
      guard symbol.number == 1 || symbol.number == 255 else { continue }
      let element = symbol.element
      let hash = element.hash(salt: salt)
      guard symbol.check == UInt32(truncatingIfNeeded: hash & 0xFF_FFFF) else { continue }
      // A made-up sketch could peel for ever: each real element is found once.
      guard theirs.count + ours.count < symbols.count else { return nil }
      if symbol.number == 1 { theirs.append(element) } else { ours.append(element) }
      let check = symbol.check
      let amount: UInt8 = symbol.number == 1 ? 255 : 1
      var places = Places(state: hash)
      while places.index < symbols.count {
        symbols[places.index].toggle(element, check: check, by: amount)
        queue.append(places.index)
        places.advance()
      }
    }
    return symbols.allSatisfy(\.isEmpty) ? (theirs, ours) : nil
  }
}
