"""Layers and what is in them, by the shapes and names of modules; works on models without values (`meta`)
too."""

from __future__ import annotations

from typing import Any

from torch import nn
from torch.nn.modules.conv import _ConvNd

from .attention import attention
from .feed_forward import dense, is_shared
from .layer import Layer
from .linear import MODULES
from .mixture import mixture


class NotUnderstood(Exception):
    """The model has no layers that can be told apart."""


def layers(model: nn.Module) -> tuple[nn.Module, list[Layer]]:
    """The module that holds the layers, and the layers."""
    whole: Any = model.config
    config = whole.get_text_config(decoder=True)
    decoder, blocks = _blocks(model, config)
    return decoder, [_layer(index, block, config) for index, block in enumerate(blocks)]


def _blocks(model: nn.Module, config: Any) -> tuple[nn.Module, nn.ModuleList]:
    """The list of as many modules as config.json says there are layers; of several the one with the most
    parameters."""
    count = config.num_hidden_layers
    found: list[tuple[int, str, nn.ModuleList]] = []
    for name, module in model.named_modules():
        if isinstance(module, nn.ModuleList) and len(module) == count:
            found.append((sum(p.numel() for p in module.parameters()), name, module))
    if not found:
        kind = type(model).__name__
        raise NotUnderstood(
            f"a {kind} holds no list of {count} layers, as `num_hidden_layers` of config.json says"
        )
    _, name, blocks = max(found, key=lambda entry: entry[0])
    return model.get_submodule(name.rpartition(".")[0]), blocks


def _layer(index: int, block: nn.Module, config: Any) -> Layer:
    layer = Layer(index, block)
    attention(layer, config)
    _feed_forward(layer, block, config)
    layer.linear = {name: layer.linear[name] for name in MODULES if name in layer.linear}
    return layer


def _feed_forward(layer: Layer, block: nn.Module, config: Any) -> None:
    parts = [
        part for part in _parts(block) if part is not layer.attention and not _within(layer.attention, part)
    ]
    mixtures = [part for part in parts if _has_experts(part)]
    if len(mixtures) == 1:
        layer.feed_forward = mixtures[0]
        layer.beside = [part for part in parts if part is not mixtures[0] and dense(part) is not None]
        mixture(layer, mixtures[0], config)
        return
    if mixtures:
        layer.unknown["feed-forward"] = "it has several mixtures of experts"
        return
    found = [
        (part, linear) for part in parts if not is_shared(part, block) and (linear := dense(part)) is not None
    ]
    if len(found) != 1:
        found = [(part, linear) for part in parts if (linear := dense(part)) is not None]
    own = dense(block)
    if len(found) == 1:
        layer.feed_forward, linear = found[0]
        layer.linear |= {name: [module] for name, module in linear.items()}
    elif own is not None and not found:
        layer.linear |= {name: [module] for name, module in own.items()}
    elif found:
        layer.unknown["feed-forward"] = "it has several feed-forward parts"
    else:
        layer.unknown["feed-forward"] = "none of its modules has the matrices of one"


def _parts(block: nn.Module) -> list[nn.Module]:
    """Children that are no lists and no norms."""
    return [child for child in block.children() if any(True for _ in child.children())]


def _within(module: nn.Module | None, part: nn.Module) -> bool:
    """Whether `module` is in `part`."""
    return module is not None and any(inner is module for inner in part.modules())


def _has_experts(part: nn.Module) -> bool:
    """Whether a part has experts, or looks as if: tensors of three axes that are no convolution's."""
    if isinstance(getattr(part, "experts", None), nn.Module):
        return True
    children = [child for child in part.children() if not isinstance(child, _ConvNd)]
    return any(parameter.dim() == 3 for child in children for parameter in child.parameters(recurse=False))
