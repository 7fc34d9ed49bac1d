"""What officers read about a handling beside its state: what was said last and by whom."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.workdays import SHANGHAI
from domain.naming import CaseUpdate
from domain.terms import WireEvent
from storage.cases.rows import HandlingRow
from storage.exchange.inbox_row import CITY, InboxRow
from web.foundation.context import Context
from web.views.wording import EVENTS


def already_said(session: Session, ctx: Context, handling: HandlingRow) -> str:
    """王敏已于11月29日 15:04作出“准予”，请刷新后再看。; "" where nothing was said here."""
    said = select(InboxRow).filter_by(handling_no=handling.handling_no, sender=CITY)
    took_effect = said.where(InboxRow.update_name == CaseUpdate.AUTHORITY_EVENT)
    last = session.scalar(took_effect.order_by(InboxRow.id.desc()).limit(1))
    if last is None:
        return ""
    message = ctx.inbox.message_of(last)
    at = message.occurred_at.astimezone(SHANGHAI)
    word = EVENTS[WireEvent(message.event_name)]
    return f"{message.actor_org}已于{at.month}月{at.day}日 {at:%H:%M}作出“{word}”，请刷新后再看。"
