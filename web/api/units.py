"""Units (单位): halls, streets, banks, departments, outlets and networks in a tree; where accounts stand in it."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import Conflict, NotFound
from domain.terms import Role
from domain.units import STANDS_AT, UNIT_ID, Misplaced, Reach, Unit, UnitKind, misplaced, reach_of
from runtime.settings import Settings
from storage.parcels.legs import CourierRow
from storage.people import units as stored
from storage.people.accounts import Place, end_sessions_at
from storage.people.users import LoggedIn
from web.answers.units import UnitList, UnitShown
from web.foundation.auditing import about
from web.foundation.context import Ctx
from web.foundation.problems import Unprocessable
from web.foundation.request_schemas import RequestSchema
from web.security.session import AccountKeeper, UnitReader

router = APIRouter(prefix="/api/v1", tags=["账号"])

_WHY = {
    Misplaced.KIND: ("kind", "区和邮政各只有一个，已经有了；请添加大厅、街道、银行、部门、网点或协作网络"),
    Misplaced.PARENT: ("parent", "这类单位不能设在这个上级下面，请换一个上级"),
    Misplaced.REF: ("ref", "部门、邮政网点和协作网络要写明对应哪一个，不能与已有的重复；其他单位不用写"),
}


class NewUnit(RequestSchema):
    """`POST /units`. `id`: 2 to 32 lower-case letters, digits, dashes. `ref`: the department, outlet or network."""

    id: str = Field(pattern=UNIT_ID)
    kind: UnitKind
    name: str = Field(min_length=1, max_length=60)
    parent: str = Field(max_length=32)
    ref: str = Field(default="", max_length=64)


@router.get("/units", operation_id="listUnits", response_model=UnitList)
def list_units(person: UnitReader, ctx: Ctx) -> dict[str, Any]:
    """The units that the caller's own covers, closed ones too."""
    with ctx.database.read() as session:
        return {"units": [shown(unit) for unit in units_of(session, person)]}


def units_of(session: Session, person: LoggedIn) -> list[Unit]:
    """Those that somebody covers, each kind together and by name."""
    kinds = list(UnitKind)
    known = [unit for unit in stored.units_now(session).values() if _covers(person.reach, unit.id)]
    return sorted(known, key=lambda unit: (kinds.index(unit.kind), unit.name))


def couriers_of(session: Session, person: LoggedIn) -> list[str]:
    """Ids of the couriers of the outlets that somebody covers."""
    rows = select(CourierRow.courier_id).where(CourierRow.outlet_id.in_(sorted(person.reach.outlets)))
    return list(session.scalars(rows.order_by(CourierRow.courier_id)))


def found(units: Mapping[str, Unit], unit_id: str) -> Unit:
    """One of these units.

    Raises:
        NotFound: it is none of them (`UNIT_UNKNOWN`).
    """
    if unit_id not in units:
        raise _unknown()
    return units[unit_id]


@router.post("/units", status_code=201, operation_id="addUnit", response_model=UnitShown)
def add_unit(wanted: NewUnit, person: AccountKeeper, ctx: Ctx) -> dict[str, Any]:
    """A new unit below one that the caller covers.

    Refused: 404 UNIT_UNKNOWN (the parent); 409 UNIT_TAKEN; 422 UNIT_KIND, UNIT_PARENT, UNIT_REF.
    """
    unit = Unit(**wanted.model_dump())
    about(unit.id)
    with ctx.database.write() as session:
        tree = stored.units_now(session)
        if unit.parent not in tree or not _covers(person.reach, str(unit.parent)):
            raise _unknown()
        if unit.id in tree:
            raise Conflict(f"已有单位 {unit.id}，请换一个编号", code="UNIT_TAKEN", field="id")
        why = misplaced(tree, unit)
        if why is not None:
            raise Unprocessable(_WHY[why][1], code=why, field=_WHY[why][0])
        stored.add_units(session, [unit])
    return shown(unit)


