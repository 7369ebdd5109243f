"""An open model and task, behind `attune_worker`'s protocol: plans in, values of items out.

It opens in two steps, as the protocol does. `open_session` looks at the model's configuration and reads the data of the task; `load`
brings the weights. In between plans can be checked already.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from attune_worker import BadRequest, Batch, Opened, Opening, OutOfMemory, Outputs, Plan, Session, Signal

from . import calibration, edits, fingerprint, loading, numerics, outputs, signals, source, tasks
from .answering import Answering
from .describe import Options
from .edits import kv_bits, rounded
from .outline import Outline
from .population import Population, memory
from .subject import Subject
from .tasks.tokens import Tokens

Tell = Callable[[str], None]


class About:
    """What a task may ask about a model that is not loaded: see `tasks.About`."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline

    @property
    def folder(self) -> Path:
        return self._outline.folder

    @cached_property
    def tokens(self) -> Tokens:
        return Tokens.open(self.folder, self.vocab)

    @property
    def vocab(self) -> int:
        return self._outline.vocab

    @property
    def context(self) -> int:
        return self._outline.context


class TorchSession(Session):
    """Scores plans by running a model of transformers."""

    def __init__(self, outline: Outline, device: torch.device, opening: Opening, tell: Tell) -> None:
        """Reads the data of the task.

        Raises `BadRequest` for a task or data that cannot be.
        """
        self._outline = outline
        self._device = device
        self._memory = opening.memory
        self._tell = tell
        self._about = About(outline)
        self._task = tasks.kind(opening.task.kind).open(opening.task, self._about, tell)
        self._population: Population | None = None
        self._lock = threading.Lock()
        self._unloaded = Subject(outline.model, None, outline.layers, outline.structure[0], outline.facts)
        """The structure that plans are checked against before weights are there."""
        self._calibration = calibration.of_task(self._task)
        kv_bits.calibrate_on(self._unloaded, self._calibration)

    @property
    def opened(self) -> Opened:
        return Opened(
            device=numerics.device_name(self._device, self._outline.options),
            numerics=numerics.numerics(self._device, self._outline),
            metrics=self._task.metrics,
            splits=self._task.splits,
            name=self._outline.name,
            facts=self._outline.facts,
            edits=edits.kinds(),
        )

    def load(self) -> str:
        found = fingerprint.of_folder(self._outline.folder)
        subject = loading.load(self._outline, self._device, self._tell)
        kv_bits.calibrate_on(subject, self._calibration)
        self._population = Population(subject, self._memory)
        return found

    def check(self, plan: Plan) -> str | None:
        subject = self._unloaded if self._population is None else self._population.subject
        return edits.check(subject, plan)

    def evaluate(self, batch: Batch) -> None:
        population = self._loaded()
        with self._lock:
            Answering(batch, population, self._task, self._about.tokens).run()

    def signal(self, name: str, args: Mapping[str, Any], batch: Batch) -> Signal:
        population = self._loaded()
        passages = [self._task.item(batch.split, index).passages for index in batch.items]
        if any(len(own) != 1 or len(own[0].tokens) != len(passages[0][0].tokens) for own in passages):
            raise BadRequest(f"signal `{name}` is measured on texts of one length; choose the task `text`")
        ids = torch.tensor([own[0].tokens for own in passages])
        with self._lock:
            # Gradients take more than any plan.
            population.release()
            try:
                return signals.measure(population.subject, name, args, ids, batch.breathe)
            except Exception as error:
                if memory.is_shortage(error):
                    raise OutOfMemory(f"{self._device}: {error}; use fewer or shorter items") from error
                raise

    def outputs(self, plan: Plan, batch: Batch, positions: int) -> Iterator[Outputs]:
        population = self._loaded()
        with self._lock:
            yield from outputs.of_plan(population.subject, self._task, plan, batch, positions)

    def choices(self, plan: Plan, batch: Batch) -> Iterator[tuple[int, list[bytes]]]:
        population = self._loaded()
        with self._lock:
            try:
                yield from rounded.chosen(population.subject, plan, batch.breathe)
            except Exception as error:
                if memory.is_shortage(error):
                    raise OutOfMemory(f"{self._device}: {error}; choose a device with more") from error
                raise

    def peak_memory(self) -> int | None:
        return memory.peak(self._device)

    def close(self) -> None:
        self._population = None

    def _loaded(self) -> Population:
        if self._population is None:
            raise BadRequest("nothing is loaded: `load` comes before `evaluate` and `signal`")
        return self._population


def open_session(opening: Opening, tell: Tell) -> TorchSession:
    """Looks at the model, and reads the data of the task; `tell` reports what takes long.

    Raises `BadRequest` for a model, a device or data that cannot be.
    """
    options = Options.of(opening.options)
    device = loading.device(opening.device)
    outline = Outline(source.folder(opening.model, options, tell), options)
    return TorchSession(outline, device, opening, tell)
