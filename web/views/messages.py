"""Messages to applicants as people of the hall read them (办件提醒)."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.applicant_messages import LOCAL, TEMPLATES, MessageKind, MessageState, item_said, tail_of, words_of
from storage.cases.applicant_messages import MessageRow, open_values
from storage.cases.rows import CaseRow
from web.foundation.context import Context
from web.views.spoken_times import iso

_HIDDEN = "******"
_NOT_YET = frozenset({MessageState.QUEUED})


def messages_of(session: Session, ctx: Context, case: CaseRow) -> list[dict[str, Any]]:
    """What the applicant of a case was told or is to be told, the oldest first."""
    rows = session.scalars(
        select(MessageRow).filter_by(case_no=case.case_no).order_by(MessageRow.queued_at, MessageRow.key)
    )
    return [message_shown(ctx, case, row) for row in rows]


def message_shown(ctx: Context, case: CaseRow, row: MessageRow) -> dict[str, Any]:
    """One message as JSON; a secret in it is hidden, the number masked."""
    kind, state = MessageKind(row.kind), MessageState(row.state)
    kept = open_values(ctx.sealer, row.id, row.words) if row.words is not None else {}
    return {
        "id": row.id,
        "kind": kind,
        "label": TEMPLATES[kind].label,
        "words": kept.get("shown") or _words(case, row, kind),
        "to": kept.get("to") if kept and "text" not in kept else None,
        "state": state,
        "stateLabel": state.label,
        "channel": row.channel,
        "reason": row.reason,
        "attempts": row.attempts,
        "queuedAt": row.queued_at.isoformat(),
        "nextAt": row.next_at.isoformat() if state in _NOT_YET else None,
        "sentAt": iso(row.sent_at),
        "endedAt": iso(row.ended_at),
        "askedBy": row.asked_by,
        "askReason": row.ask_reason,
        "mayResend": may_resend(row),
    }


def may_resend(row: MessageRow) -> bool:
    """Whether a person may have it sent once more: it is over, and what it says still holds."""
    return row.state not in _NOT_YET and TEMPLATES[MessageKind(row.kind)].lasts_minutes is None


def counts_since(session: Session, since: datetime) -> list[dict[str, Any]]:
    """How many messages were queued since then, by local day, kind and state; the newest day first."""
    columns = select(MessageRow.queued_at, MessageRow.kind, MessageRow.state).where(MessageRow.queued_at >= since)
    found = Counter((at.astimezone(LOCAL).date(), kind, state) for at, kind, state in session.execute(columns))
    return [
        {
            "day": day.isoformat(),
            "kind": kind,
            "label": TEMPLATES[MessageKind(kind)].label,
            "state": state,
            "stateLabel": MessageState(state).label,
            "count": count,
        }
        for (day, kind, state), count in sorted(found.items(), key=lambda one: (-one[0][0].toordinal(), *one[0][1:]))
    ]


def today(now: datetime) -> datetime:
    """The beginning of the local day."""
    return now.astimezone(LOCAL).replace(hour=0, minute=0, second=0, microsecond=0)


def days_back(now: datetime, days: int) -> datetime:
    """The beginning of the local day so many days ago."""
    return today(now) - timedelta(days=days)


def _words(case: CaseRow, row: MessageRow, kind: MessageKind) -> str:
    """What it would say now; values that are sealed are hidden."""
    known = {"no": tail_of(case.case_no), "item": item_said(case.item_name), "code": _HIDDEN}
    return words_of(kind, {**known, **row.said})
