"""What the database says about a handling after its messages have come."""

from sqlalchemy import select

from domain.wire import WireState, after_supplement
from storage.base import Database
from storage.cases.rows import lock_handling
from storage.exchange.inbox_row import InboxRow


def supplement(database: Database, number: str, round_: int) -> None:
    """Our supplement for the open round is stored and on its way."""
    with database.write() as session:
        handling = lock_handling(session, number)
        assert handling is not None
        assert handling.progress.state is WireState.AWAITING_SUPPLEMENT
        handling.progress = after_supplement(handling.progress, round_)


def effects(database: Database, number: str) -> list[str]:
    """The names of the events that the case hears of, in the order in which it hears them."""
    heard = select(InboxRow.event_name).filter_by(handling_no=number).where(InboxRow.order.is_not(None))
    with database.read() as session:
        return list(session.scalars(heard.order_by(InboxRow.order)))
