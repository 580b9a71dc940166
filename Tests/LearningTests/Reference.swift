// Numbers of PyTorch, transformers and PEFT in float64, where they are present beside the project.

import Checkpoints
import Testing

@testable import Learning

enum Repository {
  static let root = String(#filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 })
  static let reference = root + "/../shared/reference"
  static let hasReference = MappedFile.exists(reference + "/nano/config.json")
}

/// A file of reference tensors.
struct ReferenceNumbers {
  let file: Safetensors

  init(_ name: String) throws {
    file = try Safetensors(path: "\(Repository.reference)/\(name)")
  }

  func words(_ name: String) throws -> [UInt64] {
    let tensor = try #require(file[name], "\(name)")
    return unsafe tensor.withBytes { bytes in
      (0..<tensor.count).map {
        unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self))
      }
    }
  }

  func doubles(_ name: String) throws -> [Double] {
    try words(name).map { Double(bitPattern: $0) }
  }

  func integers(_ name: String) throws -> [Int] {
    try words(name).map { Int(truncatingIfNeeded: $0) }
  }
}

/// The greatest distance, relative to the greatest magnitude of the reference.
func distance(_ values: [Float], _ reference: [Double]) -> Double {
  precondition(values.count == reference.count)
  let peak = reference.reduce(0) { max($0, abs($1)) }
  return zip(values, reference).reduce(0) { max($0, abs(Double($1.0) - $1.1)) } / peak
}
