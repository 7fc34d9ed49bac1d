"""Whether a device can have come from one place to another in the time between two of its scans (位置跳变)."""

from datetime import timedelta
from typing import Final

from logistics.geo import haversine_m
from logistics.scans import GpsFix

MAX_M_PER_S: Final = 25.0
"""90 km/h: quicker than the metro, and than anything in the streets of the district."""

STALE_S: Final = 35.0
"""A position may be half a minute old when it is scanned with (web/static/js/scan/position.js)."""

SLACK_M: Final = 200.0


def is_jump(one: GpsFix, other: GpsFix, between: timedelta) -> bool:
    """Whether no vehicle is that quick; in doubt it is none: accuracies (68 %) count twice, a position may be stale."""
    way_m = haversine_m(one.point, other.point.to(one.point.datum))
    blur_m = SLACK_M + 2 * (one.accuracy_m + other.accuracy_m)
    return way_m - blur_m > MAX_M_PER_S * (abs(between.total_seconds()) + STALE_S)
