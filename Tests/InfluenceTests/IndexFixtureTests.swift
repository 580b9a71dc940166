// Indexes written by an independent implementation: Fixtures/influence (Specs/Influence.md, "Index").

import CanonicalMath
import Checkpoints
import JSON
import Learning
import Testing

@testable import Influence

@Suite struct IndexFixtureTests {
  private static let folder =
    #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/Fixtures/influence"

  @Test func aSmallIndexIsReadAsItWasWritten() throws {
    let index = try InfluenceIndex(path: "\(Self.folder)/small.index")
    #expect(
      index.subject
        == IndexSubject(base: "b", adapter: "a", records: "r", form: "plain completion 8 refuse"))
    #expect(index.settings == IndexSettings(method: .ekfacEnd, features: 64))
    #expect(index.recordCount == 5 && index.featureCount == 4 && index.batchCount == 3)
    let (directions, lengths) = index.stored(1, 0)
    #expect(lengths == [0, 8])
    #expect(Array(directions.widened().row(1)) == [-0.5, 0.5, -0.5, 0.5])
    #expect(index.curvatures.count == 1 && index.curvatures[0].weights == [[1, 2, 3, 4]])
    // Worked out by hand from the directions above; the third record counts nothing.
    let suspicions = index.suspicions()
    #expect(suspicions[2] == nil)
    #expect(suspicions.map { $0?.selfInfluence } == [4, 0.25, nil, 64, 1])
    for (found, expected) in zip(suspicions, [0.1 / 3, 0.7 / 3, nil, 0.1 / 3, 0.5 / 3]) {
      if let found, let expected { #expect(abs(found.agreement - expected) < 1e-3) }
    }
  }

  @Test func whatIsNoIndexIsRefused() throws {
    let path = "\(Self.folder)/refused.json"
    let cases = try JSONValue(
      parsing: String(decoding: MappedFile.contents(of: path, limit: 1 << 20), as: UTF8.self))
    let object = try #require(cases.object)
    #expect(object.keys.count == 10)
    for (name, value) in zip(object.keys, object.values) {
      let text = Array((value.string ?? "").utf8)
      let bytes = stride(from: 0, to: text.count, by: 2).map { place in
        UInt8(String(decoding: text[place..<place + 2], as: UTF8.self), radix: 16) ?? 0
      }
      #expect(throws: InfluenceError.self, "\(name)") {
        _ = try InfluenceIndex(MappedFile(bytes: bytes, name: name))
      }
    }
  }
}
