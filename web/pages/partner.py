"""One network's desk (合作方往来): its cases, what either side owes, every delivery opened, lists to take along."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from domain.errors import NotFound
from domain.terms import CaseStatus, Partner, Role
from partners.standards import CHINA
from storage.exchange.exchange_log import ExchangeRow
from storage.exchange.partner_lists import not_good_list, status_list
from storage.keyset import Mark, Page
from storage.people.users import LoggedIn
from web.api import partners
from web.foundation.context import Context, Ctx
from web.foundation.paging import Part, turned
from web.foundation.problems import Forbidden
from web.pages import partner_csv
from web.pages.rendering import render
from web.pages.visitors import Watching
from web.pages.work_lists import exchange_part
from web.security.objects import check_network
from web.views import partner_desk
from web.views.partner_keys import keys_shown, overlap_said
from web.views.verdicts import verdict_said

router = APIRouter(include_in_schema=False)

_SIZE = 50


@router.get("/partner")
def partner(
    request: Request, person: Watching, ctx: Ctx, network: str = Partner.SICHUAN, only: str = "", status: str = ""
) -> HTMLResponse:
    """The desk of one network; `only=bad`: deliveries that did not end well; `status`: their cases in it."""
    networks = [each for each in Partner if person.reach.whole or each in person.reach.networks]
    if not networks:
        raise Forbidden("合作方往来由区级单位和协作网络的人员查看", code="DISTRICT_ONLY")
    chosen = Partner(network) if network in networks else networks[0]
    state = CaseStatus(status) if status in set(CaseStatus) and _reads_cases(person) else None
    with ctx.database.read() as session:
        parts = _parts(session, request, ctx, chosen, only=only, state=state)
        theirs = partner_desk.owed_by(session, ctx, chosen, partner_desk.THEIRS)
        ours = partner_desk.owed_by(session, ctx, chosen, partner_desk.OURS)
        shown: dict[str, Any] = {
            "reads": _reads_cases(person),
            "states": partner_desk.states_of(session, chosen),
            "theirs": theirs,
            "ours": ours,
            "need": partner_desk.needs_somebody(session, ctx, chosen, theirs, ours),
            "deliveries": partner_desk.folded(partner_desk.with_attempts(session, chosen, parts["exchanges"].rows)),
        }
    keys = keys_shown(ctx.settings, chosen, ctx.now().astimezone(CHINA).date())
    shown |= {"keys": keys, "overlap": overlap_said(keys), "partners": networks, "only": only, "state": state}
    shown |= {"message_states": partner_desk.STATES, "verdict_said": verdict_said}
    return render(ctx, "partner/desk.html", person, chosen=chosen, parts=parts, **shown)


def _reads_cases(person: LoggedIn) -> bool:
    """Who keeps the system running sees what was exchanged and how much, and no cases."""
    return person.role is not Role.OPERATOR


def _parts(
    session: Session, request: Request, ctx: Context, chosen: Partner, *, only: str, state: CaseStatus | None
) -> dict[str, Part]:
    """The lists that are turned page by page, by name; `cases` only where a state is asked for."""

    def bad(size: int, after: Mark | None) -> Page[dict[str, Any]]:
        return partners.lines_of(session, not_good_list(chosen), size, after)

    parts = {name: exchange_part(session, request, chosen, name) for name in partners.EXCHANGED}
    if only == "bad":
        parts["exchanges"] = turned(session, request, "exchanges", not_good_list(chosen), bad, size=_SIZE)
    if state is not None:
        listed = status_list(chosen, state)
        read = partial(partner_desk.in_status, session, ctx, chosen, state)
        parts["cases"] = turned(session, request, "cases", listed, read, size=_SIZE)
    return parts


@router.get("/partner/deliveries/{line_id}")
def delivery(line_id: int, person: Watching, ctx: Ctx) -> HTMLResponse:
    """One delivery opened: its attempts, what was signed step by step, its text for who may read it."""
    with ctx.database.read() as session:
        line = session.get(ExchangeRow, line_id) if line_id < 2**63 else None
        if line is None:
            raise NotFound("没有这次往来，可能已超过保存期限。", code="DELIVERY_UNKNOWN")
        shown = partner_desk.delivery_shown(session, ctx, line, person.role)
    return render(ctx, "partner/delivery.html", person, operates=person.role is Role.OPERATOR, **shown)


@router.get("/partner/{what}.csv")
def taken_along(
    what: partner_csv.What,
    person: Watching,
    ctx: Ctx,
    network: Partner = Partner.SICHUAN,
    encoding: Annotated[partner_csv.Encoding, Query()] = partner_csv.Encoding.UTF_8,
) -> Response:
    """The latest deliveries or the open cases of a network as a table: UTF-8 with a BOM for Excel, or GB18030.

    Refused: 403 ROLE (cases are none of an operator's); 404 PARTNER_UNKNOWN.
    """
    check_network(person, network)
    if what is partner_csv.What.CASES and not _reads_cases(person):
        raise Forbidden("办件清单不由运维岗位查看", code="ROLE")
    with ctx.database.read() as session:
        text = partner_csv.table(session, ctx, network, what)
    name = f"{network}-{what}-{ctx.now().astimezone(CHINA):%Y%m%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(encoding.bytes_of(text), media_type=f"text/csv; charset={encoding}", headers=headers)
