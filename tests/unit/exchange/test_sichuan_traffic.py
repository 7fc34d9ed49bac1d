"""How much a network may say: signed calls at a pace, unsigned ones in tables that do not grow with them."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from exchange.sichuan.intake import UNSIGNED, SichuanIntake
from exchange.traffic import Traffic
from storage.exchange.exchange_log import ExchangeRow, SecurityEventRow
from storage.exchange.unsigned import UnsignedRow
from tests.unit.exchange.office import NOW
from tests.unit.exchange.sichuan_callbacks import agreed, callback, content, open_sichuan_office


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request, tmp_path):
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else None
    opened = open_sichuan_office(tmp_path, url=url)
    yield opened
    opened.database.close()


class Limited:
    """The office's intake with a pace of two a second (twenty at once) and five lines an hour; `seconds` go by."""

    def __init__(self, office):
        self.office, self.seconds = office, [0.0]
        self.traffic = Traffic(
            office.database,
            "sichuan",
            signed_per_s=2,
            unsigned_per_hour=5,
            codes=UNSIGNED,
            clock=lambda: self.seconds[0],
        )
        self.intake = SichuanIntake(office.database, office.inbox, agreed(), lambda: office.clock[0], self.traffic)

    def rows(self, table):
        with self.office.database.read() as session:
            return session.scalar(select(func.count()).select_from(table))

    def counted(self):
        with self.office.database.read() as session:
            return {(row.code, row.hour): row.times for row in session.scalars(select(UnsignedRow))}


@pytest.fixture
def limited(office):
    return Limited(office)


def unsigned(number):
    return callback(content(event_id=f"evt_{number:08d}"), **{"X-CY-Signature": "v1=AAAA"})


def test_a_flood_of_unsigned_calls_is_counted_and_answered_as_ever(limited):
    answers = {limited.intake.take(unsigned(number)).code for number in range(300)}
    assert answers == {"CY4012"}
    assert limited.rows(ExchangeRow) == limited.rows(SecurityEventRow) == 5
    assert limited.counted() == {("CY4012", NOW.replace(minute=0, second=0, microsecond=0)): 1}
    limited.seconds[0] = 6
    assert limited.intake.take(unsigned(300)).code == "CY4012"
    assert sum(limited.counted().values()) == 296, "all but those with a line of their own"
    limited.office.clock[0] += timedelta(hours=1)
    limited.intake.take(unsigned(301))
    assert limited.rows(ExchangeRow) == 6, "the next hour has its own lines"


def test_signed_calls_are_not_touched_by_it(limited):
    for number in range(50):
        limited.intake.take(unsigned(number))
    assert limited.intake.take(callback(content())).status == 200


def test_a_partner_that_runs_wild_is_told_to_slow_down_and_leaves_no_trace(limited):
    codes = [limited.intake.take(callback(content(event_id=f"evt_{n:08d}", seq=n))).code for n in range(1, 31)]
    assert codes[20:] == ["CY4291"] * 10
    assert limited.rows(ExchangeRow) == 20
    refused = limited.intake.take(callback(content(event_id="evt_00000031", seq=31)))
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
    limited.seconds[0] = 1
    again = limited.intake.take(callback(content(event_id="evt_00000021", seq=21)))
    assert again.status == 200, "what was told to slow down has used up nothing"


def test_what_unsigned_calls_left_is_forgotten_after_half_a_year_and_nothing_else(limited):
    limited.intake.take(callback(content()))
    for number in range(20):
        limited.intake.take(unsigned(number))
    limited.office.clock[0] += timedelta(days=181)
    limited.intake.take(unsigned(99))
    assert limited.counted() == {}
    with limited.office.database.read() as session:
        kept = [row.verdict for row in session.scalars(select(ExchangeRow))]
    assert sorted(kept) == ["0000", "CY4013"], "the first one, and the one of today, whose time is long over"
    assert limited.rows(SecurityEventRow) == 1
