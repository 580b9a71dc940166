# Influence with PyTorch on the same base, adapter and records as the program's own:
# InfluencePeer.py METHOD BASE FOLDER OUT THREADS. Writes scores [queries, records] and prints one line.
# METHOD: kronfluence (EK-FAC), kronfluence-identity (plain products), datainf (the paper's loops).
import json, os, resource, sys, tempfile, time

method, base, folder, out, threads = sys.argv[1:6]
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["OMP_NUM_THREADS"] = threads
import numpy as np
import torch
import torch.nn.functional as F
from peft import PeftModel
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

torch.set_num_threads(int(threads))
torch.manual_seed(1)
if method.startswith("kronfluence"):
    from kronfluence.analyzer import Analyzer, prepare_model
    from kronfluence.arguments import FactorArguments, ScoreArguments
    from kronfluence.task import Task
    from kronfluence.utils.dataset import DataLoaderKwargs

begun, processor = time.monotonic(), time.process_time()
tokenizer = Tokenizer.from_file(f"{base}/tokenizer.json")
end = json.load(open(f"{base}/config.json")).get("eos_token_id") or 0
model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
model = PeftModel.from_pretrained(model, f"{folder}/adapter", is_trainable=True)
model.eval()


def read(name):
    records = []
    for line in open(f"{folder}/{name}.jsonl"):
        record = json.loads(line)
        prompt = tokenizer.encode(record["prompt"], add_special_tokens=False).ids
        completion = tokenizer.encode(record["completion"], add_special_tokens=False).ids
        ids = prompt + completion + [end]
        labels = [-100] * len(prompt) + completion + [end]
        records.append((ids, labels))
    return records


train, query = read("train"), read("query")


def padded(records):
    width = max(len(ids) for ids, _ in records)
    return {
        "input_ids": torch.tensor([ids + [0] * (width - len(ids)) for ids, _ in records]),
        "attention_mask": torch.tensor([[1] * len(ids) + [0] * (width - len(ids)) for ids, _ in records]),
        "labels": torch.tensor([labels + [-100] * (width - len(labels)) for _, labels in records]),
    }


def summed(logits, labels):
    return F.cross_entropy(
        logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100, reduction="sum"
    )


if method.startswith("kronfluence"):

    class Language(Task):
        def compute_train_loss(self, batch, model, sample=False):
            logits = model(
                input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]
            ).logits.float()
            if not sample:
                return summed(logits, batch["labels"])
            with torch.no_grad():
                drawn = torch.multinomial(
                    logits[:, :-1].flatten(0, 1).detach().softmax(-1), 1
                ).view(logits.shape[0], -1)
                labels = batch["labels"].clone()
                wanted = labels[:, 1:] != -100
                labels[:, 1:][wanted] = drawn[wanted]
            return summed(logits, labels)

        def compute_measurement(self, batch, model):
            return self.compute_train_loss(batch, model)

        def get_influence_tracked_modules(self):
            return [
                name for name, module in model.named_modules()
                if isinstance(module, torch.nn.Linear) and "lora_" in name
            ]

        def get_attention_mask(self, batch):
            return batch["attention_mask"]

    class Records(torch.utils.data.Dataset):
        def __init__(self, records):
            self.records = records

        def __len__(self):
            return len(self.records)

        def __getitem__(self, index):
            return self.records[index]

    task = Language()
    model = prepare_model(model, task)
    strategy = "ekfac" if method == "kronfluence" else "identity"
    with tempfile.TemporaryDirectory() as directory:
        analyzer = Analyzer(
            analysis_name="a", model=model, task=task, cpu=True, output_dir=directory,
            disable_tqdm=True, log_level=40,
        )
        analyzer.set_dataloader_kwargs(DataLoaderKwargs(num_workers=0, collate_fn=padded))
        analyzer.fit_all_factors(
            factors_name="f", dataset=Records(train), per_device_batch_size=32,
            factor_args=FactorArguments(strategy=strategy),
        )
        analyzer.compute_pairwise_scores(
            scores_name="s", factors_name="f", query_dataset=Records(query),
            train_dataset=Records(train), per_device_query_batch_size=50,
            per_device_train_batch_size=32,
            score_args=ScoreArguments(damping_factor=None),
        )
        scores = analyzer.load_pairwise_scores("s")["all_modules"].float().numpy()
else:
    names = [name for name, p in model.named_parameters() if p.requires_grad]

    def gradients(records):
        result = []
        for record in records:
            model.zero_grad()
            batch = padded([record])
            logits = model(input_ids=batch["input_ids"]).logits
            summed(logits, batch["labels"]).backward()
            result.append({n: p.grad.clone() for n, p in model.named_parameters() if p.requires_grad})
        return result

    own, asked = gradients(train), gradients(query)
    scores = np.zeros((len(asked), len(own)), dtype=np.float32)
    damping = {n: 0.1 * sum((g[n] ** 2).mean() for g in own) / len(own) for n in names}
    squares = [{n: (g[n] ** 2).sum() for n in names} for g in own]
    for row, value in enumerate(asked):
        through = {}
        for n in names:
            total = torch.zeros_like(value[n])
            for g, s in zip(own, squares):
                share = (value[n] * g[n]).sum() / (damping[n] + s[n])
                total += (value[n] - share * g[n]) / (len(own) * damping[n])
            through[n] = total
        for column, g in enumerate(own):
            scores[row, column] = sum((through[n] * g[n]).sum() for n in names)

np.save(out, np.ascontiguousarray(scores, dtype=np.float32))
print(json.dumps({
    "seconds": time.monotonic() - begun,
    "cpuSeconds": time.process_time() - processor,
    "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    "queries": scores.shape[0],
    "records": scores.shape[1],
}))
