// A safetensors file, mapped and checked; see Specs/Checkpoints.md, "safetensors".

/// One file of tensors. A value: copies share the mapping.
public struct Safetensors: Sendable {
  public let file: MappedFile
  /// In the order of the header.
  public let tensors: [TensorInfo]
  /// `__metadata__` in the order of the header.
  public let metadata: [(key: String, value: String)]
  /// Tensor places by name, sorted by the names' bytes.
  private let order: [Int]

  /// Maps and checks the file at `path`.
  public init(path: String) throws(CheckpointError) {
    try self.init(file: MappedFile(path: path))
  }

  /// Checks a file that is held in memory.
  public init(bytes: [UInt8], name: String) throws(CheckpointError) {
    try self.init(file: MappedFile(bytes: bytes, name: name))
  }

  public init(file: MappedFile) throws(CheckpointError) {
    guard file.count >= 8 else {
      throw .malformed(
        file: file.path, problem: "\(file.count) bytes are too few for a safetensors file")
    }
    let length = unsafe file.withBytes(in: 0..<8) {
      unsafe UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self))
    }
    if length > UInt64(SafetensorsLimits.headerBytes) {
      throw .limit(
        file: file.path, what: "the header's length in bytes",
        value: Int(clamping: length), limit: SafetensorsLimits.headerBytes)
    }
    let start = 8 + Int(length)
    if start > file.count {
      throw .malformed(
        file: file.path,
        problem: "the header of \(length) bytes is longer than the file of \(file.count)")
    }
    let header = try SafetensorsHeader(
      parsing: file.bytes(in: 8..<start), dataStart: start, fileSize: file.count, file: file.path)
    self.file = file
    tensors = header.tensors
    metadata = header.metadata
    order = ByteOrder.sorted(header.tensors.map(\.name))
  }

  /// The tensor of that name.
  public subscript(name: String) -> Tensor? {
    guard let place = ByteOrder.place(of: name, in: order, name: { tensors[$0].name }) else {
      return nil
    }
    return Tensor(info: tensors[place], file: file)
  }

  /// All tensors, in the order of the header.
  public var all: [Tensor] { tensors.map { Tensor(info: $0, file: file) } }
}

/// One tensor and the file that holds it.
public struct Tensor: Sendable {
  public let info: TensorInfo
  public let file: MappedFile

  public var name: String { info.name }
  public var shape: [Int] { info.shape }
  public var count: Int { info.count }
  public var type: TensorType { info.type }

  /// The raw little-endian bytes, valid only inside `body`.
  public func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe file.withBytes(in: info.range, body)
  }

  /// The mapped values themselves, without a copy, when they are F32 and aligned; nil otherwise.
  public func withMappedFloats<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard type == .f32 else { return nil }
    return try unsafe withBytes { (bytes) throws(Failure) -> Result? in
      guard let base = bytes.baseAddress, UInt(bitPattern: base) % 4 == 0 else { return nil }
      // Aligned, and the header check made `count` elements fill the range.
      return try unsafe body(
        UnsafeBufferPointer(start: base.assumingMemoryBound(to: Float.self), count: count))
    }
  }

  /// Widens the elements of a range into `output`, exactly. False, and nothing written, when the type
  /// does not widen to Float, the range leaves the tensor or `output` has another size.
  @discardableResult
  public func widen(_ elements: Range<Int>, into output: UnsafeMutableBufferPointer<Float>) -> Bool
  {
    guard type.widensToFloat, elements.lowerBound >= 0, elements.upperBound <= count,
      elements.count == output.count
    else { return false }
    if elements.isEmpty { return true }
    let type = type
    unsafe withBytes { bytes in
      if let base = bytes.baseAddress {
        unsafe Widening.widen(type, base + elements.lowerBound * type.size, into: output)
      }
    }
    return true
  }

  /// All elements as Float, exactly.
  public func floats() throws(CheckpointError) -> [Float] { try floats(0..<count) }

  /// The elements of a range as Float, exactly.
  public func floats(_ elements: Range<Int>) throws(CheckpointError) -> [Float] {
    guard type.widensToFloat else {
      throw .unsupported(
        file: file.path, option: "dtype of \(shown(name))", value: type.rawValue,
        advice: "save it as F32, F16 or BF16")
    }
    guard elements.lowerBound >= 0, elements.upperBound <= count else {
      throw .mismatch(
        file: file.path, tensor: shown(name), problem: "it has no elements \(elements)")
    }
    return unsafe Array(unsafeUninitializedCapacity: elements.count) { buffer, initialized in
      unsafe widen(elements, into: UnsafeMutableBufferPointer(rebasing: buffer[..<elements.count]))
      initialized = elements.count
    }
  }
}

/// Look-ups by the bytes of a name: Swift's own string order treats different bytes as equal.
enum ByteOrder {
  static func precedes(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }

  static func sorted(_ names: [String]) -> [Int] {
    names.indices.sorted { precedes(names[$0], names[$1]) }
  }

  static func place(of name: String, in order: [Int], name at: (Int) -> String) -> Int? {
    var low = 0
    var high = order.count
    while low < high {
      let middle = (low + high) / 2
      if precedes(at(order[middle]), name) { low = middle + 1 } else { high = middle }
    }
    guard low < order.count, at(order[low]).utf8.elementsEqual(name.utf8) else { return nil }
    return order[low]
  }
}
