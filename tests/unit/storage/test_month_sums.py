"""The sums of a month say what a recount of the rows says, whatever was written, in which order and by whom at once."""

import random
import threading
from datetime import timedelta

import pytest
from alembic import command
from sqlalchemy import select, text

from domain.identifiers import make_case_number
from domain.messages import DeadlineKind
from storage.cases.month_sums import Sums, sums_of_months
from storage.cases.rows import CaseRow, DeadlineRow, add_event
from storage.migrating import _config, migrate
from storage.parcels.legs import LegRow
from tests.unit.storage.casework import DAY, NOW, register

CASES = tuple(make_case_number("500103", DAY, serial) for serial in (1, 2, 3))
MONTHS = ("2026-10", "2026-11", "2026-12")
SOON = NOW + timedelta(hours=9)
"""A moment of asking: some clocks that run are over then, some are not."""


def recounted(session, month):
    """In plain Python from the rows, and from the words of each measure."""
    sums = Sums()
    for case in session.scalars(select(CaseRow)):
        if f"{case.registered_at + timedelta(hours=8):%Y-%m}" == month:
            sums = Sums(*(one + other for one, other in zip(sums, of(session, case), strict=True)))
    return sums


def of(session, case):
    legs = session.query(LegRow).filter_by(case_no=case.case_no, leg="PICKUP", outcome="DELIVERED").count()
    handed = session.scalar(
        text("SELECT count(*) FROM case_event WHERE case_no = :no AND kind = 'HANDED_OVER'"), {"no": case.case_no}
    )
    trips = (case.channel != "online" and not legs) + bool(handed) if case.closed_at else None
    clocks = session.query(DeadlineRow).filter_by(case_no=case.case_no, kind=DeadlineKind.DECISION_PROMISED)
    last = {clock.handling_no: clock for clock in clocks.order_by(DeadlineRow.id)}.values()
    ended = [clock for clock in last if clock.stopped_at is not None or clock.due_at <= SOON]
    in_time = [clock.stopped_at is not None and clock.stopped_at <= clock.due_at for clock in ended]
    statutory, promised = case.statutory_days or 0, case.promised_days or 0
    limited = statutory > 0
    return (
        *(1, case.mode == "全程网办", case.item_kind == "即办件", limited),
        limited and promised < statutory,
        *(statutory * limited, promised * limited, case.closed_at is not None),
        *(trips == 1, trips == 2, bool(ended), bool(ended) and all(in_time)),
    )


def told_alike(database):
    with database.read() as session:
        kept = sums_of_months(session, MONTHS, SOON)
        for month in MONTHS:
            assert kept.get(month, Sums()) == recounted(session, month), month


def any_change(session, chance, place):
    no = chance.choice(CASES)
    case, choice = session.get_one(CaseRow, no), chance.randrange(8)
    if choice == 0:
        case.closed_at = chance.choice([None, NOW])
    elif choice == 1:
        case.mode, case.item_kind = chance.choice(["全程网办", "异地代收代办"]), chance.choice(["即办件", "承诺件"])
    elif choice == 2:
        case.statutory_days, case.promised_days = chance.choice([(0, 0), (20, 5), (20, 20)])
    elif choice == 3:
        case.channel = chance.choice(["online", "window"])
        case.registered_at = chance.choice([NOW, NOW - timedelta(days=30), NOW.replace(day=30, hour=17)])
    elif choice == 4:
        session.add(clock(no, place, chance))
    elif choice == 5:
        for row in session.query(DeadlineRow).filter_by(case_no=no):
            row.stopped_at, row.due_at = chance.choice([None, NOW, SOON]), NOW + timedelta(hours=chance.uniform(-9, 30))
    elif choice == 6:
        session.add(leg(no, place, chance.choice(["DELIVERED", "CANCELLED", None])))
        for row in session.query(LegRow).filter_by(case_no=no).limit(1):
            row.outcome = chance.choice(["DELIVERED", "RETURNED"])
    else:
        add_event(session, case_no=no, key=f"{place}", kind="HANDED_OVER", at=NOW, now=NOW, actor="test")


def clock(no, place, chance):
    due, stopped = NOW + timedelta(hours=chance.uniform(-9, 30)), chance.choice([None, NOW])
    kind, handling = chance.choice([DeadlineKind.DECISION_PROMISED, DeadlineKind.ACCEPTANCE]), chance.choice([None, no])
    return DeadlineRow(case_no=no, handling_no=handling, key=f"{place}", kind=kind, start_at=NOW, warn_at=NOW,
                       due_at=due, responsible="authority", stopped_at=stopped)  # fmt: skip


def leg(no, place, outcome):
    return LegRow(leg_id=f"{no}-PICKUP-{place}", case_no=no, handling_no=no, leg="PICKUP", region="500103",
                  stage="ORDERED", ordered_at=NOW, outcome=outcome)  # fmt: skip


@pytest.fixture
def three(database):
    for no in CASES:
        register(database, no)
    return database


@pytest.mark.parametrize("seed", range(3))
def test_after_any_changes_they_say_what_a_recount_says(three, seed):
    chance = random.Random(seed)
    for place in range(70):
        with three.write() as session:
            any_change(session, chance, place)
        told_alike(three)


def test_what_was_rolled_back_is_not_counted(three):
    chance = random.Random(7)
    session = three._write()
    for place in range(20):
        any_change(session, chance, place)
    session.flush()
    session.rollback()
    session.close()
    told_alike(three)


def test_two_who_write_the_same_case_at_once_lose_nothing(three):
    """One closes it while its papers are fetched and handed over by others: what each sees alone is not the whole."""

    def close(session, no):
        session.get_one(CaseRow, no).closed_at = NOW

    def hand_over(session, no):
        add_event(session, case_no=no, key="over", kind="HANDED_OVER", at=NOW, now=NOW, actor="test")

    def fetch(session, no):
        session.add(leg(no, 1, "DELIVERED"))

    def decide(session, no):
        session.add(clock(no, 9, random.Random(1)))

    def write(how):
        met.wait()
        for no in CASES:
            with three.write() as session:
                how(session, no)

    steps = (close, hand_over, fetch, decide)
    met = threading.Barrier(len(steps), timeout=10)
    threads = [threading.Thread(target=write, args=(how,)) for how in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with three.read() as session:
        assert sums_of_months(session, ["2026-11"], NOW)["2026-11"].closed == len(CASES)
    told_alike(three)


def test_the_migration_sums_what_was_there_before(three):
    chance = random.Random(3)
    for place in range(60):
        with three.write() as session:
            any_change(session, chance, place)
    command.downgrade(_config(three.engine), "0031")
    migrate(three.engine)
    told_alike(three)
    with three.write() as session:
        any_change(session, chance, 99)
    told_alike(three)
