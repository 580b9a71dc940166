# The learning benchmark's work with PyTorch, transformers and PEFT, in the same words:
# LearningPeer.py DIR TASK THREADS LENGTHS. Prints the same line as the program's own worker.
import json, os, resource, sys, time

directory, task, threads, lengths = sys.argv[1:5]
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["OMP_NUM_THREADS"] = threads
started = time.monotonic()
import torch
from transformers import AutoModelForCausalLM

torch.set_num_threads(int(threads))
torch.manual_seed(1)
lengths = [int(length) for length in lengths.split(",")]
half = directory.endswith("bf16")
model = AutoModelForCausalLM.from_pretrained(
    directory, dtype=torch.bfloat16 if half else torch.float32
)
ids = [torch.randint(0, model.config.vocab_size, (length,)) for length in lengths]
widest = max(lengths)
batch = torch.zeros(len(ids), widest, dtype=torch.long)
mask = torch.zeros(len(ids), widest, dtype=torch.long)
labels = torch.full((len(ids), widest), -100)
for row, record in enumerate(ids):
    batch[row, : len(record)] = record
    mask[row, : len(record)] = 1
    labels[row, : len(record)] = record
inputs = dict(input_ids=batch)
if "ragged" in task:
    inputs["attention_mask"] = mask
first = 0.0

if task.startswith("generate"):
    new_tokens = 64

    def work():
        global first
        with torch.inference_mode():
            if first == 0.0:
                model.generate(batch, max_new_tokens=1, min_new_tokens=1, do_sample=False,
                               eos_token_id=None, pad_token_id=0)
                first = time.monotonic() - started
            model.generate(batch, max_new_tokens=new_tokens, min_new_tokens=new_tokens,
                           do_sample=False, eos_token_id=None, pad_token_id=0)
        return len(ids) * new_tokens
elif task.startswith("forward"):

    def work():
        with torch.inference_mode():
            model(**inputs, labels=labels).loss.item()
        return sum(lengths)
else:
    from peft import LoraConfig, get_peft_model

    targets = ["q_proj", "k_proj", "v_proj", "o_proj"]
    if "-all-" in task:
        targets += ["gate_proj", "up_proj", "down_proj"]
    model = get_peft_model(
        model, LoraConfig(r=8, lora_alpha=16, target_modules=targets, task_type="CAUSAL_LM")
    )
    model.train()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.0)

    def work():
        optimizer.zero_grad(set_to_none=True)
        loss = model(**inputs, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        loss.item()
        return sum(lengths)


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
