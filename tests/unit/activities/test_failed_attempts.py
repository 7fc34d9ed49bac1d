"""Nobody home, a wrong address, refused at the door: each with its state, its promise, its message and its task."""

import pytest

from domain.messages import LegEnd, LegOutcome, LegPlan, LookReason, TaskOutcome
from domain.tasks import RULES, TaskKind
from domain.terms import Leg, ParcelStage
from logistics.wording import failure_of, stage_sentence
from parcels.projection import rebuild, state_of
from storage.cases.rows import CaseEventRow
from storage.parcels.legs import LegRow
from storage.tasks.rows import TaskRow
from tests.unit.activities.post_office import CASE, FAR, PostOffice
from web.views.legs import leg_sentence

FAILED = {Leg.PICKUP: "PICKUP_FAILED", Leg.DELIVERY: "DELIVERY_FAILED"}


@pytest.fixture
def office(tmp_path):
    opened = PostOffice(tmp_path)
    yield opened
    opened.database.close()


def attempt(office, leg_id, why, minutes):
    """One visit that comes to nothing."""
    office.clock.at(minutes)
    leg = Leg(office.leg(leg_id).leg)
    if leg is Leg.DELIVERY and office.leg(leg_id).epoch == 1:
        office.scan(leg_id, "PICKED_UP", minutes - 3)
    office.scan(leg_id, "ARRIVED_DOOR", minutes - 1)
    office.look(leg_id, LookReason.MOVED)
    office.scan(leg_id, FAILED[leg], minutes, note=why)
    return office.look(leg_id, LookReason.ATTEMPT_FAILED)


def told(office, leg_id):
    with office.database.read() as session:
        leg = session.get_one(LegRow, leg_id)
        return stage_sentence(Leg(leg.leg), ParcelStage(leg.stage), failure_of(state_of(session, leg)))


def resolve(office, kind):
    with office.database.write() as session:
        for task in session.query(TaskRow).filter_by(kind=kind, resolved_at=None):
            task.resolved_at = office.clock()


def history(office):
    with office.database.read() as session:
        return [row.kind for row in session.query(CaseEventRow).order_by(CaseEventRow.id)]


@pytest.mark.parametrize("leg", list(FAILED))
@pytest.mark.parametrize("why", ["NOBODY_HOME", "ID_MISMATCH", "COURIER_UNAVAILABLE"])
def test_another_visit_may_help(office, leg, why):
    leg_id = office.order(leg)
    attempt(office, leg_id, why, 20)
    row = office.leg(leg_id)
    assert (row.stage, row.epoch, row.courier_id is not None) == (FAILED[leg], 2, True)
    assert row.planned_arrival_at >= office.clock()
    assert office.promise(leg_id).verdict == "KEPT"  # he stood at the door within the hour, and it is proved
    assert office.tasks() == []
    assert "ATTEMPT_FAILED" in history(office)
    assert told(office, leg_id) not in ("", "本次上门没有完成，我们会尽快再次安排。")  # it says why


@pytest.mark.parametrize("leg", list(FAILED))
def test_a_failed_visit_takes_the_job_off_the_work_list_at_once(office, leg):
    leg_id = office.order(leg)
    office.clock.at(20)
    if leg is Leg.DELIVERY:
        office.scan(leg_id, "PICKED_UP", 10)
    office.scan(leg_id, FAILED[leg], 20, note="REFUSED")
    assert office.leg(leg_id).courier_id is None  # before its workflow has looked: the courier must not go again


def test_after_the_third_a_person_decides_and_nobody_goes_meanwhile(office):
    leg_id = office.order()
    for minutes in (20, 50, 80):
        attempt(office, leg_id, "NOBODY_HOME", minutes)
    assert office.tasks() == ["DELIVERY_FAILED"]
    assert office.leg(leg_id).courier_id is None
    office.order(Leg.PICKUP, 2)  # another job's decision does not send anybody here
    assert office.leg(leg_id).courier_id is None
    resolve(office, "DELIVERY_FAILED")
    office.look(leg_id, LookReason.ASKED)
    assert office.leg(leg_id).courier_id is not None


@pytest.mark.parametrize("leg", list(FAILED))
def test_what_was_refused_is_not_tried_again_unasked(office, leg):
    leg_id = office.order(leg)
    attempt(office, leg_id, "REFUSED", 20)
    assert (office.tasks(), office.leg(leg_id).courier_id) == (["DELIVERY_FAILED"], None)
    assert office.promise(leg_id).verdict == "KEPT"
    if leg is Leg.DELIVERY:
        office.scan(leg_id, "RETURNED", 40, device="daping-1")
        assert office.leg(leg_id).stage == "RETURNED"  # back in the hall, where it can be collected


