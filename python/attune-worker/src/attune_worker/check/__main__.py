"""`python -m attune_worker.check [OPTIONS] -- COMMAND`: tries every promise on a worker, and says what came
of each."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..schema import EditSchema
from ..wire import plan_of
from .host import Broken, Failed, Gone, Host
from .plans import made_up
from .promises import PROMISES
from .trial import Trial


def main(arguments: Sequence[str]) -> int:
    """0: all promises are kept, 1: one is broken, 2: wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m attune_worker.check", description=__doc__)
    parser.add_argument("--model", default="", help="a folder, or what the worker takes in its place")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=JSON", help="of the evaluator")
    parser.add_argument("--task", default="", help="name of the task; the first of the worker, if absent")
    parser.add_argument("--task-option", action="append", default=[], metavar="NAME=JSON")
    parser.add_argument("--selection", default="", help="the data that a search tunes on")
    parser.add_argument("--report", default="", help="the data that results are reported on")
    parser.add_argument("--items", type=int, default=0, help="items that are used of each; 0: all")
    parser.add_argument(
        "--plans", type=Path, help="a JSON file with a list of plans, in place of plans from schemas"
    )
    parser.add_argument("--needs-edits", action="store_true", help="the subject has no form without edits")
    parser.add_argument(
        "--tolerance", type=float, default=0.0, help="relative difference of scores that counts as equal"
    )
    parser.add_argument("--patience", type=float, default=1.0, help="seconds to end in when called off")
    parser.add_argument("--only", default="", metavar="WORDS", help="only promises that contain these words")
    parser.add_argument("command", nargs="+", help="the worker")
    asked = parser.parse_args(arguments)

    host = Host(asked.command)
    try:
        trial = begin(host, asked)
    except (Broken, Failed, ValueError) as failure:
        print(f"✗ it starts, opens and loads: {failure}")
        host.kill()
        return 1
    print("✓ it starts, opens and loads")
    kept, promises = 0, [one for one in PROMISES if asked.only in one[0]]
    for promise, tried in promises:
        try:
            print(f"✓ {promise}: {tried(trial)}", flush=True)
            kept += 1
        except (Broken, Failed) as failure:
            print(f"✗ {promise}: {failure}", flush=True)
            if isinstance(failure, Gone):
                print("the rest is not tried")
                break
    host.kill()
    print(f"{kept} of {len(promises)} promises are kept")
    return 0 if kept == len(promises) else 1


def begin(host: Host, asked: argparse.Namespace) -> Trial:
    """Greets, opens and loads a worker, and makes plans for it."""
    hello = host.hello()
    tasks = {task["name"]: task for task in hello.get("tasks", ())}
    name = asked.task or next(iter(tasks), "")
    opened = host.ask(
        "open",
        model=asked.model,
        device=asked.device,
        options=settings(hello.get("options", ()), asked.option),
        task={
            "kind": name,
            "options": settings(tasks.get(name, {}).get("options", ()), asked.task_option),
            "base": str(Path.cwd()),
            "selection": absolute(asked.selection),
            "report": absolute(asked.report),
            "elsewhere": {},
            "selection-items": asked.items,
            "report-items": asked.items,
        },
        memory=None,
    )
    trial = Trial(host, hello, opened)
    trial.patience, trial.tolerance, trial.needs_edits = asked.patience, asked.tolerance, asked.needs_edits
    host.ask("load")
    if asked.plans:
        trial.plans = [plan_of(plan) for plan in json.loads(asked.plans.read_text())]
    else:
        known = opened.get("edits")
        described = [edit for edit in hello.get("edits", ()) if "summary" in edit]
        schemas = [EditSchema.from_json(edit) for edit in described if known is None or edit["kind"] in known]
        trial.plans = made_up(schemas, opened.get("facts", {}).get("values", {}), trial.honours)
    return trial


def settings(specs: Sequence[Mapping[str, Any]], given: Sequence[str]) -> dict[str, Any]:
    """Defaults, and what was given as NAME=JSON; a value that is no JSON is a text."""
    values = {spec["name"]: spec["default"] for spec in specs}
    for setting in given:
        name, _, text = setting.partition("=")
        try:
            values[name] = json.loads(text)
        except ValueError:
            values[name] = text
    return values


def absolute(path: str) -> str:
    return str(Path(path).resolve()) if path else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
