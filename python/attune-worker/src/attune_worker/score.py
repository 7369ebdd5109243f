"""An evaluator as one function: `run(score, edits=[…], items=…)`."""

from __future__ import annotations

import hashlib
import json
import sys
import sysconfig
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from .evaluator import (
    Batch,
    Deadline,
    Evaluator,
    Metric,
    Opened,
    Opening,
    Plan,
    Scores,
    Session,
    Signal,
    Split,
    Task,
    Value,
    Work,
)
from .options import TaskSpec
from .schema import EditSchema
from .worker import serve

Items = Mapping[str, Sequence[Any]]
"""Items by split: `selection`, `report`, and `elsewhere:NAME` for other domains."""
Score = Callable[[Plan, Sequence[Any]], Mapping[str, "Sequence[float] | Scores"]]
"""Of a plan and items, for each metric a value for each of the items."""
Measure = Callable[[Mapping[str, Any], Sequence[Any]], Signal]
"""Of arguments and items, a statistic of the subject without edits."""
Bound = Callable[[Sequence[Any]], Mapping[str, Sequence["float | None"]]]
"""Of items, by metric, a value for each of them that no plan can beat, or `None`."""


def run(
    score: Score,
    *,
    edits: Sequence[EditSchema | Mapping[str, Any] | str],
    items: Items | Callable[[Task], Items],
    metrics: Sequence[Metric | str] = ("loss",),
    name: str | None = None,
    version: str | None = None,
    summary: str = "",
    items_at_once: int | None = None,
    facts: Mapping[str, Value] | None = None,
    signals: Mapping[str, Measure] | None = None,
    bounds: Bound | None = None,
) -> None:
    """Serves `score` as an evaluator until the host closes.

    An edit that is only named is one of neural models, whose schema attune knows; `named` lists what is
    honoured of its later arguments. A metric that is only named is minimised. `items` are the data
    themselves, or are read from what the profile's task names. `signals` are what techniques may ask of the
    subject, by name. `bounds` says what no plan can beat, and reports have the gap to it. `version` has to change with what `score` computes: it is part of the cache key, as the
    data are. Where none is named, the text of the program, its arguments and the modules beside it that are
    imported by now stand for it; installed packages do not. A long `score` is called off between calls:
    `items_at_once` bounds how many items one call gets (all of them, when absent)."""
    about = (name, version, summary, items_at_once, facts, signals, bounds)
    serve(ScoreEvaluator(score, edits, items, metrics, *about))


class ScoreEvaluator(Evaluator):
    """The evaluator that `run` serves."""

    def __init__(
        self,
        score: Score,
        edits: Sequence[EditSchema | Mapping[str, Any] | str],
        items: Items | Callable[[Task], Items],
        metrics: Sequence[Metric | str] = ("loss",),
        name: str | None = None,
        version: str | None = None,
        summary: str = "",
        items_at_once: int | None = None,
        facts: Mapping[str, Value] | None = None,
        signals: Mapping[str, Measure] | None = None,
        bounds: Bound | None = None,
    ) -> None:
        self.bounds = bounds
        self.score, self.items, self.items_at_once = score, items, items_at_once
        self.edits = [{"kind": edit} if isinstance(edit, str) else edit for edit in edits]
        self.metrics = [metric if isinstance(metric, Metric) else Metric(metric) for metric in metrics]
        self.name = name or Path(sys.argv[0] or "score").stem
        self.version, self.facts, self.signals = version or _of_program(score), facts or {}, signals or {}
        self.summary = summary or _first_line(score) or f"Scores plans by the function {score.__name__}."

    def describe(self) -> Mapping[str, Any]:
        tasks = [TaskSpec(self.name, self.summary, self.metrics, "json")]
        signals = [{"name": name, "summary": _first_line(measure)} for name, measure in self.signals.items()]
        known = {} if self.bounds is None else {"bounds": True}
        return {"tasks": tasks, "edits": self.edits, "signals": signals, **known}

    def open(self, opening: Opening, tell: Callable[[str], None]) -> Session:
        items = self.items if isinstance(self.items, Mapping) else self.items(opening.task)
        # All of them, however many are wanted: a study with more items finds the scores of one with fewer.
        return _ScoreSession(self, opening, {split: list(data) for split, data in items.items()})


