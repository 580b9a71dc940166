# Influence with PyTorch on the same base, adapter and records as the program's own:
# InfluencePeer.py METHOD BASE FOLDER OUT THREADS. Writes scores [queries, records] and prints one line.
# METHOD: kronfluence (EK-FAC), kronfluence-identity (plain products), traker (TRAK, one model, half
# as many numbers a record as there are records), dattri (its LoGra: each block projected to 16 × 16 on two sides, with
# the empirical Fisher), datainf (the paper's loops). logix is not on PyPI: the package of that name there
# writes log files.
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

elif method == "traker":
    from trak import TRAKer
    from trak.modelout_functions import AbstractModelOutput
    from trak.projectors import BasicProjector, ProjectionType
elif method == "dattri":
    from dattri.algorithm.logra import LoGraAttributor
    from dattri.task import AttributionTask

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


class Records(torch.utils.data.Dataset):
    def __init__(self, records):
        self.records = records

    def __len__(self):
        return len(self.records)

    def __getitem__(self, index):
        return self.records[index]


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
elif method == "traker":

    # Log odds of the counted tokens, summed, as in TRAK's paper for language models.
    class Odds(AbstractModelOutput):
        def __init__(self):
            pass

        @staticmethod
        def chances(logits, labels):
            wanted = labels[..., 1:] != -100
            picked = labels[..., 1:].clamp(min=0)[..., None]
            logs = logits[..., :-1, :].log_softmax(-1).gather(-1, picked)[..., 0]
            return torch.where(wanted, logs, 0.0), wanted

        @staticmethod
        def get_output(model, weights, buffers, ids, mask, labels):
            out = torch.func.functional_call(
                model, (weights, buffers), (),
                dict(input_ids=ids[None], attention_mask=mask[None].float().log()[:, None, None, :]
                     + causal[: ids.shape[-1], : ids.shape[-1]][None, None]),
            )
            logs, wanted = Odds.chances(out.logits[0], labels)
            odds = logs - torch.log1p(-logs.exp().clamp(max=1 - 1e-6))
            return torch.where(wanted, odds, 0.0).sum()

        def get_out_to_loss_grad(self, model, weights, buffers, batch):
            ids, mask, labels = batch
            with torch.no_grad():
                logits = model(input_ids=ids, attention_mask=mask).logits
            logs, wanted = Odds.chances(logits, labels)
            chance = (logs * wanted).sum(-1) / wanted.sum(-1).clamp(min=1)
            return (1 - chance.exp()).clone().detach().unsqueeze(-1)

    width = max(len(ids) for ids, _ in train + query)
    causal = torch.full((width, width), float("-inf")).triu(1)
    model.set_attn_implementation("eager")
    names = [name for name, p in model.named_parameters() if p.requires_grad]
    size = sum(p.numel() for p in model.parameters() if p.requires_grad)
    # More numbers than records leave its Gram matrix without an inverse.
    kept = min(2048, len(train) // 2)
    with tempfile.TemporaryDirectory() as directory:
        tracer = TRAKer(
            model=model, task=Odds(), train_set_size=len(train), save_dir=directory, device="cpu",
            use_half_precision=False, proj_dim=kept, grad_wrt=names, logging_level=40,
            projector=BasicProjector(
                grad_dim=size, proj_dim=kept, seed=0, proj_type=ProjectionType.rademacher,
                device="cpu", block_size=32,
            ),
        )
        tracer.load_checkpoint(model.state_dict(), model_id=0)

        def batches(records):
            for start in range(0, len(records), 32):
                yield list(padded(records[start : start + 32]).values())

        for batch in batches(train):
            tracer.featurize(batch=batch, num_samples=len(batch[0]))
        tracer.finalize_features()
        tracer.start_scoring_checkpoint(
            exp_name="q", checkpoint=model.state_dict(), model_id=0, num_targets=len(query)
        )
        for batch in batches(query):
            tracer.score(batch=batch, num_samples=len(batch[0]))
        scores = np.array(tracer.finalize_scores(exp_name="q")).T
elif method == "dattri":

    def loss(model, batch, device):
        logits = model(
            input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]
        ).logits
        return summed(logits, batch["labels"])

    def loader(records):
        return torch.utils.data.DataLoader(Records(records), batch_size=32, collate_fn=padded)

    layers = [
        name for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and "lora_" in name
    ]
    task = AttributionTask(loss_func=loss, model=model, checkpoints=model.state_dict())
    with tempfile.TemporaryDirectory() as directory:
        attributor = LoGraAttributor(
            task, layer_names=layers, device="cpu", proj_dim=256, offload="cpu", cache_dir=directory
        )
        attributor.cache(loader(train))
        with torch.no_grad():
            attributor.compute_preconditioners()
            attributor.compute_ifvp()
        scores = attributor.attribute(loader(train), loader(query)).T.numpy()
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
