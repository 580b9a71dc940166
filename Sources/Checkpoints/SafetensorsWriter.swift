// Writes safetensors files that equal, byte for byte, those of the Python package for the same
// tensors and metadata; see Specs/Checkpoints.md, "Writing safetensors".

internal import Glibc
internal import JSON

/// A tensor to be written. `bytes` is asked for its little-endian data when its turn comes, so a model
/// larger than memory can be written tensor by tensor.
public struct OutgoingTensor {
  public let name: String
  public let type: TensorType
  public let shape: [Int]
  public let bytes: () throws(CheckpointError) -> [UInt8]

  public init(
    name: String, type: TensorType, shape: [Int],
    bytes: @escaping () throws(CheckpointError) -> [UInt8]
  ) {
    self.name = name
    self.type = type
    self.shape = shape
    self.bytes = bytes
  }

  /// A tensor of values in memory, rounded to nearest even where `type` is narrower than F32.
  public init(name: String, shape: [Int], values: [Float], type: TensorType = .f32) {
    self.init(name: name, type: type, shape: shape) { Narrowing.bytes(of: values, as: type) }
  }

  var byteCount: Int { shape.reduce(type.size, *) }
}

public enum SafetensorsWriter {
  /// Tensors in the order of the file: by descending type, then by the names' bytes.
  static func ordered(_ tensors: [OutgoingTensor]) -> [OutgoingTensor] {
    tensors.sorted {
      $0.type.rank != $1.type.rank
        ? $0.type.rank > $1.type.rank : ByteOrder.precedes($0.name, $1.name)
    }
  }

  /// The length field and the header, padded with spaces to a multiple of 8 bytes.
  static func header(
    _ ordered: [OutgoingTensor], metadata: [(key: String, value: String)]
  ) -> [UInt8] {
    var text: [UInt8] = [UInt8(ascii: "{")]
    func separate() { if text.count > 1 { text.append(UInt8(ascii: ",")) } }
    if !metadata.isEmpty {
      text += "\"__metadata__\":{".utf8
      for (index, entry) in metadata.enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        append(entry.key, to: &text)
        text.append(UInt8(ascii: ":"))
        append(entry.value, to: &text)
      }
      text.append(UInt8(ascii: "}"))
    }
    var offset = 0
    for tensor in ordered {
      separate()
      append(tensor.name, to: &text)
      let sizes = tensor.shape.map(String.init).joined(separator: ",")
      let end = offset + tensor.byteCount
      text += ":{\"dtype\":\"\(tensor.type.rawValue)\",\"shape\":[\(sizes)],".utf8
      text += "\"data_offsets\":[\(offset),\(end)]}".utf8
      offset = end
    }
    text.append(UInt8(ascii: "}"))
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    return unsafe withUnsafeBytes(of: UInt64(text.count).littleEndian) { unsafe Array($0) } + text
  }

  /// As the JSON writer does, except for the delete character, which the Python package leaves bare.
  private static func append(_ string: String, to text: inout [UInt8]) {
    let quoted = JSONWriter.quoted(string)
    guard string.utf8.contains(0x7F) else {
      text += quoted.utf8
      return
    }
    let parts = string.utf8.split(separator: 0x7F, omittingEmptySubsequences: false)
    text.append(UInt8(ascii: "\""))
    for (index, part) in parts.enumerated() {
      if index > 0 { text.append(0x7F) }
      text += JSONWriter.quoted(String(decoding: part, as: UTF8.self)).utf8.dropFirst().dropLast()
    }
    text.append(UInt8(ascii: "\""))
  }

  /// The whole file in memory.
  public static func bytes(
    _ tensors: [OutgoingTensor], metadata: [(key: String, value: String)] = [("format", "pt")],
    name: String = "model.safetensors"
  ) throws(CheckpointError) -> [UInt8] {
    let ordered = try checked(tensors, name)
    var output = header(ordered, metadata: metadata)
    output.reserveCapacity(output.count + ordered.reduce(0) { $0 + $1.byteCount })
    for tensor in ordered { output += try data(of: tensor, name) }
    return output
  }

  /// Writes to a file beside `path`, syncs it and renames it over `path`, so that a reader sees the old
  /// file or the whole new one.
  public static func write(
    _ tensors: [OutgoingTensor], metadata: [(key: String, value: String)] = [("format", "pt")],
    to path: String
  ) throws(CheckpointError) {
    let ordered = try checked(tensors, path)
    try AtomicFile.write(to: path) { (file) throws(CheckpointError) in
      try file.append(header(ordered, metadata: metadata))
      for tensor in ordered { try file.append(try data(of: tensor, path)) }
    }
  }

  private static func checked(
    _ tensors: [OutgoingTensor], _ file: String
  ) throws(CheckpointError) -> [OutgoingTensor] {
    let ordered = ordered(tensors)
    let names = ordered.map(\.name)
    let order = ByteOrder.sorted(names)
    for (left, right) in zip(order, order.dropFirst())
    where names[left].utf8.elementsEqual(names[right].utf8) {
      throw .malformed(file: file, problem: "tensor \(shown(names[left])) is given twice")
    }
    return ordered
  }

  private static func data(
    of tensor: OutgoingTensor, _ file: String
  ) throws(CheckpointError) -> [UInt8] {
    let bytes = try tensor.bytes()
    if bytes.count != tensor.byteCount {
      throw .mismatch(
        file: file, tensor: shown(tensor.name),
        problem: "\(bytes.count) bytes do not fill its shape \(tensor.shape)")
    }
    return bytes
  }
}

/// A file that appears under its name only when it is whole.
public struct AtomicFile: ~Copyable {
  private let descriptor: Int32
  private let path: String

  /// Runs `body` on a new file beside `path` and puts it in place. On failure nothing is left behind.
  public static func write(
    to path: String, _ body: (borrowing AtomicFile) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let temporary = path + ".partial-\(getpid())"
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw .system(file: temporary, call: "open", code: errno) }
    do throws(CheckpointError) {
      let file = AtomicFile(descriptor: descriptor, path: temporary)
      try body(file)
      if fsync(descriptor) != 0 { throw .system(file: temporary, call: "fsync", code: errno) }
    } catch {
      close(descriptor)
      unsafe _ = unlink(temporary)
      throw error
    }
    close(descriptor)
    if unsafe rename(temporary, path) != 0 {
      let code = errno
      unsafe _ = unlink(temporary)
      throw .system(file: path, call: "rename", code: code)
    }
  }

  public static func write(_ bytes: [UInt8], to path: String) throws(CheckpointError) {
    try write(to: path) { (file) throws(CheckpointError) in try file.append(bytes) }
  }

  public borrowing func append(_ bytes: [UInt8]) throws(CheckpointError) {
    var done = 0
    while done < bytes.count {
      // The pointer and the count describe the rest of `bytes`.
      let written = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress.map { unsafe $0 + done }, $0.count - done)
      }
      if written < 0 {
        if errno == EINTR { continue }
        throw .system(file: path, call: "write", code: errno)
      }
      done += written
    }
  }
}
