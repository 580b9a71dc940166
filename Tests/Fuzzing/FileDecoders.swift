// Files that people add or point at: JSON, records, checkpoints.

import Checkpoints
import JSON
import Records

let fileDecoders: [Decoder] = [
  Decoder("json", seeds: { jsonSeeds }) { bytes in
    guard let value = try? JSONValue(parsing: bytes) else { return nil }
    var writer = JSONWriter()
    writer.write(value)
    guard let again = try? JSONValue(parsing: writer.bytes) else { return "cannot read its own" }
    return again == value ? nil : "writing and reading changed the value"
  },
  Decoder("records", seeds: { recordSeeds }) { bytes in
    for format in RecordFormat.all {
      if let fault = scanning(bytes, format) { return "\(format.name): \(fault)" }
    }
    return nil
  },
  Decoder("file format", seeds: { recordSeeds }) { bytes in
    for name in ["a.jsonl", "a.json", "a.csv", "a.tsv", "a.txt", "a.md", "a"] {
      _ = RecordFormat.recognised(fileName: name, head: bytes, isWhole: true)
    }
    return nil
  },
  Decoder("model configuration", seeds: { [Array(configuration.utf8)] }) { bytes in
    _ = try? ModelConfiguration(parsing: bytes)
    return nil
  },
  Decoder("safetensors", seeds: { [safetensors] }) { bytes in
    _ = try? Safetensors(bytes: bytes, name: "model.safetensors")
    return nil
  },
]

/// Scans whole and in pieces: the ends are the same, in order and inside.
private func scanning(_ bytes: [UInt8], _ format: RecordFormat) -> String? {
  let whole = ends(bytes, format, piece: max(1, bytes.count))
  if ends(bytes, format, piece: 5) != whole { return "cutting the bytes changed the records" }
  var last = 0
  for end in whole {
    if end <= last || end > bytes.count { return "record ends are \(whole)" }
    last = end
  }
  return nil
}

private func ends(_ bytes: [UInt8], _ format: RecordFormat, piece: Int) -> [Int] {
  var scanner = RecordScanner(format: format)
  var spans: [RecordSpan] = []
  var start = 0
  while start < bytes.count {
    let end = min(bytes.count, start + piece)
    scanner.scan(Array(bytes[start..<end]), spans: &spans)
    start = end
  }
  scanner.finish(spans: &spans)
  return spans.map(\.end)
}

private let jsonSeeds = [
  #"{"a":[1,-2.5e3,true,null,"x\u00e9\ud83d\ude00\n"],"b":{}}"#, "[]", "0", #""""#,
].map { Array($0.utf8) }

private let recordSeeds = [
  "{\"text\":\"one\"}\n{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}\nnot json\n",
  "name,value\n\"a \"\"quoted\"\" one\",1\r\nb,2\n", "First.\n\nSecond,\nlonger.\n",
  "# Title\n\nText\n\n```\n# no title\n```\n## More\n",
].map { Array($0.utf8) }

private let configuration = """
  {"architectures":["LlamaForCausalLM"],"model_type":"llama","hidden_size":64,\
  "intermediate_size":128,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,\
  "vocab_size":256,"max_position_embeddings":128,"rms_norm_eps":1e-5,"rope_theta":10000.0,\
  "hidden_act":"silu","tie_word_embeddings":true}
  """

private let safetensors: [UInt8] = {
  let header = Array(#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#.utf8)
  let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> ($0 * 8)) }
  return length + header + [UInt8](repeating: 0, count: 8)
}()
