// Everything between products against the readable reference; Specs/Arithmetic.md.
import CanonicalMath
import Testing

extension AllArithmeticTests {
  @Suite struct Layers {
    static let shapes = [(1, 1), (3, 16), (2, 17), (5, 64), (4, 100), (1, 5000), (40, 31)]

    @Test(arguments: ScalarFunction.allCases)
    func functionsOfOneNumberAreTheReferences(function: ScalarFunction) throws {
      var inputs: [Float] = [0, -0, .infinity, -.infinity, .nan, 0x1p-149, -0x1p-149, 1, -1]
      let words = RandomStream(key: 1, stream: 2).words(count: 3000)
      let isTurn = function == .sineOfTurn || function == .cosineOfTurn
      if isTurn { inputs = [0, 0.125, 0.25, 0.5, 0.75, 0x1.fffffep-1] }
      for word in words {
        if isTurn {
          inputs.append(Float(word >> 8) * 0x1p-24)
        } else {
          inputs.append(Float(bitPattern: word))
          inputs.append(Float(Int32(bitPattern: word)) * 0x1p-25)
        }
      }
      let expected = inputs.map { Reference.map(function, $0) }
      try onEveryVariant { variant in
        #expect(same(Canonical.map(function, Matrix(inputs)).elements, expected), "\(variant)")
      }
    }

    @Test func normsFollowTheReference() throws {
      for (number, (t, n)) in Self.shapes.enumerated() {
        let x = awkward(t, n, stream: UInt64(number), special: number == 3)
        let dy = awkward(t, n, stream: UInt64(20 + number))
        let w = awkward(1, n, stream: UInt64(40 + number))
        let (y, r) = Reference.normForward(x, weight: w, epsilon: 1e-5)
        let dx = Reference.normBackward(x, weight: w, inverses: r, dy: dy)
        let dw = Reference.normWeightGradient(x, inverses: r, dy: dy)
        try onEveryVariant { variant in
          var input = x
          var output = Matrix(rows: t, columns: n)
          var inverses: [Float] = []
          Canonical.normForward(
            &input, weight: w, epsilon: 1e-5, into: &output, inverses: &inverses)
          #expect(same(output, y) && same(inverses, r), "\(variant) \(t)×\(n)")
          Canonical.normBackward(x, weight: w, inverses: r, dy: dy, into: &output)
          #expect(same(output, dx), "\(variant) \(t)×\(n)")
          var gradient = Matrix(rows: 1, columns: n)
          Canonical.normWeightGradient(x, inverses: r, dy: dy, into: &gradient)
          #expect(same(gradient, dw), "\(variant) \(t)×\(n)")
          // With a residual: x = x + residual, then the norm of that.
          var sum = x
          Canonical.add(dy, to: &sum)
          let (z, _) = Reference.normForward(sum, weight: w, epsilon: 1e-5)
          Canonical.normForward(
            &input, adding: dy, weight: w, epsilon: 1e-5, into: &output, inverses: &inverses)
          #expect(same(input, sum) && same(output, z), "\(variant) \(t)×\(n)")
        }
      }
    }

    @Test(arguments: Gate.allCases)
    func gatesFollowTheReference(gate: Gate) throws {
      for (number, (t, n)) in Self.shapes.enumerated() {
        let g = awkward(t, n, stream: UInt64(number), special: number == 4)
        let u = awkward(t, n, stream: UInt64(20 + number))
        let dy = awkward(t, n, stream: UInt64(40 + number))
        let y = Reference.gateForward(gate, g, u)
        let (dg, du) = Reference.gateBackward(gate, g, u, dy: dy)
        try onEveryVariant { variant in
          var out = Matrix(rows: t, columns: n)
          Canonical.gateForward(gate, g, u, into: &out)
          #expect(same(out, y), "\(variant)")
          var a = out
          var b = out
          Canonical.gateBackward(gate, g, u, dy: dy, dg: &a, du: &b)
          #expect(same(a, dg) && same(b, du), "\(variant)")
        }
      }
    }

