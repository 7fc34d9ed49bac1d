"""An authority sends a result under a number that another parcel has: nothing moves wrongly, and a person hears."""

import pytest
from sqlalchemy import select

from activities.carrier_tracking import CarrierTracking
from domain.messages import LegPlan
from domain.tasks import TaskKind
from domain.terms import Leg
from parcels.projection import rebuild
from storage.tasks.rows import TaskRow
from tests.unit.activities.post_office import CASE, PostOffice
from tests.unit.activities.test_carrier_tracking import Carrier, op

BACK = f"{CASE}-BACK-1"


@pytest.fixture
def office(tmp_path):
    opened = PostOffice(tmp_path)
    yield opened
    opened.database.close()


def back(office, number):
    plan = LegPlan(leg_id=BACK, case_no=CASE, handling_no=CASE, leg=Leg.BACK, inbound_tracking_no=number)
    for _ in range(2):
        office.carrying.book_leg(plan)


def shared(office):
    with office.database.read() as session:
        query = select(TaskRow.leg_id, TaskRow.data).filter_by(kind=TaskKind.NUMBER_SHARED)
        return [tuple(row) for row in session.execute(query)]


def test_the_number_of_another_parcel_is_a_task_and_its_scans_stay_with_it(office):
    pickup = office.order()
    number = office.leg(pickup).tracking_no
    back(office, number)
    assert shared(office) == [(BACK, {"trackingNo": number, "otherLegId": pickup})]
    office.scan(pickup, "PICKED_UP", 5)
    assert (office.leg(pickup).stage, office.leg(BACK).stage) == ("PICKED_UP", "ORDERED")
    assert rebuild(office.database) == []


def test_the_trace_of_another_parcel_moves_only_that(office):
    forward = office.order(Leg.FORWARD)
    number = office.leg(forward).tracking_no
    back(office, number)
    carrier = Carrier()
    carrier.traces = {number: [op("203", 60), op("704", 50)]}
    assert CarrierTracking(office.database, carrier, office.clock).look() == 1
    assert (office.leg(forward).stage, office.leg(BACK).stage) == ("DELIVERED", "ORDERED")
    assert carrier.asked == [number]


@pytest.mark.parametrize("number", ["EA000000005CN", "9" * 64])
def test_a_number_of_its_own_is_nobodys_matter(office, number):
    office.order()
    back(office, number)
    assert (shared(office), office.leg(BACK).tracking_no) == ([], number)
