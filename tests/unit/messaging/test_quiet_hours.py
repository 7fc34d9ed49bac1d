"""Nobody is woken at night."""

from datetime import UTC, datetime, time

import pytest

from messaging.quiet_hours import QuietHours


def _at(hour: int, minute: int = 0, day: int = 23) -> datetime:
    """By the clock of Chongqing."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC).replace(tzinfo=UTC) - (
        datetime(2026, 1, 1, 8, tzinfo=UTC) - datetime(2026, 1, 1, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("at", "allowed"),
    [
        (_at(20, 59), _at(20, 59)),
        (_at(21), _at(8, day=24)),
        (_at(23, 59), _at(8, day=24)),
        (_at(0, day=24), _at(8, day=24)),
        (_at(7, 59), _at(8)),
        (_at(8), _at(8)),
        (_at(12), _at(12)),
    ],
)
def test_the_night_is_from_nine_to_eight(at: datetime, allowed: datetime) -> None:
    assert QuietHours().allowed_from(at) == allowed


def test_hours_within_a_day_and_none_at_all() -> None:
    noon = QuietHours(time(12), time(14))
    assert noon.allowed_from(_at(13)) == _at(14)
    assert noon.allowed_from(_at(22)) == _at(22)
    assert QuietHours(time(0), time(0)).allowed_from(_at(3)) == _at(3)
