#!/usr/bin/env python3
"""Check a GGUF export against the dense model with the weights that were scored.

    pip install torch transformers gguf==0.19.0 xllamacpp numpy
    PYTHONPATH=python/attune-engines/src python tests/golden/check_gguf.py DIR_DENSE DIR_EXPORTED

First the file alone, and the tokens that llama.cpp makes of some texts: every matrix, read back by the package `gguf`, has the type that the plan names for it, the numbers of the stored
matrix elsewhere, and codes of its grid that are as near to the stored matrix as the grid allows. Then llama.cpp itself, against
transformers with the very weights of the file: logarithms of probabilities, with a cache in float32 unless the plan says otherwise.
The dense model is the negative control. llama.cpp rounds what enters a matrix of codes to 8 bits and what enters one in 16 bits
to 16, so only files in float32 agree to 1e-3 (those of Gemma to 1e-4 at half of the positions, once transformers rounds the activation as
llama.cpp does, which looks it up in half precision). Others have to be
nearer to the file's weights than to the dense ones; and where one matrix alone is in blocks, outside of experts, half of the positions
have to agree to 1e-3 when transformers rounds inputs in the same way. Of more matrices they do not: an input that lies between two
codes goes to another one after the slightest difference.
"""

import argparse
import json
import re
import sys
from pathlib import Path

import gguf
import numpy as np
import torch
from attune_engines.engines.llama_cpp import ENGINE, opened
from transformers import AutoModelForCausalLM

MODULES = {"q": "attn_q", "k": "attn_k", "v": "attn_v", "o": "attn_output", "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down"}
NAMES = {
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm", "attn_norm": "input_layernorm",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj", "ffn_gate_inp_shexp": "mlp.shared_expert_gate",
    "ffn_gate_shexp": "mlp.shared_expert.gate_proj", "ffn_up_shexp": "mlp.shared_expert.up_proj", "ffn_down_shexp": "mlp.shared_expert.down_proj",
    "post_attention_norm": "post_attention_layernorm", "ffn_norm": "pre_feedforward_layernorm", "post_ffw_norm": "post_feedforward_layernorm",
}


def text(reader, key):
    return reader.fields[key].contents()


def turned_back(rows, heads):
    """Rows of queries or keys as transformers has them: the two that turn together half a head apart."""
    return rows.reshape(heads, rows.shape[0] // heads // 2, 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def weights(reader, config):
    """The numbers of a file, under the names of a checkpoint."""
    architecture = text(reader, "general.architecture")
    found = {}
    for tensor in reader.tensors:
        shape = [int(size) for size in reversed(tensor.shape)]
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32).reshape(shape)
        place, _, end = tensor.name.rpartition(".")
        top = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
        if place == "rope_freqs":
            continue
        if place in top:
            found[f"{top[place]}.{end}"] = values - (architecture.startswith("gemma") and place == "output_norm")
            continue
        _, layer, part = place.split(".")
        if architecture == "llama" and part in ("attn_q", "attn_k"):
            values = turned_back(values, config.num_attention_heads if part == "attn_q" else config.num_key_value_heads)
        if architecture.startswith("gemma") and "norm" in part:
            values = values - 1
        prefix = f"model.layers.{layer}"
        experts = re.fullmatch(r"ffn_(gate|up|down)_exps", part)
        if experts and config.model_type == "mixtral":
            for expert, matrix in enumerate(values):
                found[f"{prefix}.block_sparse_moe.experts.{expert}.{dict(gate='w1', up='w3', down='w2')[experts[1]]}.weight"] = matrix
        elif experts:
            for expert, matrix in enumerate(values):
                found[f"{prefix}.mlp.experts.{expert}.{experts[1]}_proj.weight"] = matrix
        elif part == "ffn_gate_inp":
            found[f"{prefix}.{'block_sparse_moe' if config.model_type == 'mixtral' else 'mlp'}.gate.weight"] = values
        elif part == "ffn_norm" and architecture not in ("gemma2", "gemma3"):
            found[f"{prefix}.post_attention_layernorm.weight"] = values
        else:
            found[f"{prefix}.{NAMES[part]}.{end}"] = values
    return found


