"""Who wants nobody at the door any more (撤回上门同意): what nobody has in hand is called off, and that is said."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from demo.people import door
from domain.terms import Leg, Role
from storage.cases.rows import CaseEventRow
from storage.parcels.leg_changes import LegChangeRow
from storage.parcels.legs import LegRow
from storage.pending_updates import UpdateRow
from storage.personal.person_requests import PersonRequestRow
from tests.unit.web.hall import case_body
from tests.unit.web.visits import a_visit

DOOR = door(3, "欧阳小明")
BRING = r"不再上门取件，请您最迟\d+月\d+日（周.）把材料送到大厅窗口，收到后接着办理。"
FETCH = r"不再上门送达，结果留在大厅，请您最迟\d+月\d+日（周.）带身份证件来领取。"
LATER = "不再上门送达，结果办好后留在大厅，请您带身份证件来领取。"


@pytest.fixture
def case_no(hall):
    return hall.started(case_body(), pickup=DOOR, delivery=DOOR)


def withdraw(hall, case_no, channel):
    """What is said afterwards."""
    if channel == "window":
        answer = hall.as_().post(f"/api/v1/cases/{case_no}/consent/withdraw", json={"about": "delivery"})
        assert answer.status_code == 200, answer.text
        return answer.json()["sentence"]
    page = hall.visitor(case_no).post("/track/consent", data={"about": "delivery"})
    assert page.status_code == 200, page.text
    return page.text


def leg_of(hall, leg_id):
    with hall.database.read() as session:
        return session.get_one(LegRow, leg_id)


def rows(hall, table, **wanted):
    with hall.database.read() as session:
        return list(session.scalars(select(table).filter_by(**wanted)))


@pytest.mark.parametrize("channel", ["window", "track"])
def test_a_courier_on_his_way_is_called_off(hall, case_no, channel):
    leg_id = a_visit(hall, case_no, hall.now)
    assert leg_of(hall, leg_id).courier_id is not None
    hall.now += timedelta(minutes=1)
    said = withdraw(hall, case_no, channel)
    assert re.search(BRING, said) and LATER in said
    leg = leg_of(hall, leg_id)
    assert (leg.halted, leg.courier_id) == ("CANCELLED", None)
    [change] = rows(hall, LegChangeRow, leg_id=leg_id)
    assert (change.kind, change.by) == ("CANCEL", {"window": "clerk", "track": "applicant"}[channel])
    assert [one.name for one in rows(hall, UpdateRow, workflow_id=f"leg-{leg_id}")] == ["call_off"]
    worklist = hall.as_(Role.COURIER).get("/api/v1/outlets/daping/worklist").json()
    assert worklist["jobs"] == []
    assert [one["said"] for one in worklist["changes"]] == ["已取消上门"]
    assert len(rows(hall, CaseEventRow, kind="VISIT_CANCELLED")) == 1
    [asked] = rows(hall, PersonRequestRow)
    assert (asked.kind, asked.what, asked.channel) == ("WITHDRAWN", "delivery", channel)
    withdraw(hall, case_no, channel)
    assert len(rows(hall, PersonRequestRow)) == len(rows(hall, LegChangeRow)) == 1


def test_what_follows_is_said_before_he_agrees(hall, case_no):
    a_visit(hall, case_no, hall.now)
    visitor = hall.visitor(case_no)
    before = visitor.get("/track").text
    assert re.search(f"不再同意上门取件和送达后：{BRING}{LATER}", before)
    desk = hall.as_().get(f"/window/{case_no}").text
    assert re.search(f"{BRING}{LATER}以前的不受影响。", desk)
    after = visitor.post("/track/consent", data={"about": "delivery"}).text
    assert "不再同意上门取件和送达" not in after
    assert visitor.post("/track/consent", data={"about": "everything"}).status_code == 422


def held(hall, leg_id, stage="PICKED_UP"):
    with hall.database.write() as session:
        leg = session.get_one(LegRow, leg_id)
        leg.stage = stage
        leg.state = {"picked_up": {"at": hall.now.isoformat(), "not_after": hall.now.isoformat()}}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Leg.PICKUP, "材料已在投递员手中，会照常送到大厅。"),
        (Leg.DELIVERY, "结果已在投递员手中，这一次仍会送到，以后不再上门；急事请拨打大厅电话。"),
    ],
)
def test_what_somebody_has_in_hand_goes_on_and_that_is_said(hall, case_no, kind, words):
    leg_id = a_visit(hall, case_no, hall.now, kind)
    held(hall, leg_id)
    assert words in hall.visitor(case_no).get("/track").text
    assert words in withdraw(hall, case_no, "track")
    assert leg_of(hall, leg_id).halted is None
    assert rows(hall, LegChangeRow) == rows(hall, UpdateRow, name="call_off") == []


def test_a_result_that_nobody_has_fetched_from_the_hall_waits_there(hall, case_no):
    leg_id = a_visit(hall, case_no, hall.now, Leg.DELIVERY)
    said = withdraw(hall, case_no, "window")
    assert re.search(FETCH, said)
    assert leg_of(hall, leg_id).halted == "CANCELLED"


def test_at_the_door_and_while_a_withdrawal_waits_it_is_called_off_too(hall, case_no):
    """Nobody has the papers yet; where the withdrawal is refused, nobody is sent again."""
    at_door = a_visit(hall, case_no, hall.now, stage="ARRIVED_DOOR")
    assert re.search(BRING, withdraw(hall, case_no, "track"))
    assert leg_of(hall, at_door).halted == "CANCELLED"
    other = hall.started(case_body(), pickup=DOOR)
    waiting = a_visit(hall, other, hall.now, halted="WITHDRAWAL", courier_id=None)
    withdraw(hall, other, "window")
    assert leg_of(hall, waiting).halted == "CANCELLED"


def test_nothing_to_come_is_said_as_that(hall):
    case_no = hall.started(case_body(), delivery=DOOR)
    leg_id = a_visit(hall, case_no, hall.now, Leg.DELIVERY, ended_at=hall.now, outcome="DELIVERED")
    assert withdraw(hall, case_no, "window") == "以后不再安排上门。"
    assert leg_of(hall, leg_id).halted is None