    @Test func rotationsFollowTheReferenceAndUndoThemselves() throws {
      for half in [2, 8, 16, 20, 32] {
        let frequencies = (0..<half).map { Float(Scalar.power(10000, -Double($0) / Double(half))) }
        let table = RotationTable(positions: 0..<50, frequencies: frequencies)
        let x = awkward(7, 3 * 2 * half, stream: 9)
        let positions: [Int32] = [0, 1, 49, 3, 3, 17, 20]
        for backward in [false, true] {
          let expected = Reference.rotate(
            x, heads: 3, positions: positions, table: table, backward: backward)
          try onEveryVariant { variant in
            var y = x
            Canonical.rotate(&y, heads: 3, positions: positions, table: table, backward: backward)
            #expect(same(y, expected), "\(variant) \(half)")
          }
        }
      }
    }

    @Test func softmaxAndTheLossFollowTheReference() throws {
      for (number, (t, n)) in Self.shapes.enumerated() {
        let x = awkward(t, n, stream: UInt64(60 + number), special: number == 4)
        let targets = (0..<t).map { Int32($0 % 3 == 2 ? -1 : $0 * 7 % n) }
        let weights = (0..<t).map { Float($0 + 1) * 0.125 }
        let (losses, gradient) = Reference.crossEntropy(x, targets: targets, weights: weights)
        let soft = Reference.softmax(x, scale: 0.3)
        try onEveryVariant { variant in
          #expect(same(Canonical.softmax(x, scale: 0.3), soft), "\(variant)")
          var y = x
          let without = Canonical.crossEntropy(
            &y, targets: targets, weights: weights, gradient: false)
          #expect(same(without, losses) && same(y, x), "\(variant)")
          let with = Canonical.crossEntropy(&y, targets: targets, weights: weights, gradient: true)
          #expect(same(with, losses) && same(y, gradient), "\(variant)")
        }
      }
    }

    @Test func theHeadsLossDoesNotDependOnHowManyRowsAreInMemory() throws {
      let hidden = awkward(1100, 40, stream: 1)
      let head = Weights(awkward(70, 40, stream: 2))
      let targets = (0..<1100).map { Int32($0 * 31 % 70) }
      let weights = [Float](repeating: 0.01, count: 1100)
      var results: [([Float], Matrix, Matrix)] = []
      for rows in [512, 1, 600, 5000] {
        var dHidden = Matrix(rows: 0, columns: 0)
        var dHead = Matrix(rows: 70, columns: 40)
        let losses = Canonical.headLoss(
          hidden: hidden, head: head, targets: targets, weights: weights, dHidden: &dHidden,
          addingTo: &dHead, rowsAtOnce: rows)
        results.append((losses, dHidden, dHead))
        #expect(
          same(
            losses,
            Canonical.headLoss(
              hidden: hidden, head: head, targets: targets, weights: weights, rowsAtOnce: rows)))
      }
      for r in results.dropFirst() {
        #expect(same(r.0, results[0].0) && same(r.1, results[0].1) && same(r.2, results[0].2))
      }
    }

