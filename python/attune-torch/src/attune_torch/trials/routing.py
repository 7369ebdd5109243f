"""By what rule a router chooses, found by experiment: its mixture is given random rows, on which its logits
differ widely, and what its router makes of them is compared with rules that are known. A router is edited by
a rule that gave what the model itself gave its experts, or not at all."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import torch
from torch import Tensor

from ..edits.routers import Routing, choice_of, logits_of, route
from ..replaced import replaced_forward
from ..structure.routers import Router

TOKENS = 64
"""Rows of the experiment."""

SPREAD = 2.0
"""Standard deviation of the logits of the experiment: enough to tell sigmoids from a softmax."""


def try_router(router: Router) -> None:
    """Sets the rule of `router`, or leaves in `refusal` why there is none. Nothing may be edited
    meanwhile."""
    seen = _ran(router)
    rule = next((rule for rule in _rules(router) if _fits(rule, seen)), None)
    if rule is None:
        why = seen.trouble or (
            f"what its {type(router.module).__name__} makes of logits is none of the rules that are "
            "known: a softmax or "
            "sigmoids, rescaled or not, with a correction, groups and a scale, or SparseMixer"
        )
        router.refusal = f"how a {type(router.mixture).__name__} chooses its experts is not understood: {why}"
        return
    for field in fields(Router):
        setattr(router, field.name, getattr(rule, field.name))


@dataclass
class _Seen:
    """What one router said, and whom the model chose with what weights: `[tokens, E]`, `[tokens, k]`,
    `[tokens, k]`."""

    logits: Tensor | None = None
    chosen: Tensor | None = None
    weights: Tensor | None = None
    trouble: str | None = None
    dtype: torch.dtype = torch.float32
    """Of the logits, as the model computes them."""


def _ran(router: Router) -> _Seen:
    seen = _Seen()
    matrix = router.matrix.read()
    norm = float(matrix.square().sum(1).mean().sqrt())
    if not norm > 0:
        return _Seen(trouble="the matrix of its router is 0, which says nothing")
    rows = torch.randn(1, TOKENS, router.matrix.inputs, generator=torch.Generator().manual_seed(17))
    rows = (rows * (SPREAD / norm)).to(router.matrix.tensor)
    dtype = next((p.dtype for p in router.experts.parameters() if p.is_floating_point()), rows.dtype)

    def asked(own: Callable[..., Any]) -> Callable[..., Any]:
        def forward(*args: Any, **kwargs: Any) -> Any:
            given = own(*args, **kwargs)
            entering = next(arg for arg in (*args, *kwargs.values()) if isinstance(arg, Tensor))
            logits = logits_of(router, given, entering)
            seen.logits, seen.dtype = logits.float(), logits.dtype
            if router.weighs_input:
                dense = next(
                    part
                    for part in given
                    if isinstance(part, Tensor) and part.data_ptr() != logits.data_ptr()
                )
                seen.weights, seen.chosen = dense.reshape(-1, router.count).float().topk(router.per_token, -1)
            return given

        return forward

    def answered(own: Callable[..., Any]) -> Callable[..., Any]:
        def forward(*args: Any, **kwargs: Any) -> Any:
            if not router.weighs_input:
                seen.chosen, seen.weights = choice_of(router, args, kwargs)
            return own(*args, **kwargs)

        return forward

    with torch.no_grad(), replaced_forward(router.module, asked), replaced_forward(router.experts, answered):
        try:
            router.mixture(rows.to(dtype))
        except Exception as error:  # whatever a model's own code may raise: it is not edited then
            seen.trouble = str(error) or type(error).__name__
    return seen


_SCORES: tuple[Literal["softmax", "sigmoid"], ...] = ("softmax", "sigmoid")


def _rules(router: Router) -> Iterator[Router]:
    """Rules that a router of this structure may have, the plainest first."""
    own = {id(module) for module in router.experts.modules()}
    numbers = [
        tensor
        for module in router.mixture.modules()
        if id(module) not in own
        for tensor in (*module._parameters.values(), *module._buffers.values())
        if tensor is not None and tensor.numel() == router.count and tensor is not router.bias
    ]
    corrections = [None, *numbers] if router.correction is None else [router.correction, None]
    groups = [None] if router.groups is None else [router.groups, None]
    for correction, group in itertools.product(corrections, groups):
        for scores, renormalised in itertools.product(_SCORES, (True, False)):
            yield replace(
                router,
                scores=scores,
                renormalised=renormalised,
                correction=correction,
                groups=group,
                sparsemixer=False,
                scale=1.0,
                refusal=None,
            )
    epsilon = getattr(router.module, "router_jitter_noise", None)
    if isinstance(epsilon, float) and router.per_token == 2:
        yield replace(
            router,
            sparsemixer=True,
            renormalised=False,
            correction=None,
            groups=None,
            scale=1.0,
            refusal=None,
        )


def _fits(rule: Router, seen: _Seen) -> bool:
    """Whether `rule` makes the choices and weights that were seen, up to a scale, which it is given."""
    if seen.logits is None or seen.chosen is None or seen.weights is None or seen.trouble is not None:
        return False
    if seen.chosen.shape != (len(seen.logits), rule.per_token) or not torch.isfinite(seen.logits).all():
        return False
    chosen, weights = route(rule, seen.logits, Routing())
    dense = [
        torch.zeros(seen.logits.shape, device=seen.logits.device).scatter_(-1, who.long(), much.float())
        for who, much in ((chosen, weights), (seen.chosen, seen.weights))
    ]
    rule.scale = _scale(dense[0], dense[1])
    dtype = seen.dtype
    limit = 1e-4 if dtype == torch.float32 else 2e-2
    apart = (dense[0] * rule.scale - dense[1]).abs().amax(-1)
    # Ties, and logits of 16 bits that are rounded before they are compared, may be broken another way in a
    # few rows.
    off = apart > limit * dense[1].abs().amax().clamp_min(1e-12)
    return int(off.sum()) <= (0 if dtype == torch.float32 else len(off) // 16)


def _scale(found: Tensor, expected: Tensor) -> float:
    """What weights are multiplied by, to six digits."""
    both = (found > 1e-6) & (expected > 0)
    if not both.any():
        return 1.0
    ratio = float((expected[both].double() / found[both].double()).median())
    return 1.0 if abs(ratio - 1.0) < 1e-3 else float(f"{ratio:.6g}")
