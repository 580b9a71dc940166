// The four Unicode normalisation forms (UAX #15) over utf8proc's tables; see Specs/Tokenizers.md.
//
// Only the tables are utf8proc's. Its own ordering of combining marks takes quadratic time on a
// long run of marks, and text comes from strangers; here such runs are sorted.

import CUtf8proc

public enum Normalization: Sendable, Equatable, CaseIterable {
  case nfc, nfd, nfkc, nfkd

  /// The normalised text, or nil when `utf8` is not valid UTF-8.
  public func applied(to utf8: [UInt8]) -> [UInt8]? {
    if utf8.allSatisfy({ $0 < 0x80 }) { return utf8 }
    guard let text = String(validating: utf8, as: UTF8.self) else { return nil }
    var output: [UInt8] = []
    output.reserveCapacity(utf8.count)
    for scalar in applied(to: Array(text.unicodeScalars)) {
      UTF8Text.append(scalar, to: &output)
    }
    return output
  }

  public func applied(to text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
    var output = String.UnicodeScalarView()
    output.append(contentsOf: applied(to: Array(text.unicodeScalars)))
    return String(output)
  }

  public func applied(to scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    if isTrivially(normalized: scalars) { return scalars }
    return alignedApplied(to: scalars).map(\.scalar)
  }

  /// The normalised scalars, each with how it came about, so that offsets can be carried over.
  public func alignedApplied(to scalars: [Unicode.Scalar]) -> [AlignedScalar] {
    let compatible = self == .nfkc || self == .nfkd
    let decomposed = Decomposition.ordered(scalars, compatible: compatible)
    return self == .nfc || self == .nfkc ? Composition.composed(decomposed) : decomposed
  }

  /// True for text whose scalars all stay as they are: below U+00C0 (U+0300 when composing)
  /// nothing composes, decomposes or reorders, apart from the compatibility forms' Latin-1 signs.
  private func isTrivially(normalized scalars: [Unicode.Scalar]) -> Bool {
    let bound: UInt32 =
      switch self {
      case .nfc: 0x300
      case .nfd: 0xC0
      case .nfkc, .nfkd: 0xA0
      }
    return scalars.allSatisfy { $0.value < bound }
  }
}

/// One scalar of a normalised text. `change` is 0 when it replaces one scalar of the source, 1
/// when it was inserted, and -n when it also swallows n more scalars of the source.
public struct AlignedScalar: Equatable, Sendable {
  public var scalar: Unicode.Scalar
  public var change: Int

  public init(scalar: Unicode.Scalar, change: Int) {
    self.scalar = scalar
    self.change = change
  }
}

enum Decomposition {
  /// The longest decomposition of one scalar in Unicode (U+FDFA) has 18 scalars.
  private static let longest = 18

  static func append(
    _ scalar: Unicode.Scalar, options: utf8proc_option_t, to output: inout [Unicode.Scalar]
  ) {
    unsafe withUnsafeTemporaryAllocation(of: Int32.self, capacity: longest) { buffer in
      var boundary: Int32 = 0
      // The buffer holds `longest` values and its size is passed on.
      let count = unsafe utf8proc_decompose_char(
        Int32(bitPattern: scalar.value), buffer.baseAddress, longest, options, &boundary)
      guard count > 0, count <= longest else {
        output.append(scalar)
        return
      }
      for index in 0..<count {
        output.append(unsafe Unicode.Scalar(UInt32(bitPattern: buffer[index])) ?? scalar)
      }
    }
  }

  /// The full decomposition of every scalar, marks in canonical order.
  static func ordered(_ scalars: [Unicode.Scalar], compatible: Bool) -> [AlignedScalar] {
    let options =
      compatible
      ? utf8proc_option_t(rawValue: UTF8PROC_DECOMPOSE.rawValue | UTF8PROC_COMPAT.rawValue)
      : UTF8PROC_DECOMPOSE
    var output: [AlignedScalar] = []
    output.reserveCapacity(scalars.count)
    var parts: [Unicode.Scalar] = []
    var marks: [(key: UInt64, item: AlignedScalar)] = []
    func flush() {
      if marks.count > 1 { marks.sort { $0.key < $1.key } }
      for mark in marks { output.append(mark.item) }
      marks.removeAll(keepingCapacity: true)
    }
    func place(_ item: AlignedScalar) {
      let rank = ScalarProperty.combiningClass(item.scalar)
      if rank == 0 {
        if !marks.isEmpty { flush() }
        output.append(item)
      } else {
        // The position within the run is part of the key, so equal classes keep their order.
        marks.append((UInt64(rank) << 48 | UInt64(marks.count), item))
      }
    }
    for scalar in scalars {
      if scalar.value < 0xA0 || (!compatible && scalar.value < 0xC0) {
        place(AlignedScalar(scalar: scalar, change: 0))
        continue
      }
      parts.removeAll(keepingCapacity: true)
      append(scalar, options: options, to: &parts)
      for (index, part) in parts.enumerated() {
        place(AlignedScalar(scalar: part, change: index == 0 ? 0 : 1))
      }
    }
    flush()
    return output
  }
}

enum Composition {
  /// Canonical composition of decomposed, ordered scalars. One pass; linear time.
  static func composed(_ input: [AlignedScalar]) -> [AlignedScalar] {
    var output: [AlignedScalar] = []
    output.reserveCapacity(input.count)
    var starter: Int? = nil
    var lastClass: UInt8 = 0
    for item in input {
      let rank = ScalarProperty.combiningClass(item.scalar)
      if let position = starter {
        let adjacent = output.count == position + 1
        if adjacent || (lastClass < rank && lastClass != 0),
          let joined = pair(output[position].scalar, item.scalar)
        {
          output[position].scalar = joined
          output[position].change += item.change - 1
          continue
        }
      }
      output.append(item)
      if rank == 0 { starter = output.count - 1 }
      lastClass = rank
    }
    return output
  }

  /// The primary composite of two scalars, if there is one.
  static func pair(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
    // No scalar below U+0300 is the second half of a composite. U+11A7 is none either, but utf8proc
    // takes it for the first of the trailing jamo, which is the one after it.
    if second.value < 0x300 || second.value == 0x11A7 { return nil }
    return unsafe withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2) { buffer in
      unsafe buffer[0] = Int32(bitPattern: first.value)
      unsafe buffer[1] = Int32(bitPattern: second.value)
      let options = utf8proc_option_t(
        rawValue: UTF8PROC_COMPOSE.rawValue | UTF8PROC_STABLE.rawValue)
      guard unsafe utf8proc_normalize_utf32(buffer.baseAddress, 2, options) == 1 else { return nil }
      return unsafe Unicode.Scalar(UInt32(bitPattern: buffer[0]))
    }
  }
}
