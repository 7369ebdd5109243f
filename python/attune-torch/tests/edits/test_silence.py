"""Experts that add nothing: the router still chooses among all, and what it gives to them is lost."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from attune_worker.evaluator import Edit, Unsupported
from torch import Tensor

from attune_torch import edits
from attune_torch.subject import Subject
from plans import edit

FAMILIES = ("mixtral", "qwen2_moe", "deepseek_v3")
IDS = torch.arange(24).view(2, 12) * 7 % 90
LAYER = 1


def silence(*experts: int) -> Edit:
    return edit("silence-experts", layer=LAYER, experts=list(experts))


@torch.no_grad()
def logits(subject: Subject, plan: list[Edit]) -> Tensor:
    with edits.compile(subject, plan).entered(subject):
        return subject.project(subject.hidden(IDS).flatten(0, 1))


@torch.no_grad()
def zeroed(subject: Subject, silent: list[int]) -> Tensor:
    """Logits of a copy in which the last matrix of these experts is 0: they give 0, whatever they are given."""
    model = copy.deepcopy(subject.model)
    layer = subject.layers[LAYER]
    matrices = layer.linear["down"]
    paths = {id(module): name for name, module in subject.model.named_modules()}
    for expert in silent:
        matrix = matrices[expert]
        owner = model.get_submodule(paths[id(matrix.owner)])
        tensor = owner._parameters[matrix.parameter]
        assert tensor is not None
        matrix.put(tensor, torch.zeros(matrix.outputs, matrix.inputs))
    found: Tensor = model(input_ids=IDS).logits.flatten(0, 1).float()
    return found


@pytest.mark.parametrize("name", FAMILIES)
def test_logits_are_those_of_experts_whose_answer_is_zero(family: Any, name: str) -> None:
    subject = family(name)
    router = subject.layers[LAYER].router
    dense = logits(subject, [])
    for silent in ([1], [0, 2], list(range(1, router.count))):
        found = logits(subject, [silence(*silent)])
        assert (found - zeroed(subject, silent)).abs().max() <= 1e-5, silent
        assert (found - dense).abs().max() > 1e-4, silent
    assert torch.equal(logits(subject, [silence()]), dense)
    with pytest.raises(Unsupported, match="leaves no expert"):
        edits.compile(subject, [silence(*range(router.count))])
    with pytest.raises(Unsupported, match="there is no expert"):
        edits.compile(subject, [silence(router.count)])


def test_it_stands_beside_another_number_of_experts_and_not_beside_kept_ones(family: Any) -> None:
    subject = family("mixtral")
    one = edit("experts-per-token", layer=LAYER, count=1)
    found = logits(subject, [one, silence(0)])
    assert (found - logits(subject, [one])).abs().max() > 1e-4
    for other in (
        edit("keep-experts", layer=LAYER, experts=[0, 1]),
        edit("merge-experts", layer=LAYER, rows=4, matrix=[float(a == b) for a in range(4) for b in range(4)]),
    ):
        with pytest.raises(Unsupported, match="changes the same place"):
            edits.compile(subject, [silence(3), other])
