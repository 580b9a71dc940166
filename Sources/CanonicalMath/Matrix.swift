// Row-major float32 matrices with value semantics, and read-only weights in any stored format.
// `Specs/Arithmetic.md` says what is computed with them.

import CanonicalKernels

/// One allocation on a 64-byte boundary. Whoever holds it alone may write.
///
/// `@unchecked Sendable` and `@safe`: the memory is written only through a `Matrix` that has made sure
/// that no other one shares it, and freed only in `deinit`.
@safe final class Storage: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>
  let capacity: Int

  init(capacity: Int, zeroed: Bool) {
    guard let p = unsafe ck_allocate(capacity, zeroed ? 1 : 0) else {
      fatalError("out of memory: a matrix of \(capacity) numbers; try a smaller batch")
    }
    unsafe base = p
    self.capacity = capacity
  }
  deinit { unsafe ck_release(base, capacity) }
}

/// A float32 matrix, row-major. Copies share memory until one is written. A view made by `rows` or
/// `columns` shares it too, so writing to the original while a view lives copies it first.
@safe public struct Matrix: Sendable {
  public private(set) var rows: Int
  public private(set) var columns: Int
  /// Elements from one row to the next.
  public private(set) var stride: Int
  var offset: Int
  var storage: Storage

  /// Zeros.
  public init(rows: Int, columns: Int) {
    self.init(rows: rows, columns: columns, zeroed: true)
  }
  /// For results that are written whole: contents are unspecified until then.
  public init(uninitializedRows rows: Int, columns: Int) {
    self.init(rows: rows, columns: columns, zeroed: false)
  }
  init(rows: Int, columns: Int, zeroed: Bool) {
    precondition(rows >= 0 && columns >= 0, "a matrix has no negative side")
    self.rows = rows
    self.columns = columns
    stride = columns
    offset = 0
    storage = Storage(capacity: rows * columns, zeroed: zeroed)
  }
  /// `elements` in row-major order; their number is rows · columns.
  public init(rows: Int, columns: Int, _ elements: [Float]) {
    precondition(elements.count == rows * columns, "a matrix takes rows · columns elements")
    self.init(rows: rows, columns: columns, zeroed: false)
    for i in elements.indices { unsafe storage.base[i] = elements[i] }
  }
  /// One row.
  public init(_ elements: [Float]) { self.init(rows: 1, columns: elements.count, elements) }

  public var count: Int { rows * columns }
  /// True where no gap lies between rows.
  public var isContiguous: Bool { stride == columns || rows <= 1 }

  /// Views: they share this matrix's memory.
  public func rows(_ range: Range<Int>) -> Matrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows outside the matrix")
    var view = self
    view.offset += range.lowerBound * stride
    view.rows = range.count
    return view
  }
  public func columns(_ range: Range<Int>) -> Matrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= columns, "columns outside the matrix")
    var view = self
    view.offset += range.lowerBound
    view.columns = range.count
    return view
  }
  /// The same elements in another shape; needs a contiguous matrix.
  public func reshaped(rows: Int, columns: Int) -> Matrix {
    precondition(isContiguous && rows * columns == count, "a reshaped matrix keeps its elements")
    var view = self
    view.rows = rows
    view.columns = columns
    view.stride = columns
    return view
  }
  /// Makes this matrix `rows` × `columns`, re-using its memory where it is large enough and not
  /// shared. Contents are unspecified afterwards.
  public mutating func resize(rows: Int, columns: Int) {
    precondition(rows >= 0 && columns >= 0, "a matrix has no negative side")
    if rows * columns > storage.capacity || !isKnownUniquelyReferenced(&storage) {
      self = Matrix(uninitializedRows: rows, columns: columns)
    } else {
      self.rows = rows
      self.columns = columns
      stride = columns
      offset = 0
    }
  }

  public subscript(row: Int, column: Int) -> Float {
    get {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns, "outside the matrix")
      return unsafe storage.base[offset + row * stride + column]
    }
    set {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns, "outside the matrix")
      makeUnique()
      unsafe storage.base[offset + row * stride + column] = newValue
    }
  }
  /// The elements in row-major order.
  public var elements: [Float] {
    unsafe Array(unsafeUninitializedCapacity: count) { buffer, n in
      for r in 0..<rows {
        for c in 0..<columns { unsafe buffer[r * columns + c] = base[r * stride + c] }
      }
      n = count
    }
  }
  public func row(_ r: Int) -> [Float] { rows(r..<r + 1).elements }
  public mutating func fill(_ value: Float) {
    if value.bitPattern == 0 && !isKnownUniquelyReferenced(&storage) {
      self = Matrix(rows: rows, columns: columns)
      return
    }
    let p = unsafe mutableBase
    for r in 0..<rows { unsafe (p + r * stride).update(repeating: value, count: columns) }
  }
  /// Copies `source`, which has the shape of `self.rows(at ..< at + source.rows)`, over those rows.
  public mutating func replaceRows(from at: Int, with source: Matrix) {
    precondition(
      source.columns == columns && at >= 0 && at + source.rows <= rows, "rows do not fit")
    let p = unsafe mutableBase
    for r in 0..<source.rows {
      unsafe (p + (at + r) * stride).update(from: source.base + r * source.stride, count: columns)
    }
  }
  /// The same for columns at ..< at + source.columns.
  public mutating func replaceColumns(from at: Int, with source: Matrix) {
    precondition(
      source.rows == rows && at >= 0 && at + source.columns <= columns, "columns do not fit")
    let p = unsafe mutableBase
    for r in 0..<rows {
      unsafe (p + r * stride + at).update(
        from: source.base + r * source.stride, count: source.columns)
    }
  }
  /// The bytes of `canonicalBytes` without a copy, where there are no gaps and no NaN.
  public func withCanonicalBytes<Result>(_ body: (RawSpan) throws -> Result) rethrows -> Result {
    var whole = Canonical.contiguous(self)
    let hasNaN = unsafe ck_kernels().pointee.hasNaN(whole.count, whole.base) != 0
    if hasNaN { unsafe ck_kernels().pointee.canonicalise(whole.count, whole.mutableBase) }
    let bytes = unsafe UnsafeRawBufferPointer(start: whole.base, count: whole.count * 4)
    let result = try body(unsafe bytes.bytes)
    withExtendedLifetime(whole.storage) {}
    return result
  }
  /// The elements' little-endian bytes, row by row, every NaN as 0x7FC00000: what a state's hash and a
  /// file hold.
  public var canonicalBytes: [UInt8] {
    withCanonicalBytes { span in
      unsafe span.withUnsafeBytes { unsafe Array($0) }
    }
  }

  var base: UnsafePointer<Float> { unsafe UnsafePointer(storage.base + offset) }
  mutating func makeUnique() {
    if isKnownUniquelyReferenced(&storage) { return }
    let copy = Matrix(rows: rows, columns: columns, zeroed: false)
    for r in 0..<rows {
      unsafe (copy.storage.base + r * columns).update(from: base + r * stride, count: columns)
    }
    self = copy
  }
  /// Writable memory of this matrix alone.
  var mutableBase: UnsafeMutablePointer<Float> {
    mutating get {
      makeUnique()
      return unsafe storage.base + offset
    }
  }
}
