"""The wire form: requests as dataclasses, dataclasses as JSON values."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .canonical import real_text
from .evaluator import (
    BadRequest,
    Edit,
    EvaluatorError,
    Metric,
    NotFinite,
    Opened,
    Opening,
    Outputs,
    Plan,
    Scores,
    Task,
    Unsupported,
    Work,
)
from .options import metric_json

PROTOCOL = "attune-evaluator/1"
LINE = 64 << 20
"""The longest line, bytes."""


def json_value(value: Any) -> Any:
    """A value of `describe` or of facts as JSON has it."""
    if hasattr(value, "to_json"):
        return json_value(value.to_json())
    if isinstance(value, Metric):
        return dict(metric_json(value))
    if isinstance(value, Mapping):
        return {str(name): json_value(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_value(inner) for inner in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{value!r} of type {type(value).__name__} has no JSON form")


def field(request: Mapping[str, Any], name: str, types: type | tuple[type, ...], where: str) -> Any:
    """A required key of a request."""
    if name not in request:
        raise BadRequest(f"`{where}` lacks the key `{name}`")
    value = request[name]
    if not isinstance(value, types) or (isinstance(value, bool) and types is int):
        raise BadRequest(f"`{name}` of `{where}` is {type(value).__name__}, which it cannot be")
    return value


def plan_of(value: Any) -> Plan:
    """A plan from its JSON form: `[{"edit": kind, argument: value, …}, …]`."""
    if not isinstance(value, list):
        raise BadRequest("a plan is a list of edits")
    return tuple(map(edit_of, value))


def edit_of(value: Any) -> Edit:
    """An edit from its JSON form."""
    if not isinstance(value, dict) or not isinstance(value.get("edit"), str):
        raise BadRequest('an edit is an object whose key "edit" is its kind')
    return Edit(value["edit"], settings_of({name: inner for name, inner in value.items() if name != "edit"}))


def settings_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Named values from their JSON form."""
    return {name: _setting(name, value) for name, value in values.items()}


def _setting(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        try:
            return {int(number): int(count) for number, count in value.items()}
        except (TypeError, ValueError):
            raise BadRequest(
                f"`{name}` is an object, and its keys and values are not all whole numbers"
            ) from None
    simple = (bool, int, float, str)
    if isinstance(value, simple) or (
        isinstance(value, list) and all(isinstance(one, simple) for one in value)
    ):
        return value
    raise BadRequest(f"`{name}` is no boolean, number, text, list of numbers or object of counts")


def edit_json(edit: Edit) -> dict[str, Any]:
    """The JSON form of an edit."""
    return {"edit": edit.kind, **json_value(edit.args)}


def opening_of(request: Mapping[str, Any]) -> Opening:
    """An `open` request."""
    task = field(request, "task", dict, "open")
    elsewhere = task.get("elsewhere") or {}
    return Opening(
        model=str(request.get("model") or ""),
        device=str(request.get("device") or "auto"),
        options=settings_of(request.get("options") or {}),
        task=Task(
            kind=field(task, "kind", str, "open.task"),
            options=settings_of(task.get("options") or {}),
            base=Path(str(task.get("base") or ".")),
            selection=Path(str(task.get("selection") or "")),
            report=Path(str(task.get("report") or "")),
            elsewhere={name: Path(str(path)) for name, path in elsewhere.items()},
            selection_items=int(task.get("selection-items") or 0),
            report_items=int(task.get("report-items") or 0),
        ),
        memory=request.get("memory"),
    )


def opened_json(opened: Opened, task: str, model: str) -> dict[str, Any]:
    """The result of `open`."""
    result: dict[str, Any] = {
        "device": opened.device,
        "numerics": opened.numerics,
        "concurrency": opened.concurrency,
        "facts": {"name": opened.name or Path(model).name, "values": json_value(opened.facts)},
        "task": {
            "name": task,
            "metrics": [json_value(metric) for metric in opened.metrics],
            "splits": {
                name: {"items": split.items, "fingerprint": split.fingerprint}
                for name, split in opened.splits.items()
            },
        },
    }
    if opened.edits is not None:
        result["edits"] = list(opened.edits)
    return result


def work_json(work: Work) -> dict[str, int]:
    return {"computed": int(work.computed), "naive": int(work.naive)}


def outputs_json(outputs: Outputs) -> dict[str, Any]:
    """Outputs of a sequence. Raises `ValueError` where the evaluator is wrong."""
    positions, expected = len(outputs.positions), 4 * outputs.width * len(outputs.positions)
    if not positions or len(outputs.values) != expected:
        found = len(outputs.values)
        wanted = f"4 × {outputs.width} × {positions}"
        raise ValueError(f"outputs of item {outputs.item} are {found} bytes, expected {wanted}")
    return {
        "item": outputs.item,
        "inputs": list(map(int, outputs.inputs)),
        "positions": list(map(int, outputs.positions)),
        "width": outputs.width,
        "values": base64.b64encode(outputs.values).decode("ascii"),
    }


def scores_json(scores: Mapping[str, Scores], metrics: list[str], count: int) -> dict[str, Any]:
    """The scores of one plan on `count` items. Raises `NotFinite`, and `ValueError` where the evaluator is
    wrong."""
    if sorted(scores) != sorted(metrics):
        raise ValueError(f"the scores are of {sorted(scores)}, and the task has {sorted(metrics)}")
    form: dict[str, Any] = {}
    for name, score in scores.items():
        items = [float(value) for value in score.items]
        if len(items) != count:
            raise ValueError(f"`{name}` has {len(items)} values of {count} items")
        for position, value in enumerate(items):
            if not math.isfinite(value):
                raise NotFinite(name, position, value)
        form[name] = {"aggregate": score.aggregate, "items": items}
        if score.weights is not None:
            weights = [float(weight) for weight in score.weights]
            if len(weights) != count or not all(map(math.isfinite, weights)):
                raise ValueError(f"`{name}` has {len(weights)} weights of {count} items, or not finite ones")
            form[name]["weights"] = weights
    return form


def bounds_json(
    bounds: Mapping[str, Sequence[float | None]], metrics: Sequence[str], count: int
) -> dict[str, list[float | None]]:
    """Known bounds of `count` items. Raises `ValueError` where the evaluator is wrong."""
    form: dict[str, list[float | None]] = {}
    for name, values in bounds.items():
        if name not in metrics:
            raise ValueError(f"bounds of `{name}`, and the task has {sorted(metrics)}")
        known = [None if value is None else float(value) for value in values]
        if len(known) != count:
            raise ValueError(f"{len(known)} bounds of `{name}`, and {count} items were asked for")
        for value in known:
            if value is not None and not math.isfinite(value):
                raise ValueError(f"a bound of `{name}` is {value}")
        form[name] = known
    return form


def error_json(error: BaseException) -> dict[str, Any]:
    """A failure as the protocol has it."""
    if isinstance(error, EvaluatorError):
        form: dict[str, Any] = {"kind": error.kind, "message": str(error)}
        if isinstance(error, Unsupported):
            form["edit"] = error.edit
        if isinstance(error, BadRequest) and error.about is not None:
            form["about"] = error.about
        if isinstance(error, NotFinite):
            form.update(metric=error.metric, item=error.item, value=real_text(error.value).lower())
        return form
    if isinstance(error, MemoryError):
        return {"kind": "out-of-memory", "message": str(error) or "the machine's memory"}
    return {"kind": "internal", "message": f"{type(error).__name__}: {error}"}
