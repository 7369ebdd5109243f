"""Record the goldens of models/tiny-moe: dense logits from transformers, edited ones from reference.py.

Every case is run in float32 and float64. Discrete decisions (which experts, which code) can flip
on float noise; a golden that sits on such an edge would fail a correct implementation. So each
case takes, of many windows of the held-out text, the one whose decisions are clearest, and the
margins are recorded with it.
"""

import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

from reference import Reference, quantise

HERE = Path(__file__).resolve().parent
LENGTH = 48
STRIDE = 8  # edited cases store every 8th column of the logits, and the logsumexp over all


def kv(layer, keys, values, group_size, sink, recent):
    return {"edit": "kv-bits", "layer": layer, "keys": keys, "values": values, "group-size": group_size, "sink": sink, "recent": recent}


def keep(layer, *experts):
    return {"edit": "keep-experts", "layer": layer, "experts": list(experts)}


def span(layer, kv_head, sink, alpha, beta):
    return {"edit": "attention-span", "layer": layer, "kv-head": kv_head, "sink": sink, "alpha": alpha, "beta": beta}


KEEP_HALF = [keep(0, 0, 2, 5, 7), keep(1, 1, 2, 3, 4), keep(2, 0, 1, 6, 7), keep(3, 3, 4, 5, 6), keep(4, 0, 3, 4, 7), keep(5, 1, 2, 5, 6)]
SPANS = [span(layer, head, 2, 3.0 + 2 * layer, 0.125 * head) for layer in range(6) for head in range(2)]

CASES = {
    "keep-half": KEEP_HALF,
    # Different counts per layer, down to exactly top-k experts; layers that are not named stay dense.
    "keep-uneven": [keep(0, 3, 6), keep(2, 0, 1, 2, 4, 5, 7), keep(5, 7, 1, 4)],
    "kv-two-layers": [kv(0, 2, 4, 16, 4, 16), kv(3, 4, 3, 32, 4, 16)],
    "kv-all-quantised": [kv(1, 4, 4, 8, 0, 0), kv(4, 3, 16, 32, 0, 0)],
    "kv-values-only": [kv(2, 16, 2, 32, 0, 8)],
    "kv-every-layer": [kv(layer, *pair, 32, 4, 16) for layer, pair in enumerate([(4, 2), (2, 4), (3, 3), (8, 4), (2, 2), (4, 4)])],
    "span-every-head": SPANS,
    # beta alone, beta zero, and a span that is clamped to one token.
    "span-edge": [span(0, 0, 0, 0.0, 0.25), span(0, 1, 1, 5.0, 0.0), span(3, 0, 4, -100.0, 0.0), span(3, 1, 0, 0.5, 1.0)],
    "all-edits": KEEP_HALF[:3] + [kv(1, 4, 4, 16, 2, 4), kv(5, 4, 2, 32, 2, 4)] + [span(1, 0, 2, 6.0, 0.125), span(4, 1, 2, 8.0, 0.0)],
}


def windows(model, split="selection"):
    """Token windows of the held-out text, prose and code in turn."""
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    per_domain = []
    for domain in ("prose", "code"):
        ids = tokenizer.encode((model / f"data/{domain}.{split}.txt").read_text(encoding="utf-8")).ids
        per_domain.append([ids[s : s + LENGTH] for s in range(0, len(ids) - LENGTH, LENGTH)][:80])
    return [torch.tensor(window) for pair in zip(*per_domain) for window in pair]


def transformers_logits(model, ids):
    from transformers import AutoModelForCausalLM

    reference, info = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"], info
    with torch.no_grad():
        return reference.eval()(ids).logits


def clearest(reference, candidates, edits):
    """The window with the clearest decisions, and its margins. Router gaps are of order 1 and
    rounding margins at most 0.5, so the smaller of the two ranks a window well enough."""
    best = None
    for ids in candidates:
        reference.logits(ids, edits)
        score = min(reference.margins["router"], reference.margins["rounding"])
        if best is None or score > best[0]:
            best = (score, ids, dict(reference.margins))
    return best[1], {name: value for name, value in best[2].items() if value != float("inf")}


@torch.no_grad()
def record(model):
    model = Path(model)
    sha = hashlib.sha256((model / "model.safetensors").read_bytes()).hexdigest()
    single, double = Reference(model), Reference(model, torch.float64)
    candidates = windows(model)
    tensors, cases = {}, []

    first, margin_0 = clearest(single, candidates[0::2], [])
    second, margin_1 = clearest(single, candidates[1::2], [])
    ids = torch.stack([first, second])
    logits = transformers_logits(model, ids)
    ours = torch.stack([single.logits(row) for row in ids])
    difference = (logits - ours).abs().max().item()
    assert difference < 1e-4, f"reference.py and transformers differ by {difference}"
    tensors |= {"dense.input_ids": ids, "dense.logits": logits.contiguous()}
    cases.append({"name": "dense", "edits": [], "margins": {"router": min(margin_0["router"], margin_1["router"])}, "reference_vs_transformers": difference})

    for name, edits in CASES.items():
        chosen, margins = clearest(single, candidates, edits)
        logits, exact = single.logits(chosen, edits), double.logits(chosen, edits)
        noise = (logits - exact).abs().max().item()
        effect = (logits - single.logits(chosen)).abs().max().item()
        assert noise < 1e-4, f"{name}: float32 and float64 differ by {noise}"
        assert effect > 0.05, f"{name}: the edit changes nothing"
        tensors |= {
            f"{name}.input_ids": chosen[None],
            f"{name}.logits_every_{STRIDE}": logits[None, :, ::STRIDE].contiguous(),
            f"{name}.logsumexp": logits.logsumexp(-1)[None],
        }
        cases.append({"name": name, "edits": edits, "margins": margins, "float32_vs_float64": noise, "max_change_from_dense": effect})
        print(f"{name:18} margins {margins} noise {noise:.1e} effect {effect:.2f}")

    save_file(tensors, HERE / "tiny-moe.safetensors")
    assert sha == hashlib.sha256((model / "model.safetensors").read_bytes()).hexdigest(), "the weights changed meanwhile"
    record = {"model_sha256": sha, "column_stride": STRIDE, "cases": cases}
    (HERE / "tiny-moe.json").write_text(json.dumps(record, indent=1) + "\n")


@torch.no_grad()
def record_quantiser():
    """The quantiser alone, on rows that hit its corners: ties, a constant group, one outlier."""
    torch.manual_seed(5)
    rows = torch.randn(6, 32)
    rows[1] = 0.75  # constant: must come back exactly
    rows[2, 1:16] *= 0.01
    rows[2, 0] = 40.0  # an outlier that flattens the rest of its group
    # Steps of exactly 1 at 2 bits, with values on every tie: half to even gives 0 0 2 2 2 3.
    rows[3] = torch.tensor([0.0, 3.0, 0.5, 1.5, 2.5, 1.0, 2.0, 3.0] * 4)
    rows[4] = -rows[3]
    tensors = {"input": rows}
    for bits in (2, 3, 4, 8):
        for group_size in (8, 16, 32):
            tensors[f"bits{bits}.group{group_size}"] = quantise(rows, bits, group_size)[0].contiguous()
    save_file(tensors, HERE / "kv-quantiser.safetensors")
