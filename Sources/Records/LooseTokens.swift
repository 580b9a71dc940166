// A text's loose form, cut into tokens; see Specs/Duplicates.md, "Tokens".

internal import UnicodeText

/// The loose form: compatibility-composed (NFKC), case-folded, composed again, cut into tokens. A
/// token is a run of letters, marks and numbers; of scripts that are written without spaces, each
/// letter is one.
struct LooseTokens: Sendable {
  /// The hashes of the last text's tokens in order.
  private(set) var hashes: [UInt64] = []
  private var folded: [UInt64] = []

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

  /// Eight bytes at a time: letters made small and everything between tokens made zero, then each
  /// token cut out of the words. False if there is a byte beyond ASCII.
  private mutating func readASCII(_ text: UnsafeRawBufferPointer) -> Bool {
    let count = text.count
    let words = (count + 7) / 8
    // Two words of zeros behind: one ends the last token, the other gives room to read past it.
    if folded.count < words + 2 { folded = Array(repeating: 0, count: words * 2 + 2) }
    let isASCII = unsafe folded.withUnsafeMutableBufferPointer { folded in
      var beyond: UInt64 = 0
      for place in 0..<count / 8 {
        let word = unsafe UInt64(
          littleEndian: text.loadUnaligned(fromByteOffset: place * 8, as: UInt64.self))
        beyond |= word
        unsafe folded[place] = LooseTokens.folded(word & 0x7F7F_7F7F_7F7F_7F7F).littleEndian
      }
      if count % 8 > 0 {
        var word: UInt64 = 0
        for rest in count / 8 * 8..<count { unsafe word = word >> 8 | UInt64(text[rest]) << 56 }
        word >>= UInt64(truncatingIfNeeded: 8 - count % 8) * 8
        beyond |= word
        unsafe folded[words - 1] = LooseTokens.folded(word & 0x7F7F_7F7F_7F7F_7F7F).littleEndian
      }
      unsafe folded[words] = 0
      unsafe folded[words + 1] = 0
      return beyond & 0x8080_8080_8080_8080 == 0
    }
    if !isASCII { return false }
    // A token takes a byte and one between, so there are no more than half as many as bytes,
    // rounded up; one place more is written to behind them.
    hashes = unsafe Array(unsafeUninitializedCapacity: count / 2 + 2) { hashes, found in
      unsafe folded.withUnsafeBytes { folded in
        var at = 0
        while at < words * 8 {
          let word = unsafe UInt64(
            littleEndian: folded.loadUnaligned(fromByteOffset: at, as: UInt64.self))
          let zeros = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
          let length = zeros.trailingZeroBitCount >> 3
          if length == 8 {
            let token = unsafe LooseTokens.long(in: folded, from: at)
            unsafe hashes[found] = token.hash
            found += 1
            at = token.end
            continue
          }
          // Written even if the token is empty, and then written over: cheaper than to foresee it.
          let group = word & (1 << UInt64(truncatingIfNeeded: length << 3) - 1)
          unsafe hashes[found] = TokenHash.short(group, length: length)
          found += length > 0 ? 1 : 0
          at += length + 1
        }
      }
    }
    return true
  }

  /// A token of eight bytes and more, and where it ends. Zeros stand behind the text.
  private static func long(
    in folded: UnsafeRawBufferPointer, from start: Int
  ) -> (hash: UInt64, end: Int) {
    var state = DuplicateConstants.token
    var at = start
    while true {
      // A step is taken only if all eight bytes belong to the token, so the next load, at the
      // latest behind the last letter, still lies before the end of the zeros.
      let word = unsafe UInt64(
        littleEndian: folded.loadUnaligned(fromByteOffset: at, as: UInt64.self))
      let zeros = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
      if zeros != 0 {
        let rest = zeros.trailingZeroBitCount >> 3
        let group = word & (1 << UInt64(truncatingIfNeeded: rest << 3) - 1)
        let length = UInt64(truncatingIfNeeded: at - start + rest)
        return (TokenHash.finished(state: state, group: group, length: length), at + rest)
      }
      state = TokenHash.stepped(state, word)
      at += 8
    }
  }

  /// Eight bytes of ASCII: small letters and digits as they are, capitals made small, others zero.
  @inline(__always) private static func folded(_ word: UInt64) -> UInt64 {
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
    return (word | isUpper >> 2) & kept
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
