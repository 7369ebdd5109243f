"""What workers promise, one function each; each returns what was seen, and raises `Broken` or `Failed`."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..evaluator import Edit
from .host import Broken, Failed
from .trial import Trial, outcomes, said

DISTANCE = "kl"
"""The metric that is a distance to the subject without edits."""
UNKNOWN = "check-unknown"
"""A word that no vocabulary and no list of signals has."""
NO_FORM = "not tried: its subject has no form without edits"
_NOTHING: Mapping[str, Any] = {"items": [0.0], "weights": [1.0], "aggregate": "mean"}
"""A score of 0."""
BEAT = 5.0
"""Seconds within which a sign of life is promised, and some for the machine."""


def described(trial: Trial) -> str:
    for key in ("device", "numerics"):
        if not trial.opened.get(key):
            raise Broken(f"its `{key}` is empty")
    for key in ("name", "summary"):
        if not trial.hello.get(key):
            raise Broken(f"its `{key}` is empty")
    if not trial.metrics:
        raise Broken("the task has no metric")
    names = ", ".join(metric["name"] for metric in trial.metrics)
    who, task = f"{trial.hello['name']} on {trial.opened['device']}", trial.opened["task"]["name"]
    return f"{who}: task `{task}` with {names}"


def disjoint(trial: Trial) -> str:
    found = []
    for name in ("selection", "report"):
        split = trial.splits.get(name, {})
        if not split.get("items"):
            raise Broken(f"there are no items of the {name} data")
        fingerprint = str(split.get("fingerprint", ""))
        if len(fingerprint) != 64 or set(fingerprint) - set("0123456789abcdef"):
            raise Broken(f"the fingerprint of the {name} data is no 64 hexadecimal digits: `{fingerprint}`")
        found.append(fingerprint)
    if found[0] == found[1]:
        raise Broken("both have one fingerprint")
    return f"{trial.splits['selection']['items']} items and {trial.splits['report']['items']}"


def honours(trial: Trial) -> str:
    trial.check(trial.honoured())
    kinds = trial.opened.get("edits") or [edit["kind"] for edit in trial.hello.get("edits", ())]
    had = sorted({edit.kind for plan in trial.plans for edit in plan})
    missing = [kind for kind in kinds if kind not in had]
    if not had:
        raise Broken(
            f"none of {', '.join(missing)} could be made up so that it takes it; give some with --plans"
        )
    without = f"; not with {', '.join(missing)}" if missing else ""
    return f"{len(trial.plans)} plans with {', '.join(had)}{without}"


def complete(trial: Trial) -> str:
    for plan, scores in zip(trial.plans, trial.scores(trial.plans, trial.items), strict=True):
        for name, score in scores.items():
            for value in [*score["items"], *score["weights"]]:
                if not math.isfinite(value):
                    raise Broken(f"{said(plan)}: `{name}` has the value {value}")
    return f"{len(trial.plans)} plans on {len(trial.items)} items"


def unchanged(trial: Trial) -> str:
    if trial.needs_edits:
        return NO_FORM
    alone = trial.scores([()], trial.items)[0]
    # Whatever the others do to the subject, it is itself between them.
    between = [one for plan in trial.plans for one in (plan, ())]
    for scores in trial.scores(between, trial.items)[1::2]:
        if difference := trial.difference(alone, scores):
            raise Broken(f"alone and between other plans: {difference}")
    if DISTANCE not in alone:
        name = trial.metrics[0]["name"]
        return f"`{name}` is {value_of(alone[name]):.4f}, alone and between other plans"
    for value in alone[DISTANCE]["items"]:
        if not trial.same(value, 0.0):
            raise Broken(f"`{DISTANCE}` is {value}, expected 0")
    return f"`{DISTANCE}` is 0, alone and between other plans"


def effective(trial: Trial) -> str:
    """Whether better or worse is the evaluator's: a model loses by edits, and a queue does not."""
    if trial.needs_edits:
        return NO_FORM
    name = trial.metrics[0]["name"]
    whole = value_of(trial.scores([()], trial.items)[0][name])
    found = [value_of(scores[name]) for scores in trial.scores(trial.plans, trial.items)]
    most = max(range(len(found)), key=lambda index: abs(found[index] - whole))
    if found[most] == whole:
        raise Broken(f"`{name}` is {whole} with any of them")
    return f"`{name}` from {whole:.4f} to {found[most]:.4f} by {said(trial.plans[most])}"


def repeatable(trial: Trial) -> str:
    first, again = trial.scores(trial.plans, trial.items), trial.scores(trial.plans, trial.items)
    for plan, one, other in zip(trial.plans, first, again, strict=True):
        if difference := trial.difference(one, other):
            raise Broken(f"{said(plan)}: {difference}")
        if trial.check(plan) != trial.check(plan):
            raise Broken(f"{said(plan)}: calibrated on other data each time")
    return f"{len(trial.plans)} plans"


