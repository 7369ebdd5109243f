"""How fused tensors lie, proved by disturbing what they give.

Of causal attention, the first token's result does not depend on its query, nor on its key: it sees one token
alone. A query matters to its own token, a key to its own and all later ones but the first, a value to the
first, too. Of a gated feed-forward part, what enters `down` is linear in what `up` gives, and not in what
the gate gives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..replaced import replaced_forward
from ..structure.layer import Layer
from ..structure.linear import LinearModule
from .observed import Call, Seen

Change = Callable[[Tensor], Tensor]


def try_fused(layer: Layer, seen: Seen) -> None:
    """Moves modules of fused tensors that do not lie as they were taken to lie to `layer.unknown`."""
    qkv = [layer.linear[name][0] for name in ("q", "k", "v") if name in layer.linear]
    if len(qkv) == 3 and qkv[0].rows is not None and qkv[0].expert is None:
        why = _attention(layer, seen.calls.get("attention"))
        if why is not None:
            _forget(layer, "attention", ("q", "k", "v"), why)
    up = layer.linear.get("up", [])
    if len(up) == 1 and up[0].rows is not None and "gate" in layer.linear:
        why = _gated(layer, seen.calls.get("feed-forward"))
        if why is not None:
            _forget(layer, "feed-forward", ("gate", "up"), why)


def _forget(layer: Layer, part: str, names: tuple[str, ...], why: str) -> None:
    layer.unknown[part] = why
    for name in names:
        layer.linear.pop(name, None)


def _attention(layer: Layer, call: Call | None) -> str | None:
    owner, output = layer.linear["q"][0].owner, layer.linear.get("o")
    name = type(layer.attention).__name__
    if call is None or layer.attention is None or output is None:
        return f"a {name} with queries, keys and values in one tensor has no output matrix, or is not called"
    last = call.entered.shape[-2] - 1

    def changed(module: str, token: int) -> list[bool]:
        """For each token, whether the attention's result changes when `module` gives something else at
        `token`."""

        def disturb(given: Tensor) -> Tensor:
            given = given.clone()
            rows = layer.linear[module][0].rows
            row = given.view(-1, given.shape[-1])[token]
            noise = torch.linspace(1.0, 2.0, row[rows].numel(), device=row.device, dtype=row.dtype)
            row[rows] = row[rows] * -2.0 + noise
            return given

        results = [_entering(layer.attention, call, owner, change, output[0]) for change in (_same, disturb)]
        one, other = (result.reshape(last + 1, -1) for result in results)
        return (one != other).any(-1).tolist()

    queries, last_query = changed("q", 0), changed("q", last - 1)
    keys, values = changed("k", 0), changed("v", 0)
    lies = (
        not any(queries)
        and [token for token, is_changed in enumerate(last_query) if is_changed] == [last - 1]
        and not keys[0]
        and any(keys)
        and values[0]
    )
    return None if lies else f"queries, keys and values of a {name} lie in an unknown way in one tensor"


def _gated(layer: Layer, call: Call | None) -> str | None:
    up, down = layer.linear["up"][0], layer.linear["down"][0]
    name = type(layer.feed_forward).__name__
    if call is None or layer.feed_forward is None:
        return f"the {name} is not called"

    def doubled(part: LinearModule) -> Change:
        def change(given: Tensor) -> Tensor:
            given = given.clone()
            given[..., part.rows] *= 2
            return given

        return change

    own, ups, gates = (
        _entering(layer.feed_forward, call, up.owner, change, down)
        for change in (_same, doubled(up), doubled(layer.linear["gate"][0]))
    )
    lies = torch.allclose(ups, own * 2, rtol=1e-3) and not torch.allclose(gates, own * 2, rtol=1e-3)
    return None if lies else f"gate and up of a {name} lie in an unknown way in one tensor"


def _same(given: Tensor) -> Tensor:
    return given


def _entering(module: Any, call: Call, owner: Any, change: Change, into: LinearModule) -> Tensor:
    """What enters `into` when `module` is called again, with the result of `owner` changed."""
    found: list[Tensor] = []

    def changing(own: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: change(own(*args, **kwargs))

    def noting(own: Callable[..., Any]) -> Callable[..., Any]:
        def forward(entering: Tensor, *args: Any, **kwargs: Any) -> Any:
            found.append(entering.detach().clone())
            return own(entering, *args, **kwargs)

        return forward

    with replaced_forward(owner, changing), replaced_forward(into.owner, noting):
        module(*call.args, **call.kwargs)
    return found[0]
