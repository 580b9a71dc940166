// Opens an index and believes nothing of it that its hash does not confirm
// (Specs/Influence.md, "Index").

import CanonicalMath
import Checkpoints
import Cryptography

extension InfluenceIndex {
  public init(path: String) throws(InfluenceError) {
    let file: MappedFile
    do { file = try MappedFile(path: path) } catch { throw .checkpoint(error) }
    try self.init(file)
  }

  init(_ file: MappedFile) throws(InfluenceError) {
    func refused(_ problem: String) -> InfluenceError {
      .noIndex(file: file.path, problem: problem)
    }
    let magic = IndexHeader.magic
    if file.count >= magic.count {
      let own = file.bytes(in: 0..<magic.count)
      if own.dropLast() == magic.dropLast(), own != magic {
        throw refused("it is of another version of this program")
      }
    }
    guard let (header, end) = IndexHeader.read({ file.bytes(in: $0) }, count: file.count) else {
      throw refused("it does not begin as one")
    }
    let features = end + header.curvatureBytes
    guard features + header.recordBytes * header.recordCount + 32 == file.count else {
      throw refused("it has \(file.count) bytes, which is not what its header announces")
    }
    let digest = unsafe file.withBytes(in: 0..<file.count - 32) { unsafe SHA256.hash($0) }
    guard digest.bytes == file.bytes(in: file.count - 32..<file.count) else {
      throw refused("its bytes have changed since it was written")
    }
    self.header = header
    self.file = file
    self.features = features
    let needed = header.settings.method.usesCurvature ? header.settings.method.points.count : 0
    guard let curvatures = Curvature.read(file.bytes(in: end..<features), count: needed) else {
      throw refused("its curvature does not parse")
    }
    self.curvatures = curvatures
  }
}

extension Curvature {
  /// For each point: the number of blocks, then for each block rank and width, as 32-bit integers, and
  /// the two bases and the weights as float32, all little-endian.
  static func bytes(_ curvatures: [Curvature]) -> [UInt8] {
    var all: [UInt8] = []
    func append(_ bits: UInt32) {
      for shift in stride(from: UInt32(0), to: 32, by: 8) {
        all.append(UInt8(truncatingIfNeeded: bits >> shift))
      }
    }
    for curvature in curvatures {
      append(UInt32(curvature.bases.count))
      for (basis, weights) in zip(curvature.bases, curvature.weights) {
        append(UInt32(basis.short.rows))
        append(UInt32(basis.long.rows))
        all += basis.short.canonicalBytes
        all += basis.long.canonicalBytes
        all += Matrix(weights).canonicalBytes
      }
    }
    // Features begin at a multiple of 64 bytes.
    while all.count % 64 != 0 { all.append(0) }
    return all
  }

  /// `count` curvatures; nil where the bytes hold no such thing.
  static func read(_ bytes: [UInt8], count: Int) -> [Curvature]? {
    var next = 0
    func word(_ at: Int) -> UInt32 {
      (0..<4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[at + $1]) }
    }
    func number() -> Int? {
      guard next + 4 <= bytes.count else { return nil }
      defer { next += 4 }
      return Int(word(next))
    }
    func floats(_ count: Int) -> [Float] {
      defer { next += 4 * count }
      return (0..<count).map { Float(bitPattern: word(next + 4 * $0)) }
    }
    var all: [Curvature] = []
    for _ in 0..<count {
      guard let blocks = number(), blocks <= 1 << 16 else { return nil }
      var bases: [BlockBasis] = []
      var weights: [[Float]] = []
      for _ in 0..<blocks {
        guard let rank = number(), let width = number(), (1...1 << 16).contains(rank),
          (1...1 << 16).contains(width),
          next + 4 * (rank * rank + width * width + rank * width) <= bytes.count
        else { return nil }
        bases.append(
          BlockBasis(
            short: Matrix(rows: rank, columns: rank, floats(rank * rank)),
            long: Matrix(rows: width, columns: width, floats(width * width))))
        weights.append(floats(rank * width))
      }
      all.append(Curvature(bases: bases, weights: weights))
    }
    return bytes.count - next < 64 ? all : nil
  }
}
