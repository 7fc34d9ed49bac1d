"""The tree of units as pages show it: each kind's branch for itself, what stands below behind what it stands below."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from domain.units import UNDER, Unit, UnitKind, is_open

_K = UnitKind
BRANCHES: Final = (
    ("windows", "大厅、街道和银行", (_K.DISTRICT, _K.HALL, _K.STREET, _K.BANK)),
    ("post", "邮政", (_K.POST, _K.OUTLET)),
    ("networks", "协作网络", (_K.PARTNER,)),
    ("departments", "部门", (_K.DEPARTMENT,)),
)
"""Name, title and kinds of each branch, in the order of the page."""


class Line(NamedTuple):
    """One unit. `depth`: how far below the first of its branch. `above`: the unit that it stands below, if it is shown.

    `is_open`: whether people work there; False also where only one above it is closed.
    """

    unit: Unit
    depth: int
    above: Unit | None
    is_open: bool


class Branch(NamedTuple):
    """Units that belong together, in the order of the tree."""

    name: str
    title: str
    lines: list[Line]


def branches(units: Sequence[Unit]) -> list[Branch]:
    """All of these units; those on one level in the order in which they come. Branches without a unit are left out."""
    known = {unit.id: unit for unit in units}
    every = [Branch(name, title, list(_lines(known, kinds))) for name, title, kinds in BRANCHES]
    return [branch for branch in every if branch.lines]


def line_of(units: Mapping[str, Unit], unit: Unit, depth: int = 0) -> Line:
    """One unit among those that are known."""
    return Line(unit, depth, units.get(unit.parent or ""), is_open(units, unit))


def _lines(known: Mapping[str, Unit], kinds: Iterable[UnitKind]) -> Iterator[Line]:
    here = {unit_id: unit for unit_id, unit in known.items() if unit.kind in kinds}
    for unit in here.values():
        if unit.parent not in here:
            yield from _with_below(known, here, unit, 0)


def _with_below(known: Mapping[str, Unit], here: Mapping[str, Unit], unit: Unit, depth: int) -> Iterator[Line]:
    yield line_of(known, unit, depth)
    for below in here.values():
        if below.parent == unit.id:
            yield from _with_below(known, here, below, depth + 1)


def kinds_below(units: Iterable[Unit]) -> list[UnitKind]:
    """Kinds of which one can be added below one of these units; of the district and the post there is one each."""
    there = {unit.kind for unit in units}
    return [kind for kind in UnitKind if kind is not UnitKind.POST and UNDER[kind] & there]
