#!/usr/bin/env python3
"""Measure the committed tiny-moe and write the tables of its README.

    python analyse.py --work DIR      # DIR: the folder of prepare_data.py, for train perplexity

It reads ../model.safetensors (as committed, bfloat16, computed in float32) and measures
  * perplexity per domain on the report, selection and training text,
  * the share of routing choices that each expert gets, per layer and domain,
  * the damage of removing each single expert: mean KL(whole model || without it), per domain,
  * keeping 4 of 8 experts per layer: random, frequency, soft activation, and a plain hill climb.
The tables go into ../README.md between its markers, and with more digits into ../analysis.json.
"""

import argparse
import json
import math
import random
import re
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from train import DOMAINS, MODEL_DIR, TinyMoe, load_hf

LENGTH = 256  # tokens per window for perplexity, load and removal
KEEP = 4
KEEP_LENGTH = 128  # the keep-4 study uses the window length of the project's quickstart profile
ANSWERS = [
    ("recall", "recall: the value of a key given earlier in the line", r"-> (\d\d)"),
    ("arithmetic", "sums `a+b=c`", r"^\d+\+\d+=(\d+)$"),
    ("arithmetic", "products `a*b=c`", r"^\d+\*\d+=(\d+)$"),
    ("arithmetic", "records `…,total=c`", r"total=(\d+)$"),
    ("arithmetic", "last item of `seq …`", r"^seq [\d ]+ (\d+)$"),
]
MARKERS = ("<!-- analyse.py: begin -->", "<!-- analyse.py: end -->")


