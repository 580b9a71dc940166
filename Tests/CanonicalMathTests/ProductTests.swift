// Products of every form and shape against the chain of fma; Specs/Arithmetic.md, "Matrix product".
import CanonicalMath
import Testing

extension AllArithmeticTests {
  @Suite struct Products {
    @Test(arguments: ProductForm.allCases)
    func aProductIsTheChainOfFma(form: ProductForm) throws {
      let shapes = [
        (1, 1, 1), (1, 16, 3), (2, 7, 600), (3, 17, 5), (8, 48, 513), (13, 50, 1030), (97, 33, 40),
        (5, 8, 70), (70, 8, 33), (6, 100, 8), (100, 3, 2), (9, 576, 4), (200, 49, 17), (1, 130, 64),
        (4, 0, 3), (0, 4, 3), (3, 4, 0), (33, 20, 2049), (100, 60, 600), (30, 8, 1024),
        (2, 96, 72), (16, 40, 520), (65, 30, 65), (1, 64, 1030), (70, 5, 520), (66, 20, 2100),
      ]
      for (number, (m, n, k)) in shapes.enumerated() {
        for special in [false, true] {
          let stream = UInt64(number * 2 + (special ? 1 : 0))
          let a = awkward(
            form == .tn ? k : m, form == .tn ? m : k, stream: 10 + stream, special: special)
          let b = awkward(
            form == .nt ? n : k, form == .nt ? k : n, stream: 100 + stream, special: special)
          let old = awkward(m, n, stream: 200 + stream, special: special)
          let fresh = Reference.product(form, a, b)
          let added = Reference.product(form, a, b, addingTo: old)
          try onEveryVariant { variant in
            #expect(same(Canonical.product(form, a, b), fresh), "\(variant) \(m)×\(n)×\(k)")
            var c = old
            Canonical.product(form, a, b, into: &c, accumulating: true)
            #expect(same(c, added), "\(variant) \(m)×\(n)×\(k), accumulating")
          }
        }
      }
    }

    @Test func threadsDoNotChangeABit() throws {
      let before = Kernels.threads
      defer { Kernels.threads = before }
      for form in ProductForm.allCases {
        for (m, n, k) in [(300, 200, 700), (8, 500, 576), (400, 8, 300), (2, 1000, 64)] {
          let a = awkward(form == .tn ? k : m, form == .tn ? m : k, stream: 3)
          let b = awkward(form == .nt ? n : k, form == .nt ? k : n, stream: 4)
          Kernels.threads = 1
          let one = Canonical.product(form, a, b)
          for threads in [2, 3, 8] {
            Kernels.threads = threads
            #expect(same(Canonical.product(form, a, b), one))
          }
        }
      }
    }

    @Test func packedAndHalfWidthWeightsGiveTheBitsOfWidenedOnes() throws {
      for format in NumberFormat.allCases {
        for (m, n, k) in [(1, 33, 70), (3, 100, 513), (8, 64, 1024), (20, 50, 40), (130, 90, 600)] {
          let b = Weights(
            rows: n, columns: k, format: format,
            copying: awkward(n, k, stream: 5, special: true).bytes(as: format))
          let wide = b.widened()
          let a = awkward(m, k, stream: 6)
          let other = awkward(m, n, stream: 7)
          let forward = Reference.product(.nt, a, wide)
          let backward = Reference.product(.nn, other, wide)
          try onEveryVariant { variant in
            #expect(same(b.widened(), wide), "\(variant) \(format)")
            #expect(same(Canonical.product(.nt, a, b), forward), "\(variant) \(format)")
            #expect(same(Canonical.product(.nt, a, b.packed()), forward), "\(variant) \(format)")
            #expect(same(Canonical.product(.nn, other, b), backward), "\(variant) \(format)")
            #expect(
              same(Canonical.product(.nt, other, b.turned()), backward), "\(variant) \(format)")
          }
        }
      }
    }

    @Test func weightsThatAreAllBfloatsAreReadAsSuchWithTheSameBits() throws {
      let stored = Weights(
        rows: 50, columns: 600, format: .bfloat16,
        copying: awkward(50, 600, stream: 9, special: true).bytes(as: .bfloat16))
      let wide = stored.widened()
      var other = wide
      other[49, 599] = 1 + 0x1p-20
      let a = awkward(3, 600, stream: 10)
      let packed = Weights.packed([Weights(wide), Weights(other), stored], narrowing: true)
      #expect(packed.map(\.format) == [.bfloat16, .float32, .bfloat16])
      try onEveryVariant { _ in
        #expect(same(Canonical.product(.nt, a, packed[0]), Reference.product(.nt, a, wide)))
        #expect(same(Canonical.product(.nt, a, packed[1]), Reference.product(.nt, a, other)))
        #expect(same(Canonical.product(.nt, a, packed[2]), Reference.product(.nt, a, wide)))
      }
    }

    @Test func viewsAndSlicesOfColumnsServeAsOperandsAndResults() throws {
      let wide = awkward(40, 100, stream: 8)
      let a = wide.columns(3..<40)
      let b = wide.columns(50..<87).rows(2..<30)
      try onEveryVariant { _ in
        let expected = Reference.product(.nt, a, b)
        var c = Matrix(rows: 40, columns: 60)
        Canonical.product(.nt, a, b, into: &c, columns: 16..<44)
        #expect(same(c.columns(16..<44), expected))
        #expect(c.columns(0..<16).elements.allSatisfy { $0 == 0 })
        #expect(c.columns(44..<60).elements.allSatisfy { $0 == 0 })
      }
    }
  }
}
