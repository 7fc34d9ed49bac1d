"""No vehicle is that quick: what a jump is, and what is none in doubt."""

from datetime import timedelta

import pytest

from domain.terms import Datum
from logistics.geo import Point
from logistics.jumps import MAX_M_PER_S, SLACK_M, STALE_S, is_jump
from logistics.scans import GpsFix

M_PER_DEGREE = 111_195.0


def fix(north_m=0.0, accuracy_m=10.0, datum=Datum.WGS84):
    here = Point(lat=29.55 + north_m / M_PER_DEGREE, lon=106.55, datum=Datum.WGS84)
    return GpsFix(point=here.to(datum), accuracy_m=accuracy_m)


def reach(seconds, accuracies=20.0):
    """So far it may be."""
    return SLACK_M + 2 * accuracies + MAX_M_PER_S * (seconds + STALE_S)


@pytest.mark.parametrize("seconds", [0, 1, 60, 3600])
@pytest.mark.parametrize(("share", "jumped"), [(0.99, False), (1.01, True)])
def test_the_way_and_the_time_decide(seconds, share, jumped):
    assert is_jump(fix(), fix(reach(seconds) * share), timedelta(seconds=seconds)) is jumped


def test_time_counts_backwards_as_well():
    assert not is_jump(fix(), fix(5000), timedelta(minutes=-10))
    assert is_jump(fix(), fix(5000), timedelta(seconds=-10))


def test_a_blurred_position_proves_no_jump():
    assert is_jump(fix(), fix(3000), timedelta(seconds=1))
    assert not is_jump(fix(), fix(3000, accuracy_m=1000.0), timedelta(seconds=1))
    assert not is_jump(fix(accuracy_m=1000.0), fix(3000), timedelta(seconds=1))


def test_the_same_place_in_another_datum_is_the_same_place():
    assert not is_jump(fix(), fix(datum=Datum.GCJ02), timedelta(0))
    assert is_jump(fix(), fix(3000, datum=Datum.GCJ02), timedelta(seconds=1))


def test_a_courier_on_his_rounds_never_jumps():
    """Five kilometres across the district in ten minutes, by car."""
    assert not is_jump(fix(), fix(5000), timedelta(minutes=10))
