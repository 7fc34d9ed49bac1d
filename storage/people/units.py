"""Units (单位) as rows: the tree in which everybody stands. They are closed, never deleted: what they did stays."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import ForeignKey, ScalarSelect, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.units import DISTRICT, Unit, UnitKind
from storage.base import Base, insert_all_new

_NONE_YET: Final = 0


class UnitRow(Base):
    """One unit (`domain.units.Unit`). `version`: of the tree, when this row was last written; only ever rises."""

    __tablename__ = "unit"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(60))
    parent: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    ref: Mapped[str] = mapped_column(String(64))
    active: Mapped[bool]
    version: Mapped[int] = mapped_column(index=True)


def version_of_units() -> ScalarSelect[int]:
    """The version of the tree, to be asked for beside something else."""
    return select(func.max(UnitRow.version)).scalar_subquery()


def units_now(session: Session) -> dict[str, Unit]:
    """Every unit by its id, closed ones too."""
    return {row.id: _unit(row) for row in session.scalars(select(UnitRow).order_by(UnitRow.id))}


def unit_of(session: Session, unit_id: str) -> Unit | None:
    """One unit; None if there is none."""
    row = session.get(UnitRow, unit_id)
    return None if row is None else _unit(row)


def add_units(session: Session, units: Iterable[Unit]) -> list[str]:
    """Add those whose id is not taken, each behind its parent; their ids. What is there already stays as it is."""
    version = _next_version(session)
    added: list[str] = []
    for unit in units:
        row = unit.model_dump() | {"version": version}
        added += [each.id for each in insert_all_new(session, UnitRow, [row], UnitRow.id)]
    return added


def set_active(session: Session, unit_id: str, *, active: bool) -> bool:
    """Close a unit, or open it again; False if there is none."""
    version = _next_version(session)
    row = session.get(UnitRow, unit_id, with_for_update=True)
    if row is None:
        return False
    if row.active is not active:
        row.active, row.version = active, version
    return True


def _next_version(session: Session) -> int:
    """One more than any; the district is held until the transaction ends, so that no two changes have the same."""
    session.execute(select(UnitRow.id).where(UnitRow.id == DISTRICT).with_for_update())
    return (session.scalar(select(func.max(UnitRow.version))) or _NONE_YET) + 1


def _unit(row: UnitRow) -> Unit:
    return Unit(id=row.id, kind=UnitKind(row.kind), name=row.name, parent=row.parent, ref=row.ref, active=row.active)
