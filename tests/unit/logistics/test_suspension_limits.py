"""How far one person's word suspends service: the bounds, and what is added up so that no way leads round them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.suspension_limits import ALONE, SpokenAlone, SuspensionFault, alone_until, fault_of

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
OUTLETS = 10
_SECOND = timedelta(seconds=1)


def after(**time: float) -> datetime:
    return NOW + timedelta(**time)


def spoken(start: float, end: float, outlet_id: str = "daping") -> SpokenAlone:
    return SpokenAlone(outlet_id=outlet_id, start=after(hours=start), end=after(hours=end))


@pytest.mark.parametrize(
    ("start", "end", "fault"),
    [
        (NOW, after(hours=2), None),
        (after(minutes=-15), after(hours=2), None),
        (after(minutes=-15) - _SECOND, after(hours=2), SuspensionFault.BACKDATED),
        (after(days=-30), after(days=3650), SuspensionFault.BACKDATED),
        (after(days=7), after(days=8), None),
        (after(days=7) + _SECOND, after(days=8), SuspensionFault.TOO_FAR),
        (NOW, after(days=14), None),
        (NOW, after(days=14) + _SECOND, SuspensionFault.TOO_LONG),
        (NOW, NOW, SuspensionFault.BACKWARD),
        (NOW, after(hours=-1), SuspensionFault.BACKWARD),
    ],
)
def test_from_when_and_until_when(start: datetime, end: datetime, fault: SuspensionFault | None) -> None:
    assert fault_of(start, end, NOW) is fault


def test_one_outlet_for_a_day_is_one_persons_word() -> None:
    assert alone_until("daping", NOW, after(hours=24), [], OUTLETS) == after(hours=24)
    assert alone_until("daping", NOW, after(hours=25), [], OUTLETS) == after(hours=24)


def test_the_whole_district_is_not() -> None:
    assert alone_until(None, NOW, after(hours=1), [], OUTLETS) == NOW


def test_a_day_in_pieces_is_a_day() -> None:
    before = [spoken(-40, -30), spoken(-20, -10)]
    assert alone_until("daping", NOW, after(hours=8), before, OUTLETS) == after(hours=4)
    assert alone_until("daping", NOW, after(hours=8), [*before, spoken(-9, -5)], OUTLETS) == NOW
    assert alone_until("daping", NOW, after(hours=8), [spoken(-194, -170)], OUTLETS) == after(hours=8)


def test_what_was_ended_before_it_began_is_nothing() -> None:
    before = [spoken(10, -1), *(spoken(1, 0, f"o{number}") for number in range(9))]
    assert alone_until("daping", NOW, after(hours=24), before, OUTLETS) == after(hours=24)


def test_the_same_time_said_twice_counts_once() -> None:
    assert alone_until("daping", NOW, after(hours=20), [spoken(0, 20)], OUTLETS) == after(hours=20)
    assert alone_until("daping", NOW, after(hours=30), [spoken(4, 20)], OUTLETS) == after(hours=24)


def test_another_outlet_has_a_day_of_its_own() -> None:
    assert alone_until("daping", NOW, after(hours=24), [spoken(0, 24, "jiefangbei")], OUTLETS) == after(hours=24)


def test_more_than_half_of_the_outlets_at_once_are_like_the_district() -> None:
    others = [spoken(0, 2, f"o{number}") for number in range(5)]
    assert alone_until("daping", NOW, after(hours=2), others[:4], OUTLETS) == after(hours=2)
    assert alone_until("daping", NOW, after(hours=2), others, OUTLETS) == NOW
    assert alone_until("daping", after(hours=3), after(hours=4), others, OUTLETS) == after(hours=4)


@given(st.lists(st.tuples(st.integers(0, 140), st.integers(1, 60)), max_size=8))
def test_whatever_somebody_says_alone_it_is_a_day_a_week(pieces: list[tuple[int, int]]) -> None:
    said: list[SpokenAlone] = []
    for begins, lasts in pieces:
        start = after(hours=begins)
        until = alone_until("daping", start, start + timedelta(hours=lasts), said, OUTLETS)
        assert start <= until <= start + timedelta(hours=lasts)
        if until > start:
            said.append(SpokenAlone(outlet_id="daping", start=start, end=until))
    hours = {hour for each in said for hour in _hours(each)}
    assert len(hours) <= ALONE / timedelta(hours=1)


def _hours(each: SpokenAlone) -> range:
    hour = timedelta(hours=1)
    return range(int((each.start - NOW) / hour), int((each.end - NOW) / hour))
