"""What the authorities have said about a case (对方告知), opened from where it is sealed when somebody reads it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.forms.shown import yuan
from domain.audience import PAYLOAD, TOLD_TO_APPLICANT
from domain.inbound import EventPayload, InboundMessage
from domain.named_papers import NamedPaper
from domain.naming import CaseUpdate
from domain.terms import WireEvent
from storage.cases.rows import HandlingRow
from storage.exchange.inbox_row import InboxRow
from web.foundation.context import Context
from web.views.places import places_of
from web.views.wording import EVENTS, FORMS, RESULT_FORMS

_FIELD: Final = {
    "legalBasis": "legal_basis",
    "deadlineWorkdays": "deadline_workdays",
    "trackingNo": "tracking_no",
    "sealNo": "seal_no",
    "extendedWorkdays": "extended_workdays",
}
"""Member → field of the payload, where they are written differently."""


def said_to_hall(
    session: Session, ctx: Context, handlings: Sequence[HandlingRow], *, reads: bool, withheld: bool
) -> list[dict[str, Any]]:
    """Everything that came for these handlings, oldest first, as JSON with every member.

    `reads`: with the words; without it only that something was said. `withheld`: a result's number is not released yet.
    """
    places = places_of(handlings)
    return [
        _shown(row, ctx.inbox.message_of(row) if reads else None, PAYLOAD, places, withheld)
        for row in _rows(session, handlings)
    ]


def said_to_applicant(
    session: Session, ctx: Context, handlings: Sequence[HandlingRow], *, withheld: bool
) -> list[dict[str, Any]]:
    """What took effect of it, with the fields that concern the applicant (`domain.audience`)."""
    told, places = [], places_of(handlings)
    for row in _rows(session, handlings):
        if row.update_name != CaseUpdate.AUTHORITY_EVENT:
            continue
        message = ctx.inbox.message_of(row)
        if message.event is not None:
            told.append(_shown(row, message, TOLD_TO_APPLICANT[message.event], places, withheld))
    return told


def payload_words(
    payload: EventPayload, fields: Collection[str] = PAYLOAD, *, withheld: bool = False
) -> dict[str, Any]:
    """The words of an event as JSON, every member said; those that are not in `fields` are None."""
    result = payload.result if "result" in fields else None
    shown: dict[str, Any] = {
        "round": payload.round,
        "reason": payload.reason,
        "legalBasis": payload.legal_basis,
        "materials": list(payload.materials),
        "deadlineWorkdays": payload.deadline_workdays,
        "procedure": payload.procedure,
        "trackingNo": payload.tracking_no,
        "sealNo": payload.seal_no,
        "papers": _named(payload.papers),
        "kept": _named(payload.kept),
        "extendedWorkdays": payload.extended_workdays,
        "deemed": payload.deemed,
    }
    words = {name: value if _FIELD.get(name, name) in fields else None for name, value in shown.items()}
    return words | {
        "result": None
        if result is None
        else {
            "name": result.name,
            "form": result.form,
            "formLabel": RESULT_FORMS[result.form],
            "documentNo": "" if withheld else result.document_no,
            "amount": yuan(result.amount_fen) if result.amount_fen is not None and not withheld else None,
        }
    }


def _named(papers: tuple[NamedPaper, ...] | None) -> list[dict[str, Any]] | None:
    if papers is None:
        return None
    return [{"name": p.name, "form": p.form, "formLabel": FORMS[p.form], "count": p.count} for p in papers]


def event_label(event: str) -> str:
    """The event in words; a name that we do not know as it came."""
    return EVENTS[WireEvent(event)] if event in set(WireEvent) else event


def _rows(session: Session, handlings: Sequence[HandlingRow]) -> Iterable[InboxRow]:
    numbers = [handling.handling_no for handling in handlings]
    told = select(InboxRow).where(InboxRow.handling_no.in_(numbers), InboxRow.case_no.is_not(None))
    return session.scalars(told.order_by(InboxRow.received_at, InboxRow.id))


def _shown(
    row: InboxRow, message: InboundMessage | None, fields: Collection[str], places: Mapping[str, str], withheld: bool
) -> dict[str, Any]:
    event = message.event if message is not None else (row.update or {}).get("event")
    words = payload_words(message.payload if message is not None else EventPayload(), fields, withheld=withheld)
    return {
        "handlingNo": row.handling_no,
        "place": places.get(row.handling_no),
        "event": event,
        "label": event_label(event or row.event_name) if message is not None or event else "对方来文",
        "at": row.occurred_at.isoformat(),
        "receivedAt": row.received_at.isoformat(),
        "tookEffect": row.update_name == CaseUpdate.AUTHORITY_EVENT,
        "org": (message.actor_org or None) if message is not None else None,
        **words,
    }
