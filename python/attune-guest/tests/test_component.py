"""What a component says to its host, with the bindings that componentize-py makes (those take Python 3.11)."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

import attune_guest
from attune_guest import (
    Active,
    Affine,
    Ascending,
    Baseline,
    Budget,
    Choice,
    Constraint,
    Cost,
    Description,
    Dimension,
    Distinct,
    Domain,
    Edit,
    Exactly,
    Forbidden,
    Int,
    IntOption,
    Level,
    Matrix,
    Permutation,
    Random,
    Real,
    Refused,
    Space,
    Subset,
    Technique,
    Term,
)

pytestmark = pytest.mark.skipif(sys.version_info < (3, 11), reason="bindings of componentize-py need Python 3.11")

DOMAINS: list[Domain] = [
    Choice(["a", "b"]),
    Level([2, 4]),
    Int(-3, 3),
    Real(0.5, 2.0, "log"),
    Subset.exactly(4, 2),
    Permutation(3),
    Affine(2, 1.0, 0.5),
    Matrix(1, 2, 0.0, 1.0),
]
CONFIG: list[list[Any]] = [[1], [0], [-2], [1], [[0, 3]], [[2, 0, 1]], [[0.25, 0.75]], [[0, 1]]]


class Everything(Technique):
    """Uses every word of the interface."""

    def describe(self) -> Description:
        option = IntOption("n", "how many", min=1, max=4, default=2)
        return Description("everything", "1.0.0", "All of it.", [option], ["s"], ["e"], {"k": [1, 2]})

    def space(self, model: Any, options: Any) -> Space:
        if options.int("n") == 4:
            raise Refused("`n` is 4; take 3 or fewer")
        dimensions = [Dimension(f"d{number}", "one", domain) for number, domain in enumerate(DOMAINS)]
        constraints: list[Constraint] = [
            Budget("r", "u", 3, [Term(0, [[1, 2]])]),
            Distinct(0, ["layer"], 1),
            Exactly(1, 0, 1),
            Forbidden([(0, 0, 1), (1, 0, 1)]),
            Ascending(2, "layer"),
            Active(3, 0, (1,)),
        ]
        return Space(dimensions, constraints)

    def lower(self, model: Any, options: Any, config: Any) -> list[Edit]:
        assert config == CONFIG
        return [Edit("e", flag=True, whole=3, half=0.5, word="w", ints=[1, 2], reals=[1, 0.5])]

    def cost(self, model: Any, options: Any, config: Any) -> list[Cost]:
        return [Cost("r", "u", 1, model.layers)]

    def baselines(self, model: Any, options: Any, signals: Any) -> list[Baseline]:
        assert signals.get("s", {"layer": 2}) == [0.5, 1.5]
        return [Baseline("default", "it", CONFIG)]

    def vary(self, model: Any, options: Any, parents: Any, random: Random) -> Any:
        assert random.bits() == Random(7).bits()
        return [*parents[0][:2], [random.below(3)], *parents[0][3:]]


@pytest.fixture()
def guest(component: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(attune_guest.technique, "_exported", [Everything()])
    component.lines.clear()
    return component


def facts(guest: Any) -> tuple[Any, Any]:
    wit = guest.wire.wit
    extra = [("feed-forward", wit.Setting_Int(128))]
    model = wit.ModelFacts("m", "llama", 2, 64, 4, 2, 16, 0, 0, 512, 1000, 300_000, 0, 2.0, extra)
    return model, [("n", wit.Setting_Int(2))]


def test_a_description_says_that_there_are_operators(guest: Any) -> None:
    described, wit = guest.Technique().describe(), guest.wire.wit
    assert described.has_operators and described.extra == [("k", wit.Setting_Ints([1, 2]))]
    (option,) = described.options
    assert option.kind == wit.OptionKind_Int(wit.IntRange(1, 4)) and option.default == wit.Setting_Int(2)


def test_every_domain_and_constraint_has_its_form(guest: Any) -> None:
    space, wit = guest.Technique().space(*facts(guest)), guest.wire.wit
    kinds = [type(dimension.domain).__name__ for dimension in space.dimensions]
    assert kinds == [f"Domain_{type(domain).__name__}" for domain in DOMAINS]
    assert space.dimensions[3].domain.value.scale == wit.Scale.LOG
    budget, distinct, exactly, forbidden, ascending, active = (constraint.value for constraint in space.constraints)
    assert budget == wit.Budget("r", "u", 3.0, [wit.BudgetTerm(0, [[1.0, 2.0]])])
    assert (distinct.by, exactly.count) == (["layer"], 1)
    assert forbidden == [(wit.Slot(0, 0), 1), (wit.Slot(1, 0), 1)]
    of = ("dimension", wit.Setting_Int(2))
    assert ascending == wit.Open("ascending", [of, ("along", wit.Setting_Text("layer"))])
    of, when = ("dimension", wit.Setting_Int(3)), ("when", wit.Setting_Int(0))
    assert active == wit.Open("active", [of, when, ("options", wit.Setting_Ints([1]))])


def test_configs_come_and_go_as_their_domains_say(guest: Any) -> None:
    technique, wit = guest.Technique(), guest.wire.wit
    model, options = facts(guest)
    signal = wit.Signal("s", [wit.Axis("layer", 2)], [0.5, 1.5])
    (baseline,) = technique.baselines(model, options, [signal])
    assert baseline.config == [
        [wit.Value_Index(1)],
        [wit.Value_Index(0)],
        [wit.Value_Int(-2)],
        [wit.Value_Real(1.0)],
        [wit.Value_Indices([0, 3])],
        [wit.Value_Indices([2, 0, 1])],
        [wit.Value_Reals([0.25, 0.75])],
        [wit.Value_Reals([0.0, 1.0])],
    ]
    (edit,) = technique.lower(model, options, baseline.config)
    assert dict(edit.args) == {
        "flag": wit.Setting_Boolean(True),
        "whole": wit.Setting_Int(3),
        "half": wit.Setting_Real(0.5),
        "word": wit.Setting_Text("w"),
        "ints": wit.Setting_Ints([1, 2]),
        "reals": wit.Setting_Reals([1.0, 0.5]),
    }
    assert technique.cost(model, options, baseline.config) == [wit.ResourceCost("r", "u", 1.0, 2.0)]
    child = technique.vary(model, options, [baseline.config], 7)
    assert child[:2] == baseline.config[:2] and child[2][0].value in (0, 1, 2)
    assert guest.Damages().signals(model, options) is None


def test_a_refusal_is_the_error_of_the_call(guest: Any) -> None:
    model, _ = facts(guest)
    with pytest.raises(guest.Err) as refused:
        guest.Technique().space(model, [("n", guest.wire.wit.Setting_Int(4))])
    assert refused.value.value == "`n` is 4; take 3 or fewer"
    assert guest.lines == []


def test_a_bug_is_logged_with_its_place(guest: Any) -> None:
    model, _ = facts(guest)
    with pytest.raises(KeyError):
        guest.Technique().space(model, [])
    ((level, line),) = guest.lines
    assert level == "ERROR" and "`n` is read but not declared" in line and "options.py, line" in line


@pytest.mark.parametrize("value", [None, 2**63, [1, "a"], {"a": 1}])
def test_an_argument_that_is_no_setting_is_named(guest: Any, value: Any) -> None:
    with pytest.raises(TypeError, match="edit `e`: `x-y` is .*; expected True or False, a number"):
        guest.wire.edits_out([Edit("e", x_y=value)])


def test_what_is_printed_is_logged_line_by_line(guest: Any) -> None:
    print("one\ntwo", end="", file=guest.printed)
    assert guest.lines == [("INFO", "one")]
    print("!", file=guest.printed)
    assert guest.lines[1:] == [("INFO", "two!")]


def test_a_cell_that_its_domain_does_not_have_is_named(guest: Any) -> None:
    space = Everything().space(None, attune_guest.Options({"n": 2}))
    wrong = [["a"], *CONFIG[1:]]
    with pytest.raises(TypeError, match=r"baseline `x`: dimension `d0` is \['a'\], which are no cells of Choice"):
        guest.wire.config_out("baseline `x`", wrong, space)
    with pytest.raises(TypeError, match="has 1 dimensions, the space has 8"):
        guest.wire.config_out("baseline `x`", [[0]], space)
