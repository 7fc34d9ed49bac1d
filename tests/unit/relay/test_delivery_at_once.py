"""Two processes note at once what one delivery came to: the second waits for the first, and then changes nothing."""

from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from sqlalchemy import select, text

from domain.messages import CalendarChanged
from domain.naming import CaseUpdate, case_workflow_id
from relay.delivery_record import note_all
from relay.pending_updates import pending_updates_of
from relay.update_delivery import Answer, Delivery
from storage.exchange.inbox_row import InboxRow
from storage.pending_updates import UpdateRow, queue_update
from tests.unit.exchange.office import HANDLING, NOW, Office, open_office

CASE = case_workflow_id(HANDLING)
TAKEN, UNHEARD = Answer(delivery=Delivery.TAKEN), Answer(delivery=Delivery.AWAY, code="TIMEOUT")
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def office(tmp_path, postgresql_url):
    """On PostgreSQL: of two writers on SQLite the second does not even begin."""
    opened = open_office(tmp_path, postgresql_url)
    yield opened
    opened.database.close()


def queue(office: Office) -> None:
    with office.database.write() as session:
        queue_update(
            session,
            update_id="u1",
            workflow_id=CASE,
            name=CaseUpdate.CALENDAR_CHANGED,
            argument=CalendarChanged(version="2"),
            now=NOW,
        )


def someone_waits(office: Office) -> bool:
    with office.database.read() as session:
        return session.scalar(text(_WAITING)) > 0


@pytest.mark.parametrize("row", [InboxRow, UpdateRow])
def test_what_was_settled_stays_so(office, row):
    if row is InboxRow:
        office.hear("RECEIVED", 1)
    else:
        queue(office)
    with office.database.read() as session:
        (one,) = pending_updates_of(session, CASE)

    def noted_by_another() -> bool:
        with office.database.write() as session:
            return note_all(session, [(one, UNHEARD)], NOW)[0]

    with ThreadPoolExecutor(1) as pool:
        with office.database.write() as session:
            assert note_all(session, [(one, TAKEN)], NOW)[0]
            session.flush()
            second = pool.submit(noted_by_another)
            while not someone_waits(office) and not wait([second], timeout=0.01).done:
                pass
        assert second.result()
    with office.database.read() as session:
        found = session.scalars(select(row).filter_by(id=one.row_id)).one()
        assert (found.attempts, found.due_at) == (1, None)
