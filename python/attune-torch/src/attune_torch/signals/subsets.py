"""Subsets of a layer's experts whose weighted answers lie nearest to those of all experts."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..edits.routers import Routing, route
from ..structure.routers import Router

EXHAUSTIVE = 10
"""Up to this many experts every subset is tried, as NAEE does with 8; beyond, experts leave one at a time."""


@dataclass
class Answers:
    """What the experts of one layer answer to some tokens."""

    logits: Tensor
    """What the router says: `[tokens, E]`."""
    products: Tensor
    """Inner products of the answers of every two experts, `[tokens, E, E]`: distances between weighted sums
    of answers need no more."""


def best_subsets(
    router: Router, answers: list[Answers], breathe: Callable[[], None] = lambda: None
) -> list[list[int]]:
    """The best subset of every size from 1 to `E`, each ascending. Of equal ones, the first in the order of
    their bit masks, or the one that lost the lowest expert."""
    everyone = list(range(router.count))
    dense = [weights(router, some.logits, everyone) for some in answers]

    def error(kept: list[int]) -> float:
        breathe()
        total = 0.0
        for some, then in zip(answers, dense, strict=True):
            change = weights(router, some.logits, kept) - then
            total += float(torch.einsum("te,tef,tf->", change, some.products.double(), change))
        return total

    if router.count <= EXHAUSTIVE:

        def masks(size: int) -> list[list[int]]:
            sets = [list(kept) for kept in itertools.combinations(everyone, size)]
            return sorted(sets, key=lambda kept: sum(1 << expert for expert in kept))

        return [min(masks(size), key=error) for size in range(1, router.count + 1)]
    found = [everyone]
    while len(found[-1]) > 1:
        larger = found[-1]
        found.append(min(([other for other in larger if other != gone] for gone in larger), key=error))
    return found[::-1]


def weights(router: Router, logits: Tensor, kept: list[int]) -> Tensor:
    """The weight of every expert, `[tokens, E]` in float64, 0 where a token does not choose it: routing among
    `kept`, to as many experts as ever if there are so many. Where weights multiply what enters an expert,
    they are a part of its answer."""
    chosen, found = route(router, logits, Routing(kept=kept, per_token=min(router.per_token, len(kept))))
    if router.weighs_input:
        found = torch.ones_like(found)
    return torch.zeros(logits.shape, dtype=torch.float64, device=logits.device).scatter_(
        -1, chosen, found.double()
    )
