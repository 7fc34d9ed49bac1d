"""What came, for the person who must decide (收到的内容): opened from where it is sealed when the task is read.

A task itself holds references and facts only; reasons, materials and document numbers stay in the inbox's seal.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.inbound import InboundMessage
from domain.tasks import TaskKind
from domain.terms import CommandKind, Partner
from storage.exchange.inbox_row import CITY, InboxRow
from storage.exchange.outbox import CommandRow
from web.foundation.context import Context
from web.views.said import event_label, payload_words
from web.views.wording import COMMANDS, PARTNERS

WITH_WORDS = frozenset(
    {
        TaskKind.CONTRADICTION,
        TaskKind.SAID_AFTER_END,
        TaskKind.UNKNOWN_EVENT,
        TaskKind.REFUSED_EVENT,
        TaskKind.UNDELIVERABLE_EVENT,
        TaskKind.NOT_TAKEN,
        TaskKind.VOIDED_ROW,
        TaskKind.COMMAND_REFUSED,
    }
)
"""Kinds by which somebody decides about what was said."""

_MEMBERS = (
    *("event", "label", "at", "from", "seq", "messageId", "step", "code", "command", "ours"),
    *("org", "reason", "legalBasis", "materials", "deadlineWorkdays", "procedure", "result", "trackingNo"),
    *("sealNo", "papers", "kept", "extendedWorkdays", "deemed"),
)
_BLANK: dict[str, Any] = dict.fromkeys(_MEMBERS)
"""Every answer has every member."""

_STEPS = {
    "supplement": "补正材料",
    "withdraw": "申请人撤回",
    "hold": "对方提出的异议",
    "task_resolved": "待办的处理结果",
}


def came(session: Session, ctx: Context, kind: TaskKind, data: dict[str, Any], *, reads: bool) -> dict[str, Any] | None:
    """The message or command that a task is about (收到的内容) as JSON, every member said; None where nothing came.

    `data`: the task's. `reads`: the person may read what is sealed; without it only what is nobody's secret.
    """
    if kind not in WITH_WORDS or not data:
        return None
    if "command" in data:
        return _command(session, data)
    said = _BLANK | _facts(data)
    row = _row(session, data)
    if row is not None and reads:
        said |= _words(ctx.inbox.message_of(row))
    return said


def _facts(data: dict[str, Any]) -> dict[str, Any]:
    event, step = data.get("event"), data.get("step")
    return {
        "event": event,
        "label": event_label(event) if event else _STEPS.get(step or ""),
        "at": data.get("occurredAt"),
        "from": _from(data.get("sender")),
        "seq": data.get("seq"),
        "messageId": data.get("messageId"),
        "step": step,
        "code": data.get("code"),
        "ours": event_label(data["ours"]) if data.get("ours") else None,
    }


def _row(session: Session, data: dict[str, Any]) -> InboxRow | None:
    """The message itself; of a row that was made void, the newest word under its number."""
    sender, message_id = data.get("sender"), data.get("messageId")
    if sender is None or message_id is None:
        return None
    of_sender = select(InboxRow).filter_by(sender=sender)
    row = session.scalar(of_sender.filter_by(message_id=message_id))
    guid = data.get("rowGuid")
    if row is not None or guid is None:
        return row
    named = of_sender.where(InboxRow.message_id.startswith(f"{guid}:", autoescape=True))
    return session.scalar(named.order_by(InboxRow.id.desc()).limit(1))


def _words(message: InboundMessage) -> dict[str, Any]:
    words = payload_words(message.payload)
    del words["round"]
    return words | {
        "event": message.event_name,
        "label": event_label(message.event_name),
        "at": message.occurred_at.isoformat(),
        "org": message.actor_org or None,
    }


def _command(session: Session, data: dict[str, Any]) -> dict[str, Any]:
    """What we had said and they refuse."""
    row = session.get(CommandRow, data["command"])
    sent_at: datetime | None = row.sent_at if row is not None else None
    step = row.kind if row is not None else data.get("step")
    return _BLANK | {
        "event": step,
        "label": COMMANDS[CommandKind(step)] if step in set(CommandKind) else None,
        "at": sent_at.isoformat() if sent_at else None,
        "from": _from(row.partner if row is not None else None),
        "code": data.get("code") or (row.error if row is not None else None),
        "command": data["command"],
    }


def _from(sender: str | None) -> str | None:
    if sender == CITY:
        return "本市审批部门"
    return f"{PARTNERS[Partner(sender)]}网络" if sender in set(Partner) else None
