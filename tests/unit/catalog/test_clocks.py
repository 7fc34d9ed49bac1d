"""The law's clocks: vectors worked by hand, warnings before, escalation after, scaled time."""

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.clocks import Where, compute_deadline, days_left, limit_of, rule_of, rules
from catalog.items import load
from catalog.workdays import SHANGHAI, WorkdayCalendar, bundled_calendar, local_day
from domain.messages import DeadlineKind, Responsible
from domain.terms import Scheme

CALENDAR = bundled_calendar()
ITEM = load().by_code["YZ-MPS-001"].brief
MONDAY = datetime(2026, 11, 23, 10, tzinfo=SHANGHAI)
with (Path(__file__).parent / "data" / "clock_vectors.csv").open(encoding="utf-8") as file:
    VECTORS = list(csv.DictReader(file))


def at(text):
    return datetime.fromisoformat(text)


def compute(kind=DeadlineKind.POSTING, start=MONDAY, item=ITEM, **more):
    return compute_deadline(kind, start, item, **{"calendar": CALENDAR, **more})


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['kind']}-{v['start'][:10]}+{v['workdays']}")
def test_vectors_worked_by_hand(vector):
    excluded = [tuple(map(at, span.split("/"))) for span in vector["excluded"].split()]
    deadline = compute(
        DeadlineKind(vector["kind"]), at(vector["start"]), workdays=int(vector["workdays"]), excluded=excluded
    )
    expected = date.fromisoformat(vector["expected"])
    assert deadline.due_at == datetime(expected.year, expected.month, expected.day, 23, 59, 59, tzinfo=SHANGHAI)
    assert deadline.provisional == ("provisional" in vector["working"])
    assert len(VECTORS) >= 35


@pytest.mark.parametrize(
    ("kind", "days", "who"),
    [
        (DeadlineKind.POSTING, 2, Responsible.WINDOW),
        (DeadlineKind.ACCEPTANCE, 5, Responsible.AUTHORITY),
        (DeadlineKind.RESULT_DELIVERY, 10, Responsible.AUTHORITY),
        (DeadlineKind.DECISION_PROMISED, 20, Responsible.AUTHORITY),
        (DeadlineKind.DECISION_STATUTORY, 42, Responsible.AUTHORITY),
        (DeadlineKind.INTERREGIONAL_LEG, 5, Responsible.POST),
        (DeadlineKind.SUPPLEMENT_REPLY, 30, Responsible.APPLICANT),
    ],
)
def test_defaults_come_from_rules_or_the_item(kind, days, who):
    assert limit_of(kind, ITEM) == days
    assert compute(kind).responsible is who
    assert compute(kind).due_at == compute(kind, workdays=days).due_at


def test_every_kind_has_a_rule_with_its_basis():
    general = [rule.kind for rule in rules() if not (rule.item_code or rule.scheme or rule.region)]
    assert sorted(general) == sorted(DeadlineKind)
    assert all(rule.basis for rule in rules())
    assert all(rule.workdays is None or rule.workdays > 0 for rule in rules())
    assert {rule.item_code for rule in rules()} - {""} <= set(load().by_code)


def test_the_narrowest_rule_counts():
    allowance = load().by_code["YZ-CIVIL-001"].brief
    assert (limit_of(DeadlineKind.POSTING, ITEM), limit_of(DeadlineKind.POSTING, allowance)) == (2, 3)
    assert (limit_of(DeadlineKind.RESULT_DELIVERY, ITEM), limit_of(DeadlineKind.RESULT_DELIVERY, allowance)) == (10, 3)
    for region, days in (("", 15), ("510104", 15), ("371400", 5), ("371402", 5), ("370100", 15)):
        assert limit_of(DeadlineKind.RATING_REWORK, ITEM, Where(region=region)) == days
    assert "两项补贴" in rule_of(DeadlineKind.POSTING, allowance, Where(scheme=Scheme.CHUANYU, region="510104")).basis


