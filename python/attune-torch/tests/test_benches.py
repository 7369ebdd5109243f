"""Benches run as they are, at sizes at which nothing is measured."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from attune_torch import edits
from attune_torch.population import Candidate
from attune_torch.subject import Subject

BENCHES = Path(__file__).parents[1] / "benches"
TINY_MOE = Path(__file__).parents[3] / "models" / "tiny-moe"
SMALL = ["--items", "2", "--length", "16", "--plans", "4", "--rounds", "2"]
TINY_LLAMA: dict[str, Any] = dict(
    vocab_size=64,
    hidden_size=32,
    intermediate_size=48,
    num_hidden_layers=3,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=8,
)


def bench(name: str) -> ModuleType:
    """A file of `benches`; there are packages of tests with the same name."""
    spec = importlib.util.spec_from_file_location(f"bench_{name}", BENCHES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(told: str) -> dict[str, list[str]]:
    """Cells of a Markdown table by the first one."""
    lines = [line.strip("| ").split(" | ") for line in told.splitlines() if line.startswith("| ")]
    return {line[0]: line[1:] for line in lines[2:]}


def test_populations_are_measured_against_plain_batches(capsys: pytest.CaptureFixture[str]) -> None:
    bench("population").main([str(TINY_MOE), *SMALL])
    told = capsys.readouterr().out
    found = rows(told)
    for name in ("layers, nothing edited", "layers, edited", "scored"):
        assert len(found[name]) == 5, told
    assert {f"plain, batches of {size}: hidden states and logits" for size in (1, 2)} <= set(found)
    work = re.search(r"mutants: ([\d,]+) of ([\d,]+) layer-tokens", told)
    assert work is not None, told
    computed, naive = (int(count.replace(",", "")) for count in work.groups())
    assert computed < naive == 6 * 2 * 16 * 4


def test_a_random_checkpoint_takes_the_place_of_a_model(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    population = bench("population")
    monkeypatch.setitem(sys.modules["random_checkpoint"].SHAPES, "100m", TINY_LLAMA)
    population.main(["--random", "100m", "--technique", "weight-bits", "--dtype", "bfloat16", *SMALL])
    told = capsys.readouterr().out
    assert "random 100m" in told and "bfloat16" in told
    assert "scored" in rows(told)


@pytest.mark.parametrize("technique", ["kv-bits", "weight-bits", "activation-bits", "attention-span", "keep-experts"])
def test_drawn_plans_share_what_they_are_said_to_share(tiny_moe: Subject, technique: str) -> None:
    bench("population")
    drawn = sys.modules["drawn_plans"]
    apart, mutants = (
        [Candidate(edits.compile(tiny_moe, plan)) for plan in make(tiny_moe, technique, 8, 0)]
        for make in (drawn.sharing_nothing, drawn.one_layer_mutants)
    )
    assert len({own.prefixes[1] for own in apart}) == 8
    # All but one layer are those of the parent: two children differ in two layers at most.
    assert len({own.hidden for own in mutants}) == 8
    differing = {sum(a != b for a, b in zip(one.keys, other.keys, strict=True)) for one in mutants for other in mutants}
    assert differing <= {0, 1, 2}


def test_what_the_model_does_not_have_is_not_drawn(family: Any) -> None:
    bench("population")
    with pytest.raises(ValueError, match="keep-experts"):
        sys.modules["drawn_plans"].sharing_nothing(family("llama"), "keep-experts", 2, 0)
