"""Reading cases: what a list, a case and its history look like to people (masked, nothing they need not see)."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.joint_results import plans_in
from catalog.model import Listed
from domain.audience import READERS_OF_WORDS
from domain.dossier import SameMatterDecided
from domain.errors import NotFound
from domain.filled_form import FilledForm, Personal
from domain.messages import HandlingPlan
from domain.tasks import RULES, TaskKind
from domain.terms import CaseStatus, Role
from logistics.masking import mask_id, mask_name, mask_phone
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
from web.views.history_words import history_label
from web.views.legs import parcel
from web.views.licences import material_shown
from web.views.masking import applicant_masked
from web.views.places import places_of
from web.views.results import results_shown
from web.views.said import said_to_hall
from web.views.spoken_times import iso
from web.views.writings import writings_of


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
        "registeredAt": iso(row.registered_at),
        "dueAt": iso(row.due_at),
        "closedAt": iso(row.closed_at),
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
        "collectedAt": iso(row.collected_at),
        "decidedAt": iso(row.decided_at),
        "reopenedAt": iso(row.reopened_at),
        "erasedAt": iso(dossier.erased_at),
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
            "at": iso(r.at),
            "actor": r.actor,
            "data": r.data,
        }
        for r in rows
    ]


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
        "waitingSince": iso(row.waiting_since),
        "lastEvent": row.last_event,
        "seq": row.last_seq,
        "round": row.round,
        "decision": row.decision,
        "result": result,
        "deemedAcceptedFrom": iso(deemed),
        "originalsTravel": row.originals_travel,
        "resultTravels": row.result_travels,
    }
