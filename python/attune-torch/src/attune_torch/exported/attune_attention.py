"""A model with the attention spans and the caches in few bits that attune scored.

    AutoModelForCausalLM.from_pretrained(FOLDER, trust_remote_code=True)

gives the model's own class, whose attention does what `attune_attention` of config.json says, in whole
passes and token by token alike. `model_type` there is a word of its own, so that a loader which does not
run this file refuses the folder instead of passing over the plan. Needs torch and transformers 5. Caches
hold keys and values as the model makes them: few bits and spans are computed, memory is not saved.
"""

from __future__ import annotations

import copy
from typing import Any

from transformers import PreTrainedConfig
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

from .attune_heads import heads_of
from .attune_interface import edit

KEY = "attune_attention"
"""The key of config.json with the plan: `model_type`, `kv_heads` and `edits`."""


class AttuneConfig:
    """Stands for the model's own configuration, which `from_pretrained` gives."""

    model_type = KEY

    @classmethod
    def register_for_auto_class(cls, auto_class: str = "AutoConfig") -> None:
        """Nothing is registered: what is given is a class of transformers."""

    @classmethod
    def from_pretrained(cls, folder: Any, **kwargs: Any) -> Any:
        """The configuration, with the plan under `attune_attention`."""
        found, rest = PreTrainedConfig.get_config_dict(folder, **kwargs)
        said = found.get(KEY)
        if not isinstance(said, dict) or said.get("model_type") not in CONFIG_MAPPING:
            raise ValueError(
                f"{folder}: config.json: `{KEY}` is {said}; expected a plan of attune with the model's own "
                "`model_type`"
            )
        return CONFIG_MAPPING[said["model_type"]].from_dict(
            {**found, "model_type": said["model_type"]}, **rest
        )


class AttuneForCausalLM:
    """Stands for the model's own class, an object of which `from_pretrained` gives."""

    @classmethod
    def register_for_auto_class(cls, auto_class: Any = "AutoModelForCausalLM") -> None:
        """Nothing is registered: what is given is a class of transformers."""

    @classmethod
    def from_pretrained(cls, folder: Any, *args: Any, config: Any = None, **kwargs: Any) -> Any:
        """The model, edited. What `save_pretrained` writes of it is the model without the plan."""
        kwargs.pop("trust_remote_code", None)
        own = AttuneConfig.from_pretrained(folder) if config is None else copy.deepcopy(config)
        said = getattr(own, KEY)
        for key in (KEY, "auto_map"):
            delattr(own, key)
        given = MODEL_FOR_CAUSAL_LM_MAPPING[type(own)].from_pretrained(folder, *args, config=own, **kwargs)
        model = given[0] if isinstance(given, tuple) else given
        edit(model, heads_of(said["edits"], said["kv_heads"]))
        return given
