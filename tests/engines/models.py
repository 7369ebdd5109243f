"""Tiny models of the families of `tests/golden/families.py`, with the tokens of tiny-moe, so that its texts can be
read."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TINY_MOE = ROOT / "models" / "tiny-moe"


def make(name: str, folder: Path, sizes: dict[str, Any], target: str, dtype: str) -> None:
    """A checkpoint with the keys of config.json that the engine of the target reads."""
    import torch
    from safetensors.torch import load_file, save_file
    from transformers import AutoConfig, AutoModelForCausalLM

    sys.path.insert(0, str(ROOT / "tests" / "golden"))
    from families import CASES, TINY, fill

    family, args, *changes = CASES.get(name, (name, {}))
    vocabulary = {"vocab_size": json.loads((TINY_MOE / "config.json").read_text())["vocab_size"]}
    config = AutoConfig.for_model(family, **{**TINY, **args, **vocabulary, **sizes})
    with torch.no_grad():
        AutoModelForCausalLM.from_config(config).to(getattr(torch, dtype)).save_pretrained(folder)
    written = json.loads((folder / "config.json").read_text())
    for change in changes:
        written |= change
        written = {key: value for key, value in written.items() if value is not None or key not in change}
    rotation = written.get("rope_parameters") or {}
    if target.startswith("mlx") and rotation.get("rope_type") == "default":
        # mlx-lm reads what transformers wrote before version 5.
        written |= {key: value for key, value in rotation.items() if key != "rope_type"}
        del written["rope_parameters"]
    (folder / "config.json").write_text(json.dumps(written, indent=2))
    plus_one = family.startswith("gemma") or family == "nemotron"
    file = folder / "model.safetensors"
    tensors = {
        key: fill(key, tuple(one.shape), plus_one).to(one.dtype) for key, one in load_file(file).items()
    }
    save_file(tensors, file, metadata={"format": "pt"})
    for companion in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(TINY_MOE / companion, folder / companion)


def main() -> None:
    """Makes the models of a JSON list of arguments on standard input, and answers with a line for each: `null`, or
    why there is none. Importing what makes them takes longer than making one."""
    for arguments in json.load(sys.stdin):
        name, folder, sizes, target, dtype = arguments
        try:
            make(name, Path(folder), sizes, target, dtype)
            answer = None
        except Exception as error:  # whatever Transformers raises says that of one case
            answer = f"{type(error).__name__}: {error}"
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
