// The Unicode properties of one scalar, as utf8proc's tables give them; see Specs/Tokenizers.md.

import CUtf8proc

/// The two-letter general category of a scalar. Unassigned scalars are `unassigned`.
public enum GeneralCategory: UInt8, Sendable, Equatable, CaseIterable {
  case unassigned = 0
  case uppercaseLetter, lowercaseLetter, titlecaseLetter, modifierLetter, otherLetter
  case nonspacingMark, spacingMark, enclosingMark
  case decimalNumber, letterNumber, otherNumber
  case connectorPunctuation, dashPunctuation, openPunctuation, closePunctuation
  case initialPunctuation, finalPunctuation, otherPunctuation
  case mathSymbol, currencySymbol, modifierSymbol, otherSymbol
  case spaceSeparator, lineSeparator, paragraphSeparator
  case control, format, surrogate, privateUse

  public init(_ scalar: Unicode.Scalar) {
    let raw = utf8proc_category(Int32(bitPattern: scalar.value)).rawValue
    self = GeneralCategory(rawValue: UInt8(truncatingIfNeeded: raw)) ?? .unassigned
  }

  public var isLetter: Bool {
    rawValue >= Self.uppercaseLetter.rawValue && rawValue <= Self.otherLetter.rawValue
  }
  public var isMark: Bool {
    rawValue >= Self.nonspacingMark.rawValue && rawValue <= Self.enclosingMark.rawValue
  }
  public var isNumber: Bool {
    rawValue >= Self.decimalNumber.rawValue && rawValue <= Self.otherNumber.rawValue
  }
  public var isPunctuation: Bool {
    rawValue >= Self.connectorPunctuation.rawValue && rawValue <= Self.otherPunctuation.rawValue
  }
  public var isSymbol: Bool {
    rawValue >= Self.mathSymbol.rawValue && rawValue <= Self.otherSymbol.rawValue
  }
}

/// What else the project asks of a scalar.
public enum ScalarProperty {
  /// The property White_Space (25 scalars; it has not changed since Unicode 6.3).
  public static func isWhitespace(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09...0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F,
      0x3000:
      true
    default: false
    }
  }

  /// The canonical combining class; 0 for a starter.
  public static func combiningClass(_ scalar: Unicode.Scalar) -> UInt8 {
    if scalar.value < 0x300 { return 0 }
    // utf8proc returns a pointer into its constant tables for every code point.
    let property = unsafe utf8proc_get_property(Int32(bitPattern: scalar.value))
    return unsafe UInt8(truncatingIfNeeded: property?.pointee.combining_class ?? 0)
  }

  /// The simple (one to one) lower-case mapping.
  public static func lowercase(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    Unicode.Scalar(UInt32(bitPattern: utf8proc_tolower(Int32(bitPattern: scalar.value)))) ?? scalar
  }

  /// Full case folding (one to one, two or three scalars), without normalisation.
  public static func appendCaseFolding(
    of scalar: Unicode.Scalar, to output: inout [Unicode.Scalar]
  ) {
    if scalar.value < 0x80 {
      let upper = scalar.value >= 0x41 && scalar.value <= 0x5A
      output.append(Unicode.Scalar(UInt8(scalar.value) + (upper ? 32 : 0)))
      return
    }
    Decomposition.append(scalar, options: UTF8PROC_CASEFOLD, to: &output)
  }
}