    @Test func sumsFollowTheTree() throws {
      for n in [0, 1, 15, 16, 17, 100, 4096, 4097, 20000] {
        let x = awkward(1, n, stream: UInt64(n))
        let y = awkward(1, n, stream: UInt64(n + 1))
        try onEveryVariant { variant in
          #expect(same([Canonical.sum(x)], [Reference.sum(x.elements)]), "\(variant) \(n)")
          #expect(
            same([Canonical.sumOfSquares(x)], [Reference.sumOfSquares(x.elements)]),
            "\(variant) \(n)")
          #expect(
            same([Canonical.rowMaximum(x.elements)], [Reference.rowMaximum(x.elements)]))
          #expect(
            same(Canonical.rowDots(x, y), [Reference.rowDot(x.elements, y.elements)]),
            "\(variant) \(n)")
        }
      }
    }

    @Test func columnSumsAndBiasesFollowTheProductsRule() throws {
      let x = awkward(1030, 37, stream: 4)
      let bias = awkward(1, 37, stream: 5)
      let expected = Reference.columnSums(x)
      try onEveryVariant { variant in
        var sums = Matrix(rows: 1, columns: 37)
        Canonical.columnSums(x, into: &sums)
        #expect(same(sums, expected), "\(variant)")
        var y = x
        Canonical.addBias(bias, to: &y)
        #expect(y[1029, 36].bitPattern == (x[1029, 36] + bias[0, 36]).bitPattern)
      }
    }

    @Test func adamWFollowsTheReference() throws {
      for n in [1, 16, 33, 40000] {
        let step = AdamWStep(
          step: 3, learningRate: 1e-3, weightDecay: 0.02, gradientScale: 0.7)
        let gradient = awkward(1, n, stream: 1)
        var p = awkward(1, n, stream: 2).elements
        var m = awkward(1, n, stream: 3).elements
        var v = awkward(1, n, stream: 4).elements.map { $0 * $0 }
        let start = (p, m, v)
        Reference.adamW(
          step, parameters: &p, gradient: gradient.elements, first: &m, second: &v)
        try onEveryVariant { variant in
          var (a, b, c) = (Matrix(start.0), Matrix(start.1), Matrix(start.2))
          Canonical.adamW(step, parameters: &a, gradient: gradient, first: &b, second: &c)
          #expect(same(a.elements, p) && same(b.elements, m) && same(c.elements, v), "\(variant)")
        }
      }
    }

    @Test func embeddingsAreGatheredAndTheirGradientsAddedInOrder() throws {
      let ids: [Int32] = [3, 0, 3, 7, 3, 1]
      let x = awkward(6, 70, stream: 1)
      let table = awkward(8, 70, stream: 2)
      var expected = table
      for t in 0..<6 {
        for j in 0..<70 { expected[Int(ids[t]), j] = expected[Int(ids[t]), j] + x[t, j] }
      }
      try onEveryVariant { _ in
        var sum = table
        Canonical.scatterAdd(x, ids: ids, to: &sum)
        #expect(same(sum, expected))
        for format in NumberFormat.allCases {
          let stored = Weights(
            rows: 8, columns: 70, format: format, copying: table.bytes(as: format))
          var y = Matrix(rows: 6, columns: 70)
          Canonical.gather(stored, ids: ids, into: &y)
          var z = y
          Canonical.gather(stored.packed(), ids: ids, into: &z)
          #expect(same(y.row(3), stored.widened().row(7)) && same(y, z))
        }
      }
    }

    @Test func randomNumbersAreFunctionsOfTheirPlace() throws {
      let stream = RandomStream(key: 0x0123_4567_89AB_CDEF, stream: 0xFEDC_BA98_7654_3210)
      try onEveryVariant { variant in
        #expect(
          stream.words(from: 5, count: 9) == (5..<14).map { Reference.word(stream, $0) })
        let u = stream.uniform(rows: 3, columns: 13, from: -0.5, to: 2)
        #expect(same(u.elements, (0..<39).map { Reference.uniform(stream, $0, from: -0.5, to: 2) }))
        let n = stream.normal(rows: 5, columns: 13, deviation: 0.02)
        #expect(
          same(n.elements, (0..<65).map { Reference.normal(stream, $0, deviation: 0.02) }),
          "\(variant)")
      }
      // Salmon et al.'s own vectors for Philox4x32-10.
      #expect(
        Reference.philox(key: 0, stream: 0, block: 0)
          == [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8])
      #expect(
        Reference.philox(key: .max, stream: .max, block: .max)
          == [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD])
    }
  }
}
