"""The read model of the quarter's figures says what a recount of the rows says, whatever was written in which order."""

import random
import threading
from datetime import timedelta

from alembic import command
from sqlalchemy import text

from domain.messages import DeadlineKind
from storage.cases.rows import DeadlineRow, HandlingRow, add_event
from storage.migrating import _config, migrate
from storage.quarter_rows import ACCEPTED, DECIDED
from tests.unit.storage.casework import CASE, NOW, register

KINDS = (*ACCEPTED, *DECIDED, "SUSPENDED", "RESUMED", "HANDED_OVER", "COLLECTED")
RECOUNT = """
SELECT (SELECT count(*) FROM handling h WHERE h.case_no = c.case_no),
       (SELECT min(h.scheme) FROM handling h WHERE h.case_no = c.case_no),
       (SELECT count(*) FROM case_event e WHERE e.case_no = c.case_no AND e.kind IN ('ACCEPTED', 'REVIEWING',
            'APPROVED', 'REJECTED', 'NOT_ACCEPTED', 'SUSPENDED', 'RESUMED')),
       (SELECT min(e.at) FROM case_event e WHERE e.case_no = c.case_no AND e.kind IN ('ACCEPTED', 'REVIEWING')),
       (SELECT min(e.at) FROM case_event e WHERE e.case_no = c.case_no
            AND e.kind IN ('APPROVED', 'REJECTED', 'NOT_ACCEPTED')),
       (SELECT count(*) FROM case_event e WHERE e.case_no = c.case_no AND e.kind = 'HANDED_OVER'),
       (SELECT count(*) FROM deadline d WHERE d.case_no = c.case_no AND d.kind = 'DECISION_PROMISED')
FROM case_file c
"""
KEPT = "SELECT handlings, scheme, told, accepted_at, ended_at, handed_over, clocks FROM case_facts"
CLOCK = "SELECT {due}, {stopped} FROM {table}"


def said(database, query):
    with database.read() as session:
        return [tuple(row) for row in session.execute(text(query))]


def told_alike(database):
    kept = said(database, KEPT)
    assert kept == said(database, RECOUNT)
    if kept[0][-1] == 1:
        deadlines = "deadline WHERE kind = 'DECISION_PROMISED'"
        recounted = said(database, CLOCK.format(due="due_at", stopped="stopped_at", table=deadlines))
        assert (
            said(database, CLOCK.format(due="clock_due_at", stopped="clock_stopped_at", table="case_facts"))
            == recounted
        )


def line(session, kind, at, key):
    return add_event(session, case_no=CASE, key=key, kind=kind, at=at, now=NOW, actor="test", handling_no=CASE)


def clock(key, kind):
    return DeadlineRow(case_no=CASE, handling_no=CASE, key=key, kind=kind, start_at=NOW, warn_at=NOW, due_at=NOW,
                       responsible="authority")  # fmt: skip


def any_change(session, chance, place):
    choice = chance.random()
    if choice < 0.7:
        at = NOW + timedelta(hours=chance.uniform(-100, 100))
        line(session, chance.choice(KINDS), at, f"{chance.randrange(place + 1)}")  # some keys come again
    elif choice < 0.75:
        session.add(clock(f"{place}", chance.choice([DeadlineKind.DECISION_PROMISED, DeadlineKind.ACCEPTANCE])))
    else:
        for row in session.query(DeadlineRow).limit(1):
            row.due_at = NOW + timedelta(hours=chance.uniform(-9, 9))
            row.stopped_at = chance.choice([None, NOW])


def test_after_any_changes_it_says_what_a_recount_says(database):
    register(database)
    chance = random.Random(16)
    for place in range(60):
        with database.write() as session:
            any_change(session, chance, place)
        told_alike(database)


def test_what_was_rolled_back_is_not_counted(database):
    register(database)
    session = database._write()
    line(session, "ACCEPTED", NOW, "1")
    session.rollback()
    session.close()
    told_alike(database)


def test_many_writers_at_once_lose_nothing(database):
    register(database)

    def write(writer):
        for place in range(10):
            with database.write() as session:
                line(session, KINDS[place % len(KINDS)], NOW + timedelta(minutes=writer - place), f"{writer}/{place}")

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said(database, "SELECT told + handed_over FROM case_facts")[0][0] > 30
    told_alike(database)


def test_the_migration_counts_what_was_there_before(database):
    register(database)
    with database.write() as session:
        for place, kind in enumerate(KINDS):
            line(session, kind, NOW + timedelta(hours=place), f"{place}")
        session.add(clock("c", DeadlineKind.DECISION_PROMISED))
        assert session.query(HandlingRow).count() > 0
    before = said(database, KEPT)
    command.downgrade(_config(database.engine), "0015")
    migrate(database.engine)
    assert said(database, KEPT) == before
    told_alike(database)
