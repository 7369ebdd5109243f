"""Metrics of lm-evaluation-harness as values of documents: those of which the harness's figure is a mean over them.

What it takes over a whole corpus (BLEU, a correlation, a median) has no value per document, and no interval or race without one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from attune_worker import Metric

from . import Aggregate, Value

_HARNESS = "lm_eval.api.metrics"


def _weighted(item: Any) -> Value:
    likelihood, size = item
    return Value(-float(likelihood) / size, float(size))


def _bits(item: Any) -> Value:
    value, size = _weighted(item)
    return Value(value / math.log(2.0), size)


def _brier(item: Any) -> Value:
    right, shares = item
    return Value(math.fsum((float(share) - (place == right)) ** 2 for place, share in enumerate(shares)))


_FORMS: Mapping[str, tuple[Aggregate, Callable[[Any], Value]]] = {
    "mean": ("mean", lambda item: Value(float(item))),
    "perplexity": ("exp-mean", lambda item: Value(-float(item))),
    "weighted_perplexity": ("exp-mean", _weighted),
    "bits_per_byte": ("mean", _bits),
    "brier_score": ("mean", _brier),
}
"""Aggregations of the harness: how values of documents become one here, and the value of a document."""


@dataclass(frozen=True)
class HarnessMetric:
    """A metric of a task behind one of its filters."""

    metric: Metric
    name: str
    """As the task calls it."""
    filter: str
    aggregate: Aggregate
    value: Callable[[Any], Value]


def metrics(task: Any, filters: Sequence[str], taken: Sequence[str]) -> tuple[list[HarnessMetric], list[str]]:
    """The metrics of a task that documents have values of, and the names of the others.

    They are called as the task calls them; `name,filter`, as the harness does, where it has several filters or the name is `taken`.
    """
    found: list[HarnessMetric] = []
    others: list[str] = []
    better = task.higher_is_better()
    for name, aggregation in task.aggregation().items():
        form = _FORMS.get(getattr(aggregation, "__name__", ""))
        if form is None or getattr(aggregation, "__module__", "") != _HARNESS:
            others.append(name)
            continue
        for one in filters:
            called = f"{name},{one}" if len(filters) > 1 or name in taken else name
            direction = Metric(called, "maximise" if better.get(name, True) else "minimise", "")
            found.append(HarnessMetric(direction, name, one, *form))
    return found, others
