// The header of a safetensors file, checked before any tensor is touched; see
// Specs/Checkpoints.md, "safetensors".

internal import JSON

/// One tensor as the header describes it.
public struct TensorInfo: Sendable, Equatable {
  public let name: String
  public let type: TensorType
  public let shape: [Int]
  /// Where its bytes lie in the file.
  public let range: Range<Int>
  /// The number of elements: the product of `shape`.
  public let count: Int
}

/// Bounds on a safetensors file from outside.
public enum SafetensorsLimits {
  /// The header has at most this many bytes: about 150,000 tensors.
  public static let headerBytes = 16 << 20
  /// A tensor has at most this many dimensions.
  public static let dimensions = 8
}

struct SafetensorsHeader {
  /// In the order of the file's header.
  var tensors: [TensorInfo]
  var metadata: [(key: String, value: String)]

  /// `header` is the JSON text, `dataStart` where the tensors' bytes begin, `fileSize` where they end.
  init(
    parsing header: [UInt8], dataStart: Int, fileSize: Int, file: String
  ) throws(CheckpointError) {
    guard header.first == UInt8(ascii: "{") else {
      throw .malformed(file: file, problem: "the header does not begin with {")
    }
    let document: JSONValue
    do {
      document = try JSONValue(
        parsing: header, limits: JSONLimits(depth: 4, bytes: SafetensorsLimits.headerBytes))
    } catch {
      throw .malformed(file: file, problem: "the header is not valid JSON: \(error)")
    }
    guard case .object(let members) = document else {
      throw .malformed(file: file, problem: "the header is not an object")
    }
    tensors = []
    metadata = []
    tensors.reserveCapacity(members.count)
    for (name, value) in members.members {
      if name == "__metadata__" {
        try readMetadata(value, file)
      } else {
        tensors.append(try Self.tensor(name, value, dataStart, fileSize, file))
      }
    }
    try checkTiling(dataStart, fileSize, file)
  }

  private mutating func readMetadata(
    _ value: JSONValue, _ file: String
  ) throws(CheckpointError) {
    guard case .object(let entries) = value else {
      throw .malformed(file: file, problem: "__metadata__ is not an object")
    }
    for (key, entry) in entries.members {
      guard case .string(let text) = entry else {
        throw .malformed(file: file, problem: "__metadata__.\(shown(key)) is not a string")
      }
      metadata.append((key, text))
    }
  }

  private static func tensor(
    _ name: String, _ value: JSONValue, _ dataStart: Int, _ fileSize: Int, _ file: String
  ) throws(CheckpointError) -> TensorInfo {
    let label = shown(name)
    guard case .object(let members) = value else {
      throw .malformed(file: file, problem: "tensor \(label) is not described by an object")
    }
    for key in members.keys where key != "dtype" && key != "shape" && key != "data_offsets" {
      throw .malformed(file: file, problem: "tensor \(label) has the unknown key \(shown(key))")
    }
    guard case .string(let typeName)? = members["dtype"] else {
      throw .malformed(file: file, problem: "tensor \(label) has no dtype")
    }
    guard let type = TensorType(rawValue: typeName) else {
      throw .unsupported(
        file: file, option: "dtype of \(label)", value: shown(typeName),
        advice: "save it as F32, F16 or BF16")
    }
    guard case .array(let sizes)? = members["shape"] else {
      throw .malformed(file: file, problem: "tensor \(label) has no shape")
    }
    if sizes.count > SafetensorsLimits.dimensions {
      throw .limit(
        file: file, what: "the number of dimensions of \(label)", value: sizes.count,
        limit: SafetensorsLimits.dimensions)
    }
    var shape: [Int] = []
    var count = 1
    for size in sizes {
      guard case .integer(let number) = size, number >= 0 else {
        throw .malformed(file: file, problem: "tensor \(label) has a size that is no whole number")
      }
      let (product, overflow) = count.multipliedReportingOverflow(by: Int(number))
      if overflow {
        throw .malformed(file: file, problem: "the number of elements of \(label) overflows")
      }
      shape.append(Int(number))
      count = product
    }
    guard case .array(let offsets)? = members["data_offsets"], offsets.count == 2,
      case .integer(let begin) = offsets[0], case .integer(let end) = offsets[1],
      begin >= 0, end >= begin
    else {
      throw .malformed(file: file, problem: "tensor \(label) has no proper data_offsets")
    }
    if end > Int64(fileSize - dataStart) {
      throw .malformed(
        file: file,
        problem: "tensor \(label) ends at byte \(end) of \(fileSize - dataStart) bytes of data; "
          + "the file is cut short or its header lies")
    }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: type.size)
    if overflow || bytes != Int(end - begin) {
      throw .malformed(
        file: file,
        problem: "tensor \(label) of shape \(shape) and type \(typeName) does not fill its "
          + "\(end - begin) bytes")
    }
    return TensorInfo(
      name: name, type: type, shape: shape,
      range: dataStart + Int(begin)..<dataStart + Int(end), count: count)
  }

  /// Tensors cover the data exactly: no gap, no overlap, nothing left over. So a file cannot hide
  /// bytes, and two tensors cannot share them.
  private func checkTiling(_ dataStart: Int, _ fileSize: Int, _ file: String)
    throws(CheckpointError)
  {
    let order = tensors.indices.sorted {
      let (a, b) = (tensors[$0].range, tensors[$1].range)
      return (a.lowerBound, a.upperBound, $0) < (b.lowerBound, b.upperBound, $1)
    }
    var position = dataStart
    for index in order {
      let tensor = tensors[index]
      if tensor.range.lowerBound != position {
        let what =
          tensor.range.lowerBound < position ? "overlaps another" : "leaves a gap before it"
        throw .malformed(file: file, problem: "tensor \(shown(tensor.name)) \(what)")
      }
      position = tensor.range.upperBound
    }
    if position != fileSize {
      throw .malformed(
        file: file, problem: "\(fileSize - position) bytes at the end belong to no tensor")
    }
  }
}
