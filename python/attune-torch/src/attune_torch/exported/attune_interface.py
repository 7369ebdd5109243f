"""Attention modules that do what a plan says: one function, registered with transformers'
`AttentionInterface`.

The model's configuration names the function in the place of its own (`sdpa` or `eager`). A module without
edits computes what it always does. One with edits gets the queries, keys and values that the model made,
after rotation, with the mask, the scale, the soft-cap and the sinks that it asked for; what positions they
are at it is told by hooks. Nothing is passed over in silence: a model whose attention does not come here
ends with an error.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from .attune_heads import Call, Heads

NAMES = {base: f"attune-{base}-{__name__}" for base in ("sdpa", "eager")}
"""What the function is called, by what stands in its place where nothing is edited: masks are made for
that. Each folder has a function of its own."""


@dataclass
class Edited:
    """An attention module with edits."""

    heads: Heads
    positions: Tensor | None = None
    """`[items or 1, queries]`, where the model says them."""
    seen: int = 0
    """Tokens before the first query."""
    came: bool = False


_EDITED = "attune_edited"
"""The attribute of a module that has it."""


def _attention(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **given: Any
) -> Any:
    config: Any = module.config
    named = {name: base for base, name in NAMES.items()}[config._attn_implementation]
    edited: Edited | None = getattr(module, _EDITED, None)
    if edited is not None:
        edited.came = True
        scaling = given.get("scaling")
        call = Call(
            query,
            key,
            value,
            attention_mask,
            _last(edited, query),
            query.shape[-1] ** -0.5 if scaling is None else float(scaling),
            given.get("softcap"),
            given.get("s_aux"),
        )
        mixed = edited.heads.attend(call)
        if mixed is not None:
            return mixed.to(query.dtype), None
    return _own_function(module, named)(module, query, key, value, attention_mask, **given)


def _last(edited: Edited, query: Tensor) -> Tensor:
    """The position of the last query of each item. On the left of a shorter item stands padding, which
    positions leave out."""
    items, queries = query.shape[0], query.shape[2]
    if edited.positions is None:
        return torch.full((items,), edited.seen + queries - 1, device=query.device)
    return edited.positions[:, -1].to(query.device).expand(items)


def _own_function(module: nn.Module, implementation: str) -> Callable[..., Any]:
    names = vars(sys.modules[type(module).__module__])
    known = names.get("ALL_ATTENTION_FUNCTIONS", ALL_ATTENTION_FUNCTIONS)
    function: Callable[..., Any] = known.get_interface(implementation, names.get("eager_attention_forward"))
    return function


for _base, _called in NAMES.items():
    AttentionInterface.register(_called, _attention)
    AttentionMaskInterface.register(_called, ALL_MASK_ATTENTION_FUNCTIONS[_base])


def edit(model: nn.Module, layers: dict[int, Heads]) -> None:
    """The attention of `layers` does what their heads say from now on. Raises `ValueError` where it
    cannot."""
    found: dict[int, list[nn.Module]] = {}
    for module in model.modules():
        if _goes_through_interface(module) and isinstance(getattr(module, "layer_idx", None), int):
            found.setdefault(module.layer_idx, []).append(module)  # type: ignore[arg-type]
    for layer, heads in layers.items():
        modules = found.get(layer, [])
        if len(modules) != 1:
            raise ValueError(
                f"layer {layer} of this {type(model).__name__} has {len(modules)} attention modules that go "
                "through transformers' AttentionInterface; the plan needs one"
            )
        _name(modules[0])
        setattr(modules[0], _EDITED, Edited(heads))
        modules[0].register_forward_pre_hook(_before, with_kwargs=True)
        modules[0].register_forward_hook(_after)


def _name(module: nn.Module) -> None:
    config: Any = module.config
    named = config._attn_implementation
    if named in NAMES:
        config._attn_implementation_internal = NAMES[named]
    elif named not in NAMES.values():
        raise ValueError(
            f"the model was loaded with the attention `{named}`; load it with {' or '.join(NAMES)}"
        )


def _goes_through_interface(module: nn.Module) -> bool:
    forward = inspect.unwrap(type(module).forward)
    methods = (getattr(type(module), name, None) for name in getattr(forward, "__code__", _NOTHING).co_names)
    reached = [forward, *(inspect.unwrap(method) for method in methods if inspect.isfunction(method))]
    return any(
        "ALL_ATTENTION_FUNCTIONS" in getattr(function, "__code__", _NOTHING).co_names for function in reached
    )


_NOTHING = compile("", "", "exec")


def _before(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    edited: Edited = getattr(module, _EDITED)
    positions = kwargs.get("position_ids")
    if positions is not None and positions.ndim != 2:
        raise ValueError(
            f"positions have the shape {list(positions.shape)}; the plan is of texts, with one position "
            "per token"
        )
    cache = kwargs.get("cache", kwargs.get("past_key_values"))
    edited.seen = 0 if cache is None else int(cache.get_seq_length(module.layer_idx))
    layers, number = getattr(cache, "layers", []), module.layer_idx
    layer: Any = layers[number] if number < len(layers) else None  # type: ignore[operator, index]
    if getattr(layer, "is_compileable", False):
        raise ValueError(
            f"the cache has layers of a fixed size ({type(layer).__name__}), of which a plan does not know "
            'where tokens end; generate with `cache_implementation="dynamic"`'
        )
    edited.positions, edited.came = positions, False


def _after(module: nn.Module, args: Any, output: Any) -> None:
    if not getattr(module, _EDITED).came:
        raise RuntimeError(
            f"a {type(module).__name__} computed attention by itself, so that the plan had no effect"
        )