def windows(ids: list[int] | np.ndarray, length: int, limit: int) -> Tensor:
    """Up to `limit` windows, spread evenly over the text."""
    count = len(ids) // length
    table = torch.tensor(np.asarray(ids[: count * length], dtype=np.int64)).view(count, length)
    step = max(1, count // limit)
    return table[::step][:limit]


def run(model: TinyMoe, x: Tensor, first: int = 0) -> tuple[Tensor, list[Tensor]]:
    """Log-probabilities from the hidden state that enters layer `first`, and the state that
    enters each layer from there on: a change in layer n can start from the stored state."""
    cos, sin = model.cos[: x.shape[1]], model.sin[: x.shape[1]]
    states = []
    for block in model.blocks[first:]:
        states.append(x)
        x = x + block.attention(block.attention_norm(x), cos, sin)
        x = x + block.experts(block.experts_norm(x))[0]
    return F.linear(model.norm(x), model.embedding.weight).log_softmax(-1), states


def kl_per_sequence(dense: Tensor, other: Tensor) -> Tensor:
    return F.kl_div(other, dense, log_target=True, reduction="none").sum(-1).mean(-1)


def perplexity(model: TinyMoe, table: Tensor) -> float:
    total = 0.0
    for part in table.split(16):
        logp = run(model, model.embedding(part))[0][:, :-1]
        total -= logp.gather(-1, part[:, 1:, None]).sum().item()
    return math.exp(total / (table.shape[0] * (table.shape[1] - 1)))


def routing(model: TinyMoe, table: Tensor) -> tuple[Tensor, Tensor]:
    """Per layer and expert: share of the routing choices, and mean softmax probability."""
    for block in model.blocks:
        block.experts.record = []
    for part in table.split(16):
        run(model, model.embedding(part))
    counts, soft = [], []
    for block in model.blocks:
        chosen = torch.cat([chosen for _, chosen in block.experts.record])
        counts.append(torch.bincount(chosen.flatten(), minlength=model.c.experts) / chosen.numel())
        soft.append(torch.cat([p for p, _ in block.experts.record]).mean(0))
        block.experts.record = None
    return torch.stack(counts), torch.stack(soft)


def removal(model: TinyMoe, table: Tensor) -> Tensor:
    """Mean KL when one expert of one layer is missing, [layers, experts]."""
    damage = torch.zeros(model.c.layers, model.c.experts)
    for part in table.split(16):
        dense, states = run(model, model.embedding(part))
        for layer, block in enumerate(model.blocks):
            for e in range(model.c.experts):
                block.experts.kept = [k for k in range(model.c.experts) if k != e]
                damage[layer, e] += kl_per_sequence(dense, run(model, states[layer], layer)[0]).sum()
            block.experts.kept = None
    return damage / len(table)


def answers(model: TinyMoe, tokenizer: Tokenizer, text: str, pattern: str) -> dict:
    """Share of answers (group 1 of the pattern) whose every token is the most likely one, given
    what stands before it. Lines are read ten at a time, as in training."""
    lines, right, total = text.splitlines()[:600], 0, 0
    for start in range(0, len(lines), 10):
        chunk = "\n".join(lines[start : start + 10])
        encoded = tokenizer.encode(chunk)
        ids = torch.tensor([encoded.ids])[:, : model.c.context]
        guess = run(model, model.embedding(ids))[0][0].argmax(-1)
        for match in re.finditer(pattern, chunk, re.MULTILINE):
            places = [i for i, (a, b) in enumerate(encoded.offsets) if a >= match.start(1) and b <= match.end(1)]
            if places and 0 < places[0] and places[-1] < ids.shape[1]:
                right += all(guess[i - 1] == ids[0, i] for i in places)
                total += 1
    return {"right": right, "of": total}


class KeepStudy:
    """Score sets of kept experts on one table of windows."""

    def __init__(self, model: TinyMoe, table: Tensor):
        self.model, self.embedded = model, model.embedding(table).split(16)
        self.dense = [run(model, x)[0] for x in self.embedded]
        self.known: dict = {}

    def kl(self, kept: list[tuple[int, ...]]) -> np.ndarray:
        key = tuple(kept)
        if key not in self.known:
            for block, layer in zip(self.model.blocks, kept):
                block.experts.kept = list(layer)
            parts = [kl_per_sequence(dense, run(self.model, x)[0]) for dense, x in zip(self.dense, self.embedded)]
            self.known[key] = torch.cat(parts).numpy()
            for block in self.model.blocks:
                block.experts.kept = None
        return self.known[key]


def hill_climb(study: KeepStudy, start: list[tuple[int, ...]], trials: int, rng: random.Random) -> list[tuple[int, ...]]:
    """Swap one kept expert for a dropped one, in one layer (sometimes two); keep what is better."""
    best, score = start, study.kl(start).mean()
    for _ in range(trials):
        child = list(best)
        for layer in rng.sample(range(len(child)), 2 if rng.random() < 0.3 else 1):
            kept = set(child[layer])
            kept.remove(rng.choice(sorted(kept)))
            kept.add(rng.choice([e for e in range(8) if e not in child[layer]]))
            child[layer] = tuple(sorted(kept))
        value = study.kl(child).mean()
        if value < score:
            best, score = child, value
    return best


def keep_half(model: TinyMoe, selection: Tensor, report: Tensor, trials: int) -> dict:
    rng = random.Random(3)
    counts, soft = routing(model, selection)
    top = lambda scores: [tuple(sorted(row.topk(KEEP).indices.tolist())) for row in scores]
    random_sets = [[tuple(sorted(rng.sample(range(8), KEEP))) for _ in model.blocks] for _ in range(30)]
    search, judge = KeepStudy(model, selection), KeepStudy(model, report)
    frequency = top(counts)
    # Half the trials from the frequency set, half from the best random one: the better counts.
    starts = [frequency, min(random_sets, key=lambda kept: search.kl(kept).mean())]
    found = min((hill_climb(search, start, trials // 2, rng) for start in starts), key=lambda kept: search.kl(kept).mean())
    baseline = judge.kl(frequency)

    def row(kept: list[tuple[int, ...]]) -> dict:
        values = judge.kl(kept)
        delta = values - baseline
        half = 1.96 * delta.std(ddof=1) / math.sqrt(len(delta))
        return {
            "kept": kept,
            "selection_kl": float(search.kl(kept).mean()),
            "report_kl": float(values.mean()),
            "minus_frequency": [float(delta.mean()), float(delta.mean() - half), float(delta.mean() + half)],
        }

    randoms = sorted((row(kept) for kept in random_sets), key=lambda r: r["selection_kl"])
    return {
        "random_mean": {name: float(np.mean([r[name] for r in randoms])) for name in ("selection_kl", "report_kl")},
        "random_best_of_30": randoms[0],
        "frequency": row(frequency),
        "soft_activation": row(top(soft)),
        "hill_climb": row(found),
        "trials": trials,
    }


# --- tables ----------------------------------------------------------------------------------


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def markdown(result: dict) -> str:
    out = ["### Perplexity per domain\n", "120 windows of 256 tokens, spread over each file.\n"]
    splits = ["report", "selection", "train"]
    out.append(table(["domain", *splits], [[d, *(f"{result['perplexity'][d][s]:.2f}" for s in splits)] for d in DOMAINS]))
    out += ["### Answers\n", "Share of answers in the report text whose every digit is the model's first choice.\n"]
    out.append(table(["kind", "right"], [[kind, f"{a['right']} of {a['of']} ({100 * a['right'] / max(1, a['of']):.0f} %)"] for kind, a in result["answers"].items()]))
    out += ["### Router load\n", "Share of the routing choices in percent, report text; 12.5 would be even.\n"]
    for layer in range(6):
        rows = [[d, *(f"{100 * v:.1f}" for v in result["load"][d][layer])] for d in DOMAINS]
        out.append(table([f"layer {layer}", *(str(e) for e in range(8))], rows))
    out += ["### Damage of removing one expert\n", "Mean KL in nats per token × 1000, report text, 16 windows of 256 tokens per domain.\n"]
    for layer in range(6):
        rows = [[d, *(f"{1000 * v:.1f}" for v in result["removal"][d][layer])] for d in DOMAINS]
        out.append(table([f"layer {layer}", *(str(e) for e in range(8))], rows))
    out += [
        "### Keeping 4 of 8 experts in every layer\n",
        "KL in nats per token; selection: 16 windows of 128 tokens, report: 48. The last column is the difference to the\n"
        "frequency set on the report text, with a paired 95 % interval.\n",
    ]
    for domain, study in result["keep_half"].items():
        rows = [["random, mean of 30", f"{study['random_mean']['selection_kl']:.3f}", f"{study['random_mean']['report_kl']:.3f}", ""]]
        for name in ("random_best_of_30", "frequency", "soft_activation", "hill_climb"):
            r = study[name]
            mean, low, high = r["minus_frequency"]
            label = name.replace("_", " ") + (f", {study['trials']} trials" if name == "hill_climb" else "")
            rows.append([label, f"{r['selection_kl']:.3f}", f"{r['report_kl']:.3f}", "" if name == "frequency" else f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]"])
        out.append(table([domain, "selection KL", "report KL", "minus frequency"], rows))
    return "\n".join(out)


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=MODEL_DIR)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--trials", type=int, default=200, help="of the hill climb, per domain")
    parser.add_argument("--quick", action="store_true", help="only the keep-4 study, printed, nothing written")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model = load_hf(args.model)
    tokenizer = Tokenizer.from_file(str(MODEL_DIR / "tokenizer.json"))

    def text(domain: str, split: str) -> list[int]:
        return tokenizer.encode((MODEL_DIR / f"data/{domain}.{split}.txt").read_text(encoding="utf-8")).ids

    def study(domain: str) -> dict:
        return keep_half(model, windows(text(domain, "selection"), KEEP_LENGTH, 16), windows(text(domain, "report"), KEEP_LENGTH, 48), args.trials)

    if args.quick:
        for domain in ("prose", "code"):
            print(json.dumps(study(domain)))
        return

    check_against_transformers(model, args.model, windows(text("code", "report"), LENGTH, 2))
    result: dict = {"perplexity": {}, "load": {}, "removal": {}, "answers": {}, "keep_half": {}}
    for domain in DOMAINS:
        report = windows(text(domain, "report"), LENGTH, 120)
        training = windows(np.load(args.work / f"{domain}.train.npy"), LENGTH, 120)
        result["perplexity"][domain] = {
            "report": perplexity(model, report),
            "selection": perplexity(model, windows(text(domain, "selection"), LENGTH, 120)),
            "train": perplexity(model, training),
        }
        result["load"][domain] = routing(model, report)[0].tolist()
        result["removal"][domain] = removal(model, windows(text(domain, "report"), LENGTH, 16)).tolist()
        print(domain, result["perplexity"][domain], flush=True)
    for domain, kind, pattern in ANSWERS:
        result["answers"][kind] = answers(model, tokenizer, (MODEL_DIR / f"data/{domain}.report.txt").read_text(encoding="utf-8"), pattern)
    print(result["answers"], flush=True)
    for domain in ("prose", "code"):
        result["keep_half"][domain] = study(domain)
        print(domain, {k: v["report_kl"] for k, v in result["keep_half"][domain].items() if isinstance(v, dict)}, flush=True)

    (MODEL_DIR / "analysis.json").write_text(json.dumps(result) + "\n")
    readme = MODEL_DIR / "README.md"
    before, rest = readme.read_text().split(MARKERS[0])
    after = rest.split(MARKERS[1])[1]
    readme.write_text(f"{before}{MARKERS[0]}\n\n{markdown(result)}\n{MARKERS[1]}{after}")


def check_against_transformers(model: TinyMoe, folder: Path, ids: Tensor) -> None:
    """train.py writes its own forward pass; the files must mean the same to everyone else."""
    from transformers import AutoModelForCausalLM

    reference = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)(ids).logits.log_softmax(-1)
    difference = (run(model, model.embedding(ids))[0] - reference).abs().max().item()
    assert difference < 1e-3, f"logits differ from transformers by {difference}"
    print(f"largest difference from transformers: {difference:.1e}")


if __name__ == "__main__":
    main()
