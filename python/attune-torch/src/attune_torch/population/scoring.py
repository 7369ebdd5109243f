"""Scores of a population: candidates and the dense model on passages, as much at a time as memory has room for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from attune_worker import OutOfMemory
from torch import Tensor

from ..edits.level_memory import levels_of
from ..subject import Subject
from . import kl, memory
from .candidates import Candidate
from .forward import DEVICE_ROWS, HOST_ROWS, Forward, Passed
from .limit import Limit, Progress
from .prefixes import PrefixCache
from .references import MOST, References
from .units import Asked, Unit, units


@dataclass
class Scored:
    """What a candidate said about each passage, and the tokens times layers that were computed for it."""

    reads: list[kl.TokenScores]
    computed: float


class Population:
    """Scores candidates on passages against the dense model."""

    def __init__(self, subject: Subject, budget: int | None = None, share: bool = True) -> None:
        """`budget`: bytes that activations may take, half of them while they run, half of them to stay for their children;
        None is what `memory.for_activations` says."""
        self.subject = subject
        parameters = sum(parameter.numel() for parameter in subject.model.parameters())
        self.budget = memory.for_activations(subject.device, parameters) if budget is None else budget
        self.prefixes = PrefixCache(self.budget // 2)
        self.references = References(min(MOST, self.budget // 2))
        self.forward = Forward(subject, self.prefixes, share)
        self.most: int | None = None
        """Passages that fit into the device's memory side by side, as far as is known."""

    @property
    def vocab(self) -> int:
        """Entries of the output."""
        return int(self.subject.config.vocab_size)

    def at_once(self, longest: int) -> int:
        """Plans whose activations fit side by side into half of the budget, with one unit of passages of that many tokens."""
        return max(1, self.budget // 2 // self._bytes(max(longest, self._rows)))

    def release(self) -> None:
        """Gives back what is kept to save time."""
        self.prefixes.clear()
        levels_of(self.subject).clear()
        if self.subject.device.type == "cuda":
            torch.cuda.empty_cache()

    def score(
        self, candidates: Sequence[Candidate], asked: Sequence[Asked], limit: Limit, progress: Progress
    ) -> list[Scored]:
        """What each candidate says about each passage. Runs less at a time where memory runs out.

        Raises `OutOfMemory` when one candidate on one passage is too much; what `limit` raises.
        """
        shortest = min(len(one.passage.tokens) for one in asked)
        # So many of the shortest; of longer ones, whose units are cut by their tokens, there are fewer in each.
        first = max(1, min(self._rows // shortest, len(asked), self.most or len(asked)))
        before_all = progress.done

        def attempt(some: Sequence[Candidate], most: int) -> list[Scored]:
            before = progress.done
            try:
                return self._together(some, asked, most, limit, progress)
            except Exception as error:
                if memory.is_shortage(error):
                    progress.back_to(before)
                    self.release()
                raise

        try:
            found, most = memory.halving(candidates, first, attempt)
        except Exception as error:
            progress.back_to(before_all)
            if memory.is_shortage(error):
                raise OutOfMemory(f"{self.subject.device}: {error}; use fewer or shorter items") from error
            raise
        if most < first:
            self.most = most
        return found

    def _together(
        self, candidates: Sequence[Candidate], asked: Sequence[Asked], most: int, limit: Limit, progress: Progress
    ) -> list[Scored]:
        scored = [Scored([kl.TokenScores()] * len(asked), 0.0) for _ in candidates]
        for group in self._groups(units(asked, most, self._rows, self.subject.device), len(candidates)):
            evaluations = sum(unit.share for unit in group) * len(candidates)
            part = self._layers_part(group)
            references = [self._reference(unit, limit) for unit in group]
            passed = self.forward.run(group, candidates, limit, _tick(progress, evaluations * part))
            for unit, dense, found in zip(group, references, passed, strict=True):
                self._compare(unit, dense, candidates, found, scored, limit)
                progress.add(unit.share * len(candidates) * (1 - part))
            for one, own in zip(scored, zip(*(found.computed for found in passed), strict=True), strict=True):
                one.computed += sum(own)
            for unit in group:
                unit.prepared.clear()
        return scored

    def _groups(self, all_: Sequence[Unit], plans: int) -> list[list[Unit]]:
        """Units whose activations of that many plans fit into half of the budget together."""
        groups: list[list[Unit]] = []
        free = 0
        for unit in all_:
            needs = plans * self._bytes(unit.rows)
            if not groups or needs > free:
                groups.append([])
                free = self.budget // 2
            groups[-1].append(unit)
            free -= needs
        return groups

    @property
    def _rows(self) -> int:
        """Tokens that a unit of several passages has at most: as many as a product should have, within half of the budget."""
        if self.forward.on_host:
            return HOST_ROWS
        return max(1, min(DEVICE_ROWS, self.budget // 2 // self._bytes(1)))

    def _bytes(self, rows: int) -> int:
        """What so many rows take: in and out of a layer, and the finished ones."""
        return max(1, 3 * self.subject.dtype.itemsize * rows * int(self.subject.config.hidden_size))

    def _layers_part(self, group: Sequence[Unit]) -> float:
        """Part of the work that passing through the layers is, which take 12·hidden² products a token each (attention 4, feed-
        forward 8, as in the original transformer), beside comparing what is predicted with the vocabulary."""
        hidden = int(self.subject.config.hidden_size)
        layers = 12.0 * hidden * hidden * len(self.subject.layers) * sum(unit.rows for unit in group)
        return layers / (layers + hidden * self.vocab * sum(sum(unit.scored) for unit in group))

    def _reference(self, unit: Unit, limit: Limit) -> Tensor:
        """What the dense model predicts from: final hidden states of each passage, one after the other."""
        found = [self.references.find(name) for name in unit.names]
        missing = [number for number, rows in enumerate(found) if rows is None]
        if missing:
            part = Unit([unit.at[n] for n in missing], [unit.asked[n] for n in missing], unit.ids[missing])
            rows = part.predicting(self.forward.dense(part, limit))
            for number, own in zip(missing, torch.split(rows, part.scored), strict=True):
                alone = own.clone()
                found[number] = alone
                self.references.keep(unit.names[number], alone)
        rows_of = [rows for rows in found if rows is not None]
        return rows_of[0] if len(rows_of) == 1 else torch.cat(rows_of)

    def _projection(self, candidate: Candidate) -> kl.Project:
        """What makes logits of a candidate's final hidden states."""
        if not candidate.plan.embeddings:
            return self.subject.project

        def project(rows: Tensor) -> Tensor:
            with candidate.plan.at_ends(self.subject):
                return self.subject.project(rows)

        return project

    def _compare(
        self,
        unit: Unit,
        dense: Tensor,
        candidates: Sequence[Candidate],
        passed: Passed,
        scored: Sequence[Scored],
        limit: Limit,
    ) -> None:
        finished: list[Tensor] = []
        projections: list[kl.Project] = []
        owners: list[list[int]] = []
        for hidden, plans in passed.finals:
            # Where sums depend on what shares a product, the dense model still is itself.
            same = candidates[plans[0]].dense and not self.forward.on_host
            rows = dense if same else unit.predicting(hidden)
            for alike in _alike(plans, candidates):
                finished.append(rows)
                projections.append(self._projection(candidates[alike[0]]))
                owners.append(alike)
        targets = unit.targets()
        tokens = kl.compare(dense, finished, targets, self.subject.project, self.vocab, limit.check, projections)
        for one, plans in zip(tokens, owners, strict=True):
            first = 0
            for at, count in zip(unit.at, unit.scored, strict=True):
                part = slice(first, first + count)
                own = kl.TokenScores(one.kl[part], one.nll[part], one.greedy[part])
                for plan in plans:
                    scored[plan].reads[at] = own
                first += count


def _alike(plans: Sequence[int], candidates: Sequence[Candidate]) -> list[list[int]]:
    """Those of plans with the same final hidden states that have the same logits."""
    found: dict[bytes, list[int]] = {}
    for plan in plans:
        found.setdefault(candidates[plan].whole, []).append(plan)
    return list(found.values())


def _tick(progress: Progress, evaluations: float) -> Callable[[float], None]:
    """Tells of a part of so many evaluations."""
    return lambda part: progress.add(part * evaluations)
