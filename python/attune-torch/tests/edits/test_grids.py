"""The quantiser of caches against recorded values, which the native evaluator is tested against too."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from attune_torch.grids.cache_grid import Grid

GOLDEN = Path(__file__).parents[4] / "tests" / "golden"


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
@pytest.mark.parametrize("size", [8, 16, 32])
def test_the_recorded_quantiser_agrees(bits: int, size: int) -> None:
    recorded = load_file(GOLDEN / "kv-quantiser.safetensors")
    found = Grid(bits, size).quantised(recorded["input"].view(-1, 32))
    assert torch.allclose(found.flatten(), recorded[f"bits{bits}.group{size}"].flatten(), rtol=0, atol=1e-6)


def test_the_recorded_variants_agree() -> None:
    recorded = load_file(GOLDEN / "kv-variants.safetensors")
    cases = [name for name in recorded if name.startswith("shrink")]
    for name in cases:
        wide, bits, *_, size = ("".join(filter(str.isdigit, part)) for part in name.split("."))
        scales = recorded["scales"] if ".smooth." in name else None
        found = Grid(int(bits), int(size), int(wide)).quantised(recorded["input"].view(-1, 32), scales)
        assert torch.allclose(found.flatten(), recorded[name].flatten(), rtol=0, atol=2e-6), name
    assert len(cases) == 24


def test_ties_go_to_even_and_equal_values_come_back() -> None:
    found = Grid(2, 6).quantised(torch.tensor([0.0, 3.0, 0.5, 1.5, 2.5, 1.0]))
    assert found.tolist() == [0.0, 3.0, 0.0, 2.0, 2.0, 1.0]
    assert Grid(2, 4, 16).quantised(torch.full((4,), 5.0)).tolist() == [5.0] * 4


@pytest.mark.parametrize("bits", [8, 4, 2, 1])
def test_a_shrunk_grid_ends_where_a_narrow_one_does(bits: int) -> None:
    values = 3.0 * torch.sin(1.7 * torch.arange(64.0))
    shrunk, direct = Grid(bits, 16, 16).quantised(values), Grid(bits, 16).quantised(values)
    assert torch.allclose(shrunk, direct, rtol=0, atol=1e-5)
