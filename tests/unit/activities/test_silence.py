"""Who is silent: a courier who was given a job and does not come, but not one who is busy at another door."""

from datetime import UTC, datetime, timedelta

import pytest

from activities.dispatching import is_silent
from storage.base import Base, Database
from storage.legs import AssignmentRow, CourierRow, LegRow

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PATIENCE = timedelta(minutes=5)
GIVEN = NOW - timedelta(minutes=30)


def leg(ordinal, stage="ASSIGNED", courier="c1"):
    leg_id = f"5001032026112300000{ordinal}X-PICKUP-1"
    return LegRow(
        leg_id=leg_id,
        case_no=leg_id[:21],
        handling_no=leg_id[:21],
        leg="PICKUP",
        region="500103",
        stage=stage,
        courier_id=courier,
        ordered_at=NOW - timedelta(hours=1),
    )


@pytest.fixture
def session(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'k.db'}")
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        job = leg(1)
        given = AssignmentRow(
            leg_id=job.leg_id,
            version=1,
            courier_id="c1",
            outlet_id="shiyoulu",
            planned_arrival_at=NOW - timedelta(minutes=20),
            reason="ORDERED",
            at=GIVEN,
        )
        session.add_all([job, given])
        yield session
    database.close()


@pytest.mark.parametrize(
    ("heard_minutes_ago", "busy", "silent"),
    [
        (None, False, True),  # never heard of at all
        (40, False, True),  # not since the job was given
        (10, False, True),  # was at work since, is free, does not come
        (2, False, False),  # has only just become free
        (10, True, False),  # at another door: late, not silent
        (40, True, True),  # set out for another door long ago and not heard of since
    ],
)
def test_silence(session, heard_minutes_ago, busy, silent):
    seen_at = None if heard_minutes_ago is None else NOW - timedelta(minutes=heard_minutes_ago)
    session.add(CourierRow(courier_id="c1", outlet_id="shiyoulu", lat=29.5, lon=106.5, seen_at=seen_at))
    if busy:
        session.add(leg(2, "EN_ROUTE"))
    session.flush()
    assert is_silent(session, session.get(LegRow, leg(1).leg_id), NOW, PATIENCE) is silent
