"""Populations of plans, drawn at random: such that share nothing, and mutants of one parent."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from attune_torch.subject import Layer, Subject
from attune_worker import Edit, Plan

WEIGHTS = (2, 3, 4, 5, 6, 8)
CACHES = range(2, 9)
GROUP = 32
"""Channels of a group, or fewer where that divides nothing."""
TRIES = 1000

Draw = Callable[[random.Random, Subject, Layer], list[Edit]]
"""The edits of one layer."""


def _kv_bits(draw: random.Random, subject: Subject, layer: Layer) -> list[Edit]:
    sizes = int(subject.facts["head-dim"])
    args = {"keys": draw.choice(CACHES), "values": draw.choice(CACHES), "group-size": math.gcd(sizes, GROUP)}
    # Most published caches keep some first and last positions as they are; how many is drawn, so that there are many.
    return [Edit("kv-bits", {"layer": layer.index, **args, "sink": 4, "recent": draw.randrange(8, 33)})]


def _weight_bits(draw: random.Random, subject: Subject, layer: Layer) -> list[Edit]:
    return [
        Edit(
            "weight-bits",
            {
                "layer": layer.index,
                "module": module,
                "bits": draw.choice(WEIGHTS),
                "group-size": math.gcd(matrices[0].inputs, GROUP),
            },
        )
        for module, matrices in layer.linear.items()
    ]


def _activation_bits(draw: random.Random, subject: Subject, layer: Layer) -> list[Edit]:
    grid = {"range": "token", "grid": "affine"}
    return [
        Edit("activation-bits", {"layer": layer.index, "module": module, "bits": draw.choice(WEIGHTS), **grid})
        for module in layer.linear
    ]


def _attention_span(draw: random.Random, subject: Subject, layer: Layer) -> list[Edit]:
    heads = range(int(subject.facts["kv-heads"]))
    return [
        Edit(
            "attention-span",
            {"layer": layer.index, "kv-head": head, "sink": 4, "alpha": float(draw.randrange(16, 64)), "beta": 0.25},
        )
        for head in heads
    ]


def _keep_experts(draw: random.Random, subject: Subject, layer: Layer) -> list[Edit]:
    if layer.router is None:
        return []
    kept = max(layer.router.per_token, layer.router.count // 2)
    return [
        Edit("keep-experts", {"layer": layer.index, "experts": sorted(draw.sample(range(layer.router.count), kept))})
    ]


TECHNIQUES: dict[str, Draw] = {
    "kv-bits": _kv_bits,
    "weight-bits": _weight_bits,
    "activation-bits": _activation_bits,
    "attention-span": _attention_span,
    "keep-experts": _keep_experts,
}


def usual(subject: Subject) -> str:
    """What is drawn where nobody says: half of the experts, or bits of the cache where there are none."""
    return "keep-experts" if "experts" in subject.facts else "kv-bits"


def sharing_nothing(subject: Subject, technique: str, count: int, seed: int) -> list[Plan]:
    """Plans whose first edited layers differ, so that no two have a layer behind it in common."""
    draw, own = random.Random(seed), TECHNIQUES[technique]
    by_first: dict[str, Plan] = {}
    for _ in range(TRIES):
        layers = [own(draw, subject, layer) for layer in subject.layers]
        first = next((layer for layer in layers if layer), None)
        if first is None:
            raise ValueError(f"the model has nothing that {technique} edits")
        by_first.setdefault("; ".join(map(str, first)), _plan(layers))
        if len(by_first) == count:
            return list(by_first.values())
    raise ValueError(f"{technique} has no {count} different edits of a layer here; ask for fewer plans")


def one_layer_mutants(subject: Subject, technique: str, count: int, seed: int) -> list[Plan]:
    """Different children of one parent, each of which has another edit in one layer."""
    draw, own = random.Random(seed), TECHNIQUES[technique]
    parent = [own(draw, subject, layer) for layer in subject.layers]
    places = [number for number, edits in enumerate(parent) if edits]
    if not places:
        raise ValueError(f"the model has nothing that {technique} edits")
    children: dict[str, Plan] = {}
    for _ in range(TRIES):
        child, place = list(parent), draw.choice(places)
        child[place] = own(draw, subject, subject.layers[place])
        if child[place] != parent[place]:
            children.setdefault("; ".join(map(str, _plan(child))), _plan(child))
        if len(children) == count:
            return list(children.values())
    raise ValueError(f"{technique} has no {count} different mutants here; ask for fewer plans")


def _plan(layers: list[list[Edit]]) -> Plan:
    return tuple(edit for layer in layers for edit in layer)
