"""What Ray costs and brings: one population of tiny-moe by the worker alone, and shared among actors.

    python benches/ray_actors.py 0 1 2

For each number of actors: seconds until it is loaded, seconds of a batch, work computed, and whether the
scores are equal to the bit to those of the first.
"""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path
from typing import Any

from attune_worker.check.host import Host

ROOT = Path(__file__).parents[3]
PLANS, ITEMS, LENGTH = 32, 8, 128
LAYERS, EXPERTS, KEPT = 6, 8, 4


def population(seed: int) -> list[list[dict[str, Any]]]:
    """As a search has them: children of few parents, which differ in a layer or two."""
    draw = random.Random(seed)
    kept = [[sorted(draw.sample(range(EXPERTS), KEPT)) for _ in range(LAYERS)] for _ in range(4)]
    plans = []
    for number in range(PLANS):
        child = list(kept[number % len(kept)])
        child[draw.randrange(LAYERS)] = sorted(draw.sample(range(EXPERTS), KEPT))
        plans.append(
            [{"edit": "keep-experts", "layer": at, "experts": some} for at, some in enumerate(child)]
        )
    return plans


def measure(actors: int) -> list[Any]:
    host = Host([sys.executable, "-m", "attune_torch"], idle=600.0)
    hello = host.hello()
    task = hello["tasks"][0]
    data = ROOT / "models/tiny-moe"
    began = time.monotonic()
    host.ask(
        "open",
        model=str(data),
        device="cpu",
        options={**{option["name"]: option["default"] for option in hello["options"]}, "actors": actors},
        task={
            "kind": "text",
            "options": {**{one["name"]: one["default"] for one in task["options"]}, "length": LENGTH},
            "base": str(ROOT),
            "selection": str(data / "data/arithmetic.selection.txt"),
            "report": str(data / "data/arithmetic.report.txt"),
            "elsewhere": {},
            "selection-items": ITEMS,
            "report-items": ITEMS,
        },
        memory=None,
    )
    host.ask("load")
    loaded = time.monotonic() - began
    found: list[Any] = []
    for seed in (0, 1):
        plans = population(seed)
        began = time.monotonic()
        call = host.call("evaluate", plans=plans, split="selection", items=list(range(ITEMS)), deadline=None)
        call.result()
        seconds = time.monotonic() - began
        outcomes = sorted(
            (one for one in call.events if one["event"] == "outcome"), key=lambda one: int(one["index"])
        )
        work = [sum(one["work"][name] for one in outcomes) for name in ("computed", "naive")]
        spent = f"loaded {loaded:.1f} s, {PLANS} plans {seconds:.2f} s, work {work[0]} of {work[1]}"
        print(f"{actors} actors: {spent}", flush=True)
        found.append([one["scores"] for one in outcomes])
    host.end(True, 60.0)
    return found


if __name__ == "__main__":
    paths = [str(ROOT / "python" / name / "src") for name in ("attune-worker", "attune-torch")]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    first: list[Any] | None = None
    for number in map(int, sys.argv[1:]):
        scores = measure(number)
        first = first or scores
        print(f"{number} actors: {'equal' if scores == first else 'NOT EQUAL'}", flush=True)
