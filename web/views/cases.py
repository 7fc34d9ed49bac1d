"""Reading cases: what a list, a case and its history look like to people (masked, nothing they need not see)."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.courier_dispatch import under_way
from activities.joint_results import plans_in
from catalog.model import Listed
from domain.audience import READERS_OF_WORDS
from domain.dossier import SameMatterDecided
from domain.errors import NotFound
from domain.filled_form import FilledForm, Personal
from domain.messages import HandlingPlan
from domain.tasks import RULES, TaskKind
from domain.terms import CaseStatus, Leg, ParcelStage, Role
from logistics.masking import mask_id, mask_name, mask_phone
from logistics.promise_rules import LegPromise, state_kept
from logistics.wording import (
    courier_sentence,
    failure_of,
    matter_sentence,
    no_promise_sentence,
    promise_sentence,
    stage_sentence,
)
from parcels.projection import state_of
from storage.cases.case_list import CaseLine
from storage.cases.deferred_materials import still_owed
from storage.cases.rows import CaseEventRow, CaseRow, HandlingRow, handlings_of, read_dossier
from storage.parcels.legs import LegRow
from storage.tasks.rows import TaskRow
from web.foundation.context import Context
from web.views.agents import shown
from web.views.clocks import clock_shown, deemed_accepted_from, responsible_now, running_clocks
from web.views.custody import papers_of
from web.views.fees import fee_shown
from web.views.licences import material_shown
from web.views.masking import applicant_masked
from web.views.places import places_of
from web.views.results import results_shown
from web.views.said import said_to_hall
from web.views.wording import LEGS, STAGES, history_label
from web.views.writings import writings_of

_STILL_TO_COME = frozenset({ParcelStage.ORDERED, ParcelStage.ACCEPTED, ParcelStage.ASSIGNED})
_NOBODY_COMES = frozenset(
    {
        *(ParcelStage.ARRIVED_DOOR, ParcelStage.DELIVERED, ParcelStage.HALL_CHECKED),
        *(ParcelStage.LOST, ParcelStage.CANCELLED, ParcelStage.RETURNING, ParcelStage.RETURNED),
    }
)
"""The courier is there, has been there, or will not come."""

_ON_ITS_WAY_BACK = frozenset({ParcelStage.RETURNING, ParcelStage.RETURNED})


def find_case(session: Session, case_no: str) -> CaseRow:
    """The case with this number.

    Raises:
        NotFound: there is none (`CASE_UNKNOWN`).
    """
    row = session.get(CaseRow, case_no)
    if row is None:
        raise NotFound("没有这个办件", code="CASE_UNKNOWN")
    return row


def brief(row: CaseRow | CaseLine) -> dict[str, Any]:
    """A case as one line of a list; nothing of its dossier is opened."""
    return {
        "caseNo": row.case_no,
        "itemCode": row.item_code,
        "itemName": row.item_name,
        "scheme": row.scheme,
        "mode": row.mode,
        "status": row.status,
        "statusLabel": CaseStatus(row.status).label,
        "onHold": row.on_hold,
        "withdrawalPending": row.withdrawal_pending,
        "registeredAt": _iso(row.registered_at),
        "dueAt": _iso(row.due_at),
        "closedAt": _iso(row.closed_at),
        "timeScale": row.time_scale,
    }


def full(session: Session, ctx: Context, row: CaseRow, reader: Role) -> dict[str, Any]:
    """One case with its handlings, parcels, running clocks, open tasks and what the authorities have said.

    The dossier is opened, people are masked; words that are not for `reader` are left out.
    """
    dossier = read_dossier(row, ctx.sealer)
    owed = still_owed(session, row.case_no)
    plans = plans_in(row.start)
    clocks = running_clocks(session, row)
    legs = session.scalars(select(LegRow).filter_by(case_no=row.case_no).order_by(LegRow.ordered_at))
    tasks = session.scalars(select(TaskRow).filter_by(case_no=row.case_no, resolved_at=None))
    handlings = handlings_of(session, row.case_no)
    said = said_to_hall(session, ctx, handlings, reads=reader in READERS_OF_WORDS, withheld=bool(owed))
    files = results_shown(session, handlings, withheld=False)
    return brief(row) | {
        "item": _item(row.item),
        "collectedAt": _iso(row.collected_at),
        "decidedAt": _iso(row.decided_at),
        "reopenedAt": _iso(row.reopened_at),
        "applicant": {
            "type": dossier.applicant.type,
            "name": applicant_masked(dossier.applicant),
            "idType": dossier.applicant.id_type,
            "idNumber": mask_id(dossier.applicant.id_number),
            "phone": mask_phone(dossier.applicant.phone),
        },
        "form": _form(dossier.form),
        "fee": fee_shown(row, dossier),
        "materials": [material_shown(m) for m in dossier.materials],
        "pickup": dossier.pickup is not None,
        "delivery": dossier.delivery is not None,
        "agent": shown(ctx, dossier),
        "handlings": [
            _handling(h, plans.get(h.handling_no), withheld=bool(owed), deemed=deemed_accepted_from(session, h))
            for h in handlings
        ],
        "said": said,
        "writings": writings_of(row, dossier, handlings, said, files=bool(files), owed=bool(owed)),
        "parcels": [parcel(session, leg) for leg in legs],
        "papers": papers_of(session, row, dossier),
        "deadlines": [clock_shown(d, row, ctx, places_of(handlings)) for d in clocks],
        "responsibleNow": responsible_now(row, clocks, ctx, places_of(handlings)),
        "tasks": [{"id": t.id, "kind": t.kind, "title": RULES[TaskKind(t.kind)][0], "owner": t.owner} for t in tasks],
        "rating": row.rating,
        "channel": row.channel,
        "stillOwed": list(owed),
        "sameMatter": _beside(dossier.same_matter, reads=reader in READERS_OF_WORDS),
    }


def _beside(decided: SameMatterDecided | None, *, reads: bool) -> dict[str, Any] | None:
    """Beside which others it was registered; the clerk's words are for those who read words."""
    if decided is None:
        return None
    return decided.model_dump(mode="json") | {"reason": decided.reason if reads else None}


