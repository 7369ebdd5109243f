"""Populations through the evaluator, from the layers alone to scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import torch
from attune_torch import edits
from attune_torch.answering import Answering
from attune_torch.edits import CompiledPlan, LayerEdits
from attune_torch.edits.level_memory import levels_of
from attune_torch.population import Asked, Candidate, Limit, Population, Progress
from attune_torch.population.units import Unit
from attune_torch.subject import Subject
from attune_torch.tasks.text import Items, TextTask
from attune_torch.tasks.tokens import Tokens
from attune_worker import Batch, Plan, Scores, Work
from torch import Tensor

SPLIT = "selection"


@dataclass
class Answers(Batch):
    """A request that keeps what it is answered."""

    items: Sequence[int]
    plans: Sequence[Plan] = ()
    split: str = SPLIT
    deadline: float | None = None
    work: list[Work] = field(default_factory=list)

    def done(
        self, index: int, scores: Mapping[str, Scores], work: Work | None = None, seconds: float | None = None
    ) -> None:
        assert work is not None
        self.work.append(work)

    def fail(self, index: int, error: Exception) -> None:
        raise error

    def progress(self, evaluations: float) -> None: ...

    def breathe(self) -> None: ...


@dataclass
class NamedLayer(LayerEdits):
    """A layer that nothing is edited in, and that passes for one of its own."""

    name: str = ""

    @property
    def key(self) -> str:
        return self.name


class LayersAlone(Population):
    """Runs candidates and compares them with nothing."""

    def _reference(self, unit: Unit, limit: Limit) -> Tensor:
        return torch.empty(0)

    def _compare(self, *_: Any) -> None: ...


class Runs:
    """What is done with populations on the passages `ids: [passages, tokens]` of a model."""

    def __init__(self, subject: Subject, ids: Tensor) -> None:
        self.subject = subject
        self._items = range(len(ids))
        self._task = TextTask({SPLIT: Items(ids.cpu().numpy(), ids.shape[1] - 1)})
        self._layers = LayersAlone(subject)
        self._shared = Population(subject)
        self._alone = Population(subject, share=False)

    def unedited(self, count: int) -> int:
        """So many candidates that share nothing and edit nothing, through the layers; layers times tokens computed."""
        layers = range(len(self.subject.layers))
        plans = [CompiledPlan([NamedLayer(layer, [], f"{number}") for layer in layers]) for number in range(count)]
        return self._through_layers(plans)

    def edited(self, plans: Sequence[Plan]) -> int:
        """Plans through the layers, without comparing what comes out of them; layers times tokens computed."""
        return self._through_layers([edits.compile(self.subject, plan) for plan in plans])

    def scored(self, plans: Sequence[Plan], alone: bool = False) -> Work:
        """An `evaluate` request from plans to values; `alone`: by whole forwards that share nothing."""
        population = self._alone if alone else self._shared
        self._forget()
        batch = Answers(self._items, plans)
        # Only a task that continues prompts asks for texts of tokens.
        Answering(batch, population, self._task, cast(Tokens, None)).run()
        return Work(sum(work.computed for work in batch.work), sum(work.naive for work in batch.work))

    @torch.no_grad()
    def _through_layers(self, plans: Sequence[CompiledPlan]) -> int:
        self._forget()
        batch = Answers(self._items)
        asked = [Asked((SPLIT, item), self._task.item(SPLIT, item).passages[0], 1.0) for item in self._items]
        candidates, computed = [Candidate(plan) for plan in plans], 0.0
        size = self._layers.at_once(len(asked[0].passage.tokens))
        for first in range(0, len(candidates), size):
            some = candidates[first : first + size]
            scored = self._layers.score(some, asked, Limit(batch, len(some)), Progress(batch))
            computed += sum(one.computed for one in scored)
        return round(computed)

    def _forget(self) -> None:
        """What runs before have left: plans of a search are new. The dense model's results stay, as in a search."""
        for population in (self._layers, self._shared, self._alone):
            population.prefixes.clear()
        levels_of(self.subject).clear()
