// Files that people add or point at: JSON, records, checkpoints.

import Checkpoints
import Cryptography
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
  Decoder("json skimmer", seeds: { jsonSeeds + recordSeeds }) { bytes in
    var skimmer = JSONSkimmer(wanted: [])
    let limits = JSONLimits(duplicateKeys: .report)
    let isRead = (try? JSONValue(parsing: bytes, limits: limits)) != nil
    return skimmer.skim(bytes) == isRead ? nil : "reader and skimmer disagree"
  },
  Decoder("record values", seeds: { recordSeeds }) { bytes in
    for format in RecordFormat.all {
      var scanner = RecordScanner(format: format)
      var spans: [RecordSpan] = []
      scanner.scan(bytes, spans: &spans)
      scanner.finish(spans: &spans)
      var reader = DuplicateReader(format: format)
      for span in spans {
        let content = Array(bytes[span.content])
        reader.read(content)
        let isRead = (try? Record(content, format: format)) != nil
        if !span.isBroken, !isRead { return "\(format.name): a sound record is no value" }
        if format == .jsonLines, span.isBroken, isRead { return "a broken record is a value" }
      }
    }
    return nil
  },
  Decoder("duplicate segment", seeds: { [segment] }) { bytes in
    guard let read = try? DuplicateSegment(bytes) else { return nil }
    var search = DuplicateSearch(threshold: 0.8)
    search.add(read) { _ in }
    search.add(read) { _ in }
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
  "[{\"instruction\":\"a]\",\"output\":\"b\"},\n {\"conversations\":[]}, 5] x",
].map { Array($0.utf8) }

private let segment: [UInt8] = {
  var rows = DuplicateRows()
  var reader = DuplicateReader(format: .textLines)
  for text in ["one two three four", "one two three four", "one two three five", "."] {
    reader.read(Array(text.utf8))
    rows.append(reader)
  }
  return rows.segment(manifest: SHA256.hash([]), firstRecord: 0)
}()

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
