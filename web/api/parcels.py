"""Parcels: where one is and who holds it, hand-over from hand to hand."""

from typing import Annotated, Any

from fastapi import APIRouter, Header
from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.errors import NotFound
from domain.messages import HandedOver
from domain.naming import CaseUpdate, case_workflow_id
from domain.tasks import TaskKind
from domain.terms import MaterialForm, Role, SignerKind
from logistics.scans import PaperLine
from messaging.paper import told_in_person
from parcels.handover import CARRIER, HALL, HandoverSaid, Side, confirm
from parcels.outlets import outlet_now
from storage.cases.deferred_materials import still_owed
from storage.cases.rows import CaseRow, add_event
from storage.parcels.handovers import handovers_of
from storage.parcels.legs import CourierRow, LegRow, leg_by_tracking_no, lock_leg
from storage.pending_updates import is_queued, queue_update
from storage.people.users import LoggedIn
from storage.tasks.rows import TaskRow
from web.answers.parcels import CollectedAtHall, HandoverTaken, Parcel
from web.api.agents import acting_signer
from web.foundation.context import Context, Ctx
from web.foundation.problems import Forbidden, Unprocessable
from web.foundation.request_schemas import RequestSchema
from web.security.objects import check_courier, check_outlet
from web.security.session import OutletStaff, ParcelReader
from web.views.legs import parcel
from web.views.sentences import Refused, refusal

router = APIRouter(prefix="/api/v1", tags=["寄递"])


@router.get(
    "/parcels/{tracking_no}", operation_id="getParcel", response_model=Parcel, response_model_exclude_unset=True
)
def get_parcel(tracking_no: str, _reader: ParcelReader, ctx: Ctx) -> dict[str, Any]:
    """Where a parcel is, who holds it, who handed it to whom, and whether its promise holds.

    Refused: 404 PARCEL_UNKNOWN.
    """
    with ctx.database.read() as session:
        leg = leg_of(session, tracking_no)
        return parcel(session, leg) | {
            "papers": leg.manifest,
            "holder": leg.state.get("holder"),
            "findings": leg.state.get("findings", []),
            "handovers": [
                {
                    "number": row.number,
                    "fromParty": row.from_party,
                    "toParty": row.to_party,
                    "given": row.given is not None,
                    "taken": row.taken is not None,
                    "givenBy": row.given["by"] if row.given else None,
                    "takenBy": row.taken["by"] if row.taken else None,
                    "confirmed": row.event_id is not None,
                    "openedAt": row.opened_at.isoformat(),
                }
                for row in handovers_of(session, leg.leg_id)
            ],
        }


def leg_of(session: Session, tracking_no: str) -> LegRow:
    """The leg with this tracking number.

    Raises:
        NotFound: none has it (`PARCEL_UNKNOWN`).
    """
    leg = leg_by_tracking_no(session, tracking_no)
    if leg is None:
        raise NotFound("没有这个邮件号", code="PARCEL_UNKNOWN")
    return leg


class PaperRequest(RequestSchema):
    """One line of a list of papers."""

    name: str = Field(min_length=1, max_length=120)
    form: MaterialForm
    count: int = Field(ge=0, le=9999)


class HandoverRequest(RequestSchema):
    """`POST /parcels/{trackingNo}/handover`.

    With parties: one side's word that the parcel changes hands. Without: the applicant collects at the hall.
    """

    signer_kind: SignerKind = SignerKind.SELF
    side: Side | None = None
    from_party: str | None = Field(default=None, min_length=1, max_length=64)
    to_party: str | None = Field(default=None, min_length=1, max_length=64)
    manifest: list[PaperRequest] | None = Field(default=None, max_length=200)
    seal_no: str | None = Field(default=None, min_length=1, max_length=32)


@router.post(
    "/parcels/{tracking_no}/handover",
    status_code=202,
    operation_id="handOver",
    response_model=HandoverTaken | CollectedAtHall,
)
def hand_over(
    tracking_no: str,
    handed: HandoverRequest,
    person: OutletStaff,
    ctx: Ctx,
    key: Annotated[str, Header(alias="Idempotency-Key", min_length=8, max_length=128)],
) -> dict[str, Any]:
    """From hand to hand, confirmed by both sides; or to the applicant, who collects everything at the hall.

    The two sides are two logins. Again with the same key: no second effect. Refused: 403 ROLE, OTHER_OUTLET,
    OTHER_COURIER; 404 PARCEL_UNKNOWN, OUTLET_UNKNOWN; 409 SAME_PERSON, LEG_ENDED, DEFERRED_OPEN; 422 HANDOVER,
    HANDOVER_SELF, SIGNER, AGENT_UNAUTHORISED, AUTHORISATION_OVER.
    """
    if handed.from_party is not None or handed.to_party is not None or handed.side is not None:
        return _between(tracking_no, handed, person, ctx, key)
    if person.role is not Role.CLERK:
        raise Forbidden("申请人领取由窗口办理", code="ROLE")
    if handed.signer_kind not in (SignerKind.SELF, SignerKind.AGENT):
        raise Unprocessable("只能由本人或代领人领取", code="SIGNER", field="signerKind")
    with ctx.database.write() as session:
        case = session.get_one(CaseRow, leg_of(session, tracking_no).case_no)
        return hand_over_case(session, ctx, case, handed.signer_kind, key, person.username)


