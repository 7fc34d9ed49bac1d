"""The devices of a place (设备), for who looks after it: what is enrolled, a code for one more, an end. No scripts."""

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.devices import CODE_VALID, NAME_LENGTH, DeviceEnd, places_of
from domain.errors import BadInput
from domain.terms import Role
from parcels.outlets import outlets_now
from storage.people.users import LoggedIn
from web.api import devices as api
from web.api.units import units_of
from web.foundation.context import Context, Ctx
from web.foundation.problems import Unprocessable, status_of
from web.pages.rendering import render
from web.pages.visitors import DeviceKeeper
from web.security.devices import needs_device
from web.views.device_counts import place_of
from web.views.device_words import ENDS, places_named

router = APIRouter(include_in_schema=False)

_SIZE: Final = 100
_MINUTES: Final = int(CODE_VALID.total_seconds() // 60)


class Filter(BaseModel):
    """The filter in the address."""

    model_config = ConfigDict(frozen=True)

    outlet: str = Field("", max_length=32)
    username: str = Field("", max_length=64)
    after: str = Field("", max_length=64)
    done: str = Field("", max_length=8)

    @property
    def wanted(self) -> api.Wanted:
        """The same for the list."""
        return api.Wanted(self.outlet or None, self.username.strip() or None)


_ALL: Final = Filter()


@router.get("/devices")
def list_devices(keeper: DeviceKeeper, ctx: Ctx, asked: Annotated[Filter, Query()]) -> HTMLResponse:
    """The devices that fit, and the form for one more."""
    return _page(ctx, keeper, asked)


@router.post("/devices")
def invite(
    keeper: DeviceKeeper,
    ctx: Ctx,
    name: Annotated[str, Form(max_length=200)] = "",
    outlet: Annotated[str, Form(max_length=32)] = "",
    username: Annotated[str, Form(max_length=64)] = "",
) -> HTMLResponse:
    """The page with a code, which is shown this once; or what is wrong."""
    typed = {"name": name, "outlet": outlet, "username": username}
    try:
        return _page(ctx, keeper, given=api.invite(ctx, keeper, _wanted(name.strip(), outlet, username.strip())))
    except BadInput as refusal:
        return _page(ctx, keeper, refusal=refusal, typed=typed)


@router.post("/devices/{device_id}")
def revoke(
    device_id: str, keeper: DeviceKeeper, ctx: Ctx, reason: Annotated[str, Form(max_length=16)] = ""
) -> Response:
    """Stop a device, and show the list again."""
    try:
        if reason not in set(DeviceEnd):
            raise Unprocessable("请选择停用的原因", code="REASON", field="reason")
        api.revoke(ctx, keeper, device_id, DeviceEnd(reason))
    except BadInput as refusal:
        return _page(ctx, keeper, refusal=refusal, title="设备没有停用")
    return RedirectResponse(f"/devices?{urlencode({'done': 'stopped'})}", 303)


def _wanted(name: str, outlet: str, username: str) -> api.NewDevice:
    if not outlet:
        raise Unprocessable("请选择设备归哪里管", code="OUTLET", field="outlet")
    try:
        return api.NewDevice(name=name, outlet_id=outlet, username=username or None)
    except ValidationError:
        why = f"请给设备起个名字，最多{NAME_LENGTH}个字，例如 1号手持机。"
        raise Unprocessable(why, code="NAME", field="name") from None


def _page(
    ctx: Context,
    keeper: LoggedIn,
    asked: Filter = _ALL,
    *,
    given: dict[str, Any] | None = None,
    refusal: BadInput | None = None,
    typed: dict[str, str] | None = None,
    title: str = "登记码没有取到",
) -> HTMLResponse:
    rows, following = api.page_of(ctx, keeper, asked.wanted, size=_SIZE, after=asked.after)
    with ctx.database.read() as session:
        outlets = outlets_now(session)
        units = units_of(session, keeper) if keeper.role is Role.SECURITY else []
    kept = places_of(keeper.role, keeper.reach)
    known = places_named(outlets)
    places = {place: name for place, name in known.items() if kept is None or place in kept}
    own = next(iter(places)) if len(places) == 1 else None
    query = {name: value for name, value in asked.model_dump(include={"outlet", "username"}).items() if value}
    values: dict[str, Any] = {
        "asked": asked,
        "unit_at": {place_of(unit): unit.id for unit in units},
        "live": [row for row in rows if row.revoked_at is None],
        "over": [row for row in rows if row.revoked_at is not None],
        "places": places,
        "known": known,
        "ends": ENDS,
        "given": given,
        "typed": typed or {"name": "", "outlet": own or "", "username": ""},
        "fault": None if refusal is None else (refusal.field or "", refusal.sentence),
        "title": title,
        "stopped": asked.done == "stopped",
        "more": urlencode(query | {"after": following}) if following else "",
        "minutes": _MINUTES,
        "needed": needs_device(ctx),
        "name_length": NAME_LENGTH,
    }
    status = 200 if refusal is None else status_of(refusal)
    return render(ctx, "courier/devices.html", keeper, status=status, **values)