def close(office, leg_id):
    """What the workflow does when a person gives the leg up."""
    closed = office.ending.close_leg(leg_id)
    if closed.outcome is not None:
        office.ending.end_leg(LegEnd(leg_id=leg_id, outcome=closed.outcome, at=office.clock()))
    return closed.outcome


def applicant_reads(office, leg_id):
    with office.database.read() as session:
        return leg_sentence(session, session.get_one(LegRow, leg_id))


def test_a_refused_delivery_that_a_person_closes_goes_back_to_the_hall(office):
    leg_id = office.order(Leg.DELIVERY)
    attempt(office, leg_id, "REFUSED", 20)
    courier = office.leg(leg_id).state["holder"]
    office.clock.at(30)
    with office.database.write() as session:
        task = session.query(TaskRow).filter_by(kind="DELIVERY_FAILED").one()
        task.resolved_at, task.outcome = office.clock(), TaskOutcome.CLOSE_AS_FAILED
    office.order(Leg.PICKUP, 3)  # planned before the leg's workflow has heard of it: still nobody goes
    assert office.leg(leg_id).courier_id is None
    assert close(office, leg_id) is None  # he still has it
    assert close(office, leg_id) is None  # asked again: said once
    leg = office.leg(leg_id)
    assert (leg.stage, leg.ended_at, leg.state["holder"]) == ("RETURNING", None, courier)
    assert office.tasks() == ["RETURN_REQUIRED"]
    assert applicant_reads(office, leg_id) == "正在退回大厅，您可到大厅领取或重新预约。"
    office.order(Leg.PICKUP, 2)  # planning others sends nobody to this door
    assert office.leg(leg_id).planned_arrival_at is None
    office.clock.at(50)
    office.scan(leg_id, "RETURNED", 49, device=courier, signerKind="hall")
    assert (office.leg(leg_id).stage, office.tasks()) == ("RETURNED", [])
    assert applicant_reads(office, leg_id) == "已退回大厅，您可到大厅领取或重新预约。"
    assert office.effects(leg_id)[-1]["stage"] == "RETURNED"  # ends the leg; the papers wait at the hall
    assert rebuild(office.database) == []


def test_a_refused_pickup_that_a_person_closes_is_over_and_a_late_scan_brings_it_back(office):
    leg_id = office.order()
    attempt(office, leg_id, "REFUSED", 20)
    courier = office.assigned(leg_id)[0]
    resolve(office, "DELIVERY_FAILED")
    assert close(office, leg_id) == "ABANDONED"
    assert (office.leg(leg_id).stage, office.carrier.cancelled) == ("CANCELLED", [leg_id])
    assert applicant_reads(office, leg_id) == "寄递已取消。"
    office.clock.at(60)
    office.scan(leg_id, "PICKED_UP", 25, device=courier)  # he had talked them round, without a network
    assert office.tasks() == ["RETURN_REQUIRED"]
    assert "退还给您" in applicant_reads(office, leg_id)
    office.scan(leg_id, "RETURNED", 59, device=courier)
    assert (office.leg(leg_id).stage, office.tasks()) == ("RETURNED", [])
    assert applicant_reads(office, leg_id) == "材料已退还给您。"


def test_a_search_that_is_given_up_and_a_parcel_that_turns_up_all_the_same(office):
    leg_id = office.order(Leg.DELIVERY)
    office.clock.at(30)
    office.scan(leg_id, "PICKED_UP", 10)
    office.scan(leg_id, "LOST", 29, epoch=None)
    assert office.tasks() == ["PARCEL_LOST"]
    resolve(office, "PARCEL_LOST")
    assert close(office, leg_id) == "LOST"
    office.clock.at(90)
    office.scan(leg_id, "AT_OUTLET", 89, device="daping-1", epoch=None)
    assert office.tasks() == ["PARCEL_FOUND"]
    assert "找到了" in applicant_reads(office, leg_id)


def test_a_lost_parcel_is_settled_when_found_whatever_attempt_the_device_names(office):
    leg_id = office.order(Leg.DELIVERY)
    office.clock.at(30)
    office.scan(leg_id, "PICKED_UP", 10)
    office.scan(leg_id, "LOST", 29, epoch=None)
    assert "全力查找" in applicant_reads(office, leg_id)
    office.scan(leg_id, "OUT_FOR_DELIVERY", 30, epoch=None)
    assert (office.leg(leg_id).epoch, office.tasks()) == (2, [])
    assert applicant_reads(office, leg_id) == "投递员正在送来，请备好身份证件签收。"


def test_an_agent_who_may_not_sign_is_a_persons_matter_until_the_right_one_does(office):
    leg_id = office.order(Leg.DELIVERY)
    office.clock.at(20)
    office.scan(leg_id, "PICKED_UP", 5)
    office.scan(leg_id, "DELIVERED", 19, signerKind="agent")
    assert (office.leg(leg_id).stage, office.tasks()) == ("ON_HOLD", ["DELIVERY_FAILED"])
    office.clock.at(40)
    office.scan(leg_id, "DELIVERED", 39, signerKind="self")
    assert (office.leg(leg_id).stage, office.tasks()) == ("DELIVERED", [])


