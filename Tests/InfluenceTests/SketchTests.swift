// A sketch spreads evenly and keeps inner products (Specs/Influence.md, "Sketch").

import Learning
import Testing

@testable import Influence

@Suite struct SketchTests {
  private func sketched(_ values: [Float], _ sketch: Sketch) -> [Float] {
    var list = [Float](repeating: 0, count: sketch.size)
    var span = list.mutableSpan
    sketch.add(values.span, weights: nil, offset: 0, to: &span, at: 0)
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
      // Four places, or fewer where they meet.
      #expect(list.count { $0 != 0 } >= 2 && dot(list, list) > 1.9, "\(place)")
    }
  }

  @Test func whatIsShortEnoughStaysAsItIs() {
    #expect(sketched([1, 2, 3], Sketch(inputs: 3, size: 8, seed: 1)) == [1, 2, 3])
  }
}
