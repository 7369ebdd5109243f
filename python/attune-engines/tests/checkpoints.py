"""Small random checkpoints, and what a plan would have made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

VOCABULARY = 40


def llama(folder: Path, seed: int, **config: Any) -> Path:
    """A Llama of two layers with random weights, in float32."""
    torch.manual_seed(seed)
    settings: dict[str, Any] = {
        "vocab_size": VOCABULARY,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "initializer_range": 0.3,
    }
    LlamaForCausalLM(LlamaConfig(**(settings | config))).save_pretrained(folder)
    return folder


def outputs(folder: Path, file: Path) -> Path:
    """The reference file that an evaluator would write of a checkpoint: raw logits of two sequences."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    tensors = {"items": np.array([0, 3], dtype=np.uint32)}
    for number, length in enumerate((9, 5)):
        tokens = np.arange(length, dtype=np.uint32) * (number + 3) % VOCABULARY
        positions = np.array([0, length // 2, length - 1], dtype=np.uint32)
        with torch.no_grad():
            logits = model(torch.tensor([tokens.tolist()])).logits[0].numpy()
        tensors |= {
            f"inputs.{number}": tokens,
            f"positions.{number}": positions,
            # A constant of a row is nobody's business: servers hand out normalised numbers only.
            f"outputs.{number}": np.ascontiguousarray(logits[positions] + np.float32(7.0)),
        }
    save_file(tensors, file)
    return file
