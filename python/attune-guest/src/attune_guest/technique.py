"""What an author implements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TypeVar

from .describe import Description
from .errors import Refused
from .model import Model
from .options import Options
from .plan import Baseline, Cost, Edit
from .random import Random
from .signals import Signals
from .space import Config, Space

Damages = Sequence[Sequence[Sequence[float]]]
"""Estimated damages: dimension by dimension, cell by cell, option by option (or element by element)."""

Implementation = TypeVar("Implementation", bound="Technique")


class Technique(ABC):
    """A compression technique.

    Every function is called on a fresh instance and must be pure: the same arguments give the same result.
    Raise `Refused` with a sentence that the user can act on.
    """

    @abstractmethod
    def describe(self) -> Description:
        """What it says about itself."""

    @abstractmethod
    def space(self, model: Model, options: Options) -> Space:
        """Its search space for `model`. `Refused` when it does not apply, or the options exclude each other."""

    @abstractmethod
    def lower(self, model: Model, options: Options, config: Config) -> Sequence[Edit]:
        """What `config` does to the model."""

    @abstractmethod
    def cost(self, model: Model, options: Options, config: Config) -> Sequence[Cost]:
        """What `config` costs, resource by resource."""

    @abstractmethod
    def baselines(self, model: Model, options: Options, signals: Signals) -> Sequence[Baseline]:
        """The configs that a result has to beat; one whose signal is not there is left out."""

    def vary(self, model: Model, options: Options, parents: Sequence[Config], random: Random) -> Config:
        """A child of `parents` (at least one), in its domains; the host repairs budgets. Without this method,
        attune varies configs by what their domains are."""
        raise Refused("this technique has no operators of its own")

    def damage_signals(self, model: Model, options: Options) -> Sequence[Edit] | None:
        """The signals that `damages` is made of, in its order, written like edits; `None` when the technique
        makes no estimate."""
        return None

    def damages(self, model: Model, options: Options, signals: Signals) -> Damages:
        """What every choice does to the loss on its own, larger is worse, in a unit that is the same for all;
        only called when `damage_signals` names signals."""
        raise Refused("this technique makes no estimate of damages")


_exported: list[Technique] = []


def export(technique: type[Implementation]) -> type[Implementation]:
    """Makes a class the technique of its component: once per component, as a decorator or as a call."""
    _exported.append(technique())
    return technique


def exported() -> Technique:
    """The technique of this component."""
    if len(_exported) != 1:
        raise RuntimeError(
            f"{len(_exported)} techniques are exported; put `@export` above the one class that is the technique"
        )
    return _exported[0]


def has_operators(technique: Technique) -> bool:
    """Whether `vary` is its own operator."""
    return type(technique).vary is not Technique.vary
