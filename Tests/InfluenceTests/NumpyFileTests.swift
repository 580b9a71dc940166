// Arrays are laid out as NumPy's own writer lays them out (Specs/Influence.md, "Scores").

import Testing

@testable import Influence

@Suite struct NumpyFileTests {
  @Test func aHeaderFillsAMultipleOf64BytesAndNamesTheShape() {
    let bytes = NumpyFile.bytes(shape: [2, 3], [1, 2, 3, 4, 5, 6])
    #expect(bytes.count == 128 + 24)
    #expect(Array(bytes[..<10]) == [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, 118, 0])
    let text = String(decoding: bytes[10..<128], as: UTF8.self)
    #expect(text.hasPrefix("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"))
    #expect(text.hasSuffix(" \n"))
    #expect(Array(bytes[128..<136]) == [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])
  }

  @Test func oneSideKeepsItsComma() {
    let text = String(decoding: NumpyFile.header(shape: [7]), as: UTF8.self)
    #expect(text.contains("'shape': (7,), }"))
  }
}
