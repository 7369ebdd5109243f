#!/usr/bin/env python3
"""Check an export in the format of compressed-tensors against the dense model with rounded weights.

    pip install torch transformers compressed-tensors
    python tests/golden/check_compressed_tensors.py DIR_DENSE DIR_EXPORTED PLAN.json

Transformers loads both folders, and both compute in float32. In the dense model the weights that the plan
names are rounded by the library's own quantiser, in float32. Prints how far the logits of the export are
from it, how often the likeliest token is the same, and how far they are from the dense model as it is,
which has to be farther. Exit status 0 when the export is within 1e-4 of the range of logits (a model stored
in float32), or on average twice as near to the rounded as to the dense model (16 bits, and 4-bit floating
point, which Transformers makes in bfloat16). Caches are not looked at: Transformers 5.24 ignores their
scheme.
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path

import torch
from compressed_tensors.quantization import QuantizationArgs, fake_quantize
from compressed_tensors.quantization.utils import calculate_qparams, generate_gparam
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

MODULES = {
    "q": ["q_proj", "query_key_value", "qkv_proj"],
    "k": ["k_proj", "query_key_value", "qkv_proj"],
    "v": ["v_proj", "query_key_value", "qkv_proj"],
    "o": ["o_proj", "dense", "out_proj"],
    "gate": ["gate_proj", "w1", "gate_up_proj", "input_linear"],
    "up": ["up_proj", "w3", "gate_up_proj", "input_linear", "fc1", "c_fc", "dense_h_to_4h"],
    "down": ["down_proj", "w2", "output_linear", "fc2", "c_proj", "dense_4h_to_h"],
}


def rounded(weights, edit):
    """What the library leaves of a matrix."""
    values, grid, bits, group = weights.float(), edit["grid"], edit["bits"], edit["group-size"]
    whole, more = None, {}
    if grid in ("symmetric", "affine-int"):
        args = {"num_bits": bits, "symmetric": grid == "symmetric", "strategy": "group", "group_size": group}
        groups = values.unflatten(-1, (-1, group))
    elif grid.startswith("fp8"):
        strategy = grid.rsplit("-", 1)[1]
        args = {"num_bits": 8, "type": "float", "symmetric": True, "strategy": strategy}
        groups = values.flatten() if strategy == "tensor" else values.unsqueeze(1)
        if strategy == "block":
            args["block_structure"] = [128, 128]
            rows = -values.shape[0] % 128
            padded = torch.nn.functional.pad(values, (0, 0, 0, rows))
            groups = padded.unflatten(0, (-1, 128)).unflatten(2, (-1, 128)).transpose(1, 2).flatten(2)
    else:
        args = {"num_bits": 4, "type": "float", "symmetric": True, "group_size": group}
        groups = values.unflatten(-1, (-1, group))
        if grid == "mxfp4":
            more = {"strategy": "group", "scale_dtype": torch.uint8, "zp_dtype": torch.uint8}
        else:
            eight = torch.float8_e4m3fn
            more = {"strategy": "tensor_group", "scale_dtype": eight, "zp_dtype": eight}
            whole = generate_gparam(values.amin(), values.amax())
    args = QuantizationArgs(**args, **more)
    scale, zero = calculate_qparams(groups.amin(-1), groups.amax(-1), args, global_scale=whole)
    return fake_quantize(values, scale, zero, args, global_scale=whole)


def matrices(edit, stored):
    """Names of the stored matrices that an edit rounds."""
    found = []
    for name in stored:
        parts = name.split(".")
        expert = int(parts[parts.index("experts") + 1]) if "experts" in parts else None
        # Experts that answer for every token are in no plan.
        own = f".layers.{edit['layer']}." in name and name.endswith(".weight")
        own = own and ".shared_expert" not in name and ".mlp.shared_mlp" not in name
        attention = "attention" in name or "attn" in name
        if own and parts[-2] in MODULES[edit["module"]] and attention == (edit["module"] in "qkvo"):
            if edit.get("expert") in (None, expert):
                found.append(name)
    return found


def logits(model, ids):
    with torch.no_grad():
        return model(ids).logits.float()


def compare(folder, exported, plan, tokens=40):
    """Differences of logits from the rounded and from the dense model, the share of tokens whose
    likeliest one is that of the rounded model, the range of logits, and whether all is well."""
    weights = {}
    for file in Path(folder).glob("*.safetensors"):
        weights |= load_file(file)
    stored = next(value.dtype for value in weights.values() if value.is_floating_point())
    vocabulary = json.loads((Path(folder) / "config.json").read_text())["vocab_size"]
    ids = torch.randint(0, vocabulary, (2, tokens), generator=torch.Generator().manual_seed(1))
    load = AutoModelForCausalLM.from_pretrained
    # Numbers of 4-bit floating point become bfloat16 ones, whatever the model is stored in.
    four = any(edit.get("grid") in ("mxfp4", "nvfp4") for edit in plan)
    model = load(exported, dtype=torch.bfloat16 if four else stored).eval()
    # The first forward pass makes numbers of codes; from there all compute in float32: only weights differ.
    logits(model, ids[:, :1])
    found = logits(torch.nn.Module.float(model), ids)
    before = logits(load(folder, dtype=torch.float32).eval(), ids)

    left = {}
    for edit in plan:
        if edit["edit"] == "weight-bits" and edit["bits"] < 16:
            # Modules that are stored in one matrix have the same edit.
            left |= {name: rounded(weights[name], edit) for name in matrices(edit, weights)}
    weights |= left
    with tempfile.TemporaryDirectory() as copy:
        tensors = {name: value.float().contiguous() for name, value in weights.items()}
        save_file(tensors, f"{copy}/model.safetensors", {"format": "pt"})
        shutil.copy(Path(folder) / "config.json", copy)
        reference = load(copy, dtype=torch.float32).eval()
    expected = logits(reference, ids)

    off, control = (found - expected).abs(), (found - before).abs()
    span = (before.max() - before.min()).item()
    same = (found.argmax(-1) == expected.argmax(-1)).float().mean().item()
    loose = four or stored != torch.float32
    near = off.mean() < control.mean() / 2 if loose else off.max() <= 1e-4 * span
    return off, control, same, span, bool(near and control.max() > 1e-3 * span)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("dense", "exported", "plan"):
        parser.add_argument(name)
    args = parser.parse_args()
    plan = json.loads(Path(args.plan).read_text())["plan"]["edits"]
    off, control, same, span, well = compare(args.dense, args.exported, plan)
    print(
        f"|exported - rounded|: max {off.max():.3g}, mean {off.mean():.3g}, argmax {same:.1%}; "
        f"|exported - dense|: max {control.max():.3g}, mean {control.mean():.3g}; range {span:.3g}"
    )
    raise SystemExit(0 if well else 1)


if __name__ == "__main__":
    main()