def _form(form: FilledForm | None) -> dict[str, Any] | None:
    """The filled form line by line, people masked."""
    if form is None:
        return None
    masks = {Personal.NAME: mask_name, Personal.PHONE: mask_phone, Personal.NUMBER: mask_id}
    lines = [
        {
            "section": line.section,
            "label": line.label,
            "value": masks[line.personal](line.value) if line.personal else line.value,
        }
        for line in form.lines
    ]
    return {"version": form.version, "lines": lines}


def _item(kept: dict[str, Any]) -> dict[str, Any]:
    """The item as it was when the case began (事项快照), whatever the list says by now."""
    listed = kept.get("listed")
    return {
        "code": kept["code"],
        "name": kept["name"],
        "department": kept["department"],
        "kind": kept["kind"],
        "statutoryDays": kept["statutory_days"],
        "promisedDays": kept["promised_days"],
        "listed": listed,
        "listedLabel": Listed(listed).label if listed else None,
        "source": kept.get("source", ""),
        "catalogueVersion": kept["catalogue_version"],
    }


def history(session: Session, case_no: str, after: int = 0) -> list[dict[str, Any]]:
    """The lines of a case's history with an `id` above `after`, oldest first."""
    rows = session.scalars(
        select(CaseEventRow).filter_by(case_no=case_no).filter(CaseEventRow.id > after).order_by(CaseEventRow.id)
    )
    return [
        {
            "id": r.id,
            "kind": r.kind,
            "label": history_label(r.kind),
            "handlingNo": r.handling_no,
            "at": _iso(r.at),
            "actor": r.actor,
            "data": r.data,
        }
        for r in rows
    ]


