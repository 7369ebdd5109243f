import pytest
from model import SMALL
from technique import LEVELS, Mine, Modules

from attune_guest import Edit, Options

MINE = Mine()
OPTIONS = Options.of(MINE.describe())


def test_the_budget_counts_what_the_costs_count() -> None:
    modules = Modules(SMALL)
    assert (modules.width, len(modules.cells)) == (7, 28)
    # 4 bits, and 32 bits for each group of 64 weights.
    assert modules.uniform(4) == pytest.approx(4.5)
    (term,) = modules.budget(4.5).terms
    assert sum(row[LEVELS.index(4)] for row in term.costs) == pytest.approx(4.5)


def test_every_module_has_its_edit() -> None:
    cells = [2] * 28
    cells[8] = 0
    edits = MINE.lower(SMALL, OPTIONS, [cells])
    assert edits[8] == Edit("weight-bits", layer=1, module="k", bits=LEVELS[0], group_size=64)
    assert len(edits) == 28
