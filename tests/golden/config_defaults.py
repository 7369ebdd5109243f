"""Write written-configs.json: what two versions of transformers write as config.json for a model of a family, every key included. All of
that has to be understood, and the two have to agree in what an absent key means.

    python config_defaults.py --old DIR        DIR: a folder with transformers 4.57 (`pip install --target DIR …`)
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

WRITTEN = Path(__file__).resolve().parent / "written-configs.json"
FAMILIES = {"llama": "Llama", "mistral": "Mistral", "mixtral": "Mixtral", "qwen2": "Qwen2", "qwen3": "Qwen3"}
# Keys whose defaults have to be the same in both versions.
FIELDS = [
    "num_key_value_heads", "head_dim", "rms_norm_eps", "rope_theta", "tie_word_embeddings", "attention_bias", "mlp_bias", "sliding_window",
    "use_sliding_window", "max_window_layers", "num_local_experts", "num_experts_per_tok",
]


def defaults():
    import dataclasses
    import inspect

    import transformers

    out = {"version": transformers.__version__}
    for family, name in FAMILIES.items():
        kind = getattr(transformers, name + "Config")
        if dataclasses.is_dataclass(kind):
            found = {field.name: field.default for field in dataclasses.fields(kind)} | {"rope_theta": kind.default_theta}
        else:
            found = {name: one.default for name, one in inspect.signature(kind.__init__).parameters.items()}
        out[family] = {key: found.get(key) for key in FIELDS}
    out["written"] = {family: json.loads(getattr(transformers, name + "Config")(architectures=[name + "ForCausalLM"]).to_json_string(use_diff=False)) for family, name in FAMILIES.items()}
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--print", action="store_true")
    parser.add_argument("--old")
    arguments = parser.parse_args()
    if arguments.print:
        return print(json.dumps(defaults()))
    new = defaults()
    run = subprocess.run([sys.executable, __file__, "--print"], env=os.environ | {"PYTHONPATH": arguments.old}, capture_output=True, text=True, check=True)
    old = json.loads(run.stdout.strip().splitlines()[-1])
    WRITTEN.write_text(json.dumps({run["version"]: run.pop("written") for run in (old, new)}, indent=1) + "\n")
    assert {**new, "version": 0} == {**old, "version": 0}, "the two versions have different defaults: no default can be pinned"


if __name__ == "__main__":
    main()
