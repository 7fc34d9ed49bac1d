"""Suspensions as rows and what is promised at a door: who has spoken decides how much of them counts."""

from datetime import timedelta

import pytest

from activities.area_suspensions import suspensions
from domain.messages import LookReason
from storage.parcels.suspensions import SuspensionRow
from tests.unit.activities.post_office import TEN, PostOffice


@pytest.fixture
def office(tmp_path):
    opened = PostOffice(tmp_path)
    yield opened
    opened.database.close()


def minutes(count):
    return TEN + timedelta(minutes=count)


def suspend(office, start=10, end=40, outlet_id=None, **more):
    with office.database.write() as session:
        row = SuspensionRow(
            outlet_id=outlet_id, from_at=minutes(start), to_at=minutes(end), declared_at=office.clock(),
            reason="暴雨", source_no="118号", by="supervisor", **more,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def change(office, suspension_id, **values):
    with office.database.write() as session:
        row = session.get_one(SuspensionRow, suspension_id)
        for name, value in values.items():
            setattr(row, name, value)


def looked(office, leg_id):
    office.look(leg_id, LookReason.ASKED)
    versions = office.leg(leg_id).promise["versions"]
    return office.leg(leg_id).deadline_at, [version["cause"] for version in versions]


def test_a_row_from_before_counts_whole(office):
    leg_id = office.order()
    office.clock.at(10)
    suspend(office)
    assert looked(office, leg_id) == (minutes(90), ["accepted", "suspension"])


def test_the_district_counts_from_its_confirmation_and_a_quarter_before(office):
    leg_id = office.order()
    office.clock.at(10)
    made = suspend(office, 10, 100, alone_until=minutes(10))
    assert looked(office, leg_id) == (minutes(60), ["accepted"])
    office.clock.at(40)
    change(office, made, confirmed_by="supervisor2", confirmed_at=minutes(40))
    assert looked(office, leg_id) == (minutes(60 + 100 - 25), ["accepted", "suspension"])


def test_what_goes_beyond_one_persons_word_counts_once_it_is_confirmed(office):
    leg_id = office.order()
    area = office.leg(leg_id).promise["area"]
    office.clock.at(10)
    made = suspend(office, 10, 60, area, alone_until=minutes(30))
    assert looked(office, leg_id) == (minutes(80), ["accepted", "suspension"])
    office.clock.at(20)
    change(office, made, confirmed_by="supervisor2", confirmed_at=minutes(20))
    assert looked(office, leg_id) == (minutes(110), ["accepted", "suspension", "suspension"])
    with office.database.read() as session:
        assert [(s.id, s.start, s.end) for s in suspensions(session)] == [
            (f"{made}", minutes(10), minutes(30)),
            (f"{made}+", minutes(30), minutes(60)),
        ]


@pytest.mark.parametrize(("withdrawn", "cause"), [(False, "suspension_ended"), (True, "suspension_withdrawn")])
def test_an_early_end_gives_the_promise_a_version_and_takes_none_away(office, withdrawn, cause):
    leg_id = office.order()
    office.clock.at(10)
    made = suspend(office, 10, 100)
    assert looked(office, leg_id)[0] == minutes(150)
    office.clock.at(30)
    change(office, made, ended_by="supervisor", ended_at=minutes(30), withdrawn=withdrawn)
    assert looked(office, leg_id) == (minutes(80), ["accepted", "suspension", cause])
    office.clock.at(70)
    assert looked(office, leg_id) == (minutes(80), ["accepted", "suspension", cause])