def company(trial: Trial) -> str:
    together = trial.scores(trial.plans, trial.items)
    backwards = trial.scores(trial.plans[::-1], trial.items)[::-1]
    for plan, one, turned in zip(trial.plans, together, backwards, strict=True):
        alone = trial.scores([plan], trial.items)[0]
        for other, how in ((alone, "alone"), (turned, "in a batch that is turned around")):
            if difference := trial.difference(one, other):
                raise Broken(f"{said(plan)} {how}: {difference}")
    return f"{len(trial.plans)} plans together, turned around and alone"


def order(trial: Trial) -> str:
    backwards = trial.items[::-1]
    for plan in trial.plans[:4]:
        forwards = trial.scores([plan], trial.items)[0]
        for asked in (backwards, backwards[:1]):
            for name, score in trial.scores([plan], asked)[0].items():
                # A missing item is scored later and without those that are known, so its weight counts as its value does.
                for what, part in (("", "items"), ("the weight of ", "weights")):
                    for item, value in zip(asked, score[part], strict=True):
                        expected = forwards[name][part][item]
                        if not trial.same(value, expected):
                            raise Broken(f"{what}`{name}` of item {item} is {value} and {expected}")
    return f"{len(trial.items)} items, turned around and the last alone"


def unknown_edit(trial: Trial) -> str:
    foreign = (Edit(UNKNOWN, {}),)

    def named(error: Mapping[str, Any] | None) -> None:
        if error is None:
            raise Broken(f"it takes the edit {UNKNOWN}")
        if error.get("kind") != "unsupported" or UNKNOWN not in str(error.get("edit")):
            raise Broken(f"the refusal does not name the edit: {error}")

    try:
        trial.check(foreign)
        named(None)
    except Failed as failure:
        named(failure.error)
    first, refused, last = trial.outcomes([trial.honoured(), foreign, trial.honoured()], trial.items)
    if not all(outcome and "scores" in outcome for outcome in (first, last)):
        raise Broken("the plans beside it are not scored")
    named((refused or {}).get("error"))
    return f"`{UNKNOWN}`"


def unknown_data(trial: Trial) -> str:
    beyond = trial.splits["selection"]["items"]
    for what, changed in (("a split", {"split": f"elsewhere:{UNKNOWN}"}), ("an item", {"items": [beyond]})):
        batch = {**trial.batch([trial.honoured()], trial.items), **changed}
        call = trial.host.call("evaluate", **batch)
        try:
            call.result()
            error = (outcomes(call.events, 1)[0] or {}).get("error", {})
        except Failed as failure:
            error = failure.error
        if error.get("kind") != "bad-request":
            raise Broken(f"{what} that it does not have is answered by {error or 'a score'}")
    return "a split and an item"


def unknown_signal(trial: Trial) -> str:
    try:
        trial.host.ask("signal", name=UNKNOWN, args={}, split="selection", items=trial.items)
    except Failed as failure:
        if failure.kind == "bad-request":
            return str(failure.error.get("message"))
        raise Broken(f"another failure: {failure}") from None
    raise Broken("it is measured")


def outputs(trial: Trial) -> str:
    if not trial.hello.get("outputs"):
        return "it hands none out"
    whole = trial.outputs(trial.honoured())
    if trial.outputs(trial.honoured()) != whole and not trial.tolerance:
        raise Broken(f"{said(trial.honoured())}: asked again, they are others")
    for plan in trial.plans[:4]:
        trial.outputs(plan)
    if trial.plans and not trial.needs_edits:
        scores = trial.scores(trial.plans, trial.items)
        worst = max(range(len(scores)), key=lambda index: value_of(scores[index].get(DISTANCE, _NOTHING)))
        distance = value_of(scores[worst].get(DISTANCE, _NOTHING))
        if distance > 0 and trial.outputs(trial.plans[worst]) == whole:
            raise Broken(f"{said(trial.plans[worst])}: `{DISTANCE}` is {distance}, and outputs are as without it")
    return f"{len(whole)} sequences of {len(trial.items)} items"


def bounds(trial: Trial) -> str:
    if not trial.hello.get("bounds"):
        return "it knows none"
    known = trial.bounds(trial.items)
    for place, item in enumerate(trial.items):
        alone = {name: values[0] for name, values in trial.bounds([item]).items()}
        for name, values in known.items():
            if alone.get(name) != values[place]:
                raise Broken(f"`{name}` of item {item} is {values[place]}, and {alone.get(name)} alone")
    plans = [*trial.plans, trial.honoured()]
    better = {metric["name"]: metric["direction"] == "maximise" for metric in trial.metrics}
    for plan, scores in zip(plans, trial.scores(plans, trial.items), strict=True):
        for name, values in known.items():
            for item, value, bound in zip(trial.items, scores[name]["items"], values, strict=True):
                if bound is None or abs(value - bound) <= 1e-9 * abs(bound):
                    continue
                if (value > bound) == better[name]:
                    raise Broken(
                        f"{said(plan)}: `{name}` of item {item} is {value}, better than its bound {bound}"
                    )
    told = (
        f"`{name}` on {sum(value is not None for value in values)} of {len(values)} items"
        for name, values in known.items()
    )
    return ", ".join(told) or "of none of these items"


