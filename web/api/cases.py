"""`/cases`: the clerk's start, the work list, one case, its history; supplements, withdrawal, rating."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from pydantic import AwareDatetime
from sqlalchemy.orm import Session

from activities.withdrawn_visits import lock_visits, stop_visits
from catalog.model import ItemSnapshot
from domain.case import Action, may
from domain.dossier import DossierMaterial, SupplementBrought
from domain.errors import NotFound
from domain.messages import SupplementGiven, WithdrawalAsked
from domain.naming import CaseUpdate, case_workflow_id
from domain.terms import CaseStatus, Provided, Scheme
from domain.wire import may_supplement
from parcels.passports import issue
from storage.cases.case_list import CaseFilter, count_cases, read_cases, wanted_cases
from storage.cases.drafts import draft_to_register, note_registered
from storage.cases.rows import (
    CaseRow,
    HandlingRow,
    add_event,
    handlings_of,
    lock_handling,
    read_dossier,
    write_dossier,
)
from storage.cases.within import own_cases
from storage.documents.uploads import bind
from storage.idempotency import first_answer, keep_answer
from storage.keyset import Segment, count_up_to, narrowed
from storage.pending_updates import queue_update
from storage.people.users import LoggedIn
from web.answers.case_file import CaseFile
from web.answers.cases import CaseHistory, CaseList, CaseStarted, SupplementTaken, WithdrawalTaken
from web.api.agents import acting
from web.api.licences import with_licences
from web.api.material_files import check_files
from web.api.overtaken import refuse_overtaken
from web.api.registration import register
from web.api.submitted import form_of, keeps_papers
from web.foundation.auditing import about
from web.foundation.context import Context, Ctx
from web.foundation.paging import After, mark_of, token_of
from web.foundation.request_schemas import CaseRequest, MaterialRequest, SupplementRequest, WithdrawRequest
from web.security.session import CaseReader, Clerk
from web.views.case_lines import lines_shown
from web.views.cases import find_case, full, history
from web.views.saved_views import View, filter_of
from web.views.sentences import Refused, refusal

router = APIRouter(prefix="/api/v1/cases", tags=["办件"])

IdempotencyKey = Annotated[str, Header(alias="Idempotency-Key", min_length=8, max_length=128)]

_COUNTED_TO = 1_000


@router.post("", status_code=201, operation_id="startCase", response_model=CaseStarted)
def start_case(wanted: CaseRequest, clerk: Clerk, ctx: Ctx, key: IdempotencyKey) -> dict[str, Any]:
    """Register a case (登记): routed, numbered and committed; its workflow starts afterwards.

    The same key and body again gives the first answer and no second case. Refused with 422 and the field, as
    ITEM_UNKNOWN, CONSENT, APPLICANT, IDENTIFIER, MATERIALS_MISSING (everything at once), DOCUMENT_MISSING (an
    electronic material without its file), DOCUMENT_UNKNOWN (not uploaded by the caller), PAGES, LICENCE_… (what is
    said of it, or a look where no office can be asked), AGENT_UNAUTHORISED, IDEMPOTENCY_KEY_REUSED, or why no network
    carries it (see `POST /routes`). 409 SAME_MATTER with the other `cases` of this person for this item at this place,
    until `duplicateReason` says why one more; DRAFT_TAKEN, DRAFT_REGISTERED where the key is that of a draft which a
    colleague holds or has registered. A draft under this key ends here.
    """
    return started(ctx, wanted, clerk, key)


def started(ctx: Context, wanted: CaseRequest, by: LoggedIn, key: str) -> dict[str, Any]:
    """Register a case once per key, and end the draft of this name; the answer of `POST /cases`.

    Raises:
        BadInput: as the route says.
    """
    body, clerk = wanted.model_dump_json().encode(), by.username
    with ctx.database.write() as session:
        answer = first_answer(session, clerk, key, body)
        if answer is None:
            draft = draft_to_register(session, key, clerk)
            answer = register(session, ctx, wanted, by)
            if draft is not None:
                note_registered(draft, answer["caseNo"])
            keep_answer(session, clerk, key, body, answer, ctx.now())
        about(answer["caseNo"])
    ctx.notify()
    return answer


@router.get("", operation_id="listCases", response_model=CaseList)
def cases(
    reader: CaseReader,
    ctx: Ctx,
    status: CaseStatus | None = None,
    scheme: Scheme | None = None,
    due: AwareDatetime | None = None,
    view: View = View.ALL,
    statuses: Annotated[list[CaseStatus], Query(max_length=len(CaseStatus))] = [],  # noqa: B006 — read, never changed
    schemes: Annotated[list[Scheme], Query(max_length=len(Scheme))] = [],  # noqa: B006
    region: Annotated[str | None, Query(max_length=6)] = None,
    q: Annotated[str, Query(max_length=60)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    size: Annotated[int, Query(ge=1, le=200)] = 50,
    after: After = None,
) -> dict[str, Any]:
    """The work list of who asks, most urgent first. `next` with `after` turns pages at any depth; `page` counts off.

    `due`: open, and due by then. `q`: the beginning of a number, or a part of the item's name. `view`: a saved view;
    `statuses`, `schemes`: any of these; `region`: where it is handled. All conditions hold together. `total` counts to
    1,000; `totalMore`: there are more than that. Refused: 422 CURSOR.
    """
    seen = filter_of(view, reader.username, ctx.now(), q=q, statuses=tuple(statuses), schemes=tuple(schemes))
    given = {"status": status, "scheme": scheme, "due": due, "region": region}
    asked = seen.model_copy(update={name: value for name, value in given.items() if value is not None})
    skip = 0 if after else (page - 1) * size
    with ctx.database.read() as session:
        theirs = own_cases(session, reader)
        wanted = narrowed(wanted_cases(session, asked), theirs)
        found = read_cases(session, wanted, size=size, after=mark_of(after), skip=skip)
        whole = not after and page == 1 and found.next is None
        total = len(found.rows) if whole else _total(session, asked, wanted, everything=not theirs)
        return {
            "total": min(total, _COUNTED_TO),
            "totalMore": total > _COUNTED_TO,
            "cases": lines_shown(session, ctx, found.rows),
            "next": token_of(found.next),
        }


def _total(session: Session, asked: CaseFilter, wanted: tuple[Segment, ...], *, everything: bool) -> int:
    bound = _COUNTED_TO + 1
    return count_cases(session, asked, wanted, bound) if everything else count_up_to(session, wanted, bound)


@router.get("/{case_no}", operation_id="getCase", response_model=CaseFile, response_model_exclude_unset=True)
def case(case_no: str, reader: CaseReader, ctx: Ctx) -> dict[str, Any]:
    """One case with its handlings, parcels, deadlines, open tasks and what was said; people are masked.

    Refused: 404 CASE_UNKNOWN.
    """
    with ctx.database.read() as session:
        return full(session, ctx, find_case(session, case_no), reader.role)


@router.get("/{case_no}/events", operation_id="getCaseEvents", response_model=CaseHistory)
def events(case_no: str, _reader: CaseReader, ctx: Ctx) -> dict[str, Any]:
    """The history of a case (办件轨迹), oldest first. Refused: 404 CASE_UNKNOWN."""
    with ctx.database.read() as session:
        find_case(session, case_no)
        return {"events": history(session, case_no)}


@router.post("/{case_no}/supplements", status_code=202, operation_id="supplementCase", response_model=SupplementTaken)
def supplement(case_no: str, given: SupplementRequest, clerk: Clerk, ctx: Ctx, key: IdempotencyKey) -> dict[str, Any]:
    """The applicant has brought what was missing (补正): it is put into the dossier and passed on.

    `round` is the one that the authority has opened. Refused: 404 CASE_UNKNOWN; 409 SUPPLEMENT_NOT_OPEN,
    SUPPLEMENT_DONE; 422 DOCUMENT_MISSING, DOCUMENT_UNKNOWN, PAGES, AGENT_UNAUTHORISED, AUTHORISATION_OVER,
    IDEMPOTENCY_KEY_REUSED.
    """
    body = case_no.encode() + given.model_dump_json().encode()
    with ctx.database.write() as session:
        answer = first_answer(session, clerk.username, key, body)
        if answer is None:
            answer = _supplement(session, ctx, case_no, given, clerk, key)
            keep_answer(session, clerk.username, key, body, answer, ctx.now())
    ctx.notify()
    return answer


def _supplement(
    session: Session, ctx: Context, case_no: str, given: SupplementRequest, clerk: LoggedIn, key: str
) -> dict[str, Any]:
    case = find_case(session, case_no)
    refuse_overtaken(session, case_no, read_dossier(case, ctx.sealer), given)
    handling = _open_handling(session, case_no, given)
    session.refresh(case)  # what a colleague has brought while we waited for the lock
    now = ctx.now()
    item = ItemSnapshot.model_validate(case.item)
    supplied = _supplied(item, given.materials)
    materials = with_licences(ctx, item, supplied, given.materials, clerk.username)
    files = check_files(session, dict(enumerate(materials)), uploader=clerk.username, now=now, case_no=case_no)
    originals = handling.originals_travel and any(m.provided is Provided.ORIGINAL for m in materials)
    kept = keeps_papers(materials) and not originals
    dossier = read_dossier(case, ctx.sealer)
    refuse_overtaken(session, case_no, dossier, given)
    acts = acting(ctx, dossier, by_self=given.by_self, now=now)
    brought = SupplementBrought(
        handling_no=handling.handling_no, round=given.round, materials=materials, originals=originals, at=now
    )
    changed = dossier.model_copy(update={"supplements": (*dossier.supplements, brought)})
    write_dossier(case, ctx.sealer, changed)
    bind(session, case_no, files, now)
    issue(session, case, dossier, now)  # of a case from before passports
    issue(session, case, changed, now, by=clerk.username)
    queue_update(
        session,
        update_id=f"{handling.handling_no}-supplement-{given.round}",
        workflow_id=case_workflow_id(case_no),
        name=CaseUpdate.SUPPLEMENT,
        argument=SupplementGiven(
            handling_no=handling.handling_no, round=given.round, originals=originals, papers_kept=kept
        ),
        now=now,
    )
    add_event(
        session,
        case_no=case_no,
        key=f"brought/{key}",
        kind="SUPPLEMENT_BROUGHT",
        at=now,
        now=now,
        actor=clerk.username,
        handling_no=handling.handling_no,
        data=acts,
    )
    return {"caseNo": case_no, "handlingNo": handling.handling_no, "round": given.round, "receivedAt": now.isoformat()}


def _open_handling(session: Session, case_no: str, given: SupplementRequest) -> HandlingRow:
    """The handling whose round is open; named, or the only one."""
    waiting = [h for h in handlings_of(session, case_no) if given.handling_no in (None, h.handling_no)]
    waiting = [h for h in waiting if may_supplement(h.progress, given.round)]
    if not waiting:
        raise refusal(Refused.SUPPLEMENT_NOT_OPEN)
    handling = lock_handling(session, waiting[0].handling_no)
    if handling is None or not may_supplement(handling.progress, given.round):
        raise refusal(Refused.SUPPLEMENT_NOT_OPEN)
    return handling


def _supplied(item: ItemSnapshot, shapes: list[MaterialRequest]) -> tuple[DossierMaterial, ...]:
    """Supplements may go beyond the item's list: the authority asked for them."""
    known = {m.seq: m for m in item.materials}
    return tuple(
        DossierMaterial(
            seq=shape.seq,
            name=known[shape.seq].name if shape.seq in known else f"补正材料{shape.seq}",
            form=form_of(shape.provided, known[shape.seq].form if shape.seq in known else None),
            provided=shape.provided,
            pages=shape.pages,
            count=shape.count,
            sha256=shape.sha256,
        )
        for shape in shapes
    )


