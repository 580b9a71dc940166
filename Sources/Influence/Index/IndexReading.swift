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
    guard let (header, end) = IndexHeader.read({ file.bytes(in: $0) }, count: file.count) else {
      throw refused("it does not begin as one")
    }
    let features = end + header.curvatureBytes
    guard features + header.featureBytes + 32 == file.count else {
      throw refused("it has \(file.count) bytes, which is not what its header announces")
    }
    let digest = unsafe file.withBytes(in: 0..<file.count - 32) { unsafe SHA256.hash($0) }
    guard digest.bytes == file.bytes(in: file.count - 32..<file.count) else {
      throw refused("its bytes have changed since it was written")
    }
    self.header = header
    self.file = file
    self.features = features
    guard header.curvatureBytes > 0 else {
      curvature = nil
      return
    }
    guard let curvature = Curvature(bytes: file.bytes(in: end..<features)) else {
      throw refused("its curvature does not parse")
    }
    self.curvature = curvature
  }
}

extension Curvature {
  /// For each block rank and width as 32-bit integers, then the two bases and the weights as
  /// float32, all little-endian.
  var bytes: [UInt8] {
    var all: [UInt8] = []
    func append(_ bits: UInt32) {
      for shift in stride(from: UInt32(0), to: 32, by: 8) {
        all.append(UInt8(truncatingIfNeeded: bits >> shift))
      }
    }
    for (basis, weights) in zip(bases, weights) {
      append(UInt32(basis.short.rows))
      append(UInt32(basis.long.rows))
      all += basis.short.canonicalBytes
      all += basis.long.canonicalBytes
      all += Matrix(weights).canonicalBytes
    }
    // Features begin at a multiple of 64 bytes.
    while all.count % 64 != 0 { all.append(0) }
    return all
  }

  init?(bytes: [UInt8]) {
    var next = 0
    func word(_ at: Int) -> UInt32 {
      (0..<4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[at + $1]) }
    }
    func floats(_ count: Int) -> [Float] {
      defer { next += 4 * count }
      return (0..<count).map { Float(bitPattern: word(next + 4 * $0)) }
    }
    var bases: [BlockBasis] = []
    var weights: [[Float]] = []
    while next + 64 <= bytes.count {
      let (rank, width) = (Int(word(next)), Int(word(next + 4)))
      guard (1...1 << 16).contains(rank), (1...1 << 16).contains(width),
        next + 8 + 4 * (rank * rank + width * width + rank * width) <= bytes.count
      else { return nil }
      next += 8
      bases.append(
        BlockBasis(
          short: Matrix(rows: rank, columns: rank, floats(rank * rank)),
          long: Matrix(rows: width, columns: width, floats(width * width))))
      weights.append(floats(rank * width))
    }
    guard next <= bytes.count, !bases.isEmpty else { return nil }
    self.init(bases: bases, weights: weights)
  }
}
