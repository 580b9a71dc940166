// A text's loose form, cut into tokens; see Specs/Duplicates.md, "Tokens".

internal import UnicodeText

/// The loose form: compatibility-composed (NFKC), case-folded, composed again, cut into tokens. A
/// token is a run of letters, marks and numbers; of scripts that are written without spaces, each
/// letter is one.
struct LooseTokens: Sendable {
  /// The hashes of the last text's tokens in order.
  private(set) var hashes: [UInt64] = []
  private var folded: [UInt64] = []
  /// Where tokens begin and end, in turns.
  private var edges: [UInt32] = []

  /// Reads a text. Bytes that are not UTF-8 are repaired first.
  mutating func read(_ text: UnsafeRawBufferPointer) {
    hashes.removeAll(keepingCapacity: true)
    if unsafe readASCII(text) { return }
    if unsafe readCommon(text) { return }
    hashes.removeAll(keepingCapacity: true)
    readAny(unsafe Array(String(decoding: text, as: UTF8.self).unicodeScalars))
  }

  /// The definition; the other two only save time.
  mutating func readAny(_ scalars: [Unicode.Scalar]) {
    var folded: [Unicode.Scalar] = []
    folded.reserveCapacity(scalars.count)
    for scalar in Normalization.nfkc.applied(to: scalars) {
      ScalarProperty.appendCaseFolding(of: scalar, to: &folded)
    }
    var token = TokenHash()
    for scalar in Normalization.nfkc.applied(to: folded) {
      let isAlone = ScalarClass.isWrittenWithoutSpaces(scalar)
      let isPart = isAlone || ScalarClass.isPartOfToken(scalar)
      if isAlone || !isPart, !token.isEmpty { hashes.append(token.finish()) }
      if isPart { UTF8.encode(scalar)?.forEach { token.take($0) } }
      if isAlone { hashes.append(token.finish()) }
    }
    if !token.isEmpty { hashes.append(token.finish()) }
  }

  /// Text of scalars whose part in the loose form is known one by one. False if there are others,
  /// or if it is not UTF-8.
  private mutating func readCommon(_ text: UnsafeRawBufferPointer) -> Bool {
    var token = TokenHash()
    var at = 0
    let folds = ScalarClass.folds
    while at < text.count {
      guard let (scalar, width) = unsafe ScalarBytes.decoded(text, at: at) else { return false }
      if scalar.value < ScalarClass.foldedScalars {
        let fold = folds[Int(scalar.value)]
        switch fold {
        case ScalarClass.unknown: return false
        case ScalarClass.between:
          if !token.isEmpty { hashes.append(token.finish()) }
        case 0..<0x80: token.take(UInt8(truncatingIfNeeded: fold))
        default:
          token.take(UInt8(truncatingIfNeeded: 0xC0 | fold >> 6))
          token.take(UInt8(truncatingIfNeeded: 0x80 | fold & 0x3F))
        }
      } else if ScalarClass.isCommonAlone(scalar) {
        if !token.isEmpty { hashes.append(token.finish()) }
        for place in at..<at + width { unsafe token.take(text[place]) }
        hashes.append(token.finish())
      } else if ScalarClass.isCommonBetween(scalar) {
        if !token.isEmpty { hashes.append(token.finish()) }
      } else {
        return false
      }
      at += width
    }
    if !token.isEmpty { hashes.append(token.finish()) }
    return true
  }

  /// Sixty-four bytes at a time: letters made small, a bit for each byte that belongs to a token;
  /// where the bits change, tokens begin and end. False if there is a byte beyond ASCII.
  private mutating func readASCII(_ text: UnsafeRawBufferPointer) -> Bool {
    let count = text.count
    let stretches = count / 64 + 1
    // Sixteen bytes more: a token's are loaded without asking where the text ends.
    if folded.count < stretches * 8 + 2 {
      folded = Array(repeating: 0, count: stretches * 16 + 2)
      edges = Array(repeating: 0, count: stretches * 128 + 2)
    }
    var edgeCount = 0
    let isASCII = unsafe folded.withUnsafeMutableBufferPointer { folded in
      unsafe edges.withUnsafeMutableBufferPointer { edges in
        var beyond: UInt64 = 0
        var before: UInt64 = 0
        for stretch in 0..<stretches {
          var bits: UInt64 = 0
          for part in 0..<8 {
            let place = stretch &* 8 &+ part
            let word = unsafe LooseTokens.word(place, of: text)
            beyond |= word
            let (letters, isPart) = LooseTokens.folded(word & 0x7F7F_7F7F_7F7F_7F7F)
            unsafe folded[place] = letters.littleEndian
            // Each byte's lowest bit is moved to the product's upper byte, in order.
            let eight = ((isPart >> 7) &* 0x0102_0408_1020_4080) >> 56
            bits |= eight &<< UInt64(truncatingIfNeeded: part &* 8)
          }
          var changes = bits ^ (bits << 1 | before)
          before = bits >> 63
          while changes != 0 {
            let place = stretch &* 64 &+ changes.trailingZeroBitCount
            unsafe edges[edgeCount] = UInt32(truncatingIfNeeded: place)
            edgeCount &+= 1
            changes &= changes &- 1
          }
        }
        return beyond & 0x8080_8080_8080_8080 == 0
      }
    }
    if !isASCII { return false }
    // The last stretch has room behind the text, so each token that begins ends, too.
    hashes = unsafe Array(unsafeUninitializedCapacity: edgeCount / 2) { hashes, found in
      unsafe folded.withUnsafeBytes { folded in
        unsafe edges.withUnsafeBufferPointer { edges in
          for token in 0..<edgeCount / 2 {
            let start = unsafe Int(edges[token &* 2])
            let length = unsafe Int(edges[token &* 2 &+ 1]) &- start
            unsafe hashes[token] = LooseTokens.hash(folded, from: start, length: length)
          }
        }
      }
      found = edgeCount / 2
    }
    return true
  }

