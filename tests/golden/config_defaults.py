"""Write eval/src/model/config/defaults.rs: what a key that is absent from config.json means, family by family.

The numbers come from transformers' own config classes, of two versions, which have to agree. Beside it, written-configs.json gets
what either version writes for a model of each family, every key included: all of that has to be understood.

    python config_defaults.py --old DIR        DIR: a folder with transformers 4.57 (`pip install --target DIR …`)
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

FILE = Path(__file__).resolve().parents[2] / "eval/src/model/config/defaults.rs"
WRITTEN = Path(__file__).resolve().parent / "written-configs.json"
FAMILIES = {"llama": "Llama", "mistral": "Mistral", "mixtral": "Mixtral", "qwen2": "Qwen2", "qwen3": "Qwen3"}
# Field: the type in Rust. A family without the key, and one whose default is null, have `None` where there is an option.
FIELDS = {
    "num_key_value_heads": "Option<usize>", "head_dim": "Option<usize>", "rms_norm_eps": "f64", "rope_theta": "f64",
    "tie_word_embeddings": "bool", "attention_bias": "Option<bool>", "mlp_bias": "Option<bool>", "sliding_window": "Option<usize>",
    "use_sliding_window": "Option<bool>", "max_window_layers": "Option<usize>", "num_local_experts": "Option<usize>",
    "num_experts_per_tok": "Option<usize>",
}
DOCS = {
    "num_key_value_heads": "Key/value heads; `None`: as many as query heads.",
    "head_dim": "Channels per head; `None`: the width of the residual stream divided by the query heads.",
    "rms_norm_eps": "Added to the mean square in every norm.",
    "rope_theta": "Base of the rotation frequencies.",
    "tie_word_embeddings": "Whether the output matrix is the embedding.",
    "attention_bias": "Biases of the attention; `None`: the family has no such key.",
    "mlp_bias": "Biases of the feed-forward part; `None`: the family has no such key.",
    "sliding_window": "Tokens that a query sees; `None`: all, or no such key.",
    "use_sliding_window": "Whether windows are used; `None`: the family has no such key.",
    "max_window_layers": "Layers in front that have no window; `None`: the family has no such key.",
    "num_local_experts": "Experts of a layer; `None`: the family has none.",
    "num_experts_per_tok": "Experts of a token; `None`: the family has none.",
}


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


def literal(value, kind):
    if kind.startswith("Option"):
        return "None" if value is None else f"Some({literal(value, kind[7:-1])})"
    if kind == "bool":
        return str(value).lower()
    return repr(float(value)) if kind == "f64" else f"{value:_}" if value > 9999 else str(value)


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
    lines = [
        "//! What an absent key means, family by family.",
        "//!",
        f"//! Written by tests/golden/config_defaults.py from the config classes of transformers {old['version']} and {new['version']},",
        "//! which agree. Change the script, not this file.",
        "",
        "use super::Family;",
        "",
        "/// Values of absent keys.",
        "pub(super) struct Defaults {",
    ]
    for field, kind in FIELDS.items():
        lines += [f"    /// {DOCS[field]}", f"    pub(super) {field}: {kind},"]
    lines += ["}", "", "impl Family {", "    /// Values of keys that config.json leaves out.", "    pub(super) fn defaults(self) -> &'static Defaults {", "        match self {"]
    lines += [f"            Self::{name} => &{name.upper()}," for name in FAMILIES.values()]
    lines += ["        }", "    }", "}"]
    for family, name in FAMILIES.items():
        lines += ["", f"const {name.upper()}: Defaults = Defaults {{"]
        lines += [f"    {field}: {literal(new[family][field], kind)}," for field, kind in FIELDS.items()]
        lines += ["};"]
    FILE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