@router.post("/units/{unit_id}/disable", operation_id="disableUnit", response_model=UnitShown)
def disable_unit(unit_id: str, person: AccountKeeper, ctx: Ctx) -> dict[str, Any]:
    """Close a unit: nobody works there any more, and whoever stands there or below is out at once.

    What it has done stays with who covers it. Refused: 404 UNIT_UNKNOWN; 409 OWN_UNIT (the caller would be out too).
    """
    with ctx.database.write() as session:
        below = reach_of(stored.units_now(session), unit_id).units
        if person.unit_id in below:
            raise Conflict("这里包括您自己的单位，请由上级单位的安全管理员来停用", code="OWN_UNIT")
        closed = _set(session, unit_id, active=False)
        end_sessions_at(session, below)
    return closed


@router.post("/units/{unit_id}/enable", operation_id="enableUnit", response_model=UnitShown)
def enable_unit(unit_id: str, _person: AccountKeeper, ctx: Ctx) -> dict[str, Any]:
    """Open a closed unit again. Refused: 404 UNIT_UNKNOWN."""
    with ctx.database.write() as session:
        return _set(session, unit_id, active=True)


def _set(session: Session, unit_id: str, *, active: bool) -> dict[str, Any]:
    if not stored.set_active(session, unit_id, active=active):
        raise _unknown()
    session.flush()
    unit = stored.unit_of(session, unit_id)
    if unit is None:
        raise _unknown()
    return shown(unit)


def place_for(session: Session, reach: Reach, role: Role, unit_id: str | None, courier_id: str | None) -> Place:
    """Where an account of this role is to stand, checked; nowhere without a unit. `reach`: of who puts it there.

    Raises:
        NotFound: there is no such unit within `reach` (`UNIT_UNKNOWN`); no such courier (`COURIER_UNKNOWN`).
        Unprocessable: who has this role does not stand there (`UNIT_ROLE`), or is no courier (`COURIER`).
    """
    if unit_id is None:
        if courier_id is not None:
            raise Unprocessable("请先选单位，再选投递员", code="COURIER", field="courierId")
        return Place()
    unit = stored.unit_of(session, unit_id)
    if unit is None or not unit.active or not _covers(reach, unit_id):
        raise NotFound("没有这个单位", code="UNIT_UNKNOWN", field="unit")
    if unit.kind not in STANDS_AT[role]:
        kinds = "、".join(kind.label for kind in UnitKind if kind in STANDS_AT[role])
        raise Unprocessable(f"这个岗位的账号只能放在：{kinds}", code=Misplaced.ROLE, field="unit")
    if courier_id is not None:
        _check_courier(session, role, unit, courier_id)
    return Place(unit_id, courier_id)


def _check_courier(session: Session, role: Role, unit: Unit, courier_id: str) -> None:
    if role is not Role.COURIER:
        raise Unprocessable("只有投递员岗位的账号对应投递员", code="COURIER", field="courierId")
    courier = session.get(CourierRow, courier_id)
    if courier is None or courier.outlet_id not in reach_of(stored.units_now(session), unit.id).outlets:
        raise NotFound("这个单位没有这位投递员", code="COURIER_UNKNOWN", field="courierId")


def check_which_courier(settings: Settings, role: Role, place: Place) -> None:
    """Check that nobody is made a courier who is none in particular; the sandbox's one may be.

    Raises:
        Unprocessable: which courier he is was not said (`COURIER`).
    """
    if role is Role.COURIER and place.unit_id is not None and place.courier_id is None and not settings.sandbox:
        raise Unprocessable("请写明是哪一位投递员", code="COURIER", field="courierId")


def shown(unit: Unit) -> dict[str, Any]:
    """One unit, for an answer."""
    return {**unit.model_dump(), "kindLabel": unit.kind.label}


def _covers(reach: Reach, unit_id: str) -> bool:
    return reach.whole or unit_id in reach.units


def _unknown() -> NotFound:
    return NotFound("没有这个单位", code="UNIT_UNKNOWN", field="parent")
