"""By what rule a router chooses, proved on what it gave its experts."""

from __future__ import annotations

from itertools import product
from typing import Literal

import torch
from torch import Tensor

from ..structure.routers import Router
from .observed import Seen

_RARE = 0.1
"""Share of rows that may be chosen otherwise in 16 bits, where scores tie."""


def try_router(router: Router, seen: Seen) -> None:
    """Sets the rule of `router` that gives what was seen, or `router.refusal`."""
    name = type(router.mixture).__name__
    if router.sparsemixer:
        router.refusal = f"a {name} chooses by SparseMixer, which this evaluator does not edit"
        return
    router.refusal = f"how a {name} chooses its experts is not understood: no rule of this evaluator gives what it gave"
    if "router" not in seen.calls or "experts" not in seen.calls or not router.per_token:
        router.refusal = f"how a {name} chooses its experts is not understood: it calls no module with its choice"
        return
    chosen, weights = _choice(router, seen)
    if chosen is None or weights is None:
        router.refusal = f"how a {name} chooses its experts is not understood: they are not given a choice and its weights"
        return
    logits = _logits(router, seen)
    scores: list[Literal["softmax", "sigmoid"]] = ["softmax", "sigmoid"]
    for rule, renormalised in product(scores, (True, False)):
        scale = _scale(router, logits, rule, renormalised, chosen, weights)
        if scale is not None:
            router.scores, router.renormalised, router.scale, router.refusal = rule, renormalised, scale, None
            return


def _logits(router: Router, seen: Seen) -> Tensor:
    """`[rows, E]` in float32: those among what the router gave that its matrix makes, else what its matrix makes."""
    call = seen.calls["router"]
    entered = call.entered.reshape(-1, router.matrix.inputs)
    logits = entered.float() @ router.matrix.read().T.to(entered.device)
    if router.bias is not None:
        logits = logits + router.bias.float().to(logits.device)
    given = call.given if isinstance(call.given, tuple) else (call.given,)
    for part in given:
        if isinstance(part, Tensor) and part.is_floating_point() and part.shape[-1] == router.count:
            own = part.reshape(-1, router.count).float()
            if own.shape == logits.shape and _near(own, logits, part.dtype):
                return own
    return logits


def _choice(router: Router, seen: Seen) -> tuple[Tensor | None, Tensor | None]:
    """Chosen experts and their weights, `[rows, k]`."""
    if router.weighs_input:
        given = seen.calls["router"].given
        dense = given[0].float() if isinstance(given, tuple) else given.float()
        if dense.shape[-1] != router.count:
            return None, None
        weights, chosen = dense.topk(router.per_token, dim=-1)
        others = dense.sum(-1) - weights.sum(-1)
        return (chosen, weights) if bool((others.abs() < 1e-6).all()) else (None, None)
    small = [part for part in seen.calls["experts"].tensors() if part.dim() == 2 and part.shape[-1] == router.per_token]
    whole = [part for part in small if not part.is_floating_point()]
    real = [part for part in small if part.is_floating_point()]
    return (whole[0].long(), real[0].float()) if len(whole) == 1 and len(real) == 1 else (None, None)


def _scale(
    router: Router, logits: Tensor, rule: str, renormalised: bool, chosen: Tensor, weights: Tensor
) -> float | None:
    """What weights are multiplied by at last, if the rule gives them; None where it does not."""
    scores = torch.sigmoid(logits) if rule == "sigmoid" else torch.softmax(logits, -1)
    keys = scores if router.correction is None else scores + router.correction.float().to(scores.device).flatten()
    keys = keys if router.groups is None else _in_groups(router.groups, keys, rule)
    own = keys.topk(router.per_token, -1).indices
    other = (own.sort(-1).values != chosen.sort(-1).values).any(-1).float().mean()
    if float(other) > (0.0 if weights.dtype == logits.dtype and _exact(router) else _RARE):
        return None
    expected = scores.gather(-1, chosen)
    expected = expected / expected.sum(-1, keepdim=True) if renormalised else expected
    scale = float((weights * expected).sum() / (expected * expected).sum())
    if not _near(expected * scale, weights, router.matrix.tensor.dtype):
        return None
    return 1.0 if abs(scale - 1.0) < 1e-3 else _known(router, scale)


def _known(router: Router, scale: float) -> float:
    """The factor as the configuration says it, which has all of its digits."""
    config = getattr(router.mixture, "config", None)
    sources = (router.mixture, router.module, config, getattr(router.experts, "config", None))
    said = [getattr(source, name, None) for source in sources for name in ("routed_scaling_factor", "router_scaling_factor")]
    near = [float(value) for value in said if isinstance(value, int | float) and abs(value - scale) <= 2e-2 * abs(scale)]
    return near[0] if near else scale


def _in_groups(groups: tuple[int, int], keys: Tensor, rule: str) -> Tensor:
    """Keys, −∞ outside of the best groups: by their best expert, or their best two where scores are sigmoids."""
    members = keys.unflatten(-1, (groups[0], -1))
    best = members.topk(min(2, members.shape[-1]) if rule == "sigmoid" else 1, -1).values.sum(-1)
    among = torch.zeros_like(best, dtype=torch.bool).scatter_(-1, best.topk(groups[1], -1).indices, True)
    return members.masked_fill(~among[..., None], float("-inf")).flatten(-2)


def _exact(router: Router) -> bool:
    return router.matrix.tensor.dtype in (torch.float32, torch.float64)


def _near(one: Tensor, other: Tensor, dtype: torch.dtype) -> bool:
    loose = 1e-5 if dtype in (torch.float32, torch.float64) else 3e-2
    scale = float(other.abs().max())
    return float((one - other).abs().max()) <= loose * max(scale, 1e-12)