def test_a_warning_comes_before_and_never_before_the_start():
    assert compute().warn_at == datetime(2026, 11, 24, 9, tzinfo=SHANGHAI)
    statutory = compute(DeadlineKind.DECISION_STATUTORY, workdays=20)
    assert statutory.warn_at == datetime(2026, 12, 14, 9, tzinfo=SHANGHAI)
    same_day = compute(workdays=0)
    assert same_day.warn_at == MONDAY and local_day(same_day.due_at) == date(2026, 11, 23)


def test_escalation_goes_up_while_the_clock_runs():
    deadline = compute(start=datetime(2026, 11, 25, 10, tzinfo=SHANGHAI))
    assert deadline.due_at == datetime(2026, 11, 27, 23, 59, 59, tzinfo=SHANGHAI)  # Friday
    assert deadline.escalate_at == (
        datetime(2026, 11, 30, 9, tzinfo=SHANGHAI),  # one working day later: Monday
        datetime(2026, 12, 2, 9, tzinfo=SHANGHAI),  # three: Wednesday
    )


def test_days_left():
    deadline = compute(workdays=5)  # ends Monday 30
    assert days_left(deadline.due_at, MONDAY, CALENDAR) == 5
    assert days_left(deadline.due_at, datetime(2026, 11, 30, 23, tzinfo=SHANGHAI), CALENDAR) == 0
    assert days_left(deadline.due_at, datetime(2026, 12, 2, 1, tzinfo=SHANGHAI), CALENDAR) == -2


def test_scaled_time_is_always_open():
    saturday = datetime(2026, 11, 28, 3, tzinfo=UTC)
    deadline = compute(start=saturday, time_scale=3600)
    assert deadline.due_at - saturday == timedelta(seconds=48)
    assert saturday < deadline.warn_at < deadline.due_at
    assert not deadline.provisional
    assert compute(start=saturday, time_scale=3600, workdays=0).due_at - saturday == timedelta(seconds=24)
    paused = (saturday + timedelta(seconds=5), saturday + timedelta(seconds=15))
    assert compute(start=saturday, time_scale=3600, excluded=[paused]).due_at - saturday == timedelta(seconds=58)
    assert [at - deadline.due_at for at in deadline.escalate_at] == [timedelta(seconds=n) for n in (24, 72)]


def test_mistakes_of_the_caller():
    with pytest.raises(ValueError, match="positive"):
        compute(time_scale=0)
    with pytest.raises(ValueError, match="offset"):
        compute(start=datetime(2026, 11, 23))  # noqa: DTZ001


def test_a_new_calendar_moves_a_provisional_deadline():
    start = datetime(2026, 12, 30, 10, tzinfo=SHANGHAI)
    old = compute(start=start)
    new = compute(start=start, calendar=WorkdayCalendar({date(2027, 1, 4): False}, {2026, 2027}))
    assert old.provisional and not new.provisional
    assert old.calendar_version != new.calendar_version
    assert local_day(old.due_at) == date(2027, 1, 4)
    assert local_day(new.due_at) == date(2027, 1, 1)


moments = st.datetimes(datetime(2020, 1, 1), datetime(2028, 12, 31), timezones=st.just(SHANGHAI))  # noqa: DTZ001


@given(moments, st.integers(0, 90), st.sampled_from(DeadlineKind), st.sampled_from([1.0, 60.0, 3600.0]))
def test_boundaries_are_in_order(start, n, kind, scale):
    deadline = compute(kind, start, workdays=n, time_scale=scale)
    assert deadline.start_at <= deadline.warn_at <= deadline.due_at
    assert deadline.due_at < deadline.escalate_at[0] < deadline.escalate_at[1]


@given(moments, st.integers(1, 60), st.integers(0, 60), st.integers(0, 40))
def test_excluded_time_never_shortens_and_adds_its_working_days(start, n, after, length):
    begin = start + timedelta(days=after)
    end = begin + timedelta(days=length)
    plain, longer = compute(start=start, workdays=n), compute(start=start, workdays=n, excluded=[(begin, end)])
    assert longer.due_at >= plain.due_at
    within = CALENDAR.count_workdays(local_day(begin), local_day(end))
    if local_day(begin) >= local_day(plain.due_at):
        assert longer.due_at == plain.due_at
    else:
        assert CALENDAR.count_workdays(local_day(start), local_day(longer.due_at)) == n + within
