"""Those who decide in the own city (审批): their queue, and one handling with its papers beside the decision."""

from datetime import datetime, time
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from catalog.workdays import SHANGHAI
from domain.errors import NotFound
from domain.terms import ResultForm
from storage.cases.within import handlings_within
from storage.officer_queue import Counts, QueueFilter, QueueState, counts_of, items_waiting
from storage.people.users import LoggedIn
from web.api.decisions import said_in
from web.foundation.context import Ctx
from web.foundation.request_schemas import DecisionRequest
from web.pages.officer_lists import following, officer_part
from web.pages.rendering import START, refused, render
from web.pages.visitors import OfficerVisitor
from web.views.cases import find_case
from web.views.officer_case import officer_case
from web.views.officer_letters import letter_of
from web.views.said import payload_words

router = APIRouter(include_in_schema=False)

MINE, NOBODY = "me", "nobody"

_STATES = {
    QueueState.LATE: "已超期",
    QueueState.SECOND: "等复核",
    QueueState.ACCEPTANCE: "等受理",
    QueueState.REVIEW: "等决定",
    QueueState.APPLICANT: "等申请人补正",
    QueueState.PROCEDURE: "特别程序",
    QueueState.DISPATCH: "待寄出",
}


@router.get("/officer")
def officer(
    request: Request,
    person: OfficerVisitor,
    ctx: Ctx,
    item: Annotated[str | None, Query(max_length=32)] = None,
    state: Annotated[str | None, Query(max_length=16)] = None,
    who: Annotated[str | None, Query(max_length=64)] = None,
) -> HTMLResponse:
    """Handlings that wait for a decision or a dispatch, by the law's deadlines; who has how many of them."""
    wanted = _wanted(person, item, state, who)
    now = ctx.now()
    with ctx.database.read() as session:
        theirs = handlings_within(person)
        waiting = officer_part(session, ctx, request, person, wanted)
        counts = counts_of(session, now, _end_of_day(now), theirs, person.reach)
        items = items_waiting(session, wanted.item_code, theirs)
    return render(
        ctx,
        "officer/queue.html",
        person,
        handlings=waiting,
        counts=counts,
        headline=_headline(counts),
        items=items,
        chosen=wanted,
        who=who or "",
        states=_STATES,
        mine=next((load.undecided for load in counts.loads if load.officer == person.username), 0),
        at=lambda **changed: _address({"item": item, "state": wanted.state, "who": who} | changed),
    )


def _wanted(person: LoggedIn, item: str | None, state: str | None, who: str | None) -> QueueFilter:
    """What the address asks for; words that are none of ours ask for nothing."""
    held_by = {MINE: person.username, NOBODY: ""}.get(who or "", who or None)
    known = QueueState(state) if state in set(QueueState) else None
    return QueueFilter(item_code=item or None, state=known, held_by=held_by)


def _address(asked: dict[str, Any]) -> str:
    query = urlencode({name: str(value) for name, value in asked.items() if value})
    return f"/officer?{query}" if query else "/officer"


def _headline(counts: Counts) -> str:
    late, soon = counts.of_state[QueueState.LATE], counts.soon
    if late:
        return f"{late} 件已超过法定期限" + (f"，{soon} 件今天到期" if soon else "")
    if soon:
        return f"{soon} 件今天到期"
    return f"{counts.undecided} 件等待审批，今天没有到期的" if counts.undecided else "没有等待审批的办件"


def _end_of_day(now: datetime) -> datetime:
    return datetime.combine(now.astimezone(SHANGHAI).date(), time(23, 59, 59), SHANGHAI)


@router.get("/officer/{handling_no}")
def handling_page(
    handling_no: str, person: OfficerVisitor, ctx: Ctx, said: Annotated[str | None, Query(max_length=24)] = None
) -> HTMLResponse:
    """One handling: its papers, its facts, and what may be said of it now. `said`: what was said just now."""
    try:
        with ctx.database.read() as session:
            values = officer_case(session, ctx, handling_no, person)
            after = following(session, person, handling_no)
    except NotFound as missing:
        return refused(ctx, person, 404, missing.sentence, START[person.role], "回到审批")
    proposal = next((one for one in values["proposals"] if one["open"]), None)
    return render(
        ctx,
        "officer/handling.html",
        person,
        **values,
        proposed=_proposed(proposal) if proposal else None,
        own_proposal=proposal is not None and proposal["by"] == person.username,
        just_said=said,
        following=after,
        result_forms=list(ResultForm),
    )


def _proposed(proposal: dict[str, Any]) -> dict[str, Any]:
    """An open proposal with its words, for whoever confirms it."""
    said = said_in(DecisionRequest.model_validate_json(proposal["decision"]), proposal["by"])
    return proposal | {"words": payload_words(said.payload)}


@router.post("/officer/{handling_no}/letter")
def letter(handling_no: str, decision: DecisionRequest, person: OfficerVisitor, ctx: Ctx) -> HTMLResponse:
    """The letter that the applicant would get, to be read before it is sent; nothing is changed by this.

    Refused: as the decision itself.
    """
    said = said_in(decision, person.username)
    with ctx.database.read() as session:
        values = officer_case(session, ctx, handling_no, person)
        handling = values["row"]
        case = find_case(session, handling.case_no)
        name = values["case"]["applicant"]["name"]
        paper = letter_of(session, ctx, case, handling, said.event, said.payload, applicant=name)
    return render(ctx, "officer/letter.html", person, paper=paper)
