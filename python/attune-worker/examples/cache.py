"""A cache in two parts, new and proven: how large is each, and when does a page move? Items are traces."""

import random
from collections import OrderedDict
from collections.abc import Sequence

from attune_worker import Argument, EditSchema, Metric, Plan, run
from attune_worker.schema import Int

PAGES = 64
POLICY = EditSchema(
    "cache-policy",
    "Divides the cache, and says when a page moves.",
    [
        Argument("new", Int(1, 63), "pages for what was asked for once"),
        Argument("hits", Int(1, 4), "requests to move"),
    ],
    sentence="{new} pages for the new, proven after {hits} hits",
)


def trace(seed: int) -> list[int]:
    """Some pages are asked for often, and now and then somebody reads everything once."""
    draw = random.Random(seed)
    often = [int(draw.paretovariate(0.9)) % 300 for _ in range(600)]
    return often[:300] + list(range(1000, 1150)) + often[300:]


def misses(requests: list[int], new_size: int, hits: int) -> int:
    new: OrderedDict[int, int] = OrderedDict()
    proven: OrderedDict[int, int] = OrderedDict()
    missed = 0
    for page in requests:
        if page in proven:
            proven.move_to_end(page)
            continue
        missed += page not in new
        new[page] = new.pop(page, -1) + 1
        if new[page] >= hits:
            proven[page] = new.pop(page)
        for part, size in ((new, new_size), (proven, PAGES - new_size)):
            if len(part) > size:
                part.popitem(last=False)
    return missed


def score(plan: Plan, items: Sequence[list[int]]) -> dict[str, list[float]]:
    """Misses of a page cache, in percent of all requests."""
    new, hits = (plan[0]["new"], plan[0]["hits"]) if plan else (32, 1)
    return {"misses": [100.0 * misses(requests, new, hits) / len(requests) for requests in items]}


def compulsory(items: Sequence[list[int]]) -> dict[str, list[float | None]]:
    """Whatever the policy, the first request for a page misses."""
    return {"misses": [100.0 * len(set(requests)) / len(requests) for requests in items]}


if __name__ == "__main__":
    run(
        score,
        edits=[POLICY],
        items={
            "selection": [trace(seed) for seed in range(40)],
            "report": [trace(100 + seed) for seed in range(40)],
        },
        metrics=[Metric("misses", "minimise", "%")],
        name="cache",
        bounds=compulsory,
    )
