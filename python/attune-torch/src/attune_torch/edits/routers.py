"""Which experts answer for a token: the arithmetic of the native evaluator's `eval/src/decoder/router.rs`, in
float32, and how it gets between the router of a model and its experts.

What a router makes of its logits is described by `structure.routers.Router`. While a layer's routing is
edited, the router runs as it always does, its logits are taken, and its experts are called with another
choice and other weights.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from ..replaced import replaced_forward
from ..structure.routers import Router
from ..subject import Layer


@dataclass
class Routing:
    """How the tokens of a layer are routed."""

    kept: list[int] | None = None
    """The experts that may be chosen, ascending; all without."""
    mapping: Tensor | None = None
    """`[experts of the edited layer, E]`, float32: what stands between the scores of all experts and the
    choice."""
    per_token: int | None = None
    """Experts per token where it is not the model's number."""
    silenced: list[int] = field(default_factory=list)
    """Experts that add nothing: what they are chosen with is 0."""


def sparsemixer(router: Router, logits: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """SparseMixer as Phi-3.5-MoE routes by it when it is not trained (arXiv 2409.12136): each weight is the
    share of the best expert in a softmax over those that are near it, `(best − z)/max(|z|, best) ≤ 2ε`, of
    those that were left."""
    module: Any = router.module
    epsilon = float(module.router_jitter_noise)
    left, chosen, weights = torch.ones_like(logits, dtype=torch.bool), [], []
    for _ in range(count):
        best = torch.sort(
            logits.masked_fill(~left, float("-inf")), dim=-1, descending=True, stable=True
        ).indices[:, :1]
        top = logits.gather(-1, best)
        # 0/0, of logits that are all 0, is not far.
        far = (top - logits) / torch.maximum(logits.abs(), top) > 2 * epsilon
        near = torch.exp(logits - top).masked_fill(far | ~left, 0.0)
        chosen.append(best)
        weights.append(1.0 / near.sum(-1, keepdim=True))
        left = left.scatter(-1, best, False)
    return torch.cat(chosen, -1), torch.cat(weights, -1)


def score(router: Router, logits: Tensor) -> Tensor:
    """Scores of logits `[rows, experts]`: a softmax over them, or a sigmoid of each."""
    return torch.sigmoid(logits) if router.scores == "sigmoid" else torch.softmax(logits, -1)


def route(router: Router, logits: Tensor, routing: Routing) -> tuple[Tensor, Tensor]:
    """Whom each row of `logits: [rows, E]` is routed to, and with what weights, `[rows, k]` each; those of
    experts that add nothing being 0."""
    chosen, weights = _chosen(router, logits, routing)
    if routing.silenced:
        silenced = torch.tensor(routing.silenced, device=chosen.device)
        weights = weights.masked_fill(torch.isin(chosen, silenced), 0.0)
    return chosen, weights


def _chosen(router: Router, logits: Tensor, routing: Routing) -> tuple[Tensor, Tensor]:
    """Whom each row of `logits: [rows, E]` is routed to, and with what weights, `[rows, k]` each. Of equal
    scores the lower expert wins. With a mapping, what it makes of the scores takes their place (EEP, arXiv
    2407.00945, Eq. 5), and in a row whose best ones have no positive finite sum all weights are 0: nobody
    answers."""
    count = routing.per_token or router.per_token
    logits = logits.float()
    kept = None
    if routing.kept is not None:
        kept = torch.tensor(routing.kept, device=logits.device)
        logits = logits[:, kept]
    if router.sparsemixer:
        order, weights = sparsemixer(router, logits, count)
        return (order if kept is None else kept[order]), weights
    scores = score(router, logits)
    correction = None if router.correction is None else router.correction.to(logits).flatten()
    if correction is not None and kept is not None:
        correction = correction[kept]
    if routing.mapping is not None:
        mapping = routing.mapping.to(logits.device)
        scores = mapped(mapping, scores)
        correction = None if correction is None else mapped(mapping, correction[None])[0]
    if correction is None and router.groups is None:
        # Sigmoids of large logits are all 1.
        keys = logits if router.scores == "sigmoid" and routing.mapping is None else scores
    else:
        keys = scores if correction is None else scores + correction
        keys = keys if router.groups is None else _best_groups(router, keys)
    order = torch.sort(keys, dim=-1, descending=True, stable=True).indices[:, :count]
    weights = scores.gather(-1, order)
    total = _in_order(weights)
    if routing.mapping is not None:
        answered = (total > 0) & torch.isfinite(total)
        if router.renormalised:
            weights = weights / torch.where(answered, total, 1.0)
        # Also where what is not answered is infinite.
        weights = torch.where(answered, weights, 0.0)
    elif router.renormalised:
        weights = weights / (total + router.addend if router.scores == "sigmoid" else total.clamp_min(1e-12))
    return (order if kept is None else kept[order]), weights * router.scale


def mapped(matrix: Tensor, scores: Tensor) -> Tensor:
    """`matrix: [rows, E]` times every row of `scores: [n, E]`, added up expert by expert, so that equal rows
    give equal sums; never −0, which would rank below 0."""
    sums = torch.zeros(scores.shape[0], matrix.shape[0], device=scores.device)
    for expert in torch.nonzero((matrix != 0).any(0)).flatten().tolist():
        sums = sums + scores[:, expert, None] * matrix[:, expert]
    return sums


def _in_order(weights: Tensor) -> Tensor:
    """Sums of rows, the best first: `[rows, 1]`."""
    total = weights[:, :1]
    for place in range(1, weights.shape[1]):
        total = total + weights[:, place, None]
    return total


def _best_groups(router: Router, keys: Tensor) -> Tensor:
    """`keys`, −∞ outside of the best groups: those with the best expert, or with the best two where scores
    are sigmoids."""
    groups, chosen = router.groups or (1, 1)
    members = keys.view(len(keys), groups, -1)
    best = members.topk(2 if router.scores == "sigmoid" else 1, -1).values.sum(-1)
    order = torch.sort(best, dim=-1, descending=True, stable=True).indices[:, :chosen]
    among = torch.zeros_like(best, dtype=torch.bool).scatter_(-1, order, True)
    return members.masked_fill(~among[..., None], float("-inf")).view_as(keys)


def logits_of(router: Router, given: Any, entering: Tensor | None = None) -> Tensor:
    """The logits `[rows, E]` in what the router's module gave for the rows `entering`. Where several of its
    tensors have their shape, they are those that its matrix makes."""
    found = [
        part.reshape(-1, router.count)
        for part in (given if isinstance(given, tuple) else (given,))
        if isinstance(part, Tensor) and part.is_floating_point() and part.shape[-1] == router.count
    ]
    if not found:
        raise ValueError(f"a {type(router.module).__name__} gave no logits of {router.count} experts")
    if len(found) == 1 or entering is None:
        return found[0]
    matrix = router.matrix.of(router.matrix.tensor).float()
    expected = entering.reshape(-1, entering.shape[-1])[:8].float() @ matrix.t().to(entering.device)
    if router.bias is not None:
        expected = expected + router.bias.float().to(expected.device)
    return min(found, key=lambda part: float((part[:8].float() - expected).abs().sum()))


def choice_of(router: Router, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Tensor, Tensor]:
    """Whom the model chose and with what weights, `[rows, k]` each, of what its experts are called with:
    rows, then these two in either order. Raises `ValueError` where they are not there."""
    found = [
        part
        for part in (*args, *kwargs.values())[1:]
        if isinstance(part, Tensor) and part.shape[-1] == router.per_token
    ]
    chosen = [part for part in found if not part.is_floating_point()]
    weights = [part for part in found if part.is_floating_point()]
    if len(chosen) != 1 or len(weights) != 1 or chosen[0].shape != weights[0].shape:
        raise ValueError(
            f"a {type(router.experts).__name__} was not given a choice of {router.per_token} experts "
            "and its weights"
        )
    return chosen[0], weights[0]


@dataclass
class _Entered:
    """What acts in a mixture, and the last logits of its router."""

    router: Router
    routing: Routing = field(default_factory=Routing)
    logits: Tensor | None = None

    def router_forward(self, own: Callable[..., Any]) -> Callable[..., Any]:
        def forward(*args: Any, **kwargs: Any) -> Any:
            given = own(*args, **kwargs)
            entering = next(arg for arg in (*args, *kwargs.values()) if isinstance(arg, Tensor))
            self.logits = logits_of(self.router, given, entering)
            return self.reweighed(given) if self.router.weighs_input else given

        return forward

    def experts_forward(self, own: Callable[..., Any]) -> Callable[..., Any]:
        def forward(*args: Any, **kwargs: Any) -> Any:
            if self.router.weighs_input:
                return own(*args, **kwargs)
            if self.logits is None:
                raise ValueError(f"a {type(self.router.experts).__name__} was called before its router")
            chosen, weights = route(self.router, self.logits, self.routing)
            self.logits = None
            before = choice_of(self.router, args, kwargs)
            if self.routing.mapping is not None and not isinstance(getattr(own, "__self__", None), nn.Module):
                # Where an edit computes the experts, whom nobody answers is routed to nobody; a model is told
                # so by weights of 0.
                nobody = (weights == 0).all(-1, keepdim=True)
                chosen = torch.where(nobody, self.router.count, chosen)

            def other(part: Any) -> Any:
                if part is before[0]:
                    return chosen.to(part.dtype)
                return weights.to(part.dtype) if part is before[1] else part

            return own(*map(other, args), **{name: other(part) for name, part in kwargs.items()})

        return forward

    def reweighed(self, given: Any) -> Any:
        """What the router gives where weights multiply what enters experts: one for each expert, 0 where it
        is not chosen."""
        assert self.logits is not None
        chosen, weights = route(self.router, self.logits, self.routing)
        rows = self.router.count if self.routing.mapping is None else self.routing.mapping.shape[0]
        dense = torch.zeros(weights.shape[0], rows, device=weights.device).scatter_(-1, chosen, weights)

        def other(part: Any) -> Any:
            same = isinstance(part, Tensor) and part.shape[-1] == self.router.count
            is_logits = same and part.data_ptr() == self.logits.data_ptr()  # type: ignore[union-attr]
            return dense.to(part.dtype) if same and not is_logits else part

        return tuple(other(part) for part in given)


_ENTERED: WeakKeyDictionary[nn.Module, _Entered] = WeakKeyDictionary()


def edited_routing(stack: ExitStack, layer: Layer) -> Routing:
    """The routing of `layer`, which takes effect until `stack` is closed: what is entered, or a new one, the
    model's own."""
    router = understood_router(layer)
    entered = _ENTERED.get(router.module)
    if entered is None:
        entered = _Entered(router)
        stack.enter_context(replaced_forward(router.module, entered.router_forward))
        stack.enter_context(replaced_forward(router.experts, entered.experts_forward))
        _ENTERED[router.module] = entered
        stack.callback(_ENTERED.pop, router.module)
    return entered.routing


def understood_router(layer: Layer) -> Router:
    """The router of a layer whose edits were checked."""
    if layer.router is None or layer.router.refusal is not None:
        raise ValueError(f"layer {layer.index} has no router that is understood")
    return layer.router
