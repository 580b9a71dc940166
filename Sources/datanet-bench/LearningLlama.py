# The learning benchmark's generation with llama.cpp (PyPI's llama-cpp-python and gguf):
# LearningLlama.py DIR TASK THREADS LENGTHS. Prints the same line as the program's own worker. The
# checkpoint is written as GGUF in its own number format, once, beside the checkpoint.
import ctypes, json, os, resource, sys, time

import numpy as np

directory, task, threads, lengths = sys.argv[1:5]
lengths = [int(length) for length in lengths.split(",")]
config = json.load(open(f"{directory}/config.json"))
half = directory.endswith("bf16")
path = f"{directory}/model.gguf"


def tensors():
    data = open(f"{directory}/model.safetensors", "rb").read()
    size = int.from_bytes(data[:8], "little")
    for name, entry in json.loads(data[8 : 8 + size]).items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        values = np.frombuffer(
            data, np.uint16 if half else np.float32, offset=8 + size + begin,
            count=(end - begin) // (2 if half else 4),
        )
        yield name, values.reshape(entry["shape"])


def convert():
    import gguf

    names = {
        "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm",
        "post_attention_layernorm": "ffn_norm",
    }
    writer = gguf.GGUFWriter(path + ".part", "llama")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_tokenizer_model("no_vocab")
    for name, values in tensors():
        if name == "model.embed_tokens.weight":
            to = "token_embd.weight"
        elif name == "model.norm.weight":
            to = "output_norm.weight"
        elif name == "lm_head.weight":
            to = "output.weight"
        else:
            _, _, layer, rest = name.split(".", 3)
            to = f"blk.{layer}.{names[rest.removesuffix('.weight')]}.weight"
        if "attn_q." in to or "attn_k." in to:
            # llama.cpp turns neighbours, Hugging Face halves.
            heads = config["num_attention_heads" if "attn_q." in to else "num_key_value_heads"]
            values = values.reshape(heads, 2, -1, values.shape[1]).swapaxes(1, 2)
            values = values.reshape(-1, config["hidden_size"])
        if values.ndim == 1 and half:
            values = (values.astype(np.uint32) << 16).view(np.float32)
        if values.ndim == 2 and half:
            writer.add_tensor(
                to, np.ascontiguousarray(values).view(np.uint8),
                raw_dtype=gguf.GGMLQuantizationType.BF16,
            )
        else:
            writer.add_tensor(to, np.ascontiguousarray(values))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    os.rename(path + ".part", path)


if not os.path.exists(path):
    convert()
started = time.monotonic()
import llama_cpp as llama

quiet = llama.llama_log_callback(lambda level, text, data: None)
llama.llama_log_set(quiet, ctypes.c_void_p())
llama.llama_backend_init()
model = llama.llama_load_model_from_file(path.encode(), llama.llama_model_default_params())
parameters = llama.llama_context_default_params()
new_tokens = 64
parameters.n_ctx = (max(lengths) + new_tokens) * len(lengths) + 64
parameters.n_batch = parameters.n_ubatch = 512
parameters.n_seq_max = len(lengths)
parameters.n_threads = parameters.n_threads_batch = int(threads)
context = llama.llama_new_context_with_model(model, parameters)
vocabulary = config["vocab_size"]
random = np.random.default_rng(1)
prompts = [random.integers(0, vocabulary, length).tolist() for length in lengths]
batch = llama.llama_batch_init(512, 0, 1)
first = 0.0


def forget():
    if hasattr(llama, "llama_memory_clear"):
        llama.llama_memory_clear(llama.llama_get_memory(context), True)
    else:
        llama.llama_kv_self_clear(context)


def decode(entries):
    """entries: (token, position, sequence, wants logits). The greedy choice for each that wants."""
    batch.n_tokens = len(entries)
    for index, (token, position, sequence, wants) in enumerate(entries):
        batch.token[index] = token
        batch.pos[index] = position
        batch.n_seq_id[index] = 1
        batch.seq_id[index][0] = sequence
        batch.logits[index] = wants
    if llama.llama_decode(context, batch) != 0:
        raise SystemExit("llama_decode failed")
    chosen = []
    for index, entry in enumerate(entries):
        if entry[3]:
            logits = np.ctypeslib.as_array(
                llama.llama_get_logits_ith(context, index), shape=(vocabulary,))
            chosen.append(int(logits.argmax()))
    return chosen


def work():
    global first
    forget()
    tokens = decode([
        (token, position, sequence, position == len(prompt) - 1)
        for sequence, prompt in enumerate(prompts) for position, token in enumerate(prompt)
    ])
    if first == 0.0:
        first = time.monotonic() - started
    for step in range(new_tokens - 1):
        tokens = decode([
            (token, lengths[sequence] + step, sequence, True)
            for sequence, token in enumerate(tokens)
        ])
    return len(prompts) * new_tokens


work()
tokens = 0
begun, processor = time.monotonic(), time.process_time()
while True:
    tokens += work()
    if time.monotonic() - begun >= 2.0:
        break
print(json.dumps({
    "tokens": tokens,
    "seconds": time.monotonic() - begun,
    "cpuSeconds": time.process_time() - processor,
    "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    "firstToken": first,
}))
