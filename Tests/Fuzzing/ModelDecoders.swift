// Models' files: checkpoints, adapters, tokenizers, chat templates.

import Checkpoints
import Tokenization

let modelDecoders: [Decoder] = [
  Decoder("model tensors", seeds: { [weights()] }) { bytes in
    CheckpointFuzzing.safetensors(bytes)
    return nil
  },
  Decoder("model files", seeds: { [Array(configuration.utf8), adapter()] }) { bytes in
    CheckpointFuzzing.configuration(bytes)
    return nil
  },
  Decoder("target pattern", seeds: { [Array(#".*(self_attn|mlp)\.(q|v)_proj"#.utf8)] }) { bytes in
    CheckpointFuzzing.targetPattern(bytes)
    return nil
  },
  Decoder("tokenizer", seeds: { [Array(tokenizer.utf8)] + trained() }) { bytes in
    TokenizationFuzzing.tokenizer(bytes)
    return nil
  },
  Decoder("tokenized text", seeds: { [Array("it's 12345 日本 <s>".utf8)] }) { bytes in
    guard let tokenizer = byteTokenizer,
      let ids = try? tokenizer.encode(bytes, addsSpecialTokens: false).ids
    else { return "a text was refused" }
    let text = tokenizer.decode(ids, skipsSpecialTokens: false)
    return text.utf8.elementsEqual(String(decoding: bytes, as: UTF8.self).utf8)
      ? nil : "decoding did not give the text back"
  },
  Decoder(
    "chat template",
    seeds: {
      ChatTemplate.names.compactMap { (try? ChatTemplate(named: $0)).map { Array($0.source.utf8) } }
    }
  ) { bytes in
    TokenizationFuzzing.chatTemplate(bytes)
    TokenizationFuzzing.configuration(bytes)
    return nil
  },
]

private let configuration =
  #"{"model_type":"llama","vocab_size":64,"hidden_size":16,"intermediate_size":24,"#
  + #""num_hidden_layers":2,"num_attention_heads":2,"rope_scaling":{"type":"yarn","factor":2}}"#

private let tokenizer =
  #"{"normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},"#
  + #"{"type":"Replace","pattern":{"String":" "},"content":"▁"},{"type":"NFKC"}]},"#
  + #""added_tokens":[{"id":9,"content":"<s>","special":true,"lstrip":true}],"#
  + #""decoder":{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Fuse"}]},"#
  + #""model":{"type":"BPE","unk_token":"u","fuse_unk":true,"vocab":{"u":0,"▁":1,"a":2,"▁a":3},"#
  + #""merges":["▁ a"]}}"#

private let byteTokenizer = trained().first.flatMap { try? Tokenizer(parsing: $0) }

private func weights() -> [UInt8] {
  let tensors = [
    OutgoingTensor(name: "a", shape: [2, 2], values: [1, 2, 3, 4]),
    OutgoingTensor(name: "b", shape: [3], values: [1, 2, 3], type: .bf16),
  ]
  return (try? SafetensorsWriter.bytes(tensors)) ?? []
}

private func adapter() -> [UInt8] {
  AdapterConfiguration(rank: 4, alpha: 8, targets: .names(["q_proj"])).serialized()
}

private func trained() -> [[UInt8]] {
  let trainer = BPETrainer(vocabularySize: 260, specialTokens: ["<s>"], words: .llama3)
  return [trainer.file(trainer.train(), begin: "<s>")]
}