@router.post("/{case_no}/withdraw", status_code=202, operation_id="withdrawCase", response_model=WithdrawalTaken)
def withdraw(case_no: str, asked: WithdrawRequest, clerk: Clerk, ctx: Ctx, key: IdempotencyKey) -> dict[str, Any]:
    """The applicant asks to stop (撤回): at once before submission, else when the authority has answered.

    Refused: 404 CASE_UNKNOWN; 409 WITHDRAWAL_TOO_LATE, WITHDRAWAL_PENDING; 422 AGENT_UNAUTHORISED,
    AUTHORISATION_OVER, IDEMPOTENCY_KEY_REUSED.
    """
    now = ctx.now()
    body = case_no.encode() + asked.model_dump_json().encode()
    with ctx.database.write() as session:
        answer = first_answer(session, clerk.username, key, body)
        if answer is None:
            lock_visits(session, case_no)
            case = session.get(CaseRow, case_no, with_for_update=True)
            if case is None:
                raise NotFound("没有这个办件", code="CASE_UNKNOWN")
            if not may(CaseStatus(case.status), Action.WITHDRAW):
                raise refusal(Refused.WITHDRAWAL_TOO_LATE)
            if case.withdrawal_pending:
                raise refusal(Refused.WITHDRAWAL_PENDING)
            dossier = read_dossier(case, ctx.sealer)
            acts = acting(ctx, dossier, by_self=asked.by_self, now=now)
            write_dossier(case, ctx.sealer, dossier.model_copy(update={"withdrawal_reason": asked.reason}))
            case.withdrawal_pending = True
            stop_visits(session, case_no)
            queue_update(
                session,
                update_id=f"{case_no}-withdraw",
                workflow_id=case_workflow_id(case_no),
                name=CaseUpdate.WITHDRAW,
                argument=WithdrawalAsked(request_id=key),
                now=now,
            )
            add_event(
                session,
                case_no=case_no,
                key=f"withdraw/{key}",
                kind="WITHDRAWAL_ASKED",
                at=now,
                now=now,
                actor=clerk.username,
                data=acts,
            )
            answer = {"caseNo": case_no, "withdrawalPending": True, "receivedAt": now.isoformat()}
            keep_answer(session, clerk.username, key, body, answer, now)
    ctx.notify()
    return answer