def stored(folder):
    from safetensors.torch import load_file

    tensors = {}
    for file in sorted(Path(folder).glob("*.safetensors")):
        tensors |= load_file(file)
    return {name: tensor.float().numpy() for name, tensor in tensors.items()}


def check_types(reader, plan):
    """Every matrix has the type that the plan names, and no other has blocks."""
    kept = layers_kept(reader, plan)
    expected = {}
    for edit in plan:
        if edit["edit"] == "weight-bits" and edit["bits"] < 16 and edit["layer"] in kept:
            expected[(kept.index(edit["layer"]), MODULES[edit["module"]])] = edit["grid"].upper()
    found = {}
    for tensor in reader.tensors:
        match = re.fullmatch(r"blk\.(\d+)\.(\w+?)(_exps)?\.weight", tensor.name)
        if tensor.tensor_type.name not in ("F32", "F16", "BF16"):
            found[(int(match[1]), match[2])] = tensor.tensor_type.name
    assert found == expected, sorted(set(found.items()) ^ set(expected.items()))[:4]
    return len(found)


def layers_kept(reader, plan):
    dropped = {edit["layer"] for edit in plan if edit["edit"] == "drop-block"}
    count = text(reader, f"{text(reader, 'general.architecture')}.block_count")
    return [layer for layer in range(count + len(dropped)) if layer not in dropped]


def check_numbers(file, dense, reader, plan):
    """What is not in blocks is what is stored, to the bit; what is in blocks is what the package rounds to, or near what is stored."""
    kinds = {(edit["layer"], edit["module"]): edit["grid"].upper() for edit in plan if edit["edit"] == "weight-bits" and edit["bits"] < 16}
    kept, keeps = layers_kept(reader, plan), {edit["layer"]: edit["experts"] for edit in plan if edit["edit"] == "keep-experts"}
    most, rounded = 0.0, 0
    parts = {"q_proj": "q", "k_proj": "k", "v_proj": "v", "o_proj": "o", "gate_proj": "gate", "w1": "gate", "up_proj": "up", "w3": "up", "down_proj": "down", "w2": "down"}
    for name, values in file.items():
        original = name
        if match := re.match(r"model\.layers\.(\d+)\.(.*)", name):
            layer = kept[int(match[1])]
            original = f"model.layers.{layer}.{match[2]}"
            if layer in keeps:
                if expert := re.search(r"experts\.(\d+)\.", original):
                    original = original.replace(expert[0], f"experts.{keeps[layer][int(expert[1])]}.")
            before = dense[original]
            if layer in keeps and original.endswith("gate.weight") and "shared" not in original:
                before = before[keeps[layer]]
            kind = kinds.get((layer, parts.get(name.split(".")[-2]))) if name.endswith(".weight") and "shared" not in name else None
            if kind in ("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"):
                assert np.array_equal(values, nearest(before, kind)), name
                rounded += 1
            if kind:
                most = max(most, float(np.abs(values - before).max() / np.abs(before).max()))
                continue
        else:
            before = dense[original]
        assert values.shape == before.shape, (name, values.shape, before.shape)
        # 1 + w is stored for Gemma's norms, which loses what float32 loses.
        assert np.abs(values - before).max() <= (1e-6 if "norm" in name else 0), name
    return most, rounded


def nearest(values, kind):
    """What is left of numbers in blocks, by the package."""
    kind = gguf.GGMLQuantizationType[kind]
    return gguf.quants.dequantize(gguf.quants.quantize(np.ascontiguousarray(values, np.float32), kind), kind).astype(np.float32)


