"""What is found in models of many families."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from attune_torch.structure.linear import MODULES
from attune_torch.subject import Subject
from conftest import loaded
from families import FAMILIES, make

Family = Callable[[str], Subject]

GATED = ["q", "k", "v", "o", "gate", "up", "down"]
PLAIN = ["q", "k", "v", "o", "up", "down"]
EXPECTED = {
    "starcoder2": PLAIN,
    "gpt_neox": PLAIN,
    "falcon": PLAIN,
    "gpt2": PLAIN,
    "opt": PLAIN,
    "bloom": PLAIN,
    "deepseek_v3": ["q-a", "q-b", "kv-a", "kv-b", "o", "gate", "up", "down"],
}
ATTENTION_FREE = {name: [0, 2] for name in ("minimax", "lfm2", "lfm2_moe", "qwen3_next")}
"""Layers with another mixer."""


@pytest.mark.parametrize("name", FAMILIES)
def test_every_linear_module_is_found_in_the_order_of_the_forward_pass(name: str, family: Family) -> None:
    subject = family(name)
    expected = EXPECTED.get(name, GATED)
    for layer in subject.layers:
        assert layer.caches == (layer.index not in ATTENTION_FREE.get(name, []))
        if layer.index in ATTENTION_FREE.get(name, []):
            assert "q" not in layer.linear and "attention" in layer.unknown
            continue
        assert list(layer.linear) == expected == [module for module in MODULES if module in layer.linear]
        assert "attention" not in layer.unknown and "feed-forward" not in layer.unknown


@pytest.mark.parametrize(
    "name",
    ["mixtral", "glm4_moe", "gpt_oss", "llama4_text", "minimax", "ernie4_5_moe", "lfm2_moe", "qwen3_next"],
)
def test_routers_are_understood_by_what_they_give(name: str, family: Family) -> None:
    for layer in family(name).layers:
        if layer.router is not None:
            assert layer.router.refusal is None
            assert (layer.router.count, layer.router.per_token) == (4, 1 if name == "llama4_text" else 2)
    glm = family("glm4_moe").layers[1].router
    assert glm is not None and (glm.scores, glm.renormalised, glm.scale) == ("sigmoid", True, 2.5)
    assert family("glm4_moe").layers[0].router is None
    qwen = family("qwen2_moe").layers[0].router
    assert qwen is not None and (qwen.scores, qwen.renormalised) == ("softmax", False)


def test_a_router_with_a_rule_of_its_own_is_refused_by_name(family: Family) -> None:
    from attune_torch.trials import try_structure

    subject = family("mixtral")
    router = subject.layers[0].router
    assert router is not None
    own = type(router.module).forward

    def other(self: torch.nn.Module, hidden: torch.Tensor) -> tuple[torch.Tensor, ...]:
        logits, weights, chosen = own(self, hidden)
        return logits, weights**2, chosen

    type(router.module).forward = other  # type: ignore[method-assign, assignment]
    try:
        try_structure(subject)
        assert router.refusal is not None and "MixtralSparseMoeBlock" in router.refusal
    finally:
        type(router.module).forward = own  # type: ignore[method-assign]
        try_structure(subject)
    assert router.refusal is None


def test_a_fused_tensor_that_lies_otherwise_is_refused_by_name(family: Family) -> None:
    from attune_torch.trials import try_structure

    subject = family("gpt_neox")
    layer = subject.layers[1]
    before = dict(layer.linear)
    keys, values = layer.linear["k"], layer.linear["v"]
    layer.linear["k"], layer.linear["v"] = values, keys
    try_structure(subject)
    assert "GPTNeoXAttention" in layer.unknown.pop("attention") and "q" not in layer.linear
    layer.linear.clear()
    layer.linear.update(before)
    try_structure(subject)
    assert not layer.unknown


@pytest.mark.parametrize("name", ["phi3", "gpt_neox", "falcon", "gpt2", "mixtral", "gpt_oss"])
def test_parts_of_a_tensor_are_all_of_it(name: str, family: Family) -> None:
    for layer in family(name).layers:
        by_tensor: dict[int, list[torch.Tensor]] = {}
        sizes = {}
        for matrices in layer.linear.values():
            for matrix in matrices:
                assert matrix.read().shape == (matrix.outputs, matrix.inputs)
                by_tensor.setdefault(id(matrix.tensor), []).append(matrix.read().flatten())
                sizes[id(matrix.tensor)] = matrix.tensor
        for number, parts in by_tensor.items():
            assert torch.equal(torch.cat(parts).sort().values, sizes[number].float().flatten().sort().values)


@pytest.mark.parametrize(
    "name", ["granitemoeshared", "ernie4_5_moe", "glm4_moe", "gpt_oss", "phi3", "falcon"]
)
def test_structure_is_understood_in_sixteen_bits_too(name: str, tmp_path: Path) -> None:
    subject = loaded(make(name, tmp_path, torch.bfloat16))
    assert subject.dtype == torch.bfloat16 and subject.layerwise
    for layer in subject.layers:
        assert not layer.unknown and (layer.router is None or layer.router.refusal is None)
