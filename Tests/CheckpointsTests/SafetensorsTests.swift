// Tests of the safetensors reader and writer against files of the Python package; see
// Specs/Checkpoints.md, "safetensors".

import Checkpoints
import Testing

/// A file with this header text and `data` bytes after it.
func safetensors(_ header: String, data: Int = 0) -> [UInt8] {
  let length = UInt64(header.utf8.count)
  return (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + Array(header.utf8)
    + [UInt8](repeating: 0, count: data)
}

/// Why reading `bytes` is refused, or "accepted".
func refusal(_ bytes: [UInt8]) -> String {
  do {
    _ = try Safetensors(bytes: bytes, name: "x.safetensors")
    return "accepted"
  } catch {
    return error.description
  }
}

@Suite struct SafetensorsTests {
  @Test func `a file of the Python package is read and written again byte for byte`() throws {
    for name in [
      "mixed.safetensors", "halves.safetensors", "base/model.safetensors",
      "adapter/adapter_model.safetensors",
    ] {
      let path = Repository.fixture(name)
      let file = try Safetensors(path: path)
      // Given in another order than the file's.
      let outgoing = file.all.reversed().map { tensor in
        OutgoingTensor(name: tensor.name, type: tensor.type, shape: tensor.shape) {
          () throws(CheckpointError) in unsafe tensor.withBytes { unsafe Array($0) }
        }
      }
      let written = try SafetensorsWriter.bytes(Array(outgoing), metadata: file.metadata)
      #expect(written == file.file.bytes(in: 0..<file.file.count), "\(name)")
    }
  }

  @Test func `halves widen to what PyTorch makes of them`() throws {
    let file = try Safetensors(path: Repository.fixture("halves.safetensors"))
    for type in ["f16", "bf16"] {
      let ours = try #require(file[type]).floats()
      let theirs = try #require(file["\(type).f32"]).floats()
      #expect(ours.map(\.bitPattern) == theirs.map(\.bitPattern))
    }
  }

  @Test func `every half widens exactly and comes back`() throws {
    var bytes: [UInt8] = []
    for bits in UInt16.min...UInt16.max { bytes += [UInt8(bits & 255), UInt8(bits >> 8)] }
    for type in [TensorType.f16, .bf16] {
      let file = try SafetensorsWriter.bytes([
        OutgoingTensor(name: "all", type: type, shape: [65536]) { bytes }
      ])
      let values = try #require(Safetensors(bytes: file, name: "m")["all"]).floats()
      if type == .f16 {
        for (bits, value) in values.enumerated() {
          let expected = Float(Float16(bitPattern: UInt16(bits)))
          #expect(value.isNaN ? expected.isNaN : value.bitPattern == expected.bitPattern)
        }
      }
      let back = Narrowing.bytes(of: values, as: type)
      for bits in 0..<65536 where !values[bits].isNaN {
        #expect(back[2 * bits] == bytes[2 * bits] && back[2 * bits + 1] == bytes[2 * bits + 1])
      }
    }
  }

  @Test func `narrowing to half rounds to nearest even`() {
    var state: UInt64 = 42
    let seed = state
    var values: [Float] = [65519.996, 65520, 5.9604645e-8, 2.9802322e-8, 2.9802326e-8, 6.1e-5]
    for _ in 0..<200_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let value = Float(bitPattern: UInt32(truncatingIfNeeded: state >> 32))
      // Half of them near the halves' range.
      values.append(state & 1 == 0 ? value : Float(Int32(truncatingIfNeeded: state >> 20)) * 1e-6)
    }
    let bytes = Narrowing.bytes(of: values, as: .f16)
    for (index, value) in values.enumerated() where !value.isNaN {
      let expected = Float16(value).bitPattern
      let found = UInt16(bytes[2 * index]) | UInt16(bytes[2 * index + 1]) << 8
      #expect(found == expected, "seed \(seed), value \(value)")
    }
  }

  @Test func `a part of a tensor is widened, a part outside is refused`() throws {
    let bytes = try SafetensorsWriter.bytes([
      OutgoingTensor(name: "w", shape: [2, 2], values: [1, 2, 3, 4], type: .bf16)
    ])
    let tensor = try #require(Safetensors(bytes: bytes, name: "m")["w"])
    #expect(try tensor.floats(1..<3) == [2, 3])
    #expect(throws: CheckpointError.self) { try tensor.floats(1..<5) }
    let mapped = unsafe tensor.withMappedFloats { $0.count }
    #expect(mapped == nil)
  }

  @Test func `aligned F32 is read in place`() throws {
    let file = try Safetensors(path: Repository.fixture("base/model.safetensors"))
    let tensor = try #require(file["model.norm.weight"])
    let mapped = unsafe tensor.withMappedFloats { unsafe Array($0) }
    #expect(try mapped == tensor.floats())
  }

  @Test func `lying headers are refused by name`() {
    let entry = #"{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#
    let cases: [(String, Int, String)] = [
      (#"{"a":\#(entry)}"#, 8, "accepted"),
      (#"{"a":\#(entry)}"#, 7, "cut short"),
      (#"{"a":\#(entry)}"#, 9, "belong to no tensor"),
      (#"{"a":\#(entry),"b":\#(entry)}"#, 8, "overlaps"),
      (#"{"a":\#(entry),"a":\#(entry)}"#, 8, "twice"),
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, 12, "gap"),
      (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8, "does not fill"),
      (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8, "no whole number"),
      (#"{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}"#, 8, "no whole number"),
      (
        #"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#, 0,
        "overflows"
      ),
      (
        #"{"a":{"dtype":"F32","shape":[9223372036854775807],"data_offsets":[0,0]}}"#, 0,
        "does not fill"
      ),
      (#"{"a":{"dtype":"F32","shape":[0],"data_offsets":[8,0]}}"#, 8, "data_offsets"),
      (#"{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}"#, 1, "dtype of a = F4"),
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}"#, 8, "unknown key x"),
      (#"{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}"#, 4, "dimensions"),
      (#"{"__metadata__":{"a":1}}"#, 0, "is not a string"),
      (#" {}"#, 0, "begin with {"),
      (#"{"a":\#(entry)"#, 8, "not valid JSON"),
      (#"{"a":[[[[[1]]]]]}"#, 0, "nesting"),
    ]
    for (header, data, expected) in cases {
      let found = refusal(safetensors(header, data: data))
      #expect(found.contains(expected), "\(header): \(found)")
    }
    #expect(refusal([1, 2, 3]).contains("too few"))
    #expect(refusal([255, 255, 255, 255, 255, 255, 255, 255, 123]).contains("limit"))
    #expect(refusal([16, 0, 0, 0, 0, 0, 0, 0, 123]).contains("longer than the file"))
  }

  @Test func `two tensors of one name are not written`() {
    #expect(throws: CheckpointError.self) {
      try SafetensorsWriter.bytes([
        OutgoingTensor(name: "a", shape: [1], values: [1]),
        OutgoingTensor(name: "a", shape: [1], values: [2]),
      ])
    }
  }
}
