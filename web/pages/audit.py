"""The auditor's desk (审计): who did and saw what, and whether the record is whole. Read only."""

import csv
import io
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from domain.audit import AuditKind
from logistics.service_calendar import CHINA
from storage.audit.chain import AuditRow
from storage.audit.reading import Wanted, entries
from storage.audit.verification import verify_trail
from web.foundation.context import Ctx
from web.pages.rendering import render
from web.pages.visitors import Auditing
from web.views.audit_words import KINDS, action_said, area_of, verdict_said

router = APIRouter(include_in_schema=False)

_SIZE: Final = 50
_TAKEN: Final = 20_000
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet would compute what begins so, and names of objects are what somebody has typed."""


class Filter(BaseModel):
    """The filter in the address; what is not understood asks for nothing."""

    model_config = ConfigDict(frozen=True)

    actor: str = Field("", max_length=64)
    kind: str = Field("", max_length=16)
    subject: str = Field("", max_length=120)
    day: str = Field("", max_length=10)

    @property
    def wanted(self) -> Wanted:
        """The same for the trail; `day` in the hall's time."""
        kind = AuditKind(self.kind) if self.kind in set(AuditKind) else None
        since = _midnight(self.day)
        until = since + timedelta(days=1) if since else None
        return Wanted(actor=self.actor.strip(), kind=kind, subject=self.subject.strip(), since=since, until=until)

    @property
    def query(self) -> dict[str, str]:
        """What was asked for, for the address of another page."""
        return {name: value for name, value in self.model_dump().items() if value}


@router.get("/audit")
def audit(
    request: Request,
    person: Auditing,
    ctx: Ctx,
    wanted: Annotated[Filter, Query()],
    before: Annotated[int | None, Query(ge=1)] = None,
) -> HTMLResponse:
    """The newest entries that fit, fifty a page."""
    with ctx.database.read() as session:
        found = entries(session, wanted.wanted, size=_SIZE + 1, before=before)
    shown = found[:_SIZE]
    tags, said = _described(request)
    more = urlencode({**wanted.query, "before": shown[-1].seq}) if len(found) > _SIZE else ""
    return render(
        ctx,
        "auditor/audit.html",
        person,
        wanted=wanted,
        rows=shown,
        kinds=KINDS,
        areas={row.seq: area_of(row.action, tags) for row in shown},
        said={row.seq: action_said(row.action, said) for row in shown},
        more=f"?{more}" if more else "",
        first=f"?{urlencode(wanted.query)}" if before is not None else "",
        taken=urlencode(wanted.query),
        verdict=None,
    )


@router.post("/audit/verify")
def verified(person: Auditing, ctx: Ctx) -> HTMLResponse:
    """Read the whole trail and say whether it is whole; some seconds for a million entries."""
    with ctx.database.read_one_moment() as session:
        verdict = verify_trail(session, ctx.auditor.signer)
    values: dict[str, Any] = {"wanted": Filter(), "rows": (), "kinds": KINDS, "more": "", "first": "", "taken": ""}
    return render(ctx, "auditor/audit.html", person, **values, verdict=verdict_said(verdict), whole=verdict.is_whole)


@router.get("/audit/entries.csv")
def taken_along(_person: Auditing, ctx: Ctx, wanted: Annotated[Filter, Query()]) -> Response:
    """The newest 20,000 entries that fit, as a table that Excel and WPS open (UTF-8 with a BOM)."""
    with ctx.database.read() as session:
        found = entries(session, wanted.wanted, size=_TAKEN)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["序号", "时间", "类别", "谁", "岗位", "来自", "操作", "对象", "代码", "摘要"])
    writer.writerows([_line(row) for row in found])
    name = f"audit-{ctx.now().astimezone(CHINA):%Y%m%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(out.getvalue().encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


def _described(request: Request) -> tuple[dict[str, str], dict[str, str]]:
    """By operation, as `GET /api/v1/…`: the area that the interface's description puts it in, and its words."""
    tags, said = {}, {}
    for path, operations in request.app.openapi()["paths"].items():
        for method, operation in operations.items():
            action = f"{method.upper()} {path}"
            tags[action] = next(iter(operation.get("tags", ())), "")
            said[action] = operation["summary"]
    return tags, said


def _line(row: AuditRow) -> list[str]:
    at = f"{row.at.astimezone(CHINA):%Y-%m-%d %H:%M:%S.%f}"
    cells = [str(row.seq), at, KINDS[AuditKind(row.kind)], row.actor, row.role, row.address, row.action, row.subject]
    return [*(f"'{cell}" if cell[:1] in _FORMULA else f"{cell}\t" for cell in cells), row.code, row.digest]


def _midnight(day: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(day), time(), CHINA)
    except ValueError:
        return None
