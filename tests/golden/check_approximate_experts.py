#!/usr/bin/env python3
"""Check a checkpoint with `approximate_experts` against vLLM's own code, without running vLLM.

    pip download vllm==0.33.0 --no-deps && unzip -q vllm-0.33.0*.whl 'vllm/*.py' -d SOURCE
    python tests/golden/check_approximate_experts.py SOURCE/vllm DIR_OF_THE_MODEL DIR_EXPORTED

There is no vLLM 0.33 for CPUs, so its server was not run. What is run are the two modules of its source that read such a checkpoint
(`fused_moe/expert_substitution.py` and `models/expert_substitution.py`), with stubs for what they import and do not need here: its
parser on config.json and on the names of tensors, its loader on the constants, and what it does to the choices of a router. The last is put
between the router and the experts of the Mixtral of Transformers, whose experts are those of the exported folder, in compact rows as
vLLM loads them. The reference is the dense model with the plan's experts answering 0. Prints how far the logits are apart, and how far
the dense model is from them, which has to be farther. Exit status 0 when that is so.
"""

import importlib.util
import json
import sys
import types
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM

TOKENS = 64
NEAR = 1e-4


def vllm_modules(folder):
    """The two modules by the names that they import each other under."""

    def stub(name, **members):
        module = types.ModuleType(name)
        module.__dict__.update(members)
        module.__path__ = []
        sys.modules[name] = module

    moe = "vllm.model_executor.layers.fused_moe"
    for name in ("vllm", "vllm.model_executor", "vllm.model_executor.layers", moe, "vllm.model_executor.model_loader",
                 "vllm.model_executor.models"):
        stub(name)
    stub(f"{moe}.moe_output", UnfinalizedMoEOutput=type("UnfinalizedMoEOutput", (), {}))
    stub(f"{moe}.routed_experts", RoutedExperts=nn.Module)
    stub(f"{moe}.unquantized_fused_moe_method", UnquantizedFusedMoEMethod=type("UnquantizedFusedMoEMethod", (), {}))
    stub("vllm.model_executor.model_loader.reload", finalize_layerwise_reload=None)
    found = []
    for name, file in ((f"{moe}.expert_substitution", "layers/fused_moe"), ("vllm.model_executor.models.expert_substitution", "models")):
        path = folder / "model_executor" / file / "expert_substitution.py"
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        found.append(module)
    return found


def tensors(folder):
    found = {}
    for file in sorted(folder.glob("*.safetensors")):
        found |= load_file(file)
    return found


def main():
    layers_code, models_code = vllm_modules(Path(sys.argv[1]))
    dense, exported = Path(sys.argv[2]), Path(sys.argv[3])
    plan = json.loads((exported / "attune-export.json").read_text())["plan"]["edits"]
    silenced = {edit["layer"]: tuple(sorted(edit["experts"])) for edit in plan if edit["edit"] == "silence-experts"}
    config = AutoConfig.from_pretrained(exported)
    spec = layers_code.get_expert_substitution_spec(types.SimpleNamespace(hf_text_config=config, hf_config=config))
    assert spec.experts == silenced, (spec.experts, silenced)

    stored, before = tensors(exported), tensors(dense)
    experts = config.num_local_experts
    substitutions = {
        layer: layers_code.ConstantExpertSubstitution(layer, experts, ids, config.hidden_size, torch.float32)
        for layer, ids in spec.experts.items()
    }
    constants = 0
    for name, tensor in stored.items():
        place = models_code._parse_approx_value_name(name)
        if place is not None:
            layer, expert = place
            substitutions[layer].weight_loader(substitutions[layer].values, tensor, expert)
            constants += 1
        else:
            assert torch.equal(tensor, before[name]), f"{name} is another one"
    for layer, one in substitutions.items():
        one.validate_loaded_values(f"layer {layer}")
    gone = [name for name in before if name not in stored]
    expected = {
        f"model.layers.{layer}.block_sparse_moe.experts.{expert}.{part}.weight"
        for layer, ids in silenced.items() for expert in ids for part in ("w1", "w2", "w3")
    }
    assert set(gone) == expected and constants == sum(map(len, silenced.values())), (gone, constants)
    print(f"vLLM reads {constants} constants in {len(silenced)} layers, from {min(map(len, silenced.values()))} to "
          f"{max(map(len, silenced.values()))} in one; {len(gone)} tensors are gone, all others are the model's own")

    ids = torch.randint(0, config.vocab_size, (1, TOKENS), generator=torch.Generator().manual_seed(0))
    load = lambda: AutoModelForCausalLM.from_pretrained(dense, dtype=torch.float32).eval()
    with torch.no_grad():
        whole = load()
        logits = whole(input_ids=ids).logits
        reference, served = load(), load()
        for layer, silent in silenced.items():
            reference.model.layers[layer].mlp.experts.down_proj[list(silent)] = 0
            place = f"model.layers.{layer}.block_sparse_moe.experts"
            part = lambda expert, name: stored[f"{place}.{expert}.{name}.weight"].float()
            kept = [expert for expert in range(experts) if expert not in silent]
            module = served.model.layers[layer].mlp.experts
            module.gate_up_proj = nn.Parameter(torch.stack([torch.cat([part(e, "w1"), part(e, "w3")]) for e in kept]))
            module.down_proj = nn.Parameter(torch.stack([part(e, "w2") for e in kept]))
            module.num_experts = len(kept)
            module.forward = substituted(module.forward, substitutions[layer])
        expected, found = reference(input_ids=ids).logits, served(input_ids=ids).logits
    apart, control = (found - expected).abs().max().item(), (logits - expected).abs().max().item()
    print(f"logits are {apart:.1e} from the plan's, and the dense model's {control:.2f}")
    return 0 if apart <= NEAR < control else 1


def substituted(own, substitution):
    def forward(hidden, chosen, weights):
        chosen, weights = chosen.clone(), weights.clone()
        constant = substitution.transform_routes(hidden, weights, chosen)
        return own(hidden, chosen, weights) + constant

    return forward


if __name__ == "__main__":
    sys.exit(main())
