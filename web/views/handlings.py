"""A handling as those who decide see it: where it stands, until when, who has it, and what may be said now."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.joint_results import plans_in
from catalog.clocks import days_left
from domain.terms import CaseStatus, WireEvent
from domain.wire import MAY_FOLLOW
from storage.cases.proposals import ProposalRow
from storage.cases.rows import CaseRow, HandlingRow
from storage.keyset import AnyRow, AnySelect
from web.foundation.context import Context
from web.views.joint import given_to, place_name

WITH_ITEM: AnySelect = (
    select(
        *(HandlingRow, CaseRow.item_name, CaseRow.item_code, CaseRow.start, CaseRow.time_scale),
        *(ProposalRow.event, ProposalRow.proposed_by, ProposalRow.proposed_at),
    )
    .join(CaseRow)
    .outerjoin(ProposalRow, ProposalRow.id == HandlingRow.proposal_id)
)


def handling_shown(session: Session, ctx: Context, row: AnyRow) -> dict[str, Any]:
    """A row of `WITH_ITEM` as JSON; `next`: the events that may be said of it now."""
    handling: HandlingRow = row.HandlingRow
    truth = handling.progress
    plan = plans_in(row.start).get(handling.handling_no)
    due = handling.legal_due_at
    counted = due is not None and row.time_scale == 1
    return {
        "handlingNo": handling.handling_no,
        "caseNo": handling.case_no,
        "itemCode": row.item_code,
        "itemName": row.item_name,
        "step": plan.step if plan else None,
        "given": given_to(session, handling) if plan and plan.after else [],
        "origin": origin_of(handling),
        "region": handling.region,
        "status": handling.status,
        "statusLabel": CaseStatus(handling.status).label,
        "round": truth.round,
        "withdrawalAsked": truth.withdrawal_asked,
        "resultTravels": handling.result_travels or handling.originals_travel,
        "legalDueAt": due.isoformat() if due is not None else None,
        "workdaysLeft": days_left(due, ctx.now(), ctx.calendar) if due is not None and counted else None,
        "heldBy": handling.held_by,
        "heldSince": handling.held_since.isoformat() if handling.held_since is not None else None,
        "proposal": _proposal(row) if handling.proposal_id is not None else None,
        "eventCount": handling.applied_count,
        "next": events_now(handling),
    }


def _proposal(row: AnyRow) -> dict[str, Any]:
    return {"event": row.event, "by": row.proposed_by, "at": row.proposed_at.isoformat()}


def origin_of(handling: HandlingRow) -> str:
    """The region whose hall has collected the papers, in words: the first six digits of its number."""
    return place_name(handling.handling_no[:6])


def events_now(handling: HandlingRow) -> list[WireEvent]:
    """What may be said now: one notice of supplement, a withdrawal only if asked, a dispatch only of something."""
    truth = handling.progress
    ruled_out = {
        WireEvent.NEED_SUPPLEMENT: truth.round >= 1,
        WireEvent.WITHDRAWN: not truth.withdrawal_asked,
        WireEvent.RESULT_SENT: not (handling.result_travels or handling.originals_travel),
    }
    return [event for event in WireEvent if event in MAY_FOLLOW[truth.state] and not ruled_out.get(event, False)]
