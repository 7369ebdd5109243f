"""Between the generated bindings of `attune:technique@0.1.0` and the types of this package.

Only `component.py` imports this: the bindings (`wit_world`) are there once componentize-py makes them.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from wit_world.exports import technique as wit

from . import constraints, describe, domains
from .model import Model
from .options import Options
from .plan import Baseline, Cost, Edit
from .setting import LARGEST, SMALLEST, Setting
from .signals import Signal, Signals
from .space import Config, Dimension, Space


def model_in(facts: Any) -> Model:
    """A model from its facts."""
    fields = vars(facts) | {"extra": settings_in(facts.extra)}
    return Model(**fields)


def options_in(settings: Any) -> Options:
    """Options from the host."""
    return Options(settings_in(settings))


def settings_in(settings: Any) -> dict[str, Setting]:
    """Named values from the host."""
    return {name: setting.value for name, setting in settings}


def signals_in(signals: Any) -> Signals:
    """Signals from the host."""
    return Signals(
        Signal(signal.name, [(axis.name, axis.len) for axis in signal.axes], signal.values) for signal in signals
    )


def config_in(config: Any) -> Config:
    """A config from the host: every value as Python has it."""
    return [[cell.value for cell in cells] for cells in config]


def setting_out(value: Setting) -> Any:
    """A value for the host; `None` when it has no such values."""
    form = _FORMS.get(type(value))
    if form is not None and (form is not wit.Setting_Int or SMALLEST <= cast(int, value) <= LARGEST):
        return form(value)
    if isinstance(value, (list, tuple)):
        if all(type(number) is int for number in value):
            return wit.Setting_Ints(list(value))
        if all(type(number) in (int, float) for number in value):
            return wit.Setting_Reals(_floats(value))
    return None


_FORMS: Mapping[type, Any] = {
    bool: wit.Setting_Boolean,
    int: wit.Setting_Int,
    float: wit.Setting_Real,
    str: wit.Setting_Text,
}


def settings_out(what: str, owner: str, settings: Mapping[str, Setting]) -> list[tuple[str, Any]]:
    """Named values for the host; `TypeError` names whose they are (`what` is a word, `owner` its name)."""
    found = []
    for name, value in settings.items():
        setting = setting_out(value)
        if setting is None:
            raise TypeError(
                f"{what} `{owner}`: `{name}` is {value!r}; expected True or False, a number of at most 64 bits, "
                "a word or a list of numbers"
            )
        found.append((name, setting))
    return found


def description_out(description: describe.Description, operators: bool) -> Any:
    """A description for the host."""
    return wit.Description(
        description.name,
        description.version,
        description.summary,
        [_option(option) for option in description.options],
        list(description.signals),
        list(description.edits),
        operators,
        settings_out("technique", description.name, description.extra),
    )


def _option(option: describe.OptionSpec) -> Any:
    kind: Any
    default: Any
    match option:
        case describe.IntOption():
            kind = wit.OptionKind_Int(wit.IntRange(option.min, option.max))
            default = wit.Setting_Int(option.default)
        case describe.RealOption():
            kind = wit.OptionKind_Real(wit.RealRange(float(option.min), float(option.max)))
            default = wit.Setting_Real(float(option.default))
        case describe.BoolOption():
            kind, default = wit.OptionKind_Boolean(), wit.Setting_Boolean(option.default)
        case describe.OneOfOption():
            kind, default = wit.OptionKind_OneOf(list(option.words)), wit.Setting_Text(option.default)
        case describe.IntsOption():
            kind = wit.OptionKind_Ints(wit.IntRange(option.min, option.max))
            default = wit.Setting_Ints(list(option.default))
    return wit.OptionSpec(option.name, option.help, kind, default)


def space_out(space: Space) -> Any:
    """A space for the host."""
    return wit.SearchSpace(
        [_dimension(dimension) for dimension in space.dimensions],
        [_constraint(constraint) for constraint in space.constraints],
    )


def _dimension(dimension: Dimension) -> Any:
    axes = [wit.Axis(name, length) for name, length in dimension.axes.items()]
    return wit.Dimension(dimension.name, dimension.help, axes, _domain(dimension.domain))


def _domain(domain: domains.Domain) -> Any:
    match domain:
        case domains.Choice():
            return wit.Domain_Choice(list(domain.options))
        case domains.Level():
            return wit.Domain_Level(_floats(domain.levels))
        case domains.Int():
            return wit.Domain_Int(wit.IntRange(domain.min, domain.max))
        case domains.Real():
            scale = wit.Scale.LOG if domain.scale == "log" else wit.Scale.LINEAR
            return wit.Domain_Real(wit.RealDomain(float(domain.min), float(domain.max), scale))
        case domains.Subset():
            return wit.Domain_Subset(wit.SubsetDomain(domain.of, domain.min, domain.max))
        case domains.Permutation():
            return wit.Domain_Permutation(domain.of)
        case domains.Affine():
            return wit.Domain_Affine(wit.AffineDomain(domain.of, float(domain.sum), float(domain.spread)))
        case domains.Matrix():
            return wit.Domain_Matrix(
                wit.MatrixDomain(domain.rows, domain.columns, float(domain.min), float(domain.max))
            )


def _constraint(constraint: constraints.Constraint) -> Any:
    match constraint:
        case constraints.Budget():
            terms = [
                wit.BudgetTerm(term.dimension, [_floats(row) for row in term.costs]) for term in constraint.terms
            ]
            budget = wit.Budget(constraint.resource, constraint.unit, float(constraint.limit), terms)
            return wit.Constraint_Budget(budget)
        case constraints.Distinct():
            by = list(constraint.by)
            return wit.Constraint_Distinct(wit.Distinct(constraint.dimension, by, constraint.at_most))
        case constraints.Exactly():
            exactly = wit.Exactly(constraint.dimension, constraint.option, constraint.count)
            return wit.Constraint_Exactly(exactly)
        case constraints.Forbidden():
            together = [(wit.Slot(dimension, cell), option) for dimension, cell, option in constraint.together]
            return wit.Constraint_Forbidden(together)
        case constraints.Ascending():
            along = ("along", wit.Setting_Text(constraint.along))
            dimension = ("dimension", wit.Setting_Int(constraint.dimension))
            return wit.Constraint_Other(wit.Open("ascending", [dimension, along]))
        case constraints.Active():
            args = [
                ("dimension", wit.Setting_Int(constraint.dimension)),
                ("when", wit.Setting_Int(constraint.when)),
                ("options", wit.Setting_Ints(list(constraint.options))),
            ]
            return wit.Constraint_Other(wit.Open("active", args))


def config_out(what: str, config: Config, space: Space) -> Any:
    """A config of `space` for the host; `TypeError` names the cell that its domain does not have."""
    if len(config) != len(space.dimensions):
        raise TypeError(f"{what} has {len(config)} dimensions, the space has {len(space.dimensions)}")
    found = []
    for dimension, cells in zip(space.dimensions, config):
        encode = _encoders[type(dimension.domain)]
        try:
            found.append([encode(cell) for cell in cells])
        except (TypeError, ValueError):
            domain = type(dimension.domain).__name__
            raise TypeError(
                f"{what}: dimension `{dimension.name}` is {cells!r}, which are no cells of {domain}"
            ) from None
    return found


def _index(cell: Any) -> Any:
    return wit.Value_Index(operator.index(cell))


def _indices(cell: Any) -> Any:
    return wit.Value_Indices([operator.index(element) for element in cell])


_encoders: Mapping[type, Any] = {
    domains.Choice: _index,
    domains.Level: _index,
    domains.Int: lambda cell: wit.Value_Int(operator.index(cell)),
    domains.Real: lambda cell: wit.Value_Real(float(cell)),
    domains.Subset: _indices,
    domains.Permutation: _indices,
    domains.Affine: lambda cell: wit.Value_Reals(_floats(cell)),
    domains.Matrix: lambda cell: wit.Value_Reals(_floats(cell)),
}


def edits_out(edits: Iterable[Edit]) -> Any:
    """A plan, or requests of signals, for the host."""
    return [wit.Open(edit.kind, settings_out("edit", edit.kind, edit.args)) for edit in edits]


def costs_out(costs: Iterable[Cost]) -> Any:
    """Costs for the host."""
    return [wit.ResourceCost(cost.resource, cost.unit, float(cost.value), float(cost.dense)) for cost in costs]


def baselines_out(baselines: Iterable[Baseline], space: Space) -> Any:
    """Baselines for the host."""
    return [
        wit.Baseline(
            baseline.name, baseline.help, config_out(f"baseline `{baseline.name}`", baseline.config, space)
        )
        for baseline in baselines
    ]


def damages_out(damages: Sequence[Sequence[Sequence[float]]]) -> Any:
    """Damages for the host."""
    return [[_floats(cell) for cell in cells] for cells in damages]


def _floats(numbers: Iterable[float]) -> list[float]:
    return [float(number) for number in numbers]