def _between(tracking_no: str, handed: HandoverRequest, person: LoggedIn, ctx: Context, key: str) -> dict[str, Any]:
    """One side's word; the second one makes it count."""
    if handed.from_party is None or handed.to_party is None or handed.side is None:
        raise Unprocessable("请填写交出方、接收方和本方", code="HANDOVER", field="side")
    with ctx.database.write() as session:
        leg = lock_leg(session, leg_of(session, tracking_no).leg_id)
        if leg is None:
            raise NotFound("没有这个邮件号", code="PARCEL_UNKNOWN")
        mine = handed.from_party if handed.side is Side.FROM else handed.to_party
        for party in (handed.from_party, handed.to_party):
            _speaker(session, party)
        if person.role not in _speaker(session, mine):
            raise Forbidden("只能确认本方的交接", code="ROLE")
        check_party(session, person, mine)
        lines = None if handed.manifest is None else tuple(_line(line) for line in handed.manifest)
        said = HandoverSaid(
            side=handed.side,
            from_party=handed.from_party,
            to_party=handed.to_party,
            manifest=lines,
            seal_no=handed.seal_no,
            by=person.username,
            key=key,
        )
        done = confirm(session, leg, said, ctx.now())
    ctx.notify()
    return {
        "number": done.number,
        "confirmed": done.confirmed,
        "holder": done.holder,
        "findings": [finding.kind for finding in done.findings],
    }


def _speaker(session: Session, party: str) -> tuple[Role, ...]:
    """Who may speak for a party: our hall, the carrier's counter, a courier, an outlet.

    Raises:
        NotFound: no such outlet.
    """
    if party == HALL:
        return (Role.CLERK,)
    if party == CARRIER:
        return (Role.OUTLET,)
    if session.get(CourierRow, party) is not None:
        return (Role.COURIER,)
    outlet_now(session, party)
    return (Role.OUTLET,)


def check_party(session: Session, person: LoggedIn, party: str) -> None:
    """Check that somebody speaks for his own side: a courier for himself, an outlet's people for it.

    Raises:
        Forbidden: for another's (`OTHER_COURIER`, `OTHER_OUTLET`).
    """
    if session.get(CourierRow, party) is not None:
        check_courier(person, party)
    elif party not in (HALL, CARRIER):
        check_outlet(person, party)


def _line(line: PaperRequest) -> PaperLine:
    return PaperLine(name=line.name, form=line.form, count=line.count)


def hand_over_case(
    session: Session,
    ctx: Context,
    case: CaseRow,
    signer: SignerKind,
    key: str,
    actor: str,
    said: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Queue the Update for the case that the applicant has taken everything at the hall; returns the route's answer.

    Once each time that something waits there: handed over twice is handed over once. `said`: about code and signature.

    Raises:
        Conflict: a material is still owed (`DEFERRED_OPEN`).
        Unprocessable: an agent collects who is not authorised.
    """
    if still_owed(session, case.case_no):
        raise refusal(Refused.DEFERRED_OPEN)
    acts = acting_signer(ctx, case, signer)
    again = _again(session, case.case_no)
    update_id = f"{case.case_no}-handed-over{again}"
    if not is_queued(session, update_id):  # handed over twice is handed over once
        now, data = ctx.now(), {"signer": signer, **acts, **(said or {})}
        add_event(
            session,
            case_no=case.case_no,
            key=f"collected-by{again}",
            kind="COLLECTED_BY",
            at=now,
            now=now,
            actor=actor,
            data=data,
        )
        queue_update(
            session,
            update_id=update_id,
            workflow_id=case_workflow_id(case.case_no),
            name=CaseUpdate.HANDED_OVER,
            argument=HandedOver(request_id=key, signer_kind=signer),
            now=ctx.now(),
        )
        told_in_person(session, case.case_no, now)
        session.flush()
        ctx.notify()
    return {"caseNo": case.case_no}


def _again(session: Session, case_no: str) -> str:
    """`-2` for the second time that something waits at the hall: a parcel may come when the first was collected."""
    waited = select(func.count()).select_from(TaskRow).filter_by(case_no=case_no, kind=TaskKind.COLLECT_AT_HALL)
    times = session.scalar(waited) or 0
    return f"-{times}" if times > 1 else ""
