"""Hand-over codes as the applicant sees them (交接码): on the receipt, and on the page while they are needed."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.dossier import Dossier
from domain.naming import leg_id
from domain.tasks import TaskKind
from domain.terms import PARCEL_RANK, Leg, ParcelStage
from runtime.container import applicant_keys
from storage.cases.rows import CaseRow, HandlingRow
from storage.parcels.code_checks import Handing, asks_code, at_hall, code_of, handing_of
from storage.parcels.legs import LegRow
from storage.tasks.rows import TaskRow
from web.foundation.context import Context

AT_HALL = "大厅领取"
_WHAT = {Leg.PICKUP: "上门取件", Leg.DELIVERY: "本人签收"}
_SAY = {
    Leg.PICKUP: "投递员上门取件、当面点清材料后，把这6位数字告诉他。",
    Leg.DELIVERY: "投递员送到、您本人验看后，把这6位数字告诉他。",
}
_SAY_AT_HALL = "到大厅领取时，把这6位数字告诉窗口。"
_OVER_FROM = {Leg.PICKUP: ParcelStage.PICKED_UP, Leg.DELIVERY: ParcelStage.DELIVERED}


def times_at_hall(session: Session, case_no: str) -> int:
    """How many times something of the case has waited at the hall, at least 1: a parcel may come after the first."""
    waited = select(func.count()).select_from(TaskRow).filter_by(case_no=case_no, kind=TaskKind.COLLECT_AT_HALL)
    return max(session.scalar(waited) or 0, 1)


def codes_needed(session: Session, ctx: Context, case: CaseRow, legs: list[LegRow]) -> list[dict[str, Any]]:
    """The codes that the applicant will be asked for next, as JSON; none once the parcel has changed hands."""
    key = applicant_keys(ctx.settings, ctx.sealer).of(session, case.case_no).handover
    shown = [
        _told(_WHAT[Leg(leg.leg)], code_of(key, handing_of(leg)), _SAY[Leg(leg.leg)])
        for leg in legs
        if asks_code(leg) and leg.ended_at is None and not _is_over(leg)
    ]
    waits = select(TaskRow.id).filter_by(case_no=case.case_no, kind=TaskKind.COLLECT_AT_HALL, resolved_at=None)
    if session.scalar(waits.limit(1)) is not None:
        handing = at_hall(case.case_no, times_at_hall(session, case.case_no))
        shown.append(_told(AT_HALL, code_of(key, handing), _SAY_AT_HALL))
    return shown


def codes_printed(
    session: Session, ctx: Context, case: CaseRow, handlings: list[HandlingRow], dossier: Dossier
) -> tuple[tuple[str, str], ...]:
    """(for what, code) as the receipt prints them, also of parcels that nobody has ordered yet."""
    key = applicant_keys(ctx.settings, ctx.sealer).of(session, case.case_no).handover
    legs = session.scalars(select(LegRow).filter_by(case_no=case.case_no).order_by(LegRow.ordered_at)).all()
    handings = {_WHAT[Leg(leg.leg)]: handing_of(leg) for leg in legs if asks_code(leg)}
    first = handlings[0].handling_no
    for kind, door in ((Leg.PICKUP, dossier.pickup), (Leg.DELIVERY, dossier.delivery)):
        if door is not None and not any(leg.leg == kind for leg in legs):
            handings.setdefault(_WHAT[kind], Handing(case.case_no, leg_id(first, kind), 1))
    if dossier.delivery is None:
        handings[AT_HALL] = at_hall(case.case_no, times_at_hall(session, case.case_no))
    return tuple((what, _spaced(code_of(key, handing))) for what, handing in handings.items())


def _told(what: str, code: str, say: str) -> dict[str, Any]:
    return {"what": what, "code": _spaced(code), "say": say}


def _is_over(leg: LegRow) -> bool:
    """It has changed hands; after a failed attempt it has not, whatever was scanned before."""
    rank = PARCEL_RANK.get(ParcelStage(leg.stage))
    return rank is not None and rank >= PARCEL_RANK[_OVER_FROM[Leg(leg.leg)]]


def _spaced(code: str) -> str:
    return f"{code[:3]} {code[3:]}"
