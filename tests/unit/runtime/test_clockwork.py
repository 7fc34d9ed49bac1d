"""The worker's clocks run over the calendar in force: a notice that is loaded moves the next deadline at once."""

from datetime import UTC, datetime

from catalog.clocks import Where
from catalog.notices import load_notice
from catalog.workdays import bundled_calendar
from domain.messages import ClockOrder, DeadlineKind, ItemBrief
from domain.terms import ItemKind
from runtime.workers import clockwork_over
from storage.base import Database
from storage.catalogue import InForce, ListKind, apply_calendar, read_calendar
from storage.migrating import migrate
from tests.sealing import SEALER
from tests.unit.catalog.test_notices import NOTICE_2027

ITEM = ItemBrief(code="YZ-1", name="事项", kind=ItemKind.PROMISED, statutory_days=20, promised_days=20)
ORDER = ClockOrder(kind=DeadlineKind.DECISION_STATUTORY, start_at=datetime(2027, 1, 25, 2, tzinfo=UTC), workdays=20)


def test_a_loaded_notice_moves_deadlines_and_makes_them_firm(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'kuayu.db'}", SEALER)
    migrate(database.engine)
    clockwork = clockwork_over(InForce(database, ListKind.CALENDAR, read_calendar))
    before = clockwork(ORDER, ITEM, 1.0, Where())
    assert before.provisional and before.calendar_version == bundled_calendar().version
    with database.write() as session:
        apply_calendar(session, load_notice(bundled_calendar(), "2027.csv", NOTICE_2027), by="t", now=before.start_at)
    after = clockwork(ORDER, ITEM, 1.0, Where())
    assert not after.provisional
    assert after.calendar_version != before.calendar_version
    # 2027-01-26 … 02-05 are 9 working days, 02-08 … 02-12 are off, Sunday 02-14 is worked: the tenth; the twentieth
    # is Friday 02-26.
    assert after.due_at == datetime(2027, 2, 26, 15, 59, 59, tzinfo=UTC)
    database.close()