def test_what_waits_to_be_collected_is_brought_again_only_when_a_person_says_so(office):
    leg_id = office.order(Leg.DELIVERY)
    office.clock.at(20)
    office.scan(leg_id, "PICKED_UP", 5)
    office.scan(leg_id, "DELIVERED", 19, signerKind="locker")
    office.look(leg_id, LookReason.MOVED)
    assert (office.leg(leg_id).stage, office.tasks()) == ("AWAITING_COLLECTION", ["DELIVERY_FAILED"])
    assert office.leg(leg_id).planned_arrival_at is None
    office.clock.at(40)
    with office.database.write() as session:
        for task in session.query(TaskRow).filter_by(kind="DELIVERY_FAILED"):
            task.resolved_at, task.outcome = office.clock(), TaskOutcome.REDELIVER
    office.look(leg_id, LookReason.ASKED)
    assert office.leg(leg_id).planned_arrival_at is not None
    office.scan(leg_id, "OUT_FOR_DELIVERY", 41)
    office.scan(leg_id, "DELIVERED", 50, signerKind="locker")  # in the locker once more: asked once more
    assert office.tasks() == ["DELIVERY_FAILED"]


def test_what_is_in_a_bag_after_a_failed_visit_is_not_given_to_another(office):
    leg_id = office.order(Leg.DELIVERY)
    attempt(office, leg_id, "NOBODY_HOME", 20)
    assert office.leg(leg_id).courier_id == office.leg(leg_id).state["holder"]


def test_after_the_third_visit_the_applicant_is_not_told_that_we_come_again(office):
    leg_id = office.order()
    for minutes in (20, 50, 80):
        attempt(office, leg_id, "NOBODY_HOME", minutes)
        office.look(leg_id)
    assert applicant_reads(office, leg_id) == "多次上门没有完成，工作人员会与您联系另行安排。"


def test_a_wrong_address_is_placed_by_a_person_before_anybody_goes_again(office):
    leg_id = office.order(Leg.DELIVERY)
    attempt(office, leg_id, "WRONG_ADDRESS", 20)
    assert (office.tasks(), office.leg(leg_id).courier_id) == (["PLACE_ADDRESS"], None)
    assert office.promise(leg_id).verdict == "ON_TRACK"  # it was not the applicant's door: the clock goes on
    office.order(Leg.PICKUP, 2)
    assert office.leg(leg_id).courier_id is None
    with office.database.write() as session:
        leg = session.get_one(LegRow, leg_id)
        leg.lat, leg.lon = FAR
    resolve(office, "PLACE_ADDRESS")
    office.look(leg_id, LookReason.ASKED)
    assert office.leg(leg_id).courier_id is not None
    assert office.promise(leg_id).verdict == "ON_TRACK"  # it was another door: the applicant still waits


def test_an_applicant_who_asks_to_wait_stops_the_clock_up_to_the_cap(office):
    leg_id = office.order()
    office.clock.at(11)
    office.scan(leg_id, "EN_ROUTE", 2)
    office.scan(leg_id, "ON_HOLD", 10, note="applicant_wait")
    office.look(leg_id, LookReason.MOVED)
    assert office.promise(leg_id).clock == "PAUSED"
    office.clock.at(75)
    office.scan(leg_id, "ARRIVED_DOOR", 74)
    office.look(leg_id, LookReason.MOVED)
    promise = office.promise(leg_id)
    assert (promise.verdict, promise.over_cap) == ("KEPT", True)
    assert promise.excused == {"applicant": 30.0}


@pytest.mark.parametrize(
    ("leg", "outcome", "task"),
    [
        (Leg.FORWARD, LegOutcome.RETURNED, "PAPERS_CAME_BACK"),
        (Leg.FORWARD, LegOutcome.LOST, "PAPERS_NOT_ARRIVED"),
        (Leg.BACK, LegOutcome.RETURNED, "PAPERS_NOT_ARRIVED"),
    ],
)
def test_papers_that_did_not_arrive_are_sent_again_only_where_we_have_them(office, leg, outcome, task):
    leg_id = f"{CASE}-{leg}-1"
    office.live()
    office.carrying.book_leg(LegPlan(leg_id=leg_id, case_no=CASE, handling_no=CASE, leg=leg))
    office.ending.end_leg(LegEnd(leg_id=leg_id, outcome=outcome, at=office.clock()))
    assert office.tasks() == [task]
    assert (TaskOutcome.REDELIVER in RULES[TaskKind(task)][2]) is (task == "PAPERS_CAME_BACK")
