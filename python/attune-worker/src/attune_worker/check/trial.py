"""A worker that is tried, and how it is asked."""

from __future__ import annotations

import base64
import itertools
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..evaluator import Plan
from ..wire import edit_json
from .host import Broken, Failed, Host

Outcomes = list[dict[str, Any] | None]
"""What became of each plan: its outcome, or `None` when nothing was said about it."""
POSITIONS = 5
"""Positions of a sequence, at most, that outputs are asked for."""
ITEMS = 3
"""Items that plans are scored on: enough for an order and a part of them."""


@dataclass
class Trial:
    """An open worker. `tolerance`: how much scores may differ that should be equal, relative to their size.
    `patience`: seconds that it may go on after it was called off."""

    host: Host
    hello: Mapping[str, Any]
    opened: Mapping[str, Any]
    plans: list[Plan] = field(default_factory=list)
    patience: float = 1.0
    tolerance: float = 0.0
    needs_edits: bool = False

    @property
    def metrics(self) -> list[Mapping[str, Any]]:
        return list(self.opened["task"]["metrics"])

    @property
    def splits(self) -> Mapping[str, Mapping[str, Any]]:
        return dict(self.opened["task"]["splits"])

    @property
    def items(self) -> list[int]:
        return list(range(min(self.splits["selection"]["items"], ITEMS)))

    def honoured(self) -> Plan:
        """A plan that is honoured: the one without edits, where the subject has a form without them."""
        if not self.needs_edits:
            return ()
        if not self.plans:
            raise Broken("there is no plan that it honours")
        return self.plans[0]

    def check(self, plan: Plan) -> dict[str, Any]:
        return self.host.ask("check", plan=plan_json(plan))

    def honours(self, plan: Plan) -> bool:
        try:
            self.check(plan)
        except Failed as failure:
            if failure.kind != "unsupported":
                raise Broken(
                    f"{said(plan)} is refused by another error than `unsupported`: {failure}"
                ) from None
            return False
        return True

    def outcomes(
        self, plans: Sequence[Plan], items: Sequence[int], deadline: float | None = None
    ) -> Outcomes:
        call = self.host.call("evaluate", **self.batch(plans, items, deadline))
        call.result()
        return outcomes(call.events, len(plans))

    def scores(self, plans: Sequence[Plan], items: Sequence[int]) -> list[dict[str, Any]]:
        """The scores of plans that all have some, complete and finite."""
        found = []
        for plan, outcome in zip(plans, self.outcomes(plans, items), strict=True):
            if outcome is None or "error" in outcome:
                reason = "no answer" if outcome is None else outcome["error"].get("message")
                raise Broken(f"{said(plan)}: {reason}")
            found.append(self._complete(plan, outcome["scores"], len(items)))
        return found

    def outputs(self, plan: Plan) -> list[dict[str, Any]]:
        """What the subject computes under a plan, sound."""
        asked = {"split": "selection", "items": self.items, "positions": POSITIONS}
        call = self.host.call("outputs", plan=plan_json(plan), **asked)
        call.result()
        found = [event for event in call.events if event["event"] == "outputs"]
        for event in found:
            self._sound(plan, event)
        told = [item for item, _ in itertools.groupby(event["item"] for event in found)]
        if told != self.items:
            raise Broken(f"{said(plan)}: outputs of items {told}, asked for are {self.items}")
        keys = ("item", "inputs", "positions", "width", "values")
        return [{key: event[key] for key in keys} for event in found]

    def bounds(self, items: Sequence[int]) -> dict[str, list[float | None]]:
        """Values that no plan can beat, sound."""
        found: dict[str, list[float | None]] = self.host.call(
            "bounds", split="selection", items=list(items)
        ).result()["bounds"]
        names = [metric["name"] for metric in self.metrics]
        for name, values in found.items():
            if name not in names:
                raise Broken(f"bounds of `{name}`, a metric that the task does not have")
            if len(values) != len(items):
                raise Broken(f"{len(values)} bounds of `{name}`, and {len(items)} items were asked for")
        return found

    def _sound(self, plan: Plan, event: Mapping[str, Any]) -> None:
        inputs, positions, width = event["inputs"], event["positions"], event["width"]
        if not positions or len(positions) > POSITIONS or positions != sorted(set(positions)):
            raise Broken(f"{said(plan)}: positions {positions}, expected 1 to {POSITIONS}, ascending")
        if positions[-1] >= len(inputs):
            raise Broken(f"{said(plan)}: position {positions[-1]} of {len(inputs)} inputs")
        values = base64.b64decode(event["values"])
        if len(values) != 4 * width * len(positions):
            raise Broken(f"{said(plan)}: {len(values)} bytes of {len(positions)} rows of {width} float32")
        if not all(map(math.isfinite, struct.unpack(f"<{len(values) // 4}f", values))):
            raise Broken(f"{said(plan)}: an output is not finite")

    def batch(
        self, plans: Sequence[Plan], items: Sequence[int], deadline: float | None = None
    ) -> dict[str, Any]:
        return {
            "plans": [plan_json(plan) for plan in plans],
            "split": "selection",
            "items": list(items),
            "deadline": deadline,
        }

    def difference(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> str | None:
        """Where two scores differ, if they do by more than they may."""
        for name, score in one.items():
            if (score["weights"], score["aggregate"]) != (other[name]["weights"], other[name]["aggregate"]):
                return f"`{name}` weighs its items in another way"
            for value, twin in zip(score["items"], other[name]["items"], strict=True):
                if not self.same(value, twin):
                    return f"`{name}` is {value} and {twin}"
        return None

    def same(self, one: float, other: float) -> bool:
        return one == other or abs(one - other) <= self.tolerance * max(abs(one), abs(other), 1.0)

    def _complete(self, plan: Plan, scores: Mapping[str, Any], count: int) -> dict[str, Any]:
        names = sorted(metric["name"] for metric in self.metrics)
        if sorted(scores) != names:
            raise Broken(f"{said(plan)}: scores of {sorted(scores)}, and the task names {names}")
        whole = {}
        for name, score in scores.items():
            weights = score.get("weights") or [1.0] * count
            found = (len(score["items"]), len(weights))
            if found != (count, count):
                numbers = f"{found[0]} values and {found[1]} weights of {count} items"
                raise Broken(f"{said(plan)}: `{name}` has {numbers}")
            whole[name] = {**score, "weights": weights, "aggregate": score.get("aggregate", "mean")}
        return whole


def outcomes(events: Sequence[Mapping[str, Any]], plans: int) -> Outcomes:
    """The outcomes among events, by plan."""
    found: Outcomes = [None] * plans
    for event in events:
        if event["event"] != "outcome":
            continue
        index = event.get("index")
        if not isinstance(index, int) or not 0 <= index < plans:
            raise Broken(f"plan {index} is answered, and there are {plans}")
        if found[index] is not None:
            raise Broken(f"plan {index} is answered twice")
        found[index] = dict(event)
    return found


def plan_json(plan: Plan) -> list[dict[str, Any]]:
    return [edit_json(edit) for edit in plan]


def said(plan: Plan) -> str:
    """A plan as messages name it."""
    if not plan:
        return "the plan without edits"
    return str(plan[0]) if len(plan) == 1 else f"{plan[0]} and {len(plan) - 1} more"