def parcel(session: Session, leg: LegRow) -> dict[str, Any]:
    """One leg as JSON: where it is and what is promised; nobody's name or address.

    Times in ISO 8601, distance in metres.
    """
    promise = leg.promise or {}
    return {
        "legId": leg.leg_id,
        "caseNo": leg.case_no,
        "handlingNo": leg.handling_no,
        "leg": leg.leg,
        "legLabel": LEGS[Leg(leg.leg)],
        "trackingNo": leg.tracking_no,
        "sealNo": leg.seal_no,
        "stage": leg.stage,
        "stageLabel": STAGES[ParcelStage(leg.stage)],
        "sentence": leg_sentence(session, leg),
        "epoch": leg.epoch,
        "outletId": leg.outlet_id,
        "distanceM": leg.distance_m,
        "courierId": leg.courier_id,
        "assignments": leg.assignment_version,
        "orderedAt": _iso(leg.ordered_at),
        "plannedArrivalAt": _iso(leg.planned_arrival_at),
        "deadlineAt": _iso(leg.deadline_at),
        "arrivedAt": _iso(leg.arrived_at),
        "endedAt": _iso(leg.ended_at),
        "outcome": leg.outcome,
        "promise": promise,
        "door": Leg(leg.leg) in (Leg.PICKUP, Leg.DELIVERY),
        "delivered": ParcelStage(leg.stage).rank is not None and (ParcelStage(leg.stage).rank or 0) >= 110,
        "timeScale": leg.time_scale,
    }


def leg_sentence(session: Session, leg: LegRow) -> str:
    """The sentence that the applicant reads about a leg: what is wrong and what is done about it, else where it is."""
    open_tasks = select(TaskRow.kind).filter_by(leg_id=leg.leg_id, resolved_at=None)
    waiting = {TaskKind(kind) for kind in session.scalars(open_tasks)}
    stage, kind = ParcelStage(leg.stage), Leg(leg.leg)
    if stage in _ON_ITS_WAY_BACK:  # asked for by a task; the stage says where to
        waiting.discard(TaskKind.RETURN_REQUIRED)
    matter = matter_sentence(waiting)
    if matter is not None:
        return matter
    if leg.courier_id is not None and (stage in _STILL_TO_COME or _sent_anew(session, leg)):
        return courier_sentence(kind, leg.assignment_version)
    failed = stage in (ParcelStage.PICKUP_FAILED, ParcelStage.DELIVERY_FAILED)
    failure = failure_of(state_of(session, leg)) if failed else None
    return stage_sentence(kind, stage, failure, given_up=TaskKind.DELIVERY_FAILED in waiting)


def _sent_anew(session: Session, leg: LegRow) -> bool:
    """Somebody was under way, and another one is to come instead."""
    return leg.stage == ParcelStage.EN_ROUTE and not under_way(session, [leg])


def promised(leg: LegRow, now: datetime) -> str | None:
    """What the applicant reads about a door leg's promise, or why there is none as long as somebody is to come.

    None before it is decided.
    """
    state = state_kept(leg.promise)
    if state is not None:
        return promise_sentence(Leg(leg.leg), state, now)
    if not _somebody_comes(leg):
        return None
    made = LegPromise.of(leg.promise)
    return no_promise_sentence(made.obstacle) if made is not None and made.obstacle is not None else None


def _somebody_comes(leg: LegRow) -> bool:
    """Whether a courier is still to come to the door, so that it matters when."""
    stage = ParcelStage(leg.stage)
    fetched = leg.leg == Leg.PICKUP and (stage.rank or 0) > (ParcelStage.ARRIVED_DOOR.rank or 0)
    return leg.outcome is None and stage not in _NOBODY_COMES and not fetched


def _handling(
    row: HandlingRow, plan: HandlingPlan | None, *, withheld: bool, deemed: datetime | None
) -> dict[str, Any]:
    result = row.result
    if result is not None:
        known = {key: value for key, value in result.items() if key in ("name", "form")} if withheld else result
        result = {**known, "withheld": withheld}  # 容缺: known, not released
    return {
        "handlingNo": row.handling_no,
        "region": row.region,
        "role": row.role,
        "step": plan.step if plan else None,
        "after": list(plan.after) if plan else [],
        "scheme": row.scheme,
        "partner": row.partner,
        "mode": row.mode,
        "status": row.status,
        "statusLabel": CaseStatus(row.status).label,
        "partnerNo": row.partner_no,
        "waitingSince": _iso(row.waiting_since),
        "lastEvent": row.last_event,
        "seq": row.last_seq,
        "round": row.round,
        "decision": row.decision,
        "result": result,
        "deemedAcceptedFrom": _iso(deemed),
        "originalsTravel": row.originals_travel,
        "resultTravels": row.result_travels,
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
