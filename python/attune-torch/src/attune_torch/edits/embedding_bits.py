"""The input and the output embedding in few bits (`eval/src/edits/embedding_bits.rs`): rows are rounded as
`weight_bits` rounds those of a module. What is no layer's is entered beside the layers: the input embedding
before the first one, the output embedding behind the last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

from attune_worker.evaluator import Edit, Unsupported
from torch import Tensor, nn

from ..grids import GRIDS
from ..replaced import replaced_parameter
from ..structure.linear import is_plain
from ..subject import Subject
from .level_memory import levels_of
from .weight_bits import LEVELS, Level

KIND = "embedding-bits"
INPUT, OUTPUT = "input", "output"


def _modules(subject: Subject) -> dict[str, list[nn.Module]]:
    """The modules that hold each matrix: both, where there is one for both."""
    entering: nn.Module | None = subject.model.get_input_embeddings()
    leaving: nn.Module | None = subject.model.get_output_embeddings()
    found: dict[str, list[nn.Module]] = {}
    if entering is not None:
        found[INPUT] = [entering]
    if leaving is not None:
        tied = entering is not None and _weight(leaving) is not None and _weight(leaving) is _weight(entering)
        found.setdefault(INPUT if tied else OUTPUT, []).append(leaving)
    return found


def _weight(module: nn.Module) -> Tensor | None:
    return module._parameters.get("weight")


def matrices(subject: Subject) -> dict[str, Tensor]:
    """`[tokens, channels]` each, by name: those that the model has of its own."""
    found = {name: _weight(modules[0]) for name, modules in _modules(subject).items()}
    return {name: weight for name, weight in found.items() if weight is not None and weight.dim() == 2}


def check(subject: Subject, edit: Edit) -> None:
    """Raises `Unsupported` where the edit cannot be honoured exactly."""
    matrix, bits, group = edit.args["matrix"], edit.args["bits"], edit.args["group-size"]
    if bits not in LEVELS:
        raise Unsupported(edit, f"weights in {bits} bits; expected 2, 3, 4, 5, 6 or 8, or 16 for exact")
    weight = matrices(subject).get(matrix)
    if weight is None and matrix == OUTPUT and INPUT in _modules(subject):
        raise Unsupported(edit, "the model has one matrix for both embeddings; name it `input`")
    if weight is None:
        raise Unsupported(edit, f"the model has no {matrix} embedding whose weights are known")
    channels = weight.shape[1]
    if group < 1 or channels % group:
        raise Unsupported(edit, f"a group of {group} channels does not divide the {channels} inputs")
    grid = edit.args.get("grid")
    if grid is not None and bits < 16:
        if grid not in GRIDS:
            raise Unsupported(edit, f"there is no number grid {grid}; there are {', '.join(GRIDS)}")
        why = GRIDS[grid].refusal(grid, bits, group, channels)
        if why is not None:
            raise Unsupported(edit, why)
    if bits < 16 and not is_plain(weight):
        raise Unsupported(edit, f"the {matrix} embedding is codes of few bits already")


def changes(edit: Edit) -> bool:
    """Whether a checked edit changes anything."""
    return bool(edit.args["bits"] < 16)


@contextmanager
def entered(subject: Subject, edits: Sequence[Edit]) -> Iterator[None]:
    """Within, the matrices are what `edits` make of them."""
    with ExitStack() as stack:
        for edit in edits:
            level = Level(edit.args["bits"], edit.args["group-size"], edit.args.get("grid"))
            modules = _modules(subject)[edit.args["matrix"]]
            make = partial(_rounded, modules[0], level)
            value = levels_of(subject).get_or_make((KIND, edit.args["matrix"], level), make)
            for module in modules:
                stack.enter_context(replaced_parameter(module, "weight", value))
        yield


def _rounded(module: nn.Module, level: Level) -> Tensor:
    weight = module._parameters["weight"]
    assert weight is not None
    return level.of(weight.detach()).to(weight.dtype)
