"""What an officer may say now, each with its texts filled in, what follows from it, and the letter that it makes."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from catalog.decision_templates import templates_for
from catalog.workdays import SHANGHAI
from domain.inbound import EventPayload
from domain.terms import CaseStatus, WireEvent
from logistics.masking import mask_name
from papers import CaseFacts, Extension, Refusal, Round, content
from papers.sheet import Paper
from runtime.four_eyes import needs_two
from storage.cases.rows import CaseRow, HandlingRow
from web.foundation.context import Context
from web.views.joint import place_name
from web.views.papers import facts_of
from web.views.wording import EVENTS

_E = WireEvent
_DANGER: Final = frozenset({_E.NOT_ACCEPTED, _E.REJECTED})
_FORWARD: Final = frozenset({_E.ACCEPTED, _E.APPROVED})
_LETTERS: Final = frozenset({_E.NEED_SUPPLEMENT, _E.NOT_ACCEPTED, _E.REJECTED, _E.REVIEWING})
_PLAIN: Final = frozenset({_E.RECEIVED, _E.ACCEPTED, _E.RESUMED, _E.WITHDRAWN})

_FOLLOWS: Final = {
    _E.RECEIVED: "{whose}将登记为已收件。",
    _E.ACCEPTED: "{whose}将被受理，办理期限从今天起算：{limits}。",
    _E.NEED_SUPPLEMENT: "将一次性告知{whose}要补的全部材料，只能告知这一次；补正期间不计时限。",
    _E.NOT_ACCEPTED: "{whose}将不予受理，决定书今天发出，办件到此结束。{due}",
    _E.REVIEWING: "{whose}进入审查；填了延长天数的，期限随之延长，并书面告知申请人。",
    _E.SUSPENDED: "{whose}进入特别程序，期间不计办理时限，书面告知申请人。",
    _E.RESUMED: "{whose}的特别程序结束，办理期限继续计算。",
    _E.APPROVED: "{whose}将被准予，结果今天发出，不能再改。",
    _E.REJECTED: "{whose}将被不予许可，决定书今天发出，不能再改。{due}",
    _E.RESULT_SENT: "{whose}的结果登记为已寄出。",
    _E.WITHDRAWN: "同意撤回{whose}，办件到此结束，材料退回。",
}
"""What follows from each event. `whose`: 王*的失业登记."""

_SECOND: Final = "先交另一名审批人员复核，复核同意后才发出。"


def drafts_of(
    ctx: Context, case: CaseRow, handling: HandlingRow, shown: dict[str, Any], applicant: str
) -> list[dict[str, Any]]:
    """One for each event that may be said now, in their order; `shown`: as `handling_shown` has it."""
    if shown["proposal"] is not None:
        return []
    two = needs_two(ctx.settings.four_eyes, played=ctx.settings.sandbox)
    events = [WireEvent(event) for event in shown["next"]]
    return [_draft(case, handling, event, applicant, second=event in two) for event in events]


def _draft(case: CaseRow, handling: HandlingRow, event: WireEvent, applicant: str, *, second: bool) -> dict[str, Any]:
    item = case.item
    found = templates_for(event, case.item_code, item.get("service_type", ""))
    return {
        "event": event,
        "label": EVENTS[event],
        "kind": "danger" if event in _DANGER else "main" if event in _FORWARD else "",
        "plain": event in _PLAIN,
        "letter": event in _LETTERS,
        "second": second,
        "follows": follows(case, handling, event, applicant) + (_SECOND if second else ""),
        "templates": [{"name": t.name, "reason": t.reason, "legalBasis": t.legal_basis} for t in found],
        "reason": found[0].reason if found else "",
        "legalBasis": found[0].legal_basis if found else "",
    }


def follows(case: CaseRow, handling: HandlingRow, event: WireEvent, applicant: str) -> str:
    """The consequence in a sentence that names whom and what it concerns."""
    promised, statutory = case.item.get("promised_days") or 0, case.item.get("statutory_days") or 0
    limits = f"承诺 {promised} 个工作日，法定 {statutory} 个工作日" if promised else "即办件，当场办结"
    due = f"法定期限到{_day(handling.legal_due_at)}。" if handling.legal_due_at is not None else ""
    return _FOLLOWS[event].format(whose=f"{applicant}的{case.item_name}", limits=limits, due=due)


def letter_of(
    session: Session,
    ctx: Context,
    case: CaseRow,
    handling: HandlingRow,
    event: WireEvent,
    payload: EventPayload,
    *,
    applicant: str,
) -> Paper | None:
    """The letter that the applicant would get, as it stands now, people masked; None where the event makes none."""
    facts = _masked(facts_of(session, ctx, case), applicant)
    place, now = place_name(handling.region), ctx.now()
    if event in _DANGER:
        status = CaseStatus.NOT_ACCEPTED if event is _E.NOT_ACCEPTED else CaseStatus.REJECTED
        refusal = Refusal(
            handling_no=handling.handling_no,
            title=f"{EVENTS[_E(status.value)]}决定书",
            place=place,
            authority="",
            reason=payload.reason or "",
            legal_basis=payload.legal_basis or "",
            decided_at=now,
        )
        return content.decision(facts.model_copy(update={"refusals": (refusal,)}))
    if event is _E.NEED_SUPPLEMENT:
        asked = Round(
            handling_no=handling.handling_no,
            number=handling.round + 1,
            authority=place,
            reason=payload.reason or "",
            materials=payload.materials,
            told_at=now,
            due_at=_due(ctx, case, payload.deadline_workdays),
        )
        return content.notice(facts.model_copy(update={"rounds": (asked,)}))
    if event is _E.REVIEWING and payload.extended_workdays:
        longer = Extension(
            handling_no=handling.handling_no,
            authority=place,
            workdays=payload.extended_workdays,
            reason=payload.reason or "",
            told_at=now,
            promised_until=None,
            statutory_until=None,
        )
        return content.extension(facts.model_copy(update={"extensions": (longer,)}))
    return None


def _masked(facts: CaseFacts, applicant: str) -> CaseFacts:
    """`applicant`: the masked name."""
    agent = facts.agent.model_copy(update={"name": mask_name(facts.agent.name)}) if facts.agent is not None else None
    named = facts.applicant.model_copy(update={"name": applicant})
    return facts.model_copy(update={"applicant": named, "agent": agent})


def _due(ctx: Context, case: CaseRow, workdays: int | None) -> datetime | None:
    """The last day of a supplement; None where business time runs faster."""
    if workdays is None or case.time_scale != 1:
        return None
    last, _ = ctx.calendar.add_workdays(ctx.now().astimezone(SHANGHAI).date(), workdays)
    return datetime(last.year, last.month, last.day, 23, 59, 59, tzinfo=SHANGHAI)


def _day(at: datetime) -> str:
    local = at.astimezone(SHANGHAI)
    return f" {local.month} 月 {local.day} 日"
