// model.safetensors, or the shards that model.safetensors.index.json lists, as one set of tensors; see
// Specs/Checkpoints.md, "Shards".

internal import JSON

/// Where the weights of a checkpoint are.
public struct WeightFiles: Sendable {
  /// One file, or the shards in the order in which the index first names them.
  public let files: [Safetensors]

  /// More shards than this are refused.
  public static let shardLimit = 1024
  /// The index has at most this many bytes.
  public static let indexBytes = 16 << 20

  public init(files: [Safetensors]) throws(CheckpointError) {
    self.files = files
    var names: [(name: String, file: Int)] = []
    for (index, file) in files.enumerated() {
      for tensor in file.tensors { names.append((tensor.name, index)) }
    }
    names.sort { ByteOrder.precedes($0.name, $1.name) }
    for (left, right) in zip(names, names.dropFirst())
    where left.name.utf8.elementsEqual(right.name.utf8) {
      throw .malformed(
        file: files[right.file].file.path,
        problem: "tensor \(shown(left.name)) is also in \(files[left.file].file.path)")
    }
  }

  /// Opens `model.safetensors` of a directory, or else the shards of its index.
  public init(directory: String) throws(CheckpointError) {
    let single = directory + "/model.safetensors"
    let index = directory + "/model.safetensors.index.json"
    if MappedFile.exists(single) {
      try self.init(files: [Safetensors(path: single)])
      return
    }
    guard MappedFile.exists(index) else {
      if MappedFile.exists(directory + "/pytorch_model.bin") {
        throw .unsupported(
          file: directory, option: "weights", value: "pytorch_model.bin",
          advice: "convert the model to safetensors; pickled files can run code")
      }
      throw .malformed(
        file: directory, problem: "neither model.safetensors nor model.safetensors.index.json")
    }
    let names = try Self.shards(
      parsing: MappedFile.contents(of: index, limit: Self.indexBytes), file: index)
    var files: [Safetensors] = []
    for name in names { files.append(try Safetensors(path: directory + "/" + name)) }
    try self.init(files: files)
  }

  /// The shards' names in the order of the index. A name must stay inside the directory.
  public static func shards(
    parsing bytes: [UInt8], file: String
  ) throws(CheckpointError) -> [String] {
    var fields = try ConfigurationFields(parsing: bytes, file: file, limit: indexBytes)
    fields.ignore(["metadata"])
    guard let map = fields.value("weight_map")?.object else {
      throw .malformed(file: file, problem: "weight_map is missing")
    }
    try fields.refuseTheRest()
    var names: [String] = []
    var last = ""
    for (tensor, value) in map.members {
      guard let name = value.string else {
        throw .malformed(file: file, problem: "weight_map.\(shown(tensor)) is not a string")
      }
      if name == last || names.contains(name) { continue }
      if name.isEmpty || name.utf8.contains(UInt8(ascii: "/")) || name.utf8.contains(0)
        || name == ".." || !name.hasSuffix(".safetensors")
      {
        throw .malformed(
          file: file, problem: "the shard name \(shown(name)) is no file of this directory")
      }
      names.append(name)
      last = name
      if names.count > shardLimit {
        throw .limit(
          file: file, what: "the number of shards", value: names.count, limit: shardLimit)
      }
    }
    if names.isEmpty { throw .malformed(file: file, problem: "weight_map is empty") }
    return names
  }

  public subscript(name: String) -> Tensor? {
    for file in files {
      if let tensor = file[name] { return tensor }
    }
    return nil
  }

  /// Every tensor's name, sorted by bytes.
  public var names: [String] {
    files.flatMap { $0.tensors.map(\.name) }.sorted(by: ByteOrder.precedes)
  }

  /// The path that messages about the whole set give.
  public var path: String { files.first?.file.path ?? "no weights" }
}
