// Arrays as NumPy reads them: version 1.0 of its .npy format, float32, C order
// (Specs/Influence.md, "Scores").

public enum NumpyFile {
  /// The bytes before the numbers of an array of that shape.
  public static func header(shape: [Int]) -> [UInt8] {
    let sides = shape.count == 1 ? "\(shape[0])," : shape.map { "\($0)" }.joined(separator: ", ")
    var text = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(sides)), }"
    // Magic, version, length, text and a line feed fill a multiple of 64 bytes.
    while (10 + text.utf8.count + 1) % 64 != 0 { text += " " }
    text += "\n"
    let length = text.utf8.count
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)]
      + Array(text.utf8)
  }

  public static func bytes(shape: [Int], _ values: [Float]) -> [UInt8] {
    precondition(shape.reduce(1, *) == values.count, "an array fills its shape")
    var bytes = header(shape: shape)
    bytes.reserveCapacity(bytes.count + 4 * values.count)
    for value in values {
      let bits = value.bitPattern
      bytes.append(UInt8(truncatingIfNeeded: bits))
      bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
      bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
      bytes.append(UInt8(truncatingIfNeeded: bits >> 24))
    }
    return bytes
  }
}
