"""Attention of edited heads: one function, registered with transformers' `AttentionInterface`.

While a layer is edited, its configuration names this function in the place of the model's own (`sdpa` or
`eager`), and the attention module finds here who acts for it. A module for which nobody acts computes what it
always does, to the bit. Who acts gets the queries, keys and values that the module made, after RoPE, with the
mask, the scale, the soft-cap and the sinks that it asked for, so sliding windows and chunks, which are in the
mask, stay as they are.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

NAMES = {"sdpa": "attune-sdpa", "eager": "attune-eager"}
"""What the function is called, by what stands in its place where nothing is edited: masks are made for
that."""


@dataclass
class Call:
    """One call of attention."""

    module: nn.Module
    query: Tensor
    """`[items, heads, queries, channels]`, after RoPE."""
    key: Tensor
    """`[items, kv-heads, keys, channels]`, after RoPE."""
    value: Tensor
    """`[items, kv-heads, keys, value channels]`."""
    mask: Tensor | None
    """`[items or 1, heads or 1, queries, at least keys]`: true where a query sees a key, or what is added to
    scores; None: causal."""
    scaling: float
    cap: float | None
    """`c·tanh(x/c)` in the place of a score `x`."""
    sinks: Tensor | None
    """`[heads]`, a logit of each query head that no value belongs to."""
    base: Callable[[], Any]
    """What the model itself computes."""


class Acting(Protocol):
    """Who acts for an attention module."""

    def attend(self, call: Call) -> Tensor | None:
        """What heads attend to, mixed: `[items, queries, heads, value channels]`; None: what the model itself
        computes."""


_ACTING: WeakKeyDictionary[nn.Module, Acting] = WeakKeyDictionary()
_NAMED: dict[int, int] = {}
"""How many layers name the function, by the identity of their configuration."""


def _attention(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **given: Any
) -> tuple[Tensor, Tensor | None]:
    config: Any = module.config
    impl = {name: base for base, name in NAMES.items()}[config._attn_implementation]

    def base() -> Any:
        return own_function(module, impl)(module, query, key, value, attention_mask, **given)

    acting = _ACTING.get(module)
    if acting is None:
        return base()  # type: ignore[no-any-return]
    scaling, cap, sinks = given.get("scaling"), given.get("softcap"), given.get("s_aux")
    scaling = query.shape[-1] ** -0.5 if scaling is None else float(scaling)
    call = Call(module, query, key, value, attention_mask, scaling, cap, sinks, base)
    mixed = acting.attend(call)
    if mixed is None:
        return base()  # type: ignore[no-any-return]
    return mixed.to(query.dtype), None


for _base, _called in NAMES.items():
    AttentionInterface.register(_called, _attention)
    AttentionMaskInterface.register(_called, ALL_MASK_ATTENTION_FUNCTIONS[_base])


def own_function(module: nn.Module, implementation: str) -> Callable[..., Any]:
    """What `module` computes when its configuration says `implementation`."""
    names = vars(sys.modules[type(module).__module__])
    known = names.get("ALL_ATTENTION_FUNCTIONS", ALL_ATTENTION_FUNCTIONS)
    function: Callable[..., Any] = known.get_interface(implementation, names.get("eager_attention_forward"))
    return function


def refusal(module: nn.Module) -> str | None:
    """Why the attention of this module cannot be edited, as far as its code says; None: it goes through the
    interface."""
    forward = inspect.unwrap(type(module).forward)
    reached = [
        forward,
        *(
            inspect.unwrap(method)
            for name in forward.__code__.co_names
            if inspect.isfunction(method := getattr(type(module), name, None))
        ),
    ]
    kind = type(module).__name__
    if not any("ALL_ATTENTION_FUNCTIONS" in function.__code__.co_names for function in reached):
        return f"the attention of a {kind} does not go through transformers' AttentionInterface"
    implementation = getattr(getattr(module, "config", None), "_attn_implementation", None)
    if implementation not in NAMES and implementation not in NAMES.values():
        return (
            f"the model was loaded with the attention `{implementation}`; load it with {' or '.join(NAMES)}"
        )
    return None


def act(stack: ExitStack, module: nn.Module, acting: Acting) -> None:
    """`acting` acts for `module` until `stack` is closed, in the place of who acts for it now."""
    before = _ACTING.get(module)
    config: Any = module.config
    _name(config)
    stack.callback(_unname, config)
    _ACTING[module] = acting

    def restore() -> None:
        if before is None:
            _ACTING.pop(module, None)
        else:
            _ACTING[module] = before

    stack.callback(restore)


def acting_for(module: nn.Module) -> Acting | None:
    """Who acts for `module` now."""
    return _ACTING.get(module)


def _name(config: Any) -> None:
    count = _NAMED.get(id(config), 0)
    if count == 0:
        config._attn_implementation_internal = NAMES[config._attn_implementation]
    _NAMED[id(config)] = count + 1


def _unname(config: Any) -> None:
    _NAMED[id(config)] -= 1
    if _NAMED[id(config)] == 0:
        del _NAMED[id(config)]
        named = config._attn_implementation
        config._attn_implementation_internal = {name: base for base, name in NAMES.items()}[named]


def visible(call: Call) -> tuple[Tensor, Tensor | None]:
    """What the model itself lets queries see, `[items or 1, 1 or heads, queries, keys]`, and what its mask
    adds to scores where it adds numbers."""
    queries, keys = call.query.shape[2], call.key.shape[2]
    key, query = positions(call)
    if call.mask is None:
        return (key <= query)[None, None], None
    mask = call.mask[..., :keys]
    if mask.dtype == torch.bool:
        return mask.expand(*mask.shape[:2], queries, keys), None
    return mask > torch.finfo(mask.dtype).min / 2, mask.float()


def positions(call: Call) -> tuple[Tensor, Tensor]:
    """Positions of keys `[1, keys]` and of queries `[queries, 1]`, which are the last ones."""
    queries, keys = call.query.shape[2], call.key.shape[2]
    key = torch.arange(keys, device=call.query.device)[None]
    query = torch.arange(keys - queries, keys, device=call.query.device)[:, None]
    return key, query