  /// Eight bytes of a text, zeros behind its end.
  @inline(__always) private static func word(
    _ place: Int, of text: UnsafeRawBufferPointer
  ) -> UInt64 {
    let start = place &* 8
    if start &+ 8 <= text.count {
      return unsafe UInt64(
        littleEndian: text.loadUnaligned(fromByteOffset: start, as: UInt64.self))
    }
    var word: UInt64 = 0
    for at in stride(from: text.count - 1, through: start, by: -1) {
      word = unsafe word << 8 | UInt64(text[at])
    }
    return word
  }

  @inline(__always) private static func hash(
    _ folded: UnsafeRawBufferPointer, from start: Int, length: Int
  ) -> UInt64 {
    var state = DuplicateConstants.token
    var at = start
    var rest = length
    while true {
      let low = unsafe UInt64(
        littleEndian: folded.loadUnaligned(fromByteOffset: at, as: UInt64.self))
      let high = unsafe UInt64(
        littleEndian: folded.loadUnaligned(fromByteOffset: at &+ 8, as: UInt64.self))
      if rest <= 16 {
        // Only the token's own bytes; a shift by 64 and more leaves nothing.
        let lowBits = UInt64.max >> UInt64(truncatingIfNeeded: max(0, 8 &- rest) &* 8)
        let highBits = UInt64.max >> UInt64(truncatingIfNeeded: min(8, 16 &- rest) &* 8)
        return TokenHash.stepped(state, low & lowBits, high & highBits)
      }
      state = TokenHash.stepped(state, low, high)
      at &+= 16
      rest &-= 16
    }
  }

  /// Eight bytes of ASCII: small letters and digits as they are, capitals made small, others zero;
  /// and the top bit of each byte that is kept.
  @inline(__always) private static func folded(_ word: UInt64) -> (letters: UInt64, isPart: UInt64)
  {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let tops: UInt64 = 0x8080_8080_8080_8080
    // Adding 0x80 - x sets a byte's top bit from x on; bytes are below 0x80, so none carries over.
    func from(_ byte: UInt64, in word: UInt64) -> UInt64 { word &+ ones &* (0x80 - byte) }
    let small = word | ones &* 0x20
    let isLetter = from(0x61, in: small) & ~from(0x7B, in: small)
    let isDigit = from(0x30, in: word) & ~from(0x3A, in: word)
    let isUpper = from(0x41, in: word) & ~from(0x5B, in: word) & tops
    // A byte `@` would become a small backtick and is none; `isLetter` is made of true letters.
    let keep = (isLetter | isDigit) & tops
    let kept = (keep >> 7) &* 0xFF
    return ((word | isUpper >> 2) & kept, keep)
  }
}

/// What scalars are in the loose form.
enum ScalarClass {
  static let foldedScalars: UInt32 = 0x600
  static let between: UInt16 = 0xFFFF
  static let unknown: UInt16 = 0xFFFE

  /// For each of the first scalars: the letter, mark or number that it becomes, `between` if it ends
  /// a token, or `unknown` if it takes the definition to tell.
  static let folds: [UInt16] = (0..<foldedScalars).map { value in
    guard let scalar = Unicode.Scalar(value) else { return unknown }
    guard InertScalars.compatible(scalar) else { return unknown }
    var folded: [Unicode.Scalar] = []
    ScalarProperty.appendCaseFolding(of: scalar, to: &folded)
    guard folded.count == 1, let only = folded.first, only.value < foldedScalars,
      InertScalars.compatible(only)
    else { return unknown }
    return isPartOfToken(only) ? UInt16(truncatingIfNeeded: only.value) : between
  }

  static func isPartOfToken(_ scalar: Unicode.Scalar) -> Bool {
    let category = GeneralCategory(scalar)
    return category.isLetter || category.isMark || category.isNumber
  }

  /// Ideographs, kana, and the scripts of Thailand, Laos, Myanmar and Cambodia.
  static func isWrittenWithoutSpaces(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3040...0x30FF, 0x31F0...0x31FF,
      0x3400...0x4DBF, 0x4E00...0x9FFF, 0x20000...0x3FFFF:
      isPartOfToken(scalar)
    default: false
    }
  }

  /// Some of those, which normalisation and folding leave alone: hiragana, katakana, ideographs.
  static func isCommonAlone(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x3041...0x3096, 0x30A1...0x30FA, 0x4E00...0x9FEF: true
    default: false
    }
  }

  /// Dashes, quotes, the ideographic comma and stop.
  static func isCommonBetween(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x2012...0x2016, 0x2018...0x201F, 0x3001...0x3002: true
    default: false
    }
  }
}