def rounding_cache(plan):
    """Attention over keys and values as the plan stores them; llama.cpp has one type of each for all layers."""
    from transformers import AttentionInterface
    from transformers.masking_utils import AttentionMaskInterface, eager_mask
    from transformers.models.llama.modeling_llama import eager_attention_forward

    edit = next(edit for edit in plan if edit["edit"] == "kv-bits")

    def stored(states, side):
        grid = edit.get(f"{side}-grid")
        return states if grid is None else torch.tensor(nearest(states.numpy(), grid.upper()))

    def attend(module, query, key, value, mask, scaling, **more):
        return eager_attention_forward(module, query, stored(key, "key"), stored(value, "value"), mask, scaling, **more)

    AttentionInterface.register("rounded", attend)
    AttentionMaskInterface.register("rounded", eager_mask)
    return "rounded"


PROBES = [
    "The 3 quick foxes (aged 12, 345 and 6789) don't jump; they'RE \"resting\".",
    "def f(x):\n    return x  +  1\n\n\n\t# tabs\t and   spaces \n",
    "Grüße, naïve café — ħ 中文 日本語 한국어 🚀🦙 ½ ٣",
    " leading and trailing  ",
    "",
]


def check_tokens(folder, exported):
    """llama.cpp makes the same tokens of texts as the library `tokenizers`, with what is put around them."""
    import urllib.request

    from tokenizers import Tokenizer

    if not (Path(folder) / "tokenizer.json").is_file():
        return "no tokenizer"
    tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
    server = opened(Path(exported) / "model.gguf", [], 64)
    for probe in PROBES:
        body = json.dumps({"content": probe, "add_special": True, "parse_special": True}).encode()
        request = urllib.request.Request(f"{server.listening_address}/tokenize", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            found = json.load(answer)["tokens"]
        expected = tokenizer.encode(probe).ids
        assert found == expected, (probe, [tokenizer.id_to_token(one) for one in found], tokenizer.encode(probe).tokens)
    return f"{len(PROBES)} texts are the same tokens"


def round_inputs(model, reader):
    """What enters a linear module is rounded as llama.cpp rounds it for the type of the module's matrix (`vec_dot_type` of ggml)."""
    kinds = {}
    for tensor in reader.tensors:
        place = tensor.name.removesuffix(".weight")
        if place in ("token_embd", "output"):
            kinds["lm_head"] = tensor.tensor_type.name
        elif place.startswith("blk.") and place.split(".")[2] in NAMES:
            kinds[f"model.layers.{place.split('.')[1]}.{NAMES[place.split('.')[2]]}"] = tensor.tensor_type.name
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear) and name in kinds:
            module.register_forward_pre_hook(lambda _, inputs, kind=kinds[name]: (rounded_input(inputs[0], kind), *inputs[1:]))


def round_activation(model):
    """GELU is looked up in a table of half precision by an input in half precision."""
    for layer in model.model.layers:
        layer.mlp.act_fn.register_forward_pre_hook(lambda _, inputs: (inputs[0].half().float(),))
        layer.mlp.act_fn.register_forward_hook(lambda *call: call[-1].half().float())


