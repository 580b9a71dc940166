// The curvature is diagonal where it is said to be (Specs/Influence.md, "Curvature").

import CanonicalMath
import Learning
import Testing

@testable import Influence

@Suite struct CurvatureTests {
  @Test func turnedGradientsKeepTheirProducts() throws {
    let sample = try Sample(count: 8)
    let blocks = GradientBlocks(sample.adapter, in: Sample.configuration)
    var meter = GradientMeter(sample.model, adapter: sample.adapter)
    var factors = KroneckerFactors(blocks)
    _ = try meter.observe(sample.records, labels: [.drawn(seed: 1)], observer: &factors)
    var plain = GradientRecorder(blocks)
    var turned = GradientRecorder(blocks, bases: try factors.bases())
    plain.start(recordCount: 8)
    turned.start(recordCount: 8)
    _ = try meter.observe(sample.records, observer: &plain)
    _ = try meter.observe(sample.records, observer: &turned)
    for place in blocks.blocks.indices {
      let (a, b) = (plain.gradients(place), turned.gradients(place))
      let products = (Canonical.product(.nt, a, a), Canonical.product(.nt, b, b))
      let largest = products.0.elements.map(abs).max() ?? 0
      for (x, y) in zip(products.0.elements, products.1.elements) {
        #expect(abs(x - y) <= 1e-4 * largest)
      }
    }
  }

  @Test func drawnLabelsAreTheModelsOwnShares() throws {
    // Over many draws the expected gradient of the loss on drawn labels is zero.
    let sample = try Sample(count: 4)
    let blocks = GradientBlocks(sample.adapter, in: Sample.configuration)
    var meter = GradientMeter(sample.model, adapter: sample.adapter)
    var sum = [Float](repeating: 0, count: blocks.count)
    var squares = 0.0
    let draws = 300
    for seed in 0..<draws {
      var recorder = GradientRecorder(blocks)
      recorder.start(recordCount: 4)
      _ = try meter.observe(
        sample.records, labels: [.drawn(seed: UInt64(seed))], observer: &recorder)
      let own = blocks.blocks.indices.flatMap { recorder.gradients($0).row(0) }
      for index in own.indices { sum[index] += own[index] }
      squares += dot(own, own)
    }
    // |Σ|² is about Σ|·|² for independent draws around zero, and `draws` times that for equal ones.
    let ratio = dot(sum, sum) / squares
    #expect(ratio > 0.02 && ratio < 6, "\(ratio)")
  }

  @Test func moreDampingTendsToPlainProducts() throws {
    let sample = try Sample()
    let plain = try sample.index(.graddot, features: 0)
    let damped = try InfluenceIndex(
      inMemory: Sample.subject, IndexSettings(method: .ekfacEnd, features: 0, damping: 1e7),
      model: sample.model, adapter: sample.adapter, records: sample.records)
    let queries = Array(sample.records.prefix(2))
    let a = try plain.scores(of: queries, model: sample.model, adapter: sample.adapter)
    let b = try damped.scores(of: queries, model: sample.model, adapter: sample.adapter)
    let (x, y) = (a.elements, b.elements)
    #expect(dot(x, y) / (dot(x, x) * dot(y, y)).squareRoot() > 0.9999)
  }
}
