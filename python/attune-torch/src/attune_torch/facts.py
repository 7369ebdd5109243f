"""What techniques are told of a model: the names and values of the native evaluator
(`vocabulary/src/facts.rs`, `vocabulary/src/linear_modules.rs`), from shapes alone, so that spaces, costs and
plans come out the same."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from torch import nn

from . import stored, stored_experts
from .structure.layer import Layer
from .structure.linear import FEED_FORWARD, MODULES, LinearModule
from .structure.routers import Router

if TYPE_CHECKING:
    from .outline import Outline

_CONTEXTS = (
    "max_position_embeddings",
    "n_positions",
    "n_ctx",
    "max_seq_len",
    "max_sequence_length",
    "seq_length",
)
_ELEMENT_BYTES = {"F32": 4, "F16": 2, "BF16": 2}
"""Sizes of the stored numbers that exporters quantise."""


def facts(outline: Outline) -> dict[str, Any]:
    """Values by name; counts that a model does not have are 0, and are not said."""
    config, layers = outline.config, outline.layers
    files = stored.tensors(outline.folder)
    linear = [layer.linear for layer in layers]
    routers = [layer.router for layer in layers if layer.router is not None]
    experts = [layer for layer in layers if layer.router is not None]
    parameters = _parameters(outline)
    heads = int(getattr(config, "num_attention_heads", 0) or 0)
    head_dim = _head_dim(config, linear, heads)
    latent = any("kv-a" in of for of in linear)
    keys = next((of["k"][0].outputs for of in linear if "k" in of), 0)
    expert = [
        of[module][0]
        for of in (layer.linear for layer in experts[:1])
        for module in FEED_FORWARD
        if module in of
    ]
    down = [layer.linear["down"][0].inputs for layer in (experts or layers) if "down" in layer.linear]
    counts = {
        "layers": len(layers),
        "hidden": config.hidden_size,
        "heads": heads,
        "kv-heads": 1 if latent else keys // head_dim if head_dim else 0,
        "head-dim": head_dim,
        "experts": max((router.count for router in routers), default=0),
        "experts-per-token": max((router.per_token for router in routers), default=0),
        "context": _context(config),
        "vocab": config.vocab_size,
        "checkpoints": 1,
        "parameters": parameters,
        "feed-forward": down[0] if down else 0,
        "expert-parameters": sum(_with_bias(matrix) for matrix in expert),
    }
    values: dict[str, Any] = {name: int(count) for name, count in counts.items() if count}
    values["family"] = config.model_type
    values["bytes-per-parameter"] = _bytes_per_parameter(outline, files, parameters)
    if routers and len(experts) < len(layers):
        values["expert-layers"] = [layer.index for layer in experts]
    if latent:
        values["cache-elements"] = next(of["kv-a"][0].outputs for of in linear if "kv-a" in of)
    cached = [layer.index for layer in layers if layer.caches]
    if 0 < len(cached) < len(layers):
        values["cache-layers"] = cached
    values |= _modules(layers, files)
    values |= _embeddings(outline, files)
    values |= _stored_bytes(layers, files)
    values["block-parameters"] = [count for layer in layers for count in _halves(layer)]
    if routers:
        router = routers[0]
        values["router-parameters"] = (
            sum(
                tensor.numel()
                for tensor in (router.matrix.tensor, router.bias, router.correction)
                if tensor is not None
            )
            // router.count
        )
        mapping = "none" if any(r.mapping == "none" for r in routers) else router.mapping
        if mapping is not None:
            values["router-mapping"] = mapping
        if all(_rows_suffice(of) for of in routers):
            shapes = {tensor.name: tensor.shape for tensor in files}
            mixtures = [layer.index for layer in experts]
            values |= stored_experts.facts(
                shapes, _written(outline), mixtures, router.count, config.hidden_size
            )
    return values


def _rows_suffice(router: Router) -> bool:
    """Whether a router with fewer rows computes what leaving out experts is scored as."""
    return router.refusal is None and router.groups is None and not router.sparsemixer


def _written(outline: Outline) -> dict[str, Any]:
    """config.json as it stands in the folder, whose keys an export changes."""
    try:
        found = json.loads((outline.folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _parameters(outline: Outline) -> int:
    """Elements of all tensors of the language model: parameters once each, and buffers that are stored
    beside them. Of a model of several parts, towers for images are no part of it."""
    whole: Any = outline.model
    parts: list[nn.Module] = [whole]
    if outline.config is not outline.whole_config:
        head = whole.get_output_embeddings()
        parts = [outline.structure[0], *([] if head is None else [head])]
    tensors: dict[int, int] = {}
    for part in parts:
        said = part.state_dict().keys()
        tensors |= {id(parameter): parameter.numel() for parameter in part.parameters()}
        tensors |= {
            id(buffer): buffer.numel()
            for name, buffer in part.named_buffers()
            if name in said and buffer.is_floating_point()
        }
    return sum(tensors.values())


def _bytes_per_parameter(outline: Outline, files: list[stored.Stored], parameters: int) -> float:
    """Bytes of a parameter on disk."""
    size = sum(tensor.bytes for tensor in files)
    if not size:
        return sum(file.stat().st_size for file in stored.files(outline.folder)) / parameters
    # A word of codes is one element of its file, and several parameters.
    packed = getattr(outline.whole_config, "quantization_config", None) is not None
    return size / (parameters if packed else sum(tensor.elements for tensor in files))


def _context(config: Any) -> int:
    context = next((int(found) for name in _CONTEXTS if (found := getattr(config, name, None))), 0)
    if config.model_type == "falcon" and not getattr(config, "max_position_embeddings", None):
        context = 2048
    rope = getattr(config, "rope_parameters", None) or {}
    if config.model_type == "phimoe" and rope.get("rope_type") == "longrope":
        # Of longer sequences, versions take one list of divisors or the other.
        context = min(context, int(rope.get("original_max_position_embeddings", context)))
    return context


def _head_dim(config: Any, linear: list[dict[str, list[LinearModule]]], heads: int) -> int:
    """Channels per head of queries and keys; with latents, those that turn and those that do not."""
    if any("kv-a" in of for of in linear):
        return int(config.qk_nope_head_dim + config.qk_rope_head_dim)
    own = getattr(config, "head_dim", None)
    if own:
        return int(own)
    return int(config.hidden_size // heads) if heads else 0


def _with_bias(matrix: LinearModule) -> int:
    return matrix.outputs * matrix.inputs + (matrix.outputs if matrix.bias is not None else 0)


def _embeddings(outline: Outline, files: list[stored.Stored]) -> dict[str, Any]:
    """Rows, channels and bytes of a stored weight of each matrix with a row for each token; one that is both is
    said once."""
    whole: Any = outline.model
    modules = [whole.get_input_embeddings(), whole.get_output_embeddings()]
    weights = [module._parameters.get("weight") for module in modules if module is not None]
    if len(weights) == 2 and weights[0] is weights[1]:
        weights.pop()
    if modules[0] is None or any(weight is None or weight.dim() != 2 for weight in weights):
        return {}
    types = {tensor.dtype for tensor in files if len(tensor.shape) > 1}
    sizes = {_ELEMENT_BYTES.get(dtype, 0) for dtype in types}
    size = next(iter(sizes)) if len(sizes) == 1 else 0
    return {"embeddings": [number for weight in weights for number in (*weight.shape, size)]}


def _modules(layers: list[Layer], files: list[stored.Stored]) -> dict[str, Any]:
    """Modules, which of them read and are stored together, and their shapes layer by layer."""
    names = [name for name in MODULES if any(name in layer.linear for layer in layers)]
    first = {name: next(layer for layer in layers if name in layer.linear) for name in names}
    shapes = [number for layer in layers for name in names for number in _shape(layer, name)]
    return {
        "modules": " ".join(names),
        "module-inputs": [names.index(_input(first[name], name)) for name in names],
        "module-tensors": [names.index(_tensor(first[name], name, files)) for name in names],
        "module-shapes": shapes,
    }


def _stored_bytes(layers: list[Layer], files: list[stored.Stored]) -> dict[str, Any]:
    """Bytes of a weight of each module of each layer, and of all stored tensors without those of the modules:
    said where all matrices are stored as floating-point numbers of one size, so that names need not be matched
    with those of the files."""
    types = {tensor.dtype for tensor in files if len(tensor.shape) > 1}
    sizes = {_ELEMENT_BYTES.get(dtype, 0) for dtype in types}
    if len(sizes) != 1 or 0 in sizes:
        return {}
    (size,) = sizes
    names = [name for name in MODULES if any(name in layer.linear for layer in layers)]
    matrices = [matrix for layer in layers for of in layer.linear.values() for matrix in of]
    others = sum(tensor.bytes for tensor in files)
    others -= sum(matrix.outputs * matrix.inputs * size for matrix in matrices)
    if others < 0:
        return {}
    return {
        "module-element-bytes": [size if name in layer.linear else 0 for layer in layers for name in names],
        "other-bytes": others,
    }


def _shape(layer: Layer, name: str) -> list[int]:
    """Outputs, inputs, matrices and rows that a token gives them."""
    found = layer.linear.get(name)
    if found is None:
        return [0, 0, 0, 0]
    router = layer.router if name in FEED_FORWARD else None
    # The experts of a token read the same row unless their weights multiply it, and each has its own for the
    # way back.
    rows = router.per_token if router is not None and (name == "down" or router.weighs_input) else 1
    return [found[0].outputs, found[0].inputs, len(found), rows]


def _input(layer: Layer, name: str) -> str:
    """The first module of the layer that reads the same values."""
    query = "q-a" if "q-a" in layer.linear else "q"
    if name in ("q", "k", "v", "q-a", "kv-a"):
        return query if query in layer.linear else name
    if name in ("gate", "up"):
        # Halves side by side may have one norm.
        if query in layer.linear and _one_norm(layer):
            return query
        return "gate" if "gate" in layer.linear else "up"
    return name


def _one_norm(layer: Layer) -> bool:
    """Whether a block normalises what enters it once, for both of its halves."""
    norms = [name for name, child in layer.block.named_children() if _is_norm(name, child)]
    return len(norms) == 1


def _is_norm(name: str, child: nn.Module) -> bool:
    return ("norm" in name or name.startswith("ln_")) and not list(child.children())


def _tensor(layer: Layer, name: str, files: list[stored.Stored]) -> str:
    """The first module of the layer that is in the same tensor, as stored: what transformers joins when it
    loads is apart."""
    found = layer.linear[name][0]
    others = [other for other, of in layer.linear.items() if of[0].owner is found.owner]
    same = [other for other in others if layer.linear[other][0].parameter == found.parameter]
    if len(same) < 2:
        return name
    mark = re.compile(rf"\.{layer.index}\..*experts\.\d+\.")
    apart = found.expert is not None and any(mark.search(tensor.name) for tensor in files)
    return name if apart else same[0]


def _halves(layer: Layer) -> list[int]:
    """Weights of attention and of the feed-forward part, with all experts, their router and what answers for
    every token."""
    halves = [0, 0]
    for name, matrices in layer.linear.items():
        halves[name in FEED_FORWARD] += sum(matrix.outputs * matrix.inputs for matrix in matrices)
    if layer.router is not None:
        own = {id(module) for module in layer.router.experts.modules()}
        parts = [module for module in layer.router.mixture.modules() if id(module) not in own]
        parts += [module for part in layer.beside for module in part.modules()]
        weights = [module._parameters.get("weight") for module in parts]
        halves[1] += sum(weight.numel() for weight in weights if weight is not None and weight.dim() == 2)
    return halves
