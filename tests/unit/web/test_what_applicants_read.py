"""The sentences of the applicant's page: true at every moment, kind, and told apart where several authorities act."""

from datetime import timedelta

import pytest

from catalog.items import load
from domain.messages import DeadlineKind
from domain.tasks import TaskKind
from domain.terms import CaseStatus, Leg, ParcelStage
from logistics.promise import OfferObstacle
from logistics.wording import matter_sentence, no_promise_sentence
from papers import Item
from papers.content import _limits
from storage.cases.rows import DeadlineRow, HandlingRow, add_event
from storage.parcels.legs import LegRow
from storage.tasks.rows import open_task
from tests.unit.web.hall import case_body
from tests.unit.web.test_results import with_result
from web.views.sentences import STATUS, Way

S = ParcelStage
JOINT = {"handlings": [{"region": "510104", "role": "迁入地"}, {"region": "511602", "role": "迁出地"}]}


def read(hall, case_no) -> dict:
    answer = hall.tracked(case_no)
    assert answer.status_code == 200, answer.text
    return answer.json()


def page(hall, case_no) -> str:
    return hall.visitor(case_no).get("/track").text


def a_leg(hall, case_no, leg, stage=S.ASSIGNED, **more):
    with hall.database.write() as session:
        row = LegRow(
            leg_id=f"{case_no}-{leg}-1", case_no=case_no, handling_no=case_no, leg=leg, region="500103", stage=stage,
            ordered_at=hall.now, **more,
        )  # fmt: skip
        session.add(row)
        return row.leg_id


def a_clock(hall, case_no, kind, handling_no=None):
    with hall.database.write() as session:
        due = hall.now + timedelta(days=3)
        who = "applicant" if kind is DeadlineKind.COLLECTION else "authority"
        session.add(
            DeadlineRow(case_no=case_no, handling_no=handling_no, key=f"{kind}/{handling_no}", kind=kind,
                        start_at=hall.now, warn_at=due, due_at=due, responsible=who)
        )  # fmt: skip


def approved(hall) -> str:
    case_no = hall.started()
    hall.record(case_no, CaseStatus.APPROVED)
    return case_no


# --- where the result is ---


def test_nothing_travels_and_nothing_is_said_to(hall):
    assert read(hall, approved(hall))["next"] == STATUS[CaseStatus.APPROVED]


@pytest.mark.parametrize(
    ("leg", "way"), [(Leg.BACK, Way.TO_THE_HALL), (Leg.DELIVERY, Way.TO_THE_DOOR), (Leg.FORWARD, None)]
)
def test_what_is_under_way_is_said_as_long_as_it_is(hall, leg, way):
    case_no = approved(hall)
    a_leg(hall, case_no, leg)
    assert read(hall, case_no)["next"] == (way or STATUS[CaseStatus.APPROVED])
    with hall.database.write() as session:
        session.get_one(LegRow, f"{case_no}-{leg}-1").outcome = "DELIVERED"
    assert read(hall, case_no)["next"] == STATUS[CaseStatus.APPROVED]


@pytest.mark.parametrize(
    ("kind", "way"), [(DeadlineKind.COLLECTION, Way.AT_THE_HALL), (DeadlineKind.RESULT_DELIVERY, Way.NOT_SENT_YET)]
)
def test_what_is_waited_for_is_said(hall, kind, way):
    case_no = approved(hall)
    a_clock(hall, case_no, kind)
    assert read(hall, case_no)["next"] == way


def test_an_electronic_result_is_fetched_and_then_downloaded(hall):
    case_no = approved(hall)
    with hall.database.write() as session:
        session.get_one(HandlingRow, case_no).result = {"name": "证", "form": "electronic", "sha256": "cd" * 32}
    assert read(hall, case_no)["next"] == Way.BEING_FETCHED
    assert read(hall, with_result(hall))["next"] == Way.ONLINE


# --- the courier who was there ---


@pytest.mark.parametrize(
    ("leg", "stage", "outcome", "said"),
    [
        (Leg.PICKUP, S.ASSIGNED, None, True),
        (Leg.PICKUP, S.EN_ROUTE, None, True),
        (Leg.PICKUP, S.PICKUP_FAILED, None, True),
        (Leg.PICKUP, S.ARRIVED_DOOR, None, False),
        (Leg.PICKUP, S.PICKED_UP, None, False),
        (Leg.PICKUP, S.IN_TRANSIT, None, False),
        (Leg.PICKUP, S.HALL_CHECKED, "DELIVERED", False),
        (Leg.DELIVERY, S.PICKED_UP, None, True),
        (Leg.DELIVERY, S.OUT_FOR_DELIVERY, None, True),
        (Leg.DELIVERY, S.ARRIVED_DOOR, None, False),
        (Leg.DELIVERY, S.DELIVERED, None, False),
        (Leg.DELIVERY, S.DELIVERED, "DELIVERED", False),
        (Leg.DELIVERY, S.LOST, None, False),
        (Leg.DELIVERY, S.CANCELLED, "CANCELLED", False),
        (Leg.DELIVERY, S.RETURNING, None, False),
    ],
)
@pytest.mark.parametrize("obstacle", OfferObstacle)
def test_why_nothing_is_promised_is_said_only_while_somebody_is_to_come(hall, leg, stage, outcome, said, obstacle):
    case_no = hall.started()
    promise = {"promised": False, "obstacle": obstacle}
    a_leg(hall, case_no, leg, stage, outcome=outcome, promise=promise)
    expected = no_promise_sentence(obstacle) if said else None
    assert read(hall, case_no)["parcels"][0]["promise"] == expected
    assert (no_promise_sentence(obstacle) in page(hall, case_no)) is said


