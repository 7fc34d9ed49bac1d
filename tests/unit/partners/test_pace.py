"""Polling slows down while nothing comes."""

from datetime import UTC, datetime, timedelta

from partners.pace import PollPace

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def waited_s(pace: PollPace, now: datetime) -> float:
    """Seconds of 60-s ticks until a poll is due again."""
    ticks = 1
    while not pace.due(now + timedelta(seconds=60 * ticks)):
        ticks += 1
    return 60 * ticks


def test_twice_as_slow_each_time_nothing_comes_and_fast_again_when_something_does():
    pace, now, waits = PollPace(60, 600, lambda low, high: 1.0), NOW, []
    assert pace.due(now)
    for _ in range(6):
        pace.polled(now, came=False)
        waits.append(waited_s(pace, now))
        now += timedelta(seconds=waits[-1])
    assert waits == [120, 240, 480, 600, 600, 600]
    pace.polled(now, came=True)
    assert waited_s(pace, now) == 60


def test_the_spread_is_a_fifth():
    pace = PollPace(60, 600, lambda low, high: high)
    for _ in range(9):
        pace.polled(NOW, came=False)
    assert waited_s(pace, NOW) == 720
