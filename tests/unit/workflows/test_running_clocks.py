"""When a clock comes up, as what, and how often; down to the moment itself."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.carried import ClockCarried
from domain.messages import Deadline, DeadlineKind, Responsible
from workflows.clocks import Clocks, Phase

K = DeadlineKind
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def deadline(kind: DeadlineKind = K.DECISION_PROMISED, days: int = 10, **more) -> Deadline:
    """Warns two days before its end, and goes up one and two days after it."""
    due = NOW + days * DAY
    plain = {"warn_at": due - 2 * DAY, "due_at": due, "escalate_at": (due + DAY, due + 2 * DAY)}
    return Deadline(kind=kind, start_at=NOW, responsible=Responsible.AUTHORITY, **{**plain, **more})


def running(*deadlines: Deadline) -> Clocks:
    clocks = Clocks()
    for one in deadlines:
        clocks.start(one)
    return clocks


def phases(clocks: Clocks, at: datetime) -> list[Phase]:
    return [phase for _, phase in clocks.take_passed(at)]


def test_every_boundary_comes_up_at_its_moment_and_once():
    clocks = running(deadline())
    times = [(8, Phase.WARN), (10, Phase.DUE), (11, Phase.DEPARTMENT), (12, Phase.DISTRICT), (22, Phase.DUE)]
    for days, phase in [*times, (32, Phase.DUE)]:
        at = NOW + days * DAY
        assert clocks.next_boundary() == at
        assert phases(clocks, at - SECOND) == []
        assert phases(clocks, at) == [phase]
        assert phases(clocks, at) == []


def test_without_levels_the_end_is_repeated_every_time_as_long_as_it_has_run():
    clocks = running(deadline(escalate_at=()))
    assert phases(clocks, NOW + 10 * DAY) == [Phase.DUE]
    assert clocks.next_boundary() == NOW + 20 * DAY
    assert phases(clocks, NOW + 20 * DAY) == [Phase.DUE]
    assert clocks.next_boundary() == NOW + 30 * DAY


def test_with_one_level_the_end_is_repeated_after_it():
    clocks = running(deadline(escalate_at=(NOW + 11 * DAY,)))
    assert phases(clocks, NOW + 11 * DAY) == [Phase.DEPARTMENT]
    assert phases(clocks, NOW + 21 * DAY) == [Phase.DUE]


def test_what_was_slept_through_is_announced_as_the_last_of_it():
    clocks = running(deadline())
    assert phases(clocks, NOW + 11 * DAY + SECOND) == [Phase.DEPARTMENT]
    assert clocks.next_boundary() == NOW + 12 * DAY


def test_a_warning_never_comes_after_the_end():
    clocks = running(deadline(warn_at=NOW + 20 * DAY))
    assert clocks.next_boundary() == NOW + 10 * DAY


@pytest.mark.parametrize("length", [timedelta(0), timedelta(milliseconds=10)])
def test_a_clock_of_no_length_comes_up_every_second_and_no_oftener(length):
    clocks = running(deadline(warn_at=NOW, due_at=NOW + length, escalate_at=()))
    assert phases(clocks, NOW + length) == [Phase.DUE]
    assert clocks.next_boundary() == NOW + length + SECOND
    assert phases(clocks, NOW + length + SECOND) == [Phase.DUE]
    assert clocks.next_boundary() == NOW + length + 2 * SECOND


def test_the_next_boundary_is_the_earliest_of_all_and_each_passes_for_itself():
    clocks = running(deadline(), deadline(K.DECISION_STATUTORY, 20))
    assert clocks.next_boundary() == NOW + 8 * DAY
    passed = clocks.take_passed(NOW + 18 * DAY)
    assert [(one.kind, phase) for one, phase in passed] == [
        (K.DECISION_PROMISED, Phase.DISTRICT),
        (K.DECISION_STATUTORY, Phase.WARN),
    ]
    later_first = running(deadline(K.DECISION_STATUTORY, 20), deadline())
    assert phases(later_first, NOW + 8 * DAY) == [Phase.WARN]


def test_nothing_runs_at_first_and_nothing_comes_up():
    clocks = Clocks()
    assert clocks.next_boundary() is None
    assert clocks.take_passed(NOW) == []
    assert (clocks.kinds, clocks.running, list(clocks)) == (frozenset(), (), [])


def test_started_again_it_is_announced_again():
    clocks = running(deadline())
    assert phases(clocks, NOW + 8 * DAY) == [Phase.WARN]
    clocks.start(deadline(days=12))
    assert list(clocks) == [(deadline(days=12), 0)]
    assert phases(clocks, NOW + 10 * DAY) == [Phase.WARN]


def test_what_is_stopped_is_named_and_comes_up_no_more():
    clocks = running(deadline(), deadline(K.DECISION_STATUTORY, 20), deadline(K.POSTING, 2))
    assert clocks.stop(K.POSTING, K.COLLECTION) == (K.POSTING,)
    assert clocks.kinds == {K.DECISION_PROMISED, K.DECISION_STATUTORY}
    assert clocks.running == (deadline(), deadline(K.DECISION_STATUTORY, 20))
    assert clocks.stop_all() == (K.DECISION_PROMISED, K.DECISION_STATUTORY)
    assert clocks.next_boundary() is None


def test_a_further_run_goes_on_where_the_last_one_was():
    clocks = Clocks([ClockCarried(deadline=deadline(), announced=1)])
    assert list(clocks) == [(deadline(), 1)]
    assert clocks.next_boundary() == NOW + 10 * DAY
