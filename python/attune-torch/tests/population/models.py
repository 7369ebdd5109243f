"""Small random models of several families, as subjects, and an edit that every one of them can have."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import torch
from attune_worker import Edit, Plan
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM

from attune_torch.structure.find import layers
from attune_torch.subject import Layer, Subject
from attune_torch.trials.layers import try_layers

_USUAL = {
    "vocab_size": 97,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
}
FAMILIES: dict[str, dict[str, Any]] = {
    "llama": _USUAL,
    "qwen3": {**_USUAL, "head_dim": 8},
    "mixtral": {**_USUAL, "num_local_experts": 4, "num_experts_per_tok": 2},
    "gemma2": {**_USUAL, "head_dim": 8, "final_logit_softcapping": 5.0, "sliding_window": 8},
    "cohere": {**_USUAL, "logit_scale": 0.25},
    "gpt2": {"vocab_size": 97, "n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 128},
    "gpt_neox": {key: value for key, value in _USUAL.items() if key != "num_key_value_heads"},
    "lfm2": {**_USUAL, "block_multiple_of": 8, "full_attn_idxs": [1]},
    "minimax": {
        **_USUAL,
        "head_dim": 8,
        "num_local_experts": 4,
        "num_experts_per_tok": 2,
        "block_size": 16,
        "layer_types": ["linear_attention", "full_attention", "linear_attention"],
    },
    "gemma3n_text": {
        **_USUAL,
        "num_hidden_layers": 4,
        "head_dim": 8,
        "vocab_size_per_layer_input": 97,
        "hidden_size_per_layer_input": 8,
        "num_kv_shared_layers": 0,
        "laurel_rank": 4,
        "layer_types": ["sliding_attention", "sliding_attention", "sliding_attention", "full_attention"],
        "intermediate_size": [48, 48, 48, 48],
        "activation_sparsity_pattern": [0.95, 0.0, 0.0, 0.0],
        "sliding_window": 8,
    },
}


def model(family: str, seed: int = 0) -> Any:
    """A random model whose outputs differ enough to be compared."""
    torch.manual_seed(seed)
    made = AutoModelForCausalLM.from_config(AutoConfig.for_model(family, **FAMILIES[family]), dtype=torch.float32)
    with torch.no_grad():
        for parameter in made.parameters():
            if parameter.dim() > 1:
                parameter.normal_(std=0.15)
    return made.eval()


def subject(made: Any) -> Subject:
    decoder, found = layers(made)
    own = Subject(made, None, found, decoder, {})
    try_layers(own)
    return own


class Stretch:
    """`stretch`: every other channel of what a layer gives is a little more. For tests, because every model can have it."""

    kind = "stretch"

    def __init__(self) -> None:
        self.entered = 0

    def check(self, subject: Subject, edit: Edit, plan: Plan) -> None:
        pass

    def changes(self, subject: Subject, edit: Edit) -> bool:
        return bool(edit["percent"])

    def enter(self, stack: ExitStack, subject: Subject, layer: Layer, edits: list[Edit]) -> None:
        self.entered += 1
        more = sum(edit["percent"] for edit in edits) / 100

        def stretched(module: nn.Module, args: Any, given: Any) -> Any:
            hidden = given[0] if isinstance(given, tuple) else given
            changed = hidden * (1 + more * (torch.arange(hidden.shape[-1]) % 2))
            return (changed, *given[1:]) if isinstance(given, tuple) else changed

        stack.callback(layer.block.register_forward_hook(stretched).remove)


def plan(*percents: int) -> Plan:
    """One `stretch` for each layer."""
    return tuple(Edit("stretch", {"layer": layer, "percent": percent}) for layer, percent in enumerate(percents))
