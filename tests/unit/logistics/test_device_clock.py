"""Two clocks of a device against ours."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.device_clock import Boot, correct

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def ago(**parts):
    return NOW - timedelta(**parts)


@pytest.mark.parametrize(
    ("said", "mono_ms", "boot", "at", "suspect"),
    [
        (ago(hours=8), None, None, ago(hours=8), False),  # offline for a day's work
        (ago(hours=-8), None, None, NOW, True),  # ahead, and nothing to check it by
        (ago(seconds=-100), None, None, ago(seconds=-100), False),  # within the tolerance: the derivation's own rule
        (ago(hours=1), 60_000, None, ago(hours=1), False),  # the boot's first event is believed
        (ago(hours=-1), 60_000, None, NOW, True),
        (ago(hours=1), 3_600_000, ago(hours=2), ago(hours=1), False),  # both clocks agree
        (ago(hours=5), 3_600_000, ago(hours=2), ago(hours=1), False),  # set back by four hours meanwhile
        (ago(hours=-5), 3_600_000, ago(hours=2), ago(hours=1), False),  # set forward
        (ago(hours=1), 3_600_000, ago(minutes=2), ago(hours=1), True),  # more uptime than there was time
    ],
)
def test_what_counts(said, mono_ms, boot, at, suspect):
    time, _ = correct(said, mono_ms, Boot(zero_at=boot) if boot else None, NOW)
    assert (time.at, time.suspect) == (at, suspect)


def test_one_good_moment_fixes_the_rest_of_the_boot():
    _, boot = correct(ago(minutes=30), 60_000, None, NOW)
    time, _ = correct(datetime(1970, 1, 1, tzinfo=UTC), 1_260_000, boot, NOW)
    assert time.at == ago(minutes=10) and not time.suspect


moments = st.integers(0, 6_900_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))
uptimes = st.integers(0, 10 * 366 * 86_400_000)


@given(st.lists(st.tuples(moments, uptimes), min_size=1, max_size=6))
def test_nothing_with_two_clocks_happened_after_we_received_it(scans):
    boot = None
    for said, mono_ms in scans:
        time, boot = correct(said, mono_ms, boot, NOW)
        assert time.at <= NOW
