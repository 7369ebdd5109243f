"""The input and the output embedding in few bits: against models whose weights are rounded in place, alone
and in a population."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from attune_worker import Batch
from attune_worker.evaluator import Edit, Unsupported
from torch import Tensor

from attune_torch import edits
from attune_torch.edits.weight_bits import quantise
from attune_torch.population import Asked, Candidate, Limit, Population, Progress
from attune_torch.subject import Subject
from attune_torch.tasks import Passage
from plans import edit

FAMILIES = ("llama", "qwen2", "gemma2", "gpt2", "gpt_neox", "granite", "mixtral")
"""Apart and tied, with factors behind the embedding and the logits."""
IDS = torch.arange(24).view(2, 12) * 7 % 90


def of(matrix: str, bits: int, **more: Any) -> Edit:
    return edit("embedding-bits", matrix=matrix, bits=bits, group_size=8, **more)


def ends(subject: Subject) -> tuple[Tensor, Tensor]:
    model = subject.model
    return model.get_input_embeddings().weight, model.get_output_embeddings().weight


@torch.no_grad()
def logits(subject: Subject, plan: list[Edit]) -> Tensor:
    with edits.compile(subject, plan).entered(subject):
        return subject.project(subject.hidden(IDS).flatten(0, 1))


@torch.no_grad()
def rounded(subject: Subject, bits: dict[str, int]) -> Tensor:
    """Logits of a copy whose matrices are rounded in place, by the model's own forward."""
    model = copy.deepcopy(subject.model)
    entering, leaving = model.get_input_embeddings().weight, model.get_output_embeddings().weight
    for name, weight in {"input": entering, "output": leaving}.items():
        if name in bits:
            weight.copy_(quantise(weight, bits[name], 8))
    found: Tensor = model(input_ids=IDS).logits.flatten(0, 1).float()
    return found


@pytest.mark.parametrize("name", FAMILIES)
def test_logits_are_those_of_rounded_matrices(family: Any, name: str) -> None:
    subject = family(name)
    entering, leaving = ends(subject)
    tied = entering is leaving
    plans = [{"input": 3}] if tied else [{"input": 3}, {"output": 2}, {"input": 4, "output": 4}]
    dense = logits(subject, [])
    for bits in plans:
        found = logits(subject, [of(matrix, some) for matrix, some in bits.items()])
        assert torch.equal(found, rounded(subject, bits)), bits
        assert (found - dense).abs().max() > 1e-4
        assert ends(subject)[0] is entering and ends(subject)[1] is leaving, "nothing is left behind"
    assert torch.equal(logits(subject, [of("input", 16)]), dense)
    if tied:
        with pytest.raises(Unsupported, match="name it `input`"):
            edits.compile(subject, [of("output", 4)])
    with pytest.raises(Unsupported, match="does not divide"):
        edits.compile(subject, [edit("embedding-bits", matrix="input", bits=4, group_size=7)])
    with pytest.raises(Unsupported, match="changes the same place"):
        edits.compile(subject, [of("input", 4), of("input", 3)])


class Quiet(Batch):
    """A batch that nobody hears."""

    def __init__(self) -> None:
        self.plans, self.split, self.items, self.deadline = (), "selection", (), None

    def done(self, *_: Any, **__: Any) -> None: ...

    def fail(self, index: int, error: Exception) -> None: ...

    def progress(self, evaluations: float) -> None: ...

    def breathe(self) -> None: ...


@torch.no_grad()
def scored(population: Population, plans: list[list[Edit]]) -> list[tuple[list[list[float]], float]]:
    asked = [
        Asked(("selection", number, 0), Passage(tuple(ids), len(ids) - 1), 1.0)
        for number, ids in enumerate(IDS.tolist())
    ]
    candidates = [Candidate(edits.compile(population.subject, plan)) for plan in plans]
    batch = Quiet()
    found = population.score(candidates, asked, Limit(batch, len(plans)), Progress(batch))
    return [([read.kl for read in one.reads], one.computed) for one in found]


@pytest.mark.parametrize("name", ["llama", "gemma2"])
def test_what_stands_behind_the_layers_shares_them_and_what_stands_before_shares_none(
    family: Any, name: str
) -> None:
    subject = family(name)
    module = edit("weight-bits", layer=1, module="o", bits=3, group_size=8)
    tied = ends(subject)[0] is ends(subject)[1]
    first: list[list[Edit]] = [[], [module], [of("input", 3)], [of("input", 3), module], [of("input", 4)]]
    behind = [[of("output", 3)], [of("output", 4), module], [of("input", 3), of("output", 3)]]
    plans = first if tied else [*first, *behind]
    found = scored(Population(subject), plans)
    alone = [scored(Population(subject, share=False), [plan])[0][0] for plan in plans]
    for (values, _), own in zip(found, alone, strict=True):
        assert torch.allclose(torch.tensor(values), torch.tensor(own), atol=1e-6)
    assert sum(map(sum, found[0][0])) == 0.0
    assert all(sum(map(sum, values)) > 0.0 for values, _ in found[1:])
    # Each way to enter passes layer 0 once, and each passes the two behind it once with the module and once without.
    layers, tokens = len(subject.layers), IDS.numel()
    assert sum(work for _, work in found) == tokens * ((1 + 2 * (layers - 1)) * 2 + layers)
    if not tied:
        assert found[5][0] != found[0][0], "the output matrix counts"
