"""One handling with everything that a decision needs beside it: papers, facts, form, clocks, words, who has had it."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.dossier import Dossier, DossierMaterial
from domain.errors import NotFound
from domain.terms import MaterialForm, Provided
from domain.wire import WireState
from storage.cases.holdings import holdings_of
from storage.cases.proposals import ProposalEnd, proposals_of
from storage.cases.rows import HandlingRow, read_dossier
from storage.documents.store import DocumentRow
from storage.people.users import LoggedIn
from web.foundation.context import Context
from web.views.cases import find_case, full, history
from web.views.handlings import WITH_ITEM, handling_shown
from web.views.licences import material_shown
from web.views.officer_clocks import clocks_shown, running_first
from web.views.officer_letters import drafts_of
from web.views.said import event_label
from web.views.wording import FORMS, PROVIDED

_AWAITED = {
    WireState.SUBMITTED: "等受理",
    WireState.RECEIVED: "等受理",
    WireState.SUPPLEMENTED: "补正已到，等审查",
    WireState.UNDER_REVIEW: "等决定",
    WireState.AWAITING_SUPPLEMENT: "等申请人补正",
    WireState.SUSPENDED: "特别程序中",
    WireState.DECIDED: "已决定",
    WireState.RESULT_SENT: "结果已寄出",
    WireState.UNSENT: "窗口还没有转来",
}


def awaited(handling: dict[str, Any], wire_state: str) -> str:
    """What it waits for, in a few words; `handling`: as `handling_shown` has it."""
    if handling["proposal"] is not None:
        return "等复核"
    if handling["withdrawalAsked"] and wire_state not in (WireState.DECIDED, WireState.RESULT_SENT):
        return "申请人要求撤回"
    return _AWAITED[WireState(wire_state)]


def officer_case(session: Session, ctx: Context, handling_no: str, person: LoggedIn) -> dict[str, Any]:
    """The values of the page of one handling.

    Raises:
        NotFound: there is none with this number that is decided here (`HANDLING_UNKNOWN`).
    """
    wanted = WITH_ITEM.where(HandlingRow.handling_no == handling_no, HandlingRow.partner.is_(None))
    row = session.execute(wanted).one_or_none()
    if row is None:
        raise NotFound("没有这个待审批的办理", code="HANDLING_UNKNOWN")
    handling: HandlingRow = row.HandlingRow
    events = history(session, handling.case_no)  # first: what comes meanwhile is not taken for shown
    case_row = find_case(session, handling.case_no)
    dossier = read_dossier(case_row, ctx.sealer)
    shown = handling_shown(session, ctx, row)
    case = full(session, ctx, case_row, person.role)
    clocks = clocks_shown(session, ctx, case_row, handling)
    proposals = _proposals(session, ctx, handling_no)
    return {
        "row": handling,
        "handling": shown,
        "awaited": awaited(shown, handling.wire_state),
        "case": case,
        "since": events[-1]["id"] if events else 0,
        "result_name": (case_row.item.get("result") or "办理结果")[:80],
        "papers": list(_papers(session, dossier)),
        "clocks": clocks,
        "soonest": running_first(clocks),
        "said": [one for one in case["said"] if one["handlingNo"] == handling_no],
        "elsewhere": [one for one in case["said"] if one["handlingNo"] != handling_no],
        "drafts": drafts_of(ctx, case_row, handling, shown, case["applicant"]["name"]),
        "proposals": proposals,
        "returned": _returned(proposals) if shown["next"] else None,
        "holdings": _holdings(session, ctx, handling_no),
        "is_mine": handling.held_by == person.username,
        "is_others": handling.held_by not in (None, person.username),
    }


def _papers(session: Session, dossier: Dossier) -> Iterator[dict[str, Any]]:
    """What the applicant has brought, first and for each supplement; `mediaType` None: there is no file."""
    brought = [("", m) for m in dossier.materials]
    brought += [(f"第 {s.round} 次补正", m) for s in dossier.supplements for m in s.materials]
    names = {m.sha256 for _, m in brought if m.sha256 is not None}
    kept = {row.sha256: row for row in session.scalars(select(DocumentRow).where(DocumentRow.sha256.in_(names)))}
    for number, (source, material) in enumerate(brought, 1):
        file = kept.get(material.sha256 or "")
        yield material_shown(material) | {
            "id": number,
            "source": source,
            "label": _form(material),
            "mediaType": file.media_type if file is not None else None,
            "size": file.size if file is not None else None,
        }


def _form(material: DossierMaterial) -> str:
    provided = PROVIDED[material.provided]
    ours = material.provided in (Provided.ORIGINAL, Provided.COPY, Provided.ELECTRONIC)
    return FORMS[MaterialForm(material.form)] if ours and material.form is MaterialForm.FORM else provided


def _proposals(session: Session, ctx: Context, handling_no: str) -> list[dict[str, Any]]:
    return [
        {
            "id": row.id,
            "label": event_label(row.event),
            "by": row.proposed_by,
            "at": row.proposed_at.isoformat(),
            "open": row.outcome is None,
            "outcome": ProposalEnd(row.outcome).label if row.outcome is not None else None,
            "returned": row.outcome == ProposalEnd.RETURNED,
            "endedBy": row.ended_by,
            "endedAt": row.ended_at.isoformat() if row.ended_at is not None else None,
            "reason": row.words(ctx.sealer),
            "decision": row.decision(ctx.sealer),
        }
        for row in proposals_of(session, handling_no)
    ]


def _returned(proposals: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The last proposal, where a second officer has sent it back."""
    return proposals[-1] if proposals and proposals[-1]["returned"] else None


def _holdings(session: Session, ctx: Context, handling_no: str) -> list[dict[str, Any]]:
    return [
        {"holder": row.holder, "by": row.by, "at": row.at.isoformat(), "reason": row.words(ctx.sealer)}
        for row in holdings_of(session, handling_no)
    ]