def rounded_input(values, kind):
    if kind in ("F32", "F16", "BF16"):
        return values.to({"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}[kind]).float()
    if kind.endswith("_K"):
        blocks = values.reshape(-1, 256)
        furthest = blocks.gather(1, blocks.abs().argmax(1, keepdim=True))
        per = torch.where(furthest == 0, 0, -127 / furthest)
        return torch.where(furthest == 0, 0, (blocks * per).round().clamp(max=127) / per).reshape(values.shape)
    blocks = values.reshape(-1, 32)
    furthest = blocks.abs().amax(1, keepdim=True)
    codes = torch.where(furthest == 0, 0, blocks * 127 / furthest).round()
    return (codes * (furthest / 127).half().float()).reshape(values.shape)


def logits(model, ids):
    with torch.no_grad():
        return torch.log_softmax(model(torch.tensor([ids])).logits[0].float(), -1).numpy()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("dense", "exported"):
        parser.add_argument(name)
    parser.add_argument("--tokens", type=int, default=48)
    args = parser.parse_args()
    torch.set_num_threads(1)
    plan = json.loads((Path(args.exported) / "attune-export.json").read_text())["plan"]["edits"]
    reader = gguf.GGUFReader(Path(args.exported) / "model.gguf")

    dense = AutoModelForCausalLM.from_pretrained(args.dense, dtype=torch.float32, attn_implementation="eager").eval()
    config = dense.config
    file = weights(reader, config)
    matrices = check_types(reader, plan)
    farthest, rounded = check_numbers(file, stored(args.dense), reader, plan)
    print(f"{len(file)} tensors, {matrices} of blocks as the plan says; numbers not in blocks are those stored; {rounded} matrices are what gguf rounds to; blocks: within {farthest:.3g} of the largest")

    print(check_tokens(args.dense, args.exported))

    ids = np.random.default_rng(1).integers(0, config.vocab_size, args.tokens).tolist()
    before = logits(dense, ids)
    scored = scored_model(args.dense, config, file, reader, plan)
    expected = logits(scored, ids)
    found = ENGINE.log_probabilities(Path(args.exported), [ids], [range(len(ids))])[0][:, : config.vocab_size]

    off, control = np.abs(found - expected), np.abs(found - before)
    same = (found.argmax(-1) == expected.argmax(-1)).mean()
    floats = all(tensor.tensor_type.name == "F32" for tensor in reader.tensors)
    caches = any(edit["edit"] == "kv-bits" for edit in plan)
    print(f"llama.cpp {ENGINE.version()}: |file's weights|: max {off.max():.3g}, mean {off.mean():.3g}, argmax {same:.1%}; |dense|: max {control.max():.3g}, mean {control.mean():.3g}")
    bound = 1e-3
    if floats and not caches and text(reader, "general.architecture").startswith("gemma"):
        round_activation(scored)
        off = np.abs(found - logits(scored, ids))
        print(f"with the activation rounded as llama.cpp rounds it: max {off.max():.3g}, mean {off.mean():.3g}")
        good = np.median(off.max(-1)) <= bound / 10
    elif floats and not caches:
        good = off.max() <= bound
    else:
        good = off.mean() < control.mean() or not plan
    if matrices == 1 and not hasattr(config, "num_experts_per_tok"):
        round_inputs(scored, reader)
        alike = np.abs(found - logits(scored, ids)).max(-1)
        print(f"with inputs rounded as llama.cpp rounds them: half of the positions within {np.median(alike):.3g}")
        good = good and np.median(alike) <= bound
    if plan and control.max() <= 1e-2:
        good = False
    sys.exit(0 if good else 1)


def scored_model(folder, config, file, reader, plan):
    """transformers with the weights of the file: its layers, its experts."""
    import copy
    import tempfile

    from safetensors.torch import save_file

    config = copy.deepcopy(config)
    architecture = text(reader, "general.architecture")
    kept = layers_kept(reader, plan)
    config.num_hidden_layers = len(kept)
    if getattr(config, "layer_types", None):
        config.layer_types = [config.layer_types[layer] for layer in kept]
    if f"{architecture}.expert_count" in reader.fields:
        key = "num_local_experts" if config.model_type == "mixtral" else "num_experts"
        setattr(config, key, text(reader, f"{architecture}.expert_count"))
        config.num_experts_per_tok = text(reader, f"{architecture}.expert_used_count")
    with tempfile.TemporaryDirectory() as place:
        save_file({name: torch.tensor(values) for name, values in file.items()}, f"{place}/model.safetensors", {"format": "pt"})
        config.save_pretrained(place)
        attention = rounding_cache(plan) if any(edit["edit"] == "kv-bits" for edit in plan) else "eager"
        model, said = AutoModelForCausalLM.from_pretrained(place, dtype=torch.float32, attn_implementation=attention, output_loading_info=True)
        problems = {what: names for what, names in said.items() if names and what != "error_msgs"}
        assert set(problems) <= {"missing_keys"} and all("lm_head" in name for name in problems.get("missing_keys", [])), problems
    return model.eval()


if __name__ == "__main__":
    main()
