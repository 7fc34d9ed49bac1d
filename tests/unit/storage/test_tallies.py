"""The counts that are kept say what a recount says, whatever was written, rolled back or written by many at once."""

import random
import threading
from datetime import timedelta

import pytest
from alembic import command
from sqlalchemy import text

from domain.tasks import TaskKind
from storage.cases.rows import CaseRow, DeadlineRow, HandlingRow
from storage.cases.tallies import tallies
from storage.migrating import _config, migrate
from storage.parcels.legs import LegRow
from storage.tasks.rows import TaskRow, open_task
from tests.unit.storage.casework import CASE, NOW, register

RECOUNTED = {
    "case": "SELECT scheme || '/' || status, count(*) FROM case_file GROUP BY 1",
    "open": "SELECT '', count(*) FROM case_file WHERE closed_at IS NULL",
    "task": "SELECT owner, count(*) FROM task WHERE resolved_at IS NULL GROUP BY 1",
    "network": "SELECT partner || '/' || status, count(*) FROM handling WHERE partner IS NOT NULL GROUP BY 1",
    "waiting": "SELECT partner, count(*) FROM handling WHERE partner > '' AND waiting_since IS NOT NULL GROUP BY 1",
    "carried": """SELECT month || '/' || h.scheme, count(DISTINCT h.case_no) FROM handling h JOIN case_facts f
        ON f.case_no = h.case_no GROUP BY 1""",
    "door": "SELECT verdict, count(*) FROM leg WHERE leg IN ('PICKUP', 'DELIVERY') AND verdict IS NOT NULL GROUP BY 1",
}
SOONEST = """SELECT (SELECT first_due_at FROM case_facts f WHERE f.case_no = c.case_no),
    (SELECT min(due_at) FROM deadline d WHERE d.case_no = c.case_no AND stopped_at IS NULL) FROM case_file c"""
NAMES = "SELECT count(*) FROM case_file WHERE item_name NOT IN (SELECT name FROM item_name)"


def told_alike(database):
    with database.read() as session:
        counted = {name: {key: n for key, n in session.execute(text(q)) if n} for name, q in RECOUNTED.items()}
        assert dict(tallies(session)) == {name: found for name, found in counted.items() if found}
        kept, recounted = session.execute(text(SOONEST)).one()
        assert kept == recounted
        assert session.scalar(text(NAMES)) == 0


def leg(place, verdict):
    return LegRow(leg_id=f"{CASE}-{place}", case_no=CASE, handling_no=CASE, leg=random.Random(place).choice(
        ["PICKUP", "OUT"]), region="500103", stage="ORDERED", ordered_at=NOW, promise={"verdict": verdict})  # fmt: skip


def clock(place, due):
    return DeadlineRow(case_no=CASE, handling_no=CASE, key=f"{place}", kind="ACCEPTANCE", start_at=NOW, warn_at=NOW,
                       due_at=due, responsible="authority")  # fmt: skip


def any_change(session, chance, place):
    later = NOW + timedelta(hours=chance.uniform(-99, 99))
    case = session.get_one(CaseRow, CASE)
    choice = chance.randrange(10)
    if choice == 0:
        case.registered_at = chance.choice([NOW, NOW - timedelta(days=40)])
        case.status, case.closed_at = chance.choice(["SUBMITTED", "APPROVED"]), chance.choice([None, NOW])
    elif choice == 1:
        case.item_name = f"项{place}"
    elif choice == 2:
        session.add(clock(place, later))
    elif choice == 3:
        for row in session.query(DeadlineRow).order_by(DeadlineRow.due_at).limit(1):
            row.due_at, row.stopped_at = later, chance.choice([None, NOW])
    elif choice == 4:
        session.add(leg(place, chance.choice(["KEPT", "BREACHED"])))
    elif choice == 5:
        for row in session.query(LegRow).limit(1):
            row.promise = {"verdict": chance.choice(["KEPT", None])}
    elif choice == 6:
        open_task(session, key=f"k{place}", kind=TaskKind.FILE_MISSING, now=NOW, matter=f"m{place}")
    elif choice == 7:
        for task in session.query(TaskRow).limit(1):
            task.resolved_at, task.owner = chance.choice([None, NOW]), chance.choice(["clerk", "officer"])
    else:
        handling = session.query(HandlingRow).one()
        handling.status, handling.waiting_since = chance.choice(["SUBMITTED", "APPROVED"]), chance.choice([None, NOW])
        handling.partner = chance.choice(["sichuan", "southwest", None])


def test_after_any_changes_they_say_what_a_recount_says(database):
    register(database)
    chance = random.Random(17)
    for place in range(80):
        with database.write() as session:
            any_change(session, chance, place)
        told_alike(database)


def test_what_was_rolled_back_is_not_counted(database):
    register(database)
    session = database._write()
    session.get_one(CaseRow, CASE).status = "APPROVED"
    session.add(clock(1, NOW))
    session.add(leg(1, "KEPT"))
    session.flush()
    session.rollback()
    session.close()
    told_alike(database)


def test_a_row_that_is_taken_away_is_not_counted_any_more(database):
    register(database)
    with database.write() as session:
        session.add_all([leg(place, "KEPT") for place in range(9)])
    with database.write() as session:
        for row in session.query(LegRow).limit(5):
            session.delete(row)
    told_alike(database)


def test_writers_in_crossing_orders_neither_wait_for_each_other_nor_lose_anything(database):
    """Each keeps its transaction open until both have counted the same things, where the database lets two write."""
    register(database)
    met = threading.Barrier(2, timeout=10)
    at_once = database.engine.dialect.name == "postgresql"

    def write(writer):
        order = ["KEPT", "BREACHED"] if writer else ["BREACHED", "KEPT"]
        for turn in range(5):
            with database.write() as session:
                for place, verdict in enumerate(order):
                    session.add(leg(f"{writer}-{turn}-{place}", verdict))
                    session.flush()
                    if at_once:
                        met.wait()
                session.add(clock(f"{writer}-{turn}", NOW + timedelta(hours=turn)))
            if at_once:
                met.wait()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert session.query(LegRow).count() == 20
    told_alike(database)


@pytest.mark.parametrize("down_to", ["0016", "0030"])
def test_the_migration_counts_what_was_there_before(database, down_to):
    register(database)
    chance = random.Random(1)
    for place in range(30):
        with database.write() as session:
            any_change(session, chance, place)
    command.downgrade(_config(database.engine), down_to)
    migrate(database.engine)
    told_alike(database)
