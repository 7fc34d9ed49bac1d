"""What an authority has told beside its decision, as the letters to the applicant say it: supplements, extensions."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.regions import find as find_region
from domain.inbound import InboundMessage
from domain.messages import DeadlineKind
from domain.naming import CaseUpdate
from domain.terms import WireEvent
from papers import Extension, Round, Wanted
from storage.cases.rows import DeadlineRow, HandlingRow
from storage.exchange.inbox_row import InboxRow
from web.foundation.context import Context
from web.views.wording import FORMS


def rounds_of(session: Session, ctx: Context, handlings: Sequence[HandlingRow]) -> tuple[Round, ...]:
    """The supplement notices that took effect, in the order in which they came."""
    told = _told(session, ctx, handlings, WireEvent.NEED_SUPPLEMENT)
    return tuple(_round(session, handling, said) for handling, said in told)


def extensions_of(session: Session, ctx: Context, handlings: Sequence[HandlingRow]) -> tuple[Extension, ...]:
    """The extensions that took effect, in the order in which they came."""
    told = _told(session, ctx, handlings, WireEvent.REVIEWING)
    return tuple(
        Extension(
            handling_no=handling.handling_no,
            authority=_authority(handling, said),
            workdays=said.payload.extended_workdays,
            reason=said.payload.reason or "",
            told_at=said.occurred_at,
            promised_until=_until(session, handling, DeadlineKind.DECISION_PROMISED),
            statutory_until=_until(session, handling, DeadlineKind.DECISION_STATUTORY),
        )
        for handling, said in told
        if said.payload.extended_workdays
    )


def _told(
    session: Session, ctx: Context, handlings: Sequence[HandlingRow], event: WireEvent
) -> Iterator[tuple[HandlingRow, InboundMessage]]:
    """The words of this event that took effect; they are opened from the exchange log."""
    handling_of = {handling.handling_no: handling for handling in handlings}
    took_effect = select(InboxRow).where(
        InboxRow.handling_no.in_(handling_of), InboxRow.update_name == CaseUpdate.AUTHORITY_EVENT
    )
    for row in session.scalars(took_effect.order_by(InboxRow.id)):
        # The networks call the event by names of their own; what it came to for the case is one name.
        if (row.update or {}).get("event") == event:
            yield handling_of[row.handling_no], ctx.inbox.message_of(row)


def _round(session: Session, handling: HandlingRow, said: InboundMessage) -> Round:
    return Round(
        handling_no=handling.handling_no,
        number=said.payload.round or 1,
        authority=_authority(handling, said),
        reason=said.payload.reason or "",
        materials=said.payload.materials,
        papers=tuple(Wanted(name=p.name, form=FORMS[p.form], count=p.count) for p in said.payload.papers or ()),
        told_at=said.occurred_at,
        due_at=_until(session, handling, DeadlineKind.SUPPLEMENT_REPLY, since=said.occurred_at),
    )


def _until(
    session: Session, handling: HandlingRow, kind: DeadlineKind, *, since: datetime | None = None
) -> datetime | None:
    """The end of the newest clock of this kind, or of the one that runs `since` then."""
    own = {"case_no": handling.case_no, "handling_no": handling.handling_no}  # a case's number leads to its rows
    clocks = select(DeadlineRow.due_at).filter_by(**own, kind=kind)
    if since is not None:
        clocks = clocks.where(DeadlineRow.start_at == since)
    return session.scalar(clocks.order_by(DeadlineRow.id.desc()).limit(1))


def _authority(handling: HandlingRow, said: InboundMessage) -> str:
    """As it names itself; in our own city an officer speaks, whose user name is nobody's letterhead."""
    if handling.partner is not None and said.actor_org:
        return said.actor_org
    region = find_region(handling.region)
    return region.full_name if region else handling.region
