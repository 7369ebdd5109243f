"""Loading a model as transformers loads it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import torch
from attune_worker import BadRequest, OutOfMemory
from torch import nn

from .outline import Outline
from .structure import find
from .subject import Subject
from .trials import try_layers, try_structure

_LOG = logging.getLogger(__name__)


def device(asked: str) -> torch.device:
    """The device that `--device` asks for: `auto` is the first CUDA device, or the CPU where there is
    none."""
    if asked == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    kind, _, number = asked.partition(":")
    if kind not in ("cpu", "cuda") or (number and not number.isdigit()) or (kind == "cpu" and number):
        raise BadRequest(f"device `{asked}` is unknown to this evaluator; expected auto, cpu, cuda or cuda:N")
    if kind == "cpu":
        return torch.device("cpu")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if int(number or 0) >= count:
        raise BadRequest(
            f"there is no device `{asked}`: PyTorch {torch.__version__} sees {count} CUDA devices"
        )
    return torch.device("cuda", int(number or 0))


def load(outline: Outline, where: torch.device, tell: Callable[[str], None]) -> Subject:
    """The model on its device or devices, with its structure, which experiments have proved."""
    tell(f"loading {outline.name}")
    model = _model(outline, where, tell)
    model.eval()
    model.requires_grad_(False)
    decoder, layers = find.layers(model)
    subject = Subject(model, None, layers, decoder, outline.facts)
    subject.level_memory = outline.options.level_memory << 20
    try_layers(subject)
    if subject.whole_because is not None:
        tell(f"{outline.name} runs as a whole: {subject.whole_because}")
    try_structure(subject)
    return subject


def _model(outline: Outline, where: torch.device, tell: Callable[[str], None]) -> nn.Module:
    from transformers import AutoModelForCausalLM

    options = outline.options
    spread = options.device_map != "one"
    settings: dict[str, Any] = (
        {"device_map": options.device_map} if spread else {"device_map": {"": str(where)}}
    )
    if where.type == "cpu":
        # Accelerate's hooks have nothing to do.
        settings = {}
    try:
        model, said = AutoModelForCausalLM.from_pretrained(
            outline.folder,
            dtype=options.dtype if options.dtype == "auto" else getattr(torch, options.dtype),
            attn_implementation=None if options.attention == "auto" else options.attention,
            trust_remote_code=options.trust_remote_code,
            local_files_only=True,
            output_loading_info=True,
            **settings,
        )
    except torch.cuda.OutOfMemoryError as error:
        first = str(error).splitlines()[0]
        raise OutOfMemory(
            f'{outline.name} does not fit on {where}: {first}; `device-map: "auto"` spreads it'
        ) from error
    except Exception as error:  # whatever transformers, its plugins or a model's own code raise
        raise BadRequest(f"{outline.folder}: {type(error).__name__}: {error}") from error
    _complete(outline, said, tell)
    offloaded = [name for name, tensor in model.named_parameters() if tensor.device.type == "meta"]
    if offloaded:
        raise OutOfMemory(
            f"{outline.name} does not fit on the devices: `{offloaded[0]}` and {len(offloaded) - 1} more "
            "tensors would be loaded anew in every forward pass; use more devices or fewer bits"
        )
    loaded: nn.Module = model
    return loaded


def _complete(outline: Outline, said: Any, tell: Callable[[str], None]) -> None:
    """Refuses a model of which a part would be made up at random, and says which stored tensors nobody
    reads."""
    missing = sorted(map(str, said.get("missing_keys") or ()))
    mismatched = sorted(map(str, said.get("mismatched_keys") or ()))
    for names, what in ((missing, "is not stored"), (mismatched, "is stored with another shape")):
        if names:
            raise BadRequest(
                f"{outline.folder}: `{names[0]}` {what}, and {len(names) - 1} more; is config.json of "
                "the same model?"
            )
    unread = sorted(map(str, said.get("unexpected_keys") or ()))
    if unread:
        tell(
            f"{outline.name}: transformers reads {len(unread)} stored tensors into nothing, the first one "
            f"`{unread[0]}`"
        )
