"""Both ends of a study that a test of `tests/it` runs: the checkpoint that it begins with, and its export, loaded by transformers.

    whole_way.py make FOLDER FAMILY…      FOLDER/FAMILY
    whole_way.py compare FOLDER FAMILY…   FOLDER/FAMILY under the plan FOLDER/FAMILY.json with FOLDER/FAMILY.exported
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import torch
from attune_worker.wire import edit_of
from conftest import ROOT, loaded
from families import make
from transformers import AutoModelForCausalLM

from attune_torch import edits

TINY_MOE = ROOT / "models" / "tiny-moe"
EXPERTS = {"num_local_experts": 8, "num_experts": 8}


def made(family: str, folder: Path) -> None:
    """A random checkpoint of a mixture, with the tokens of tiny-moe."""
    vocab = json.loads((TINY_MOE / "config.json").read_text())["vocab_size"]
    make(family, folder, vocab_size=vocab, **EXPERTS)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(TINY_MOE / name, folder / name)


@torch.no_grad()
def compared(folder: Path, plan: Path, exported: Path) -> dict[str, float]:
    """How far the exported checkpoint is from the candidate, and the candidate from the dense model, by the largest difference of
    logits; and the largest logit."""
    subject = loaded(folder, dtype="float32")
    candidate = [edit_of(edit) for edit in json.loads(plan.read_text())]
    ids = torch.randint(0, subject.config.vocab_size, (4, 48), generator=torch.Generator().manual_seed(1))

    def logits() -> torch.Tensor:
        return torch.stack([subject.project(hidden) for hidden in subject.hidden(ids)])

    dense = logits()
    with edits.compile(subject, candidate).entered(subject):
        expected = logits()
    model, said = AutoModelForCausalLM.from_pretrained(exported, dtype=torch.float32, output_loading_info=True)
    wrong = {name: sorted(said[name]) for name in ("missing_keys", "unexpected_keys", "mismatched_keys") if said[name]}
    assert not wrong, wrong
    found = model.eval()(ids).logits
    return {
        "apart": float((found - expected).abs().max()),
        "changed": float((expected - dense).abs().max()),
        "largest": float(expected.abs().max()),
    }


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", folder, *families]:
            for family in families:
                made(family, Path(folder) / family)
        case ["compare", folder, *families]:
            places = {family: Path(folder) / family for family in families}
            said = {
                name: compared(place, place.with_name(f"{name}.json"), place.with_name(f"{name}.exported"))
                for name, place in places.items()
            }
            print(json.dumps(said))
        case _:
            sys.exit(__doc__)
