"""Evaluators for attune in Python: this package speaks the protocol, an evaluator only scores.

A class: derive `Evaluator` and `Session`, and call `serve`. One function: see `run`.
"""

from .evaluator import (
    BadRequest,
    Batch,
    Deadline,
    Edit,
    Evaluator,
    EvaluatorError,
    Interrupted,
    Metric,
    NotFinite,
    Opened,
    Opening,
    OutOfMemory,
    Outputs,
    Plan,
    Scores,
    Session,
    Signal,
    Split,
    Task,
    Unsupported,
    Value,
    Work,
    spread,
)
from .options import Option, TaskSpec
from .schema import Argument, Contradiction, EditSchema, named
from .score import run
from .version import __version__
from .worker import serve

__all__ = [
    "Argument",
    "BadRequest",
    "Batch",
    "Contradiction",
    "Deadline",
    "Edit",
    "EditSchema",
    "Evaluator",
    "EvaluatorError",
    "Interrupted",
    "Metric",
    "NotFinite",
    "Opened",
    "Opening",
    "Option",
    "OutOfMemory",
    "Outputs",
    "Plan",
    "Scores",
    "Session",
    "Signal",
    "Split",
    "Task",
    "TaskSpec",
    "Unsupported",
    "Value",
    "Work",
    "__version__",
    "named",
    "run",
    "serve",
    "spread",
]
