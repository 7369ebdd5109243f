"""Write a compression technique for attune in Python: implement `Technique` and `export` it.

A technique sees shapes and sizes of a model, never weights, and has no file, clock, network or randomness of
its own. Raise `Refused` with a sentence that the user can act on; any other exception is a bug.
"""

from .constraints import Active, Ascending, Budget, Constraint, Distinct, Exactly, Forbidden, Term
from .describe import (
    BoolOption,
    Description,
    IntOption,
    IntsOption,
    OneOfOption,
    OptionSpec,
    RealOption,
)
from .domains import Affine, Choice, Domain, Int, Level, Matrix, Permutation, Real, Subset
from .embeddings import EmbeddingMatrix
from .errors import Refused
from .linear_modules import LinearModule
from .log import debug, info, warn
from .model import Model
from .options import Options
from .plan import Baseline, Cost, Edit
from .random import Random
from .setting import Setting
from .signals import Signal, Signals
from .space import Config, Dimension, Space
from .target import Target
from .technique import Damages, Technique, export
from .version import __version__

__all__ = [
    "Active",
    "Affine",
    "Ascending",
    "Baseline",
    "BoolOption",
    "Budget",
    "Choice",
    "Config",
    "Constraint",
    "Cost",
    "Damages",
    "Description",
    "Dimension",
    "Distinct",
    "Domain",
    "Edit",
    "EmbeddingMatrix",
    "Exactly",
    "Forbidden",
    "Int",
    "IntOption",
    "IntsOption",
    "Level",
    "LinearModule",
    "Matrix",
    "Model",
    "OneOfOption",
    "OptionSpec",
    "Options",
    "Permutation",
    "Random",
    "Real",
    "RealOption",
    "Refused",
    "Setting",
    "Signal",
    "Signals",
    "Space",
    "Subset",
    "Target",
    "Technique",
    "Term",
    "__version__",
    "debug",
    "export",
    "info",
    "warn",
]