# --- a parcel with which something is wrong ---


@pytest.mark.parametrize("kind", [TaskKind.PARCEL_LOST, TaskKind.PARCEL_DAMAGED, TaskKind.TAKE_OVER])
def test_a_parcel_in_trouble_is_what_matters_before_the_papers_are_in(hall, kind):
    case_no = hall.started()
    leg_id = a_leg(hall, case_no, Leg.PICKUP, S.LOST if kind is TaskKind.PARCEL_LOST else S.PICKED_UP)
    assert read(hall, case_no)["next"] == STATUS[CaseStatus.REGISTERED]
    with hall.database.write() as session:
        open_task(session, key="t", kind=kind, now=hall.now, case_no=case_no, leg_id=leg_id)
    assert read(hall, case_no)["next"] == matter_sentence([kind])
    hall.record(case_no, CaseStatus.ACCEPTED)
    assert read(hall, case_no)["next"] == STATUS[CaseStatus.ACCEPTED]


def test_a_result_that_is_lost_on_its_way_is_not_on_its_way(hall):
    case_no = approved(hall)
    leg_id = a_leg(hall, case_no, Leg.DELIVERY, S.LOST)
    with hall.database.write() as session:
        open_task(session, key="t", kind=TaskKind.PARCEL_LOST, now=hall.now, case_no=case_no, leg_id=leg_id)
    assert read(hall, case_no)["next"] == matter_sentence([TaskKind.PARCEL_LOST])


# --- who and how long ---


def test_a_special_procedure_reads_as_something_to_do(hall):
    case_no = hall.started()
    a_clock(hall, case_no, DeadlineKind.SUSPENSION, case_no)
    now = read(hall, case_no)["responsibleNow"]
    assert (now["label"], now["for"]) == ("办理地", "完成特别程序")
    assert "特别程序结束" not in page(hall, case_no)


@pytest.mark.parametrize(
    ("promised", "statutory", "said"),
    [
        (0, 0, "即办件，材料齐全的当场办结"),
        (0, 20, "即办件，材料齐全的当场办结，法定20个工作日"),
        (5, 20, "承诺5个工作日，法定20个工作日"),
        (5, 0, "承诺5个工作日"),
    ],
)
def test_a_limit_of_no_days_is_not_told_as_one(promised, statutory, said):
    item = Item(code="X", name="事项", department="人社", statutory_days=statutory, promised_days=promised)
    assert _limits(item) == said


# --- several authorities ---


def test_what_several_authorities_do_is_told_apart_by_their_places(hall):
    answer = hall.start(case_body(load().by_code["YZ-MPS-006"]) | JOINT)
    assert answer.status_code == 201, answer.text
    case_no = answer.json()["caseNo"]
    numbers = [handling["handlingNo"] for handling in answer.json()["handlings"]]
    for number in numbers:
        a_clock(hall, case_no, DeadlineKind.ACCEPTANCE, number)
        with hall.database.write() as session:
            what = {"key": number, "kind": "ACCEPTED", "actor": "workflow", "handling_no": number}
            add_event(session, case_no=case_no, at=hall.now, now=hall.now, **what)
    shown = hall.as_().get(f"/api/v1/cases/{case_no}").json()
    places = [clock["place"] for clock in shown["deadlines"]]
    assert len(places) == len(set(places)) == len(numbers) >= 2 and all(places)
    assert shown["responsibleNow"]["label"] in places
    own = hall.as_().get(f"/window/{case_no}").text
    history = own[own.index('data-live="history"') :]
    assert all(place in history for place in places)
    assert all("迁入地" in place or "迁出地" in place for place in places)
    assert read(hall, case_no)["responsibleNow"]["label"] in places


def test_one_authority_needs_no_place(hall):
    case_no = hall.started()
    a_clock(hall, case_no, DeadlineKind.ACCEPTANCE, case_no)
    shown = hall.as_().get(f"/api/v1/cases/{case_no}").json()
    assert [clock["place"] for clock in shown["deadlines"]] == [None]
    assert shown["responsibleNow"]["label"] == "办理地"
