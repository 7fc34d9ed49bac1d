"""What a supervisor can do before it is late: remind who can help, give a task away, send another courier."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from domain.messages import DeadlineKind, Responsible
from domain.tasks import TaskKind
from domain.terms import Role
from logistics.promise_model import PromiseVerdict
from parcels.outlets import seed_couriers
from storage.cases.rows import CaseEventRow, CaseRow, DeadlineRow
from storage.parcels.legs import AssignmentRow, CourierRow, LegRow
from storage.pending_updates import UpdateRow
from storage.tasks.rows import TaskRow, open_task
from tests.unit.web.hall import an_item, case_body
from tests.unit.web.test_reporting import promise

YUBEI = "500112"


def due(hall, case_no, responsible, within=timedelta(hours=3), handling=True):
    """A running clock of the case, as the workflow starts one."""
    at = hall.now + within
    with hall.database.write() as session:
        session.add(
            DeadlineRow(
                case_no=case_no, handling_no=case_no if handling else None, key=f"k-{uuid4().hex[:6]}",
                kind=DeadlineKind.DECISION_PROMISED, start_at=hall.now - timedelta(days=3), warn_at=hall.now, due_at=at,
                responsible=responsible,
            )
        )  # fmt: skip
        session.get_one(CaseRow, case_no).due_at = at


def in_city(hall):
    item = an_item(lambda i: i.applicant.value != "enterprise" and "quanyu" in i.schemes)
    return hall.started(case_body(item, region=YUBEI))


def remind(hall, case_no, role=Role.SUPERVISOR, **body):
    return hall.as_(role).post(f"/api/v1/cases/{case_no}/reminders", json={"reason": "请今天办理"} | body)


def tasks_of(hall, role):
    return [t for t in hall.as_(role).get("/api/v1/tasks").json()["tasks"] if t["kind"] == TaskKind.REMINDED]


def events(hall, case_no, kind):
    with hall.database.read() as session:
        return list(session.scalars(select(CaseEventRow).filter_by(case_no=case_no, kind=kind)))


@pytest.mark.parametrize(
    ("responsible", "start", "owner"),
    [
        (Responsible.WINDOW, None, Role.CLERK),
        (Responsible.APPLICANT, None, Role.CLERK),
        (Responsible.POST, None, Role.OUTLET),
        (Responsible.AUTHORITY, in_city, Role.OFFICER),
    ],
)
def test_a_reminder_stands_on_the_list_of_who_can_help_and_in_the_history(hall, responsible, start, owner):
    case_no = start(hall) if start else hall.started()
    due(hall, case_no, responsible)
    answer = remind(hall, case_no)
    assert answer.status_code == 200, answer.text
    (task,) = tasks_of(hall, owner)
    assert (task["caseNo"], task["owner"], task["data"]["reason"]) == (case_no, owner, "请今天办理")
    assert [
        t for other in (Role.CLERK, Role.OFFICER, Role.OUTLET) if other != owner for t in tasks_of(hall, other)
    ] == []
    (line,) = events(hall, case_no, "REMINDED")
    assert (line.actor, line.data["how"]) == ("supervisor", "task")
    told = hall.as_(owner).post(
        f"/api/v1/tasks/{task['id']}/resolve", json={"outcome": "acknowledge", "reason": "已办"}
    )
    assert told.status_code == 200, told.text
    assert tasks_of(hall, owner) == []


def test_whom_no_list_of_ours_reaches_is_called_and_what_was_said_is_kept(hall):
    case_no = hall.started()
    due(hall, case_no, Responsible.AUTHORITY)
    refused = remind(hall, case_no)
    assert (refused.status_code, refused.json()["code"]) == (422, "HOW")
    assert events(hall, case_no, "REMINDED") == []
    assert remind(hall, case_no, how="phone", reason="对方答复明天办结").status_code == 200
    (line,) = events(hall, case_no, "REMINDED")
    assert (line.data["how"], line.data["reason"]) == ("phone", "对方答复明天办结")
    assert all(tasks_of(hall, role) == [] for role in (Role.CLERK, Role.OFFICER, Role.OUTLET))
    page = hall.as_(Role.SUPERVISOR).get("/supervisor").text
    assert "已催" in page


def test_nobody_is_reminded_twice_in_ten_minutes_and_again_is_a_line_of_the_same_task(hall):
    case_no = hall.started()
    due(hall, case_no, Responsible.WINDOW)
    assert remind(hall, case_no).status_code == 200
    assert remind(hall, case_no).json()["code"] == "REMINDED_LATELY"
    hall.now += timedelta(minutes=11)
    assert remind(hall, case_no, reason="请尽快").status_code == 200
    (task,) = tasks_of(hall, Role.CLERK)
    assert task["lineCount"] == 2


def test_a_case_that_waits_for_nobody_reminds_nobody(hall):
    case_no = hall.started()
    assert remind(hall, case_no).json()["code"] == "NO_CLOCK"
    due(hall, case_no, Responsible.WINDOW)
    with hall.database.write() as session:
        session.get_one(CaseRow, case_no).closed_at = hall.now
    assert remind(hall, case_no).json()["code"] == "CASE_CLOSED"
    assert remind(hall, "500103209911230000010").status_code == 404


def a_task(hall, case_no):
    with hall.database.write() as session:
        return open_task(session, key=f"{case_no}/x", kind=TaskKind.FILE_MISSING, case_no=case_no, now=hall.now)


def give(hall, task_id, owner, role=Role.SUPERVISOR):
    body = {"owner": owner, "reason": "窗口今天忙不过来"}
    return hall.as_(role).post(f"/api/v1/tasks/{task_id}/owner", json=body)


def test_a_task_that_is_given_away_is_on_the_other_list_and_only_there(hall):
    case_no = in_city(hall)
    task_id = a_task(hall, case_no)
    assert give(hall, task_id, "officer").json()["owner"] == "officer"
    listed = {role: {t["id"] for t in hall.as_(role).get("/api/v1/tasks").json()["tasks"]}
              for role in (Role.CLERK, Role.OFFICER)}  # fmt: skip
    assert (task_id in listed[Role.CLERK], task_id in listed[Role.OFFICER]) == (False, True)
    path, body = f"/api/v1/tasks/{task_id}/resolve", {"outcome": "acknowledge", "reason": "已取到"}
    assert hall.as_(Role.CLERK).post(path, json=body).status_code == 403
    (line,) = events(hall, case_no, "TASK_REASSIGNED")
    assert (line.data["from"], line.data["to"], line.actor) == ("clerk", "officer", "supervisor")
    assert hall.as_(Role.OFFICER).post(path, json=body).status_code == 200
    assert give(hall, task_id, "clerk").json()["code"] == "TASK_DONE"


@pytest.mark.parametrize("owner", ["clerk", "courier", "auditor", "security", "officer"])
def test_a_task_goes_to_nobody_who_has_it_or_cannot_resolve_it(hall, owner):
    task_id = a_task(hall, hall.started())
    assert give(hall, task_id, owner).json()["code"] == "OWNER"
    with hall.database.read() as session:
        assert session.get_one(TaskRow, task_id).owner == "clerk"


def a_door(hall, case_no, leg="PICKUP", **more):
    with hall.database.write() as session:
        seed_couriers(session)
        for courier in session.scalars(select(CourierRow)):
            courier.seen_at = hall.now
        fields = {
            "leg_id": f"{case_no}-{leg}-1", "case_no": case_no, "handling_no": case_no, "leg": leg, "region": "500103",
            "stage": "ASSIGNED", "epoch": 1, "state": {}, "manifest": [], "ordered_at": hall.now,
            "outlet_id": "daping", "courier_id": "daping-1", "lat": 29.54, "lon": 106.518, "assignment_version": 1,
            "planned_arrival_at": hall.now + timedelta(minutes=50), "deadline_at": hall.now + timedelta(minutes=40),
            "promise": promise(PromiseVerdict.AT_RISK).model_dump(mode="json"),
        }  # fmt: skip
        session.add(LegRow(**fields | more))
    return f"{case_no}-{leg}-1"


def send(hall, leg_id):
    return hall.as_(Role.SUPERVISOR).post(f"/api/v1/legs/{leg_id}/courier", json={"reason": "来不及了"})


def test_another_courier_is_really_sent(hall):
    case_no = hall.started()
    leg_id = a_door(hall, case_no)
    page = hall.as_(Role.SUPERVISOR).get("/supervisor").text
    assert f"/api/v1/legs/{leg_id}/courier" in page
    assert "1 趟上门可能赶不上" in page
    answer = send(hall, leg_id)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["before"] == "daping-1"
    with hall.database.read() as session:
        leg = session.get_one(LegRow, leg_id)
        assert leg.courier_id == said["courierId"] != "daping-1"
        active = session.scalars(select(AssignmentRow).filter_by(leg_id=leg_id, active=True)).all()
        assert [row.courier_id for row in active] == [leg.courier_id]
        assert session.get_one(CourierRow, "daping-1").on_duty is False
        assert session.scalars(select(UpdateRow).where(UpdateRow.update_id.startswith(leg_id))).all()
    (line,) = events(hall, case_no, "COURIER_SENT")
    assert line.data["from"] == "daping-1"


def test_nobody_is_sent_where_he_stands_or_has_the_parcel_in_his_bag(hall):
    case_no = hall.started()
    there = a_door(hall, case_no, stage="ARRIVED_DOOR", arrived_at=hall.now)
    in_bag = a_door(hall, case_no, leg="DELIVERY", state={"holder": "daping-1"})
    assert send(hall, there).json()["code"] == send(hall, in_bag).json()["code"] == "LEG_OVER"
    page = hall.as_(Role.SUPERVISOR).get("/supervisor").text
    assert f"/api/v1/legs/{in_bag}/courier" not in page
    assert send(hall, "none").status_code == 404


def test_where_nobody_else_can_go_nothing_changes(hall):
    case_no = hall.started()
    leg_id = a_door(hall, case_no)
    with hall.database.write() as session:
        for courier in session.scalars(select(CourierRow).where(CourierRow.courier_id != "daping-1")):
            courier.off_since = hall.now
    assert send(hall, leg_id).json()["code"] == "NOBODY_FREE"
    with hall.database.read() as session:
        assert session.get_one(LegRow, leg_id).courier_id == "daping-1"
        assert session.get_one(CourierRow, "daping-1").on_duty is True


def test_the_first_line_counts_and_the_rows_name_masked_people(hall):
    today, late = hall.started(), hall.started(case_body(), duplicateReason="第二件")
    due(hall, today, Responsible.WINDOW)
    due(hall, late, Responsible.WINDOW, within=timedelta(hours=-30))
    page = hall.as_(Role.SUPERVISOR).get("/supervisor").text
    assert "<h1>1 件今天到期，现在催还来得及；1 件已超期</h1>" in page
    assert "王秀兰" not in page
    assert "王*" in page
    assert "窗口 clerk" in page
    listed = hall.as_(Role.SUPERVISOR).get("/supervisor/cases?risk=late").text
    assert (late in listed, today in listed) == (True, False)
    auditor = hall.as_(Role.AUDITOR).get("/supervisor").text
    assert "/reminders" not in auditor
    assert today in auditor


def test_without_risks_the_page_says_so(hall):
    assert "<h1>今天没有会超期的办件</h1>" in hall.as_(Role.SUPERVISOR).get("/supervisor").text
