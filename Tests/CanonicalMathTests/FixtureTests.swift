// The kernels and the reference against what an independent implementation computed
// (Fixtures/arithmetic/make.py; Specs/Arithmetic.md, "Fixtures").
import CanonicalMath
import Glibc
import JSON
import Testing

/// A file of Fixtures/arithmetic.
private func fixture(_ name: String) throws -> JSONValue {
  let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
  let path = "/\(root)/Fixtures/arithmetic/\(name)"
  let file = try #require(unsafe fopen(path, "r"), "\(path) is missing")
  defer { unsafe fclose(file) }
  var bytes = [UInt8](repeating: 0, count: 1 << 20)
  let count = unsafe fread(&bytes, 1, bytes.count, file)
  return try JSONValue(parsing: Array(bytes[0..<count]))
}

private func numbers(_ value: JSONValue?) throws -> [Float] {
  try #require(value?.array).map { element in
    let digits = try #require(element.string)
    return Float(bitPattern: try #require(UInt32(digits, radix: 16)))
  }
}

extension AllArithmeticTests {
  @Suite struct Fixtures {
    @Test func everyKernelGivesTheBatterysDigests() {
      let result = ArithmeticSelfTest.run()
      #expect(result.differences == [])
      #expect(result.variants.contains(.portable))
      #expect(result.caseCount == 46 && result.numberCount > 40_000)
    }

    @Test func theDigestsInTheBinaryAreThoseOfTheFixture() throws {
      let file = try fixture("digests.json")
      let cases = try #require(file["cases"]?.array)
      let expected = ArithmeticSelfTest.expected
      #expect(cases.count == expected.count)
      for (a, b) in zip(cases, expected) {
        #expect(a["name"]?.string == b.name)
        let digits = try #require(a["digest"]?.string)
        #expect(UInt64(digits, radix: 16) == b.digest)
      }
    }

    @Test func functionsAtTheirEdgesGiveTheFixturesBits() throws {
      let file = try fixture("cases.json")
      for entry in try #require(file["functions"]?.array) {
        let name = try #require(entry["name"]?.string)
        let function = try #require(ScalarFunction.allCases.first { "\($0)" == name })
        let (x, y) = (try numbers(entry["x"]), try numbers(entry["y"]))
        #expect(same(x.map { Reference.map(function, $0) }, y), "\(name)")
        try onEveryVariant { variant in
          #expect(same(Canonical.map(function, Matrix(x)).elements, y), "\(name) \(variant)")
        }
      }
    }

    @Test func theWorkedProductGivesTheFixturesBits() throws {
      let file = try fixture("cases.json")
      let entry = try #require(file["product"])
      let a = Matrix(rows: 2, columns: 3, try numbers(entry["a"]))
      let b = Matrix(rows: 2, columns: 3, try numbers(entry["b"]))
      let c = try numbers(entry["c"])
      try onEveryVariant { _ in
        #expect(same(Canonical.product(.nt, a, b).elements, c))
      }
    }

    @Test func flushingSubnormalsIsNoticedAndDoesNoHarmInsideTheKernels() throws {
      let tiny = Matrix(rows: 1, columns: 40, [Float](repeating: 0x1p-140, count: 40))
      let one = Matrix(rows: 40, columns: 40, [Float](repeating: 1, count: 1600))
      let expected = Canonical.product(.nt, tiny, one)
      #expect(expected[0, 0] == 0x1.4p-135)
      try Kernels.check()
      Kernels.setFlushToZero(true)
      let inside = Canonical.product(.nt, tiny, one)
      #expect(throws: KernelError.self) { try Kernels.check() }
      Kernels.setFlushToZero(false)
      try Kernels.check()
      #expect(same(inside, expected))
    }
  }
}
