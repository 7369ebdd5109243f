"""A model of which its configuration is known, and the structure and shapes that follow from it, but no
weights."""

from __future__ import annotations

import copy
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from attune_worker import BadRequest
from torch import nn

from .describe import Options
from .facts import facts
from .structure import find
from .structure.layer import Layer


class Outline:
    """What is known of a model before it is loaded."""

    def __init__(self, folder: Path, options: Options) -> None:
        from transformers import AutoConfig

        self.folder = folder
        self.options = options
        try:
            self.whole_config: Any = AutoConfig.from_pretrained(
                folder, trust_remote_code=options.trust_remote_code, local_files_only=True
            )
        except Exception as error:  # whatever transformers or a model's own code raises about a file
            raise BadRequest(f"{folder / 'config.json'}: {error}") from error
        self.config: Any = self.whole_config.get_text_config(decoder=True)

    @cached_property
    def model(self) -> nn.Module:
        """The model without values."""
        from transformers import AutoModelForCausalLM

        config = copy.deepcopy(self.whole_config)
        if hasattr(config, "quantization_config"):
            del config.quantization_config
        try:
            with torch.device("meta"):
                model: nn.Module = AutoModelForCausalLM.from_config(
                    config, trust_remote_code=self.options.trust_remote_code
                )
        except Exception as error:  # as above
            raise BadRequest(
                f"{self.folder}: transformers makes no causal language model of it: {error}"
            ) from error
        return model

    @cached_property
    def structure(self) -> tuple[nn.Module, list[Layer]]:
        """The decoder, and the layers, by shapes and names alone."""
        try:
            return find.layers(self.model)
        except find.NotUnderstood as error:
            raise BadRequest(f"{self.folder}: {error}") from error

    @property
    def layers(self) -> list[Layer]:
        return self.structure[1]

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What techniques are told, but for the fingerprint."""
        return facts(self)

    @property
    def name(self) -> str:
        """What people call it: the last component of its path."""
        parts = self.folder.parts
        # A snapshot's folder is named by a commit.
        hub = (
            next((part for part in parts if part.startswith("models--")), None)
            if "snapshots" in parts
            else None
        )
        return hub.rpartition("--")[2] if hub else self.folder.name

    @property
    def vocab(self) -> int:
        """Entries of the embedding."""
        return int(self.config.vocab_size)

    @property
    def context(self) -> int:
        """Longest context in tokens that the model was made for."""
        return int(self.facts["context"]) if "context" in self.facts else 1 << 30
