// A sketch spreads evenly and keeps inner products (Specs/Influence.md, "Sketch").

import Learning
import Testing

@testable import Influence

@Suite struct SketchTests {
  private func sketched(_ values: [Float], _ sketch: Sketch) -> [Float] {
    var list = [Float](repeating: 0, count: sketch.size)
    var span = list.mutableSpan
    sketch.add(values.span, offset: 0, to: &span, at: 0)
    return list
  }

  @Test func productsOfDrawnListsAreKept() {
    let sketch = Sketch(inputs: 6000, size: 1024, seed: 3)
    var draws = SeededDraws(seed: 9)
    func list() -> [Float] { (0..<6000).map { _ in Float(draws.below(2001)) - 1000 } }
    var squares = 0.0
    for _ in 0..<40 {
      let (a, b) = (list(), list())
      let error = dot(sketched(a, sketch), sketched(b, sketch)) - dot(a, b)
      let deviation = (dot(a, a) * dot(b, b) / 1024).squareRoot()
      squares += error * error / (deviation * deviation)
    }
    #expect(squares / 40 > 0.3 && squares / 40 < 2, "\(squares / 40)")
  }

  @Test func oneNumberKeepsItsSize() {
    let sketch = Sketch(inputs: 6000, size: 1024, seed: 3)
    for place in [0, 17, 5999] {
      var values = [Float](repeating: 0, count: 6000)
      values[place] = 2
      let list = sketched(values, sketch)
      #expect(list.count { $0 != 0 } == 4 && dot(list, list) == 4, "\(place)")
    }
  }

  @Test func partsAddUpToTheWhole() {
    let weights = (0..<999).map { Float($0 % 7) }
    let sketch = Sketch(inputs: 999, size: 128, seed: 3, weights: weights)
    let values = (0..<999).map { Float($0 % 13) - 6 }
    var list = [Float](repeating: 0, count: 3 + sketch.size)
    var span = list.mutableSpan
    for (from, to) in [(0, 5), (5, 40), (40, 500), (500, 999)] {
      sketch.add(values.span.extracting(from..<to), offset: from, to: &span, at: 3)
    }
    #expect(Array(list.dropFirst(3)) == sketched(values, sketch))
    let plain = Sketch(inputs: 999, size: 128, seed: 3)
    #expect(sketched(values, sketch) == sketched(zip(values, weights).map(*), plain))
  }

  @Test func whatIsShortEnoughStaysAsItIs() {
    #expect(sketched([1, 2, 3], Sketch(inputs: 3, size: 8, seed: 1)) == [1, 2, 3])
  }
}
