"""Checkpoints with random weights in the shapes of published models: for throughput, values do not matter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SHAPES: dict[str, dict[str, Any]] = {
    # SmolLM2-135M's: 135 million parameters.
    "100m": dict(
        vocab_size=49152,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
        head_dim=64,
    ),
    # Llama-3.2-1B's: 1.24 billion parameters.
    "1b": dict(
        vocab_size=128256,
        hidden_size=2048,
        intermediate_size=8192,
        num_hidden_layers=16,
        num_attention_heads=32,
        num_key_value_heads=8,
        head_dim=64,
    ),
}
"""Dense Llama models whose output matrix is that of the embedding."""
CONTEXT = 8192


def make(shape: str, folder: Path, seed: int) -> int:
    """Writes a checkpoint in bfloat16; its number of parameters."""
    import torch
    from transformers import AutoModelForCausalLM, LlamaConfig

    torch.manual_seed(seed)
    config = LlamaConfig(max_position_embeddings=CONTEXT, tie_word_embeddings=True, **SHAPES[shape])
    model: Any = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.save_pretrained(folder)
    return sum(parameter.numel() for parameter in model.parameters())
