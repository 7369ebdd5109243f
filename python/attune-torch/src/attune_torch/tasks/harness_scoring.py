"""How a task of lm-evaluation-harness scores, as a part of fingerprints.

Tokens and documents do not tell it: another target of the same record, another pattern of a filter, another
line of a function of the user's own give other values for the same answers, and scores are kept by
fingerprint.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from . import fingerprint

MEANING = "scoring of a task of lm-evaluation-harness, 1"
_FIELDS = (
    "output_type",
    "doc_to_text",
    "doc_to_target",
    "doc_to_choice",
    "process_results",
    "metric_list",
    "filter_list",
    "repeats",
    "metadata",
)
"""What a task's definition says of answers and what they are compared with, its own version included. What it
says of prompts is in the tokens, and where its data lie makes no difference."""


def scoring(task: Any) -> bytes:
    """The identity of how a task scores: the same for the same definition, wherever it lies."""
    files: set[Path] = set()
    said = {name: _plain(getattr(task.config, name, None), files) for name in _FIELDS}
    if (own := _source(type(task))) is not None:
        files.add(own)
    parts = [json.dumps(said, sort_keys=True, default=str).encode()]
    parts += sorted(file.read_bytes() for file in files)
    return fingerprint(MEANING, parts).encode()


def _plain(value: Any, files: set[Path]) -> Any:
    """A value of a definition as JSON takes it. A function is its name, and the file that it stands in with
    those that it calls there is added to `files`."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one, files) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one, files) for one in value]
    if not callable(value):
        return value
    if (file := _source(value)) is not None:
        files.add(file)
    return [getattr(value, "__qualname__", type(value).__qualname__)]


def _source(value: Callable[..., Any]) -> Path | None:
    """The file that a function or class is written in."""
    try:
        named = inspect.getsourcefile(value)
    except TypeError:
        return None
    file = Path(named) if named else None
    return file if file is not None and file.is_file() else None
