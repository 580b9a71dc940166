// Adapters whose modules differ in rank and strength (Specs/Adapters.md, "Targets").

import CanonicalMath
import Checkpoints
import Testing

@testable import Learning

@Suite struct AdapterPatternTests {
  @Test func `modules of other ranks and strengths change their weights by their own s·B·A`() throws
  {
    let base = ModelConfiguration(
      vocabularySize: 8, hiddenSize: 4, intermediateSize: 6, layerCount: 2, headCount: 2,
      keyValueHeadCount: 2, headDimension: 2, contextLength: 8)
    let text = #"""
      {"peft_type":"LORA","r":8,"lora_alpha":16,"target_modules":["q_proj","up_proj"],
       "rank_pattern":{"q_proj":2},"alpha_pattern":{"up_proj":4},"exclude_modules":".*1.mlp.*"}
      """#
    func ones(_ layer: Int, _ role: LinearRole, _ rank: Int) -> [OutgoingTensor] {
      let (outputs, inputs) = role.shape(in: base)
      return [("A", [rank, inputs]), ("B", [outputs, rank])].map { matrix, shape in
        OutgoingTensor(
          name: Adapter.tensorName(layer: layer, role: role, matrix: matrix), shape: shape,
          values: [Float](repeating: 1, count: shape[0] * shape[1]))
      }
    }
    let tensors = ones(0, .query, 2) + ones(0, .up, 8) + ones(1, .query, 2)
    let adapter = try AdapterTensors(
      Adapter(
        configuration: AdapterConfiguration(parsing: Array(text.utf8)),
        tensors: Safetensors(bytes: SafetensorsWriter.bytes(tensors), name: "adapter"),
        base: base), base: base)
    #expect(adapter.shape.rank == 8)
    let query = try #require(adapter[1, .query]?.change)
    let up = try #require(adapter[0, .up]?.change)
    // 16/2 times two ones, and 4/8 times eight.
    #expect(query.rows == 4 && query.elements == [Float](repeating: 16, count: 16))
    #expect(up.rows == 6 && up.elements == [Float](repeating: 4, count: 24))
    #expect(adapter[1, .up] == nil && adapter[0, .key] == nil)
    #expect(adapter.scaled(by: 0.5)[1, .query]?.change.elements.first == 8)
  }
}
