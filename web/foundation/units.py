"""The tree of units as this process sees it now: read anew when its version is another one, which each login brings."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy.orm import Session

from domain.units import NOWHERE, Reach, Unit, reach_of
from storage.people.units import units_now


class _Tree(NamedTuple):
    version: int | None
    units: Mapping[str, Unit]
    reaches: dict[str, Reach]


class Units:
    """What each unit covers, for all threads of a process; two that read it anew at once do no harm."""

    def __init__(self) -> None:
        self._tree = _Tree(None, {}, {})

    def reach(self, session: Session, unit_id: str | None, version: int | None) -> Reach:
        """What who stands at a unit covers. `version`: of the tree, as it was read with the unit."""
        if unit_id is None:
            return NOWHERE
        tree = self._as_of(session, version)
        known = tree.reaches.get(unit_id)
        if known is None:
            known = tree.reaches[unit_id] = reach_of(tree.units, unit_id)
        return known

    def _as_of(self, session: Session, version: int | None) -> _Tree:
        tree = self._tree
        if tree.version != version:
            tree = self._tree = _Tree(version, units_now(session), {})
        return tree
