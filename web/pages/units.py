"""The units (单位) for who keeps their accounts: the tree, one more, and each one's end and beginning. Without scripts
it is the same; with them the kind rules out what can't be.
"""

from enum import StrEnum
from typing import Annotated, Any, Final, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from domain.errors import BadInput
from domain.units import UNDER, Unit, UnitKind, is_open, reach_of
from storage.in_hand import in_hand
from storage.people.account_list import people_at
from storage.people.users import LoggedIn
from web.api import units as api
from web.foundation.context import Context, Ctx
from web.foundation.problems import status_of
from web.pages.rendering import render
from web.pages.visitors import AccountKeeper
from web.views.device_counts import devices_at, place_of
from web.views.unit_tree import branches, kinds_below, line_of
from web.views.unit_words import STANDS_FOR, holder_said, left_said
from web.views.wording import ROLES

router = APIRouter(include_in_schema=False)

_INVALID: Final = 422
_MOST_NAMED: Final = 30
_LACKING: Final = {
    "kind": "请选择类别",
    "parent": "请选择上级单位",
    "name": "请写单位的名称，最多60个字",
    "id": "编号用2到32个小写字母、数字或短横，以字母或数字开头，例如 jiefangbei-street",
    "ref": "最多64个字",
}


class Act(StrEnum):
    """What is done with a unit by its page."""

    DISABLE = "disable"
    ENABLE = "enable"


_ADDED: Final = "added"
_DONE: Final = {
    _ADDED: "单位已加上。在“账号”里把人放到这里，他们就能办事。",
    Act.DISABLE: "单位已停用，在这里和它下面的登录全部结束了。",
    Act.ENABLE: "单位已启用，在这里的账号可以再登录。",
}


class Typed(NamedTuple):
    """What was typed for a new unit."""

    kind: str = ""
    parent: str = ""
    name: str = ""
    id: str = ""
    ref: str = ""


@router.get("/units")
def list_units(person: AccountKeeper, ctx: Ctx) -> HTMLResponse:
    """The tree below one's own unit, and the form for one more."""
    return _tree(ctx, person)


@router.post("/units")
def add_unit(
    person: AccountKeeper,
    ctx: Ctx,
    kind: Annotated[str, Form(max_length=16)] = "",
    parent: Annotated[str, Form(max_length=32)] = "",
    name: Annotated[str, Form(max_length=200)] = "",
    id: Annotated[str, Form(max_length=64)] = "",
    ref: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """A new unit, and its page; or what is wrong, each beside its field."""
    typed = Typed(kind, parent, name.strip(), id.strip(), ref.strip())
    try:
        wanted = _wanted(typed)
        api.add_unit(wanted, person, ctx)
    except ValidationError as lacking:
        named = {str(error["loc"][0]) for error in lacking.errors()}
        return _tree(ctx, person, typed, {field: why for field, why in _LACKING.items() if field in named}, _INVALID)
    except BadInput as refusal:
        return _tree(ctx, person, typed, {refusal.field or "": refusal.sentence}, status_of(refusal))
    return _to(wanted.id, _ADDED)


def _wanted(typed: Typed) -> api.NewUnit:
    """As it was typed; what was not chosen is nothing.

    Raises:
        ValidationError: some of it lacks or is wrong.
    """
    return api.NewUnit.model_validate({name: value for name, value in typed._asdict().items() if value})


@router.get("/units/{unit_id}")
def unit(unit_id: str, person: AccountKeeper, ctx: Ctx, done: str = "") -> HTMLResponse:
    """One unit: what is known of it, what follows from closing it, and what can be done with it."""
    return _one(ctx, person, unit_id, done=_DONE.get(done, ""))


@router.post("/units/{unit_id}")
def change_unit(unit_id: str, person: AccountKeeper, ctx: Ctx, act: Annotated[Act, Form()]) -> Response:
    """Close a unit or open it again, and show it."""
    try:
        if act is Act.DISABLE:
            api.disable_unit(unit_id, person, ctx)
        else:
            api.enable_unit(unit_id, person, ctx)
    except BadInput as refusal:
        if refusal.code == "UNIT_UNKNOWN":
            raise
        return _one(ctx, person, unit_id, refusal=refusal)
    return _to(unit_id, act)


def _to(unit_id: str, done: str) -> Response:
    return RedirectResponse(f"/units/{unit_id}?{urlencode({'done': done})}", 303)


def _tree(
    ctx: Context,
    person: LoggedIn,
    typed: Typed = Typed(),
    faults: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    with ctx.database.read() as session:
        units = api.units_of(session, person)
        people, devices = people_at(session), devices_at(session, person)
    shown = branches(units)
    parents = [line.unit for branch in shown for line in branch.lines if line.is_open]
    kinds = kinds_below(parents)
    values: dict[str, Any] = {
        "branches": shown,
        "people": people,
        "devices": devices,
        "place_of": place_of,
        "kinds": kinds,
        "parents": [(parent, below) for parent in parents if (below := _below(parent, kinds))],
        "stands_for": STANDS_FOR,
        "typed": typed,
        "faults": faults or {},
    }
    return render(ctx, "ops/units.html", person, status=status, **values)


def _below(parent: Unit, kinds: list[UnitKind]) -> list[UnitKind]:
    """Kinds that can be added below a unit."""
    return [kind for kind in kinds if parent.kind in UNDER[kind]]


def _one(
    ctx: Context, person: LoggedIn, unit_id: str, *, done: str = "", refusal: BadInput | None = None
) -> HTMLResponse:
    with ctx.database.read() as session:
        units = {each.id: each for each in api.units_of(session, person)}
        found = api.found(units, unit_id)
        reach = reach_of(units, unit_id)
        left = in_hand(session, reach)
        people, devices = people_at(session), devices_at(session, person)
    line = line_of(units, found)
    values: dict[str, Any] = {
        "line": line,
        "above_open": line.above is None or is_open(units, line.above),
        "below": [each for each in units.values() if each.parent == unit_id],
        "deeper": max(len(reach.units) - 1, 0),
        "unit_names": {each.id: each.name for each in units.values()},
        "people": people.get(unit_id, 0),
        "place": place_of(found),
        "devices": devices,
        "left": left,
        "left_said": left_said(left),
        "holder_said": holder_said,
        "named": left.holders[:_MOST_NAMED],
        "own": person.unit_id in reach.units,
        "roles": ROLES,
        "done": done,
        "fault": None if refusal is None else refusal.sentence,
        "acts": Act,
    }
    status = 200 if refusal is None else status_of(refusal)
    return render(ctx, "ops/unit.html", person, status=status, **values)
