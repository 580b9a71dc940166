"""Makes this folder's files with PyTorch, safetensors and PEFT, independently of the program.

    python3 make.py        (needs torch, safetensors, peft, transformers from PyPI)
"""
import json, os, pathlib, shutil, tempfile
import torch
from safetensors.torch import save_file

here = pathlib.Path(__file__).parent
torch.manual_seed(7)

# One tensor of every type that the reader knows, names that sort by bytes, an empty one, a scalar.
kinds = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8",
         "bool", "uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2"]
mixed = {f"t.{k}": torch.arange(6).reshape(2, 3).to(getattr(torch, k)) for k in kinds}
mixed["a.10"] = torch.tensor([0.0, -0.0, float("inf"), float("-inf"), float("nan"), 1e-45])
mixed["a.2"] = torch.randn(3, 5)
mixed["é\u2028\"\\\x7f"] = torch.randn(2)
mixed["empty"] = torch.zeros(0, 3)
mixed["scalar"] = torch.tensor(3.5)
save_file(mixed, here / "mixed.safetensors", metadata={"format": "pt"})
# What PyTorch makes of halves, for the exact widening.
halves = torch.randint(-32768, 32767, (64,), dtype=torch.int16, generator=torch.Generator().manual_seed(1))
save_file({"f16": halves.view(torch.float16), "bf16": halves.clone().view(torch.bfloat16),
           "f16.f32": halves.view(torch.float16).float(), "bf16.f32": halves.view(torch.bfloat16).float()},
          here / "halves.safetensors")

# An adapter as PEFT saves it, for a tiny base.
from transformers import LlamaConfig, LlamaForCausalLM
from peft import LoraConfig, get_peft_model
config = LlamaConfig(vocab_size=64, hidden_size=16, intermediate_size=24, num_hidden_layers=2,
                     num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=32,
                     tie_word_embeddings=True)
with tempfile.TemporaryDirectory() as folder:
    base = LlamaForCausalLM(config)
    base.save_pretrained(folder + "/base")
    out = here / "base"
    out.mkdir(exist_ok=True)
    for name in ["config.json", "generation_config.json", "model.safetensors"]:
        shutil.copy(f"{folder}/base/{name}", out / name)
    # The same base in three shards.
    base.save_pretrained(folder + "/shards", max_shard_size=6000)
    out = here / "shards"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    for name in os.listdir(folder + "/shards"):
        shutil.copy(f"{folder}/shards/{name}", out / name)
    model = get_peft_model(base, LoraConfig(
        r=2, lora_alpha=3, use_rslora=True, target_modules=["down_proj", "q_proj"],
        task_type="CAUSAL_LM", init_lora_weights=False, base_model_name_or_path="base"))
    model.save_pretrained(folder + "/adapter")
    out = here / "adapter"
    out.mkdir(exist_ok=True)
    for name in ["adapter_config.json", "adapter_model.safetensors"]:
        shutil.copy(f"{folder}/adapter/{name}", out / name)
    adapter = json.loads((out / "adapter_config.json").read_text())
    adapter["base_model_name_or_path"] = "base"
    adapter["target_modules"].sort()
    (out / "adapter_config.json").write_text(json.dumps(adapter, indent=2, sort_keys=True))