def _of_program(score: Score) -> str:
    """What stands for a version that nobody named: the text of the program, its arguments, and its own
    modules."""
    program = Path(sys.argv[0])
    text = program.read_bytes() if program.is_file() else score.__name__.encode()
    parts = [text, *map(str.encode, sys.argv[1:])]
    if program.is_file():
        for name, module in sorted(_modules_beside(program.resolve()).items()):
            parts += [name.encode(), module.read_bytes()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


def _modules_beside(program: Path) -> dict[str, Path]:
    """Files of modules in the program's folder, by their path in it. An environment that lies there is no
    part of the program."""
    found = {}
    library = [Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib")]
    # That of the interpreter which a virtual environment stands on.
    library.append(Path(sysconfig.__file__).resolve().parent)
    for module in list(sys.modules.values()):
        file = Path(getattr(module, "__file__", None) or "").resolve()
        if file.suffix != ".py" or file == program or any(file.is_relative_to(folder) for folder in library):
            continue
        if file.is_relative_to(program.parent) and file.is_file():
            inside = file.relative_to(program.parent)
            if not {"site-packages", "dist-packages"} & set(inside.parts):
                found[inside.as_posix()] = file
    return found


class _ScoreSession(Session):
    def __init__(self, evaluator: ScoreEvaluator, opening: Opening, items: Items) -> None:
        self._evaluator, self._items = evaluator, items
        self._who = f"{evaluator.name} {evaluator.version}"
        self._model = opening.model
        splits = {
            split: Split(len(data), _fingerprint(self._who, split, list(map(_plain, data))))
            for split, data in items.items()
        }
        self._opened = Opened(
            device="cpu",
            numerics=self._who,
            metrics=evaluator.metrics,
            splits=splits,
            name=Path(opening.model).name or evaluator.name,
            facts=evaluator.facts,
        )

    @property
    def opened(self) -> Opened:
        return self._opened

    def load(self) -> str:
        return _fingerprint(self._who, self._model)

    def evaluate(self, batch: Batch) -> None:
        data = [self._items[batch.split][item] for item in batch.items]
        step = self._evaluator.items_at_once or max(1, len(data))
        for index, plan in enumerate(batch.plans):
            try:
                scores, seconds = self._scores(batch, index, plan, data, step)
            except Exception as error:
                batch.breathe()
                batch.fail(index, error)
                continue
            batch.done(index, scores, Work(len(data), len(data)), seconds)

    def signal(self, name: str, args: Mapping[str, Any], batch: Batch) -> Signal:
        if name not in self._evaluator.signals:
            return super().signal(name, args, batch)
        batch.breathe()
        return self._evaluator.signals[name](args, [self._items[batch.split][item] for item in batch.items])

    def bounds(self, batch: Batch) -> Mapping[str, Sequence[float | None]]:
        if self._evaluator.bounds is None:
            return super().bounds(batch)
        batch.breathe()
        return self._evaluator.bounds([self._items[batch.split][item] for item in batch.items])

    def _scores(
        self, batch: Batch, index: int, plan: Plan, data: list[Any], step: int
    ) -> tuple[dict[str, Scores], float]:
        parts: list[Mapping[str, Sequence[float] | Scores]] = []
        seconds = 0.0
        for first in range(0, len(data), step):
            batch.breathe()
            began = time.monotonic()
            parts.append(self._evaluator.score(plan, data[first : first + step]))
            seconds += time.monotonic() - began
            if batch.deadline is not None and seconds > batch.deadline:
                raise Deadline(f"the plan did not finish within {batch.deadline} s")
            batch.progress(index + min(1.0, (first + step) / len(data)) if data else index)
        return joined(parts), seconds


def joined(parts: Sequence[Mapping[str, Sequence[float] | Scores]]) -> dict[str, Scores]:
    """The scores of items that were scored in several calls."""
    whole: dict[str, Scores] = {}
    for name in parts[0] if parts else ():
        scores = [_scores(part[name]) for part in parts]
        values = [value for score in scores for value in score.items]
        weighed = any(score.weights is not None for score in scores)
        weights = (
            [w for score in scores for w in score.weights or [1.0] * len(score.items)] if weighed else None
        )
        whole[name] = Scores(values, weights, scores[0].aggregate)
    return whole


def _scores(of: Sequence[float] | Scores) -> Scores:
    return of if isinstance(of, Scores) else Scores(of)


def _first_line(function: Callable[..., Any]) -> str:
    return (function.__doc__ or "").strip().split("\n")[0]


def _plain(item: Any) -> Any:
    return asdict(item) if is_dataclass(item) and not isinstance(item, type) else item


def _fingerprint(*parts: Any) -> str:
    """Of JSON values: equal on every machine."""
    try:
        text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    except TypeError as error:
        raise TypeError(
            f"items are dataclasses or JSON values, so that their identity can be told: {error}"
        ) from None
    return hashlib.sha256(text.encode()).hexdigest()