def garbage(trial: Trial) -> str:
    lines = (b"no JSON\n", b'{"id": 1, "meth\n', b"[1, 2]\n", b"\xff\xfe\x00\n")
    for line in lines:
        trial.host.raw(line)
        error = trial.host.stray_error(10)
        if error.get("kind") != "bad-request":
            raise Broken(f"{line!r} is answered by {error}, expected `bad-request`")
    for keys in ({}, {"plans": "none"}, {"plans": [[{"edit": 1}]], "split": "selection", "items": [0]}):
        for method in ("evaluate", UNKNOWN):
            call = trial.host.call(method, **keys)
            try:
                call.result(30)
            except Failed:
                continue
            # A plan that makes no sense may as well fail by itself.
            if not any("error" in event for event in call.events):
                raise Broken(f"`{method}` with {keys} has a result, and nothing is refused")
    trial.scores([trial.honoured()], trial.items)
    return f"{len(lines)} lines that are none and 6 requests, and it works on"


def late(trial: Trial) -> str:
    found = trial.outcomes(trial.plans, trial.items, 1e-9)
    for plan, outcome in zip(trial.plans, found, strict=True):
        if outcome is None:
            raise Broken(f"{said(plan)}: no answer")
        if "error" in outcome and outcome["error"].get("kind") != "deadline":
            raise Broken(f"{said(plan)}: another failure: {outcome['error']}")
    on_time = sum("scores" in outcome for outcome in found if outcome)
    return f"{len(found)} plans within a nanosecond each, {on_time} of them on time"


def called_off(trial: Trial) -> str:
    call = trial.host.call("evaluate", **trial.batch(trial.plans, trial.items))
    # In the middle of the work, where it says how far it is.
    call.heard.wait(0.2)
    began = time.monotonic()
    trial.host.note("cancel", request=call.number)
    _ends(call.result, trial.patience)
    waited = time.monotonic() - began
    trial.scores([trial.honoured()], trial.items)
    return f"after {1e3 * waited:.0f} ms"


def paused(trial: Trial) -> str:
    trial.host.note("pause")
    held = trial.host.call("evaluate", **trial.batch(trial.plans, trial.items))
    trial.host.note("cancel", request=held.number)
    _ends(held.result, trial.patience)
    call = trial.host.call("evaluate", **trial.batch([trial.honoured()], trial.items))
    if not trial.host.heartbeat(BEAT + 1):
        raise Broken("a worker that pauses sends no heartbeat")
    trial.host.note("resume")
    call.result()
    if outcomes(call.events, 1)[0] is None:
        raise Broken("the plan is not scored after the pause")
    return "called off while it pauses, alive, and done after it"


def ended(trial: Trial) -> str:
    code = trial.host.end(True, 30.0)
    if code != 0:
        raise Broken(f"its exit code is {code}")
    return "exit code 0"


def _ends(result: Callable[[float], Any], patience: float) -> None:
    try:
        result(patience)
    except Failed as failure:
        if failure.kind != "interrupted":
            raise Broken(f"called off, it ends with {failure}") from None


def value_of(score: Mapping[str, Any]) -> float:
    """The aggregate of a score."""
    weights: Sequence[float] = score["weights"]
    mean = sum(w * x for w, x in zip(weights, score["items"], strict=True)) / sum(weights)
    return math.exp(mean) if score["aggregate"] == "exp-mean" else float(mean)


PROMISES: Sequence[tuple[str, Callable[[Trial], str]]] = (
    ("it says who it is and what it measures", described),
    ("selection and report data are two", disjoint),
    ("it honours edits that it names", honours),
    ("every item has one finite value of every metric", complete),
    ("without edits nothing is lost", unchanged),
    ("some plan scores otherwise than none", effective),
    ("the same again is equal", repeatable),
    ("company and its order do not matter", company),
    ("the order of items does not matter", order),
    ("an unknown edit is refused by name, and the others are scored", unknown_edit),
    ("data that it does not have is refused", unknown_data),
    ("an unknown signal is refused", unknown_signal),
    ("outputs that it hands out are those of the plan", outputs),
    ("no plan beats a bound that it knows", bounds),
    ("garbage is answered by an error, and it lives", garbage),
    ("a plan that takes too long fails alone", late),
    ("called off, it ends soon, and works again", called_off),
    ("paused, it waits, and gives signs of life", paused),
    ("at the close it ends", ended),
)
"""All of them, the simple ones first: what is wrong there is wrong in the others as well."""
