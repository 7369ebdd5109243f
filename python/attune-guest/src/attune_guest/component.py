"""The component of a technique: what componentize-py takes (`technique.py` is the author's module).

Its two classes have the names of the interfaces that they answer for; each function is called on a fresh
instance of the whole component.
"""

from __future__ import annotations

import functools
import gc
import importlib
import io
import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from componentize_py_types import Err
from wit_world.imports import log as host_log

import attune_guest.log

from . import wire
from .errors import Refused
from .random import Random
from .technique import exported, has_operators

Function = TypeVar("Function", bound=Callable[..., Any])


def _to_host(level: str, message: str) -> None:
    host_log.log(host_log.Level[level.upper()], message)


class _Lines(io.TextIOBase):
    """What is printed goes to the log, line by line: a component has no standard output."""

    def __init__(self, level: str) -> None:
        self._level = level
        self._line = ""

    def write(self, text: str) -> int:
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            _to_host(self._level, line)
        return len(text)


# The author's module exports its technique when it is imported. Whoever builds the component sees what goes
# wrong in it: the host's log comes afterwards, since there is no host yet.
importlib.import_module("technique")
exported()

attune_guest.log.send_to(_to_host)
sys.stdout, sys.stderr = _Lines("info"), _Lines("warn")

# What is here by now is there at the start of every call and never becomes garbage: a collection in a call
# should not go through it.
gc.freeze()


def _answering(function: Function) -> Function:
    """A refusal becomes the error of a call; of a bug, the host hears before the call ends without words."""

    @functools.wraps(function)
    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except Refused as refused:
            raise Err(refused.sentence) from None
        except Exception as bug:
            _to_host("error", _words(bug))
            raise

    return call  # type: ignore[return-value]


def _words(bug: Exception) -> str:
    """An exception and where it was raised; `traceback` would look for sources, and there are no files."""
    trace, place = bug.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f"{os.path.basename(code.co_filename)}, line {trace.tb_lineno}, in {code.co_name}"
        trace = trace.tb_next
    return f"{type(bug).__name__}: {bug} ({place})"


class Technique:
    """`attune:technique/technique`."""

    @_answering
    def describe(self) -> Any:
        technique = exported()
        return wire.description_out(technique.describe(), has_operators(technique))

    @_answering
    def space(self, model: Any, options: Any) -> Any:
        return wire.space_out(exported().space(wire.model_in(model), wire.options_in(options)))

    @_answering
    def lower(self, model: Any, options: Any, config: Any) -> Any:
        model, options = wire.model_in(model), wire.options_in(options)
        return wire.edits_out(exported().lower(model, options, wire.config_in(config)))

    @_answering
    def cost(self, model: Any, options: Any, config: Any) -> Any:
        model, options = wire.model_in(model), wire.options_in(options)
        return wire.costs_out(exported().cost(model, options, wire.config_in(config)))

    @_answering
    def baselines(self, model: Any, options: Any, signals: Any) -> Any:
        model, options = wire.model_in(model), wire.options_in(options)
        found = exported().baselines(model, options, wire.signals_in(signals))
        # Cells are numbers and lists: only the space says what they are.
        return wire.baselines_out(found, exported().space(model, options))

    @_answering
    def vary(self, model: Any, options: Any, parents: Any, seed: int) -> Any:
        model, options = wire.model_in(model), wire.options_in(options)
        configs = [wire.config_in(parent) for parent in parents]
        child = exported().vary(model, options, configs, Random(seed))
        return wire.config_out("the child of `vary`", child, exported().space(model, options))


class Damages:
    """`attune:profiling/damages`."""

    @_answering
    def signals(self, model: Any, options: Any) -> Any:
        signals = exported().damage_signals(wire.model_in(model), wire.options_in(options))
        return None if signals is None else wire.edits_out(signals)

    @_answering
    def damages(self, model: Any, options: Any, signals: Any) -> Any:
        model, options = wire.model_in(model), wire.options_in(options)
        return wire.damages_out(exported().damages(model, options, wire.signals_in(signals)))
