// Scores from an index are the products that their method names (Specs/Influence.md).

import CanonicalMath
import Checkpoints
import Glibc
import Learning
import Testing

@testable import Influence

@Suite struct IndexTests {
  @Test func plainProductsAreThoseOfWholeGradients() throws {
    let sample = try Sample()
    let index = try sample.index(.graddot, features: 0)
    let queries = Array(sample.records.prefix(3))
    let scores = try index.scores(of: queries, model: sample.model, adapter: sample.adapter)
    let gradients = try sample.records.map { try sample.gradient($0) }
    for row in queries.indices {
      let norm = dot(gradients[row], gradients[row]).squareRoot()
      for (column, gradient) in gradients.enumerated() {
        let bound = 1e-3 * norm * dot(gradient, gradient).squareRoot() + 1e-9
        let exact = dot(gradients[row], gradient)
        #expect(abs(Double(scores[row, column]) - exact) <= bound, "\(row), \(column)")
      }
    }
    // What counts nothing moves nothing.
    #expect(scores[0, 5] == 0)
  }

  @Test func aSketchKeepsProducts() throws {
    let sample = try Sample()
    let exact = try sample.index(.graddot, features: 0)
    let sketched = try sample.index(.graddot, features: 1024)
    #expect(sketched.featureCount == 1024 && exact.featureCount > 2048)
    let queries = Array(sample.records.prefix(6))
    let (a, b) = (
      try exact.scores(of: queries, model: sample.model, adapter: sample.adapter),
      try sketched.scores(of: queries, model: sample.model, adapter: sample.adapter)
    )
    let norms = try sample.records.map { record in
      let gradient = try sample.gradient(record)
      return dot(gradient, gradient).squareRoot()
    }
    var squares = 0.0
    for row in queries.indices {
      for column in sample.records.indices {
        let deviation = (2.0 / 1024).squareRoot() * norms[row] * norms[column] + 1e-9
        let error = Double(a[row, column] - b[row, column]) / deviation
        #expect(abs(error) < 6)
        squares += error * error
      }
    }
    #expect(squares / Double(a.count) < 1.5)
  }

  @Test func dataInfIsThePapersFormula() throws {
    let sample = try Sample(count: 10)
    let index = try sample.index(.datainf)
    let query = sample.records[2]
    let scores = try index.scores(of: [query], model: sample.model, adapter: sample.adapter)
    let blocks = GradientBlocks(sample.adapter, in: Sample.configuration)
    let gradients = try sample.records.map { try sample.gradient($0) }
    let asked = try sample.gradient(query)
    let n = Double(gradients.count)
    for column in gradients.indices {
      var expected = 0.0
      var size = 0.0
      for block in blocks.blocks {
        func part(_ gradient: [Float]) -> [Float] {
          Array(gradient[block.offset..<block.offset + block.count])
        }
        let own = gradients.map(part)
        let v = part(asked)
        let squares = own.map { dot($0, $0) }
        let lambda = 0.1 * squares.reduce(0, +) / (n * Double(block.count))
        let sum = own.indices.reduce(0.0) { sum, i in
          sum + dot(v, own[i]) * dot(own[i], own[column]) / (lambda + squares[i])
        }
        expected += (dot(v, own[column]) - sum / n) / lambda
        size += abs(dot(v, own[column])) / lambda
      }
      #expect(abs(Double(scores[0, column]) - expected) <= 4e-3 * size + 1e-9, "\(column)")
    }
  }

  @Test func hiddenStatesOfARecordAreMostLikeThemselves() throws {
    let sample = try Sample()
    let index = try sample.index(.repsim)
    let scores = try index.scores(
      of: sample.records, model: sample.model, adapter: sample.adapter)
    for row in sample.records.indices where row != 5 {
      #expect(abs(scores[row, row] - 1) < 2e-3)
      for column in sample.records.indices { #expect(scores[row, column] <= scores[row, row]) }
    }
  }

  @Test func aRecordIsSuspectWhereOthersSpeakAgainstIt() throws {
    let sample = try Sample()
    let index = try sample.index(.ekfacEnd)
    let suspicions = index.suspicions()
    #expect(suspicions.indices.filter { suspicions[$0] == nil } == [5])
    let (stored, lengths) = index.stored(0, 0)
    let directions = stored.widened()
    let counted = sample.records.indices.filter { $0 != 5 }
    for place in counted {
      let cosines = counted.filter { $0 != place }.map {
        dot(Array(directions.row($0)), Array(directions.row(place)))
      }
      let found = try #require(suspicions[place])
      #expect(abs(found.agreement - cosines.reduce(0, +) / 22) < 1e-3)
      #expect(found.selfInfluence == Double(lengths[place]) * Double(lengths[place]))
    }
    // More length and less agreement, more suspicion.
    let all = suspicions.compactMap { $0 }
    for a in all {
      for b in all where a.selfInfluence > b.selfInfluence && a.agreement < b.agreement {
        #expect(a.score > b.score)
      }
    }
  }

  @Test func anIndexOnDiskAnswersAsTheOneInMemory() throws {
    let sample = try Sample()
    let path = "/tmp/influence-index-\(getpid())"
    defer { unlink(path) }
    let settings = IndexSettings(method: .ekfac, features: 512)
    try InfluenceIndex.write(
      to: path, Sample.subject, settings, model: sample.model, adapter: sample.adapter,
      records: sample.records)
    let stored = try InfluenceIndex(path: path)
    #expect(stored.subject == Sample.subject && stored.settings == settings)
    let kept = try sample.index(.ekfac, features: 512)
    let queries = Array(sample.records.suffix(4))
    #expect(
      try stored.scores(of: queries, model: sample.model, adapter: sample.adapter).elements
        == kept.scores(of: queries, model: sample.model, adapter: sample.adapter).elements)
  }

  @Test func aChangedByteAnywhereIsRefused() throws {
    let sample = try Sample(count: 6, steps: 2)
    let path = "/tmp/influence-damaged-\(getpid())"
    defer { unlink(path) }
    try InfluenceIndex.write(
      to: path, Sample.subject, IndexSettings(method: .ekfac, features: 64), model: sample.model,
      adapter: sample.adapter, records: sample.records)
    let bytes = try MappedFile.contents(of: path, limit: 1 << 30)
    for place in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 97)) {
      var changed = bytes
      changed[place] ^= 0x10
      #expect(throws: InfluenceError.self) {
        _ = try InfluenceIndex(MappedFile(bytes: changed, name: "changed"))
      }
    }
    for length in [0, 7, 100, bytes.count - 1] {
      #expect(throws: InfluenceError.self) {
        _ = try InfluenceIndex(MappedFile(bytes: Array(bytes.prefix(length)), name: "cut"))
      }
    }
  }
}
