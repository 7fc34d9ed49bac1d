"""Places (单位): a tree of halls, streets, banks, departments, outlets and networks, and what each of them covers.

A unit covers itself and everything below it; the district covers all. Whoever has no unit covers nothing.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from pydantic import Field

from domain.model import Frozen
from domain.terms import Role

UNIT_ID: Final = r"^[a-z0-9][a-z0-9-]{1,31}$"
"""It stands in addresses and commands."""

DISTRICT, HALL, POST = "district", "hall", "post"
"""Units that are always there: the whole district (区政务服务), its hall (政务大厅), the post as a whole (邮政)."""


class UnitKind(StrEnum):
    """What a unit is; the value is kept."""

    DISTRICT = "district"
    HALL = "hall"
    STREET = "street"
    BANK = "bank"
    DEPARTMENT = "department"
    POST = "post"
    OUTLET = "outlet"
    PARTNER = "partner"

    @property
    def label(self) -> str:
        """In Chinese, as people read it."""
        return _LABELS[self]


_LABELS: Final = {
    UnitKind.DISTRICT: "区政务服务",
    UnitKind.HALL: "政务大厅",
    UnitKind.STREET: "街道便民中心",
    UnitKind.BANK: "银行网点",
    UnitKind.DEPARTMENT: "部门",
    UnitKind.POST: "邮政",
    UnitKind.OUTLET: "邮政网点",
    UnitKind.PARTNER: "协作网络",
}

NAMES_SOMETHING: Final = frozenset({UnitKind.DEPARTMENT, UnitKind.OUTLET, UnitKind.PARTNER})
"""Kinds whose `ref` says which department of the catalogue, outlet or network they are."""

_K = UnitKind
UNDER: Final[Mapping[UnitKind, frozenset[UnitKind]]] = {
    _K.DISTRICT: frozenset(),
    _K.HALL: frozenset({_K.DISTRICT}),
    _K.STREET: frozenset({_K.DISTRICT, _K.HALL}),
    _K.BANK: frozenset({_K.DISTRICT, _K.HALL, _K.STREET}),
    _K.DEPARTMENT: frozenset({_K.DISTRICT, _K.DEPARTMENT}),
    _K.POST: frozenset({_K.DISTRICT}),
    _K.OUTLET: frozenset({_K.POST}),
    _K.PARTNER: frozenset({_K.DISTRICT}),
}
"""Kind → what it may stand below. Of the district and the post there is one each."""

_WINDOWS = frozenset({_K.HALL, _K.STREET, _K.BANK})
_ALL = frozenset(UnitKind)
STANDS_AT: Final[Mapping[Role, frozenset[UnitKind]]] = {
    Role.CLERK: _WINDOWS,
    Role.OFFICER: frozenset({_K.DISTRICT, _K.DEPARTMENT}),
    Role.SUPERVISOR: _ALL - {_K.OUTLET},
    Role.AUDITOR: _ALL - {_K.OUTLET},
    Role.OUTLET: frozenset({_K.POST, _K.OUTLET}),
    Role.COURIER: frozenset({_K.POST, _K.OUTLET}),
    Role.OPERATOR: frozenset({_K.DISTRICT}),
    Role.SECURITY: _ALL - {_K.OUTLET, _K.PARTNER},
}
"""Role → at which kinds of unit who has it may stand."""

FIRST_UNIT: Final[Mapping[Role, str]] = {
    role: {Role.CLERK: HALL, Role.OUTLET: POST, Role.COURIER: POST}.get(role, DISTRICT) for role in Role
}
"""Role → where accounts of before there were units stand, and the demo users."""


class Unit(Frozen):
    """One unit. `ref`: the outlet's id, the department's name in the catalogue, the network; "" for other kinds.

    `parent` None: the district. `active` False: nobody works there any more; whoever stands above covers it still.
    """

    id: str = Field(pattern=UNIT_ID)
    kind: UnitKind
    name: str = Field(min_length=1, max_length=60)
    parent: str | None = None
    ref: str = Field(default="", max_length=64)
    active: bool = True


class Reach(NamedTuple):
    """What who stands at a unit covers. `unit` None: nowhere, and nothing is covered.

    `whole`: the district, so everything. `windows`: every hall, street and bank that there is, so every case. `units`:
    ids; `outlets`, `departments`, `networks`: what they stand for.
    """

    unit: str | None = None
    whole: bool = False
    windows: bool = False
    units: frozenset[str] = frozenset()
    outlets: frozenset[str] = frozenset()
    departments: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()

    @property
    def post(self) -> bool:
        """Whether the post as a whole is covered, with what has no outlet yet."""
        return POST in self.units


NOWHERE: Final = Reach()


def reach_of(units: Mapping[str, Unit], unit_id: str | None) -> Reach:
    """What who stands at `unit_id` covers; nothing without one, and where it or one above it is closed."""
    unit = units.get(unit_id or "")
    if unit is None or not is_open(units, unit):
        return NOWHERE
    covered = [each for each in units.values() if unit in _upwards(units, each)]
    windows = {each.id for each in units.values() if each.kind in _WINDOWS}
    named = {kind: frozenset(each.ref for each in covered if each.kind is kind) for kind in NAMES_SOMETHING}
    return Reach(
        unit=unit.id,
        whole=unit.kind is UnitKind.DISTRICT,
        windows=bool(windows) and windows <= {each.id for each in covered},
        units=frozenset(each.id for each in covered),
        outlets=named[UnitKind.OUTLET],
        departments=named[UnitKind.DEPARTMENT],
        networks=named[UnitKind.PARTNER],
    )


def is_open(units: Mapping[str, Unit], unit: Unit) -> bool:
    """Whether people work at a unit: neither it nor one above it is closed."""
    return all(above.active for above in _upwards(units, unit))


def _upwards(units: Mapping[str, Unit], unit: Unit) -> Iterator[Unit]:
    """The unit, what it stands below, and so on; each at most once, however wrong the tree is."""
    seen: set[str] = set()
    above: Unit | None = unit
    while above is not None and above.id not in seen:
        yield above
        seen.add(above.id)
        above = units.get(above.parent or "")


class Misplaced(StrEnum):
    """Why a unit can't be added, or somebody can't stand there."""

    KIND = "UNIT_KIND"  # of the district and the post there is one each
    PARENT = "UNIT_PARENT"  # not below a unit of this kind
    REF = "UNIT_REF"  # it has to say what it stands for, or stands for nothing
    ROLE = "UNIT_ROLE"  # nobody of this role stands at such a unit


def misplaced(units: Mapping[str, Unit], unit: Unit) -> Misplaced | None:
    """Why this unit can't be added to the tree; None: it can."""
    if not UNDER[unit.kind] or unit.kind is UnitKind.POST:
        return Misplaced.KIND
    parent = units.get(unit.parent or "")
    if parent is None or parent.kind not in UNDER[unit.kind]:
        return Misplaced.PARENT
    if (unit.kind in NAMES_SOMETHING) is not bool(unit.ref):
        return Misplaced.REF
    if unit.ref and any(other.kind is unit.kind and other.ref == unit.ref for other in units.values()):
        return Misplaced.REF
    return None
