// Read-only matrices as checkpoints store them: float32, bfloat16 or float16, widened exactly where
// they are used (`Specs/Arithmetic.md`, "Formats").

import CanonicalKernels

public enum NumberFormat: Int32, Sendable, CaseIterable {
  case float32 = 0
  case bfloat16 = 1
  case float16 = 2

  public var byteCount: Int { self == .float32 ? 4 : 2 }
}

/// What a product, a gather or a norm reads: a `Matrix` or `Weights`.
public protocol Operand: Sendable {
  var rows: Int { get }
  var columns: Int { get }
  var operand: OperandView { get }
}

/// Where an operand's numbers lie. Only this module looks inside.
@safe public struct OperandView {
  let matrix: ck_matrix
  let owner: AnyObject?
}

/// A read-only matrix in a stored format. Its memory belongs to `owner`, which lives as long as any
/// copy of the weights.
@safe public struct Weights: Operand, @unchecked Sendable {
  public let rows: Int
  public let columns: Int
  public let format: NumberFormat
  /// True where the rows lie in panels of 16 (see `packed`).
  public let isPacked: Bool
  let data: UnsafeRawPointer
  let owner: AnyObject

  /// Weights inside memory that somebody else owns, such as a mapped file. `bytes` holds exactly
  /// rows · columns numbers, at any alignment; the caller guarantees that nobody writes to them while
  /// `owner` lives. `@unchecked Sendable` rests on that.
  @unsafe public init(
    rows: Int, columns: Int, format: NumberFormat, bytes: UnsafeRawBufferPointer, owner: AnyObject
  ) {
    precondition(bytes.count == rows * columns * format.byteCount, "weights fill their bytes")
    self.rows = rows
    self.columns = columns
    self.format = format
    isPacked = false
    // An empty matrix may come without an address: any other serves, since nothing is read.
    if let start = bytes.baseAddress {
      unsafe data = start
      self.owner = owner
    } else {
      let storage = Storage(capacity: 1, zeroed: true)
      unsafe data = UnsafeRawPointer(storage.base)
      self.owner = storage
    }
  }
  /// A copy of stored numbers (little-endian, rows · columns of them).
  public init(rows: Int, columns: Int, format: NumberFormat, copying bytes: [UInt8]) {
    precondition(bytes.count == rows * columns * format.byteCount, "weights fill their bytes")
    let storage = Storage(capacity: (bytes.count + 3) / 4, zeroed: false)
    unsafe UnsafeMutableRawBufferPointer(start: storage.base, count: bytes.count).copyBytes(
      from: bytes)
    self.init(rows, columns, format, packed: false, storage)
  }
  /// The same numbers as a matrix; memory is shared where it is contiguous.
  public init(_ matrix: Matrix) {
    let whole =
      matrix.isContiguous
      ? matrix : Matrix(rows: matrix.rows, columns: matrix.columns, matrix.elements)
    rows = whole.rows
    columns = whole.columns
    format = .float32
    isPacked = false
    unsafe data = UnsafeRawPointer(whole.base)
    owner = whole.storage
  }
  private init(
    _ rows: Int, _ columns: Int, _ format: NumberFormat, packed: Bool, _ storage: Storage,
    at start: Int = 0
  ) {
    self.rows = rows
    self.columns = columns
    self.format = format
    isPacked = packed
    unsafe data = UnsafeRawPointer(storage.base + start)
    owner = storage
  }

  /// A copy with its rows in panels of 16, in the same format: what products of the form NT read
  /// fastest, above all with few rows of A (decoding). Bits do not change.
  public func packed() -> Weights { isPacked ? self : Self.packed([self], narrowing: false)[0] }

  /// The same for several, in one piece of memory, which large pages serve. With `narrowing`, float32
  /// numbers that are all bfloat16 numbers too, as in many published checkpoints, are kept as such:
  /// every product has the same bits and reads half as much.
  public static func packed(_ list: [Weights], narrowing: Bool) -> [Weights] {
    let sources = list.map { narrowing ? $0.narrowed() : $0 }
    // Each begins on a cache line.
    let sizes = sources.map { source in
      ((source.rows + 15) / 16 * 16 * source.columns * source.format.byteCount + 63) / 64 * 16
    }
    let storage = Storage(capacity: sizes.reduce(0, +), zeroed: false)
    var start = 0
    var result: [Weights] = []
    for (source, size) in zip(sources, sizes) {
      var matrix = unsafe source.operand.matrix
      unsafe ck_kernels().pointee.pack(&matrix, storage.base + start)
      result.append(
        Weights(source.rows, source.columns, source.format, packed: true, storage, at: start))
      start += size
    }
    return result
  }
  /// The transpose, its rows in panels of 16, in the same format: x·W is then a product of the form NT
  /// with it, of the same bits, and reads W without packing it first.
  public func turned() -> Weights {
    precondition(!isPacked, "turn weights before they are packed")
    let size = format.byteCount
    let panels = (columns + 15) / 16
    // Columns past the last are zeros.
    let storage = Storage(
      capacity: (panels * 16 * rows * size + 3) / 4, zeroed: columns % 16 != 0)
    let to = unsafe UnsafeMutableRawPointer(storage.base)
    for row in 0..<rows {
      for panel in 0..<panels {
        unsafe (to + (panel * rows + row) * 16 * size).copyMemory(
          from: data + (row * columns + panel * 16) * size,
          byteCount: min(16, columns - panel * 16) * size)
      }
    }
    return Weights(columns, rows, format, packed: true, storage)
  }
  /// As bfloat16 where that loses nothing.
  private func narrowed() -> Weights {
    guard format == .float32, !isPacked else { return self }
    let count = rows * columns
    let halves = Storage(capacity: (count + 1) / 2, zeroed: false)
    let to = unsafe UnsafeMutableRawPointer(halves.base)
    // Most matrices that are not bfloat16's show it in their first few numbers.
    let piece = 4096
    var at = 0
    while at < count {
      let end = min(at + piece, count)
      var rest: UInt32 = 0
      for i in at..<end {
        let bits = unsafe data.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self)
        rest |= bits & 0xFFFF
        unsafe to.storeBytes(
          of: UInt16(truncatingIfNeeded: bits >> 16), toByteOffset: 2 * i, as: UInt16.self)
      }
      if rest != 0 { return self }
      at = end
    }
    return Weights(rows, columns, .bfloat16, packed: false, halves)
  }
  /// The numbers as float32.
  public func widened() -> Matrix {
    precondition(!isPacked, "widen weights before they are packed")
    var m = Matrix(uninitializedRows: rows, columns: columns)
    unsafe ck_kernels().pointee.widen(format.rawValue, rows * columns, data, m.mutableBase)
    return m
  }
  public var operand: OperandView {
    unsafe OperandView(
      matrix: ck_matrix(
        data: data, rows: rows, columns: columns, stride: columns, format: format.rawValue,
        panels: isPacked ? 1 : 0),
      owner: owner)
  }
}

extension Matrix: Operand {
  public var operand: OperandView {
    unsafe OperandView(
      matrix: ck_matrix(
        data: UnsafeRawPointer(base), rows: rows, columns: columns, stride: stride, format: 0,
        panels: 0),
      owner: storage)
  }
  /// The numbers rounded to `format` (nearest even), little-endian.
  public func bytes(as format: NumberFormat) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: count * format.byteCount)
    for r in 0..<rows {
      unsafe out.withUnsafeMutableBytes { p in
        guard let start = p.baseAddress else { return }
        unsafe ck_kernels().pointee.narrow(
          format.rawValue, columns, base + r * stride, start + r * columns * format.byteCount)
      }
    }
    return out
  }
}
