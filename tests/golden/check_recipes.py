#!/usr/bin/env python3
"""Check a recipe: the tool that it is for gives every module the bits of the plan.

    python tests/golden/check_recipes.py DIR_OF_THE_MODEL DIR_EXPORTED

    recipe.yaml            llm-compressor 0.14 quantises the model by it, to nearest (no text is needed), and its modules are asked
    layer_config.json      AutoRound 0.16 resolves it over the modules of the model
    quantize_config.json   GPTQModel 7 reads it and is asked module by module
    quant_cfg.json         ModelOpt 0.47 quantises the model by it, and its quantisers are asked
    quantization.json      mlx-lm 0.32 quantises the model by it, and its modules are asked

Each compares bits and groups with those of the plan in attune-export.json, and a negative control, the recipe without what it says of single
modules, has to differ where the plan has several levels. Exit status 0 when the first agrees and the control does not.
"""

import argparse
import json
from pathlib import Path

import yaml

NAMES = {"q": "self_attn.q_proj", "k": "self_attn.k_proj", "v": "self_attn.v_proj", "o": "self_attn.o_proj",
         "gate": "mlp.gate_proj", "up": "mlp.up_proj", "down": "mlp.down_proj"}


def planned(exported):
    """Bits and channels of a group by the names of modules, for a dense Llama."""
    edits = json.loads((exported / "attune-export.json").read_text())["plan"]["edits"]
    few = [edit for edit in edits if edit["bits"] < 16]
    return {f"model.layers.{edit['layer']}.{NAMES[edit['module']]}": (edit["bits"], edit["group-size"]) for edit in few}


def load(model):
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(model, dtype="float32")


def llm_compressor(model, recipe):
    from llmcompressor import oneshot

    text = json.dumps(recipe).replace("GPTQModifier", "QuantizationModifier")
    quantised = oneshot(model=load(model), recipe=text)
    schemes = {name: getattr(module, "quantization_scheme", None) for name, module in quantised.named_modules()}
    return {name: (scheme.weights.num_bits, scheme.weights.group_size) for name, scheme in schemes.items() if scheme and scheme.weights}


def autoround(model, recipe):
    import torch
    from auto_round.compressors.utils import set_layer_config
    from auto_round.schemes import preset_name_to_scheme

    linear = (torch.nn.Linear,)
    found, _, _ = set_layer_config(load(model), recipe, preset_name_to_scheme("W4A16"), torch.float16, linear, ())
    return {name: (entry["bits"], entry["group_size"]) for name, entry in found.items() if entry["bits"] < 16}


def gptqmodel(model, recipe):
    from gptqmodel.quantization.config import QuantizeConfig

    config = QuantizeConfig(**recipe)
    modules = [name for name, _ in load(model).named_modules() if name.endswith("_proj")]
    ask = lambda name, key: config.dynamic_get(name, key, getattr(config, key))
    return {name: (ask(name, "bits"), ask(name, "group_size")) for name in modules if config.dynamic_get(name) is not False}


def modelopt(model, recipe):
    import modelopt.torch.quantization as mtq

    def numbers(value):
        if isinstance(value, dict):
            return {int(key) if key.lstrip("-").isdigit() else key: numbers(entry) for key, entry in value.items()}
        if isinstance(value, list):
            inner = [numbers(entry) for entry in value]
            return tuple(inner) if all(isinstance(entry, int) for entry in inner) else inner
        return value

    quantised = mtq.quantize(load(model), numbers(recipe), forward_loop=None)
    found = {}
    for name, module in quantised.named_modules():
        weights = getattr(module, "weight_quantizer", None)
        if weights is not None and weights.is_enabled:
            bits = weights.num_bits if isinstance(weights.num_bits, int) else 1 + sum(weights.num_bits)
            found[name] = (bits, (weights.block_sizes or {}).get(-1, module.weight.shape[1]))
    return found


def mlx(model, recipe):
    import mlx.core as core
    from mlx_lm.utils import load_model, quantize_model

    core.set_default_device(core.cpu)
    loaded, config = load_model(model)
    quantised, _ = quantize_model(loaded, config, 64, 4, quant_predicate=lambda path, _: recipe.get(path, False))
    return {name: (module.bits, module.group_size) for name, module in quantised.named_modules() if hasattr(module, "bits")}


def plain(name, recipe):
    """A recipe without what it says of single modules."""
    if name == "recipe.yaml":
        groups = recipe["quant_stage"]["quant_modifiers"]["GPTQModifier"]["config_groups"]
        first = {**groups["group_0"], "targets": ["Linear"]}
        return {"quant_stage": {"quant_modifiers": {"GPTQModifier": {"ignore": ["lm_head"], "config_groups": {"group_0": first}}}}}
    if name == "quant_cfg.json":
        everywhere = {**recipe["quant_cfg"][1], "quantizer_name": "*proj.weight_quantizer"}
        return {**recipe, "quant_cfg": [recipe["quant_cfg"][0], everywhere]}
    return {**recipe, "dynamic": {}} if name == "quantize_config.json" else {}


TOOLS = {"recipe.yaml": llm_compressor, "layer_config.json": autoround, "quantize_config.json": gptqmodel, "quant_cfg.json": modelopt,
         "quantization.json": mlx}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("exported", type=Path)
    args = parser.parse_args()
    name = next(name for name in TOOLS if (args.exported / name).exists())
    recipe = yaml.safe_load((args.exported / name).read_text())
    expected = planned(args.exported)
    found, control = (TOOLS[name](args.model, recipe) for recipe in (recipe, plain(name, recipe)))
    wrong = {module: (found.get(module), expected.get(module)) for module in found.keys() | expected.keys() if found.get(module) != expected.get(module)}
    differ = sum(control.get(module) != expected.get(module) for module in control.keys() | expected.keys())
    print(f"{name}: {len(expected)} modules in {len(set(expected.values()))} levels, {len(wrong)} of them otherwise in the tool; the control: {differ}")
    for module, (one, other) in sorted(wrong.items()):
        print(f"  {module}: the tool has {one}, the plan {other}")
    raise SystemExit(0 if not wrong and (differ > 0 or len(set(expected.values())) == 1) else 1)


if __name__ == "__main__":
    main()
