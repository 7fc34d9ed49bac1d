"""Units and where accounts stand in their tree."""

from domain.units import UnitKind
from web.answers.base import Answer


class UnitShown(Answer):
    """One unit. `parent` null: the district. `ref`: which department, outlet or network it is; "" for other kinds.

    `active` false: nobody works there any more.
    """

    id: str
    kind: UnitKind
    kind_label: str
    name: str
    parent: str | None
    ref: str
    active: bool


class UnitList(Answer):
    """Units, each kind together."""

    units: list[UnitShown]
