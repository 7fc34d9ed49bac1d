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


class Quiet:
    """A pace of 1, 3 and 30 seconds, and what we last said."""

    def __init__(self):
        self.said, self.asked = None, 0
        self.pace = PollPace(1, 3, lambda low, high: 1.0, quiet_s=30, last_said=self._last_said)

    def _last_said(self):
        self.asked += 1
        return self.said

    def waits(self, now: datetime, count: int) -> list[int]:
        """Seconds between polls that bring nothing."""
        waits = []
        for _ in range(count):
            self.pace.polled(now, came=False)
            ticks = next(tick for tick in range(1, 99) if self.pace.due(now + timedelta(seconds=tick)))
            waits.append(ticks)
            now += timedelta(seconds=ticks)
        return waits


def test_where_nobody_says_anything_polls_become_rare():
    assert Quiet().waits(NOW, 7) == [2, 4, 8, 16, 30, 30, 30]


def test_what_we_say_brings_the_pace_back_at_once():
    quiet = Quiet()
    quiet.waits(NOW, 6)
    now = NOW + timedelta(seconds=90)
    quiet.pace.polled(now, came=False)
    assert not quiet.pace.due(now + timedelta(seconds=1))
    quiet.said = now + timedelta(seconds=1)
    assert quiet.pace.due(now + timedelta(seconds=2))
    assert max(quiet.waits(now + timedelta(seconds=2), 20)) == 3


def test_what_comes_keeps_the_pace_for_five_minutes():
    quiet = Quiet()
    quiet.pace.polled(NOW, came=True)
    waits = quiet.waits(NOW + timedelta(seconds=1), 120)
    soon = waits[: next(place for place, seconds in enumerate(waits) if seconds > 3)]
    assert 299 <= sum(soon) <= 305 and waits[-1] == 30


def test_without_a_quiet_interval_nobody_asks_what_we_said():
    quiet = Quiet()
    quiet.pace = PollPace(1, 3, lambda low, high: 1.0, last_said=quiet._last_said)
    assert max(quiet.waits(NOW, 9)) == 3 and quiet.asked == 0
