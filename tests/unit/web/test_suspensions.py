"""Suspensions over HTTP: bounds, a second person, an early end, a withdrawal; each moves what is promised at once."""

from datetime import timedelta

import pytest

from domain.terms import Leg, Role
from parcels.outlets import seed_couriers
from storage.parcels.legs import CourierRow, LegRow
from storage.parcels.suspensions import SuspensionRow
from storage.pending_updates import UpdateRow
from tests.unit.web.hall import case_body

BASE = "/api/v1/suspensions"
SOURCE = "渝气预〔2026〕118号"


def body(hall, outlet_id="daping", start=0.0, hours=2.0, **more):
    begins = hall.now + timedelta(hours=start)
    times = {"fromAt": begins.isoformat(), "toAt": (begins + timedelta(hours=hours)).isoformat()}
    return {"outletId": outlet_id, "reason": "暴雨", "sourceNo": SOURCE, **times, **more}


def declare(hall, by=None, **more):
    return (by or hall.as_(Role.OUTLET)).post(BASE, json=body(hall, **more))


def kept(hall):
    with hall.database.read() as session:
        return [
            (row.outlet_id, row.counts_until, row.confirmed_by, row.ended_by, row.withdrawn)
            for row in session.query(SuspensionRow).order_by(SuspensionRow.id)
        ]


def told(answer):
    return answer.status_code, answer.json().get("code"), [each["field"] for each in answer.json().get("errors") or []]


@pytest.fixture
def second(hall):
    return hall.as_user("supervisor2", Role.SUPERVISOR)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"start": -30 * 24, "hours": 24 * 3650}, "SUSPENSION_BACKDATED", "fromAt"),
        ({"start": -0.26}, "SUSPENSION_BACKDATED", "fromAt"),
        ({"start": 7 * 24 + 0.1}, "SUSPENSION_AHEAD", "fromAt"),
        ({"hours": 14 * 24 + 0.1}, "SUSPENSION_LONG", "toAt"),
        ({"hours": -1}, "SUSPENSION", "toAt"),
        ({"fromAt": "2026-11-23T10:00:00"}, "SUSPENSION", "toAt"),
        ({"sourceNo": " "}, "INVALID", "sourceNo"),
        ({"sourceNo": None}, "INVALID", "sourceNo"),
        ({"reason": ""}, "INVALID", "reason"),
    ],
)
@pytest.mark.parametrize("role", [Role.OUTLET, Role.SUPERVISOR])
def test_what_is_out_of_bounds_is_refused_at_its_field_and_nothing_is_kept(hall, role, change, code, field):
    answer = hall.as_(role).post(BASE, json=body(hall, **change))
    status, said, fields = told(answer)
    assert (status, said) == (422, code), answer.text
    assert field in (fields or [answer.json().get("field")]) or field in answer.text
    assert kept(hall) == []


def test_one_outlet_for_a_day_counts_at_once(hall):
    answer = declare(hall, hours=24)
    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert (shown["needsSecond"], shown["countsUntil"]) == (False, shown["toAt"])
    assert (shown["by"], shown["sourceNo"], shown["outletName"]) == ("outlet", SOURCE, "大坪")
    assert hall.as_(Role.AUDITOR).get(BASE).json()["suspensions"] == [shown]


def test_a_quarter_of_an_hour_back_is_taken(hall):
    assert declare(hall, start=-0.25).status_code == 201


def test_no_outlet_stops_the_district_nor_another_outlet(hall):
    mine = hall.as_user("daping", Role.OUTLET, "daping")
    whole = declare(hall, mine, outlet_id=None)
    assert (whole.status_code, whole.json()["code"]) == (403, "SUSPENSION_DISTRICT")
    other = declare(hall, mine, outlet_id="jiefangbei")
    assert (other.status_code, other.json()["code"]) == (403, "OTHER_OUTLET")
    assert declare(hall, mine, outlet_id="nowhere").status_code == 404
    assert kept(hall) == []
    assert declare(hall, mine).status_code == 201
    assert declare(hall, hall.as_user("daping-desk", Role.OUTLET, "daping")).status_code == 201


def test_the_district_waits_for_a_second_supervisor(hall, second):
    first = hall.as_(Role.SUPERVISOR)
    made = declare(hall, first, outlet_id=None).json()
    assert (made["needsSecond"], made["countsUntil"]) == (True, made["fromAt"])
    path = f"{BASE}/{made['id']}:confirm"
    again = first.post(path)
    assert (again.status_code, again.json()["code"]) == (409, "SAME_PERSON")
    assert "另一名" in again.json()["detail"]
    assert kept(hall)[0][2] is None
    for role in (Role.OUTLET, Role.CLERK, Role.AUDITOR, Role.OPERATOR):
        assert hall.as_(role).post(path).status_code == 403
    for _ in range(2):
        done = second.post(path)
        assert done.status_code == 200, done.text
        assert (done.json()["needsSecond"], done.json()["confirmedBy"]) == (False, "supervisor2")
    late = hall.as_user("supervisor3", Role.SUPERVISOR).post(path)
    assert (late.status_code, late.json()["code"]) == (409, "SUSPENSION_WHOLE")


def test_what_is_longer_than_a_day_counts_for_a_day_until_it_is_confirmed(hall):
    made = declare(hall, hours=72).json()
    until = hall.now + timedelta(hours=24)
    assert (made["needsSecond"], kept(hall)[0][1]) == (True, until)
    assert hall.as_(Role.SUPERVISOR).post(f"{BASE}/{made['id']}:confirm").status_code == 200
    assert kept(hall)[0][1] == hall.now + timedelta(hours=72)


def test_a_day_in_pieces_and_many_outlets_lead_round_nothing(hall):
    outlet = hall.as_(Role.OUTLET)
    assert declare(hall, outlet, hours=24).json()["needsSecond"] is False
    assert declare(hall, outlet, start=24, hours=24).json()["needsSecond"] is True
    names = [each["id"] for each in outlet.get("/api/v1/outlets").json()["outlets"] if each["id"] != "daping"]
    needs = [declare(hall, outlet, outlet_id=name, hours=2).json()["needsSecond"] for name in names]
    assert needs == [False] * 4 + [True] * (len(names) - 4)
    assert declare(hall, hall.as_(Role.SUPERVISOR), start=24, hours=24).json()["needsSecond"] is False


def test_it_is_ended_early_by_its_outlet_or_a_supervisor_and_that_once(hall):
    made = declare(hall, hall.as_user("daping", Role.OUTLET, "daping")).json()
    path = f"{BASE}/{made['id']}:end"
    other = hall.as_user("jiefangbei", Role.OUTLET, "jiefangbei")
    assert other.post(path, json={"reason": "雨停"}).json()["code"] == "OTHER_OUTLET"
    assert hall.as_(Role.SUPERVISOR).post(path, json={}).status_code == 422
    hall.now += timedelta(minutes=30)
    for _ in range(2):
        done = hall.as_(Role.SUPERVISOR).post(path, json={"reason": "雨停"}).json()
        assert (done["endedBy"], done["countsUntil"], done["withdrawn"]) == ("supervisor", hall.now.isoformat(), False)
    late = hall.as_user("daping", Role.OUTLET, "daping").post(path, json={"reason": "雨停"})
    assert (late.status_code, late.json()["code"]) == (409, "SUSPENSION_OVER")
    assert hall.as_(Role.SUPERVISOR).get(BASE).json()["suspensions"] == []
    assert [s["id"] for s in hall.as_(Role.SUPERVISOR).get(BASE + "?over=true").json()["suspensions"]] == [made["id"]]
    assert hall.as_(Role.SUPERVISOR).post(f"{BASE}/999:end", json={"reason": "x"}).status_code == 404


def test_it_is_withdrawn_and_can_be_confirmed_no_more(hall, second):
    made = declare(hall, hall.as_(Role.SUPERVISOR), outlet_id=None).json()
    outlet = hall.as_(Role.OUTLET).post(f"{BASE}/{made['id']}:withdraw", json={"reason": "登错"})
    assert (outlet.status_code, outlet.json()["code"]) == (403, "SUSPENSION_DISTRICT")
    for _ in range(2):
        done = second.post(f"{BASE}/{made['id']}:withdraw", json={"reason": "登错"}).json()
        assert (done["withdrawn"], done["endedBy"], done["endReason"]) == (True, "supervisor2", "登错")
    answer = second.post(f"{BASE}/{made['id']}:confirm")
    assert (answer.status_code, answer.json()["code"]) == (409, "SUSPENSION_OVER")


def test_also_one_that_is_over_can_be_called_wrong(hall):
    made = declare(hall, hours=1).json()
    hall.now += timedelta(hours=2)
    assert hall.as_(Role.OUTLET).post(f"{BASE}/{made['id']}:end", json={"reason": "x"}).status_code == 409
    done = hall.as_(Role.SUPERVISOR).post(f"{BASE}/{made['id']}:withdraw", json={"reason": "登错"}).json()
    assert (done["withdrawn"], done["countsUntil"]) == (True, made["toAt"])


@pytest.fixture
def open_leg(hall):
    case_no = hall.started(case_body())
    leg_id = f"{case_no}-{Leg.PICKUP}-1"
    with hall.database.write() as session:
        seed_couriers(session)
        session.add(
            LegRow(
                leg_id=leg_id, case_no=case_no, handling_no=case_no, leg=Leg.PICKUP, region="500103", stage="ASSIGNED",
                ordered_at=hall.now, outlet_id="daping", lat=29.54, lon=106.518,
            )
        )  # fmt: skip
    return leg_id


def test_each_step_has_running_promises_looked_at_and_is_on_the_audit_trail(hall, second, open_leg):
    def asked():
        with hall.database.read() as session:
            updates = session.query(UpdateRow).filter_by(name="task_resolved")
            return sorted(row.update_id.removeprefix(f"{open_leg}-").rsplit("-", 1)[0] for row in updates)

    first = hall.as_(Role.SUPERVISOR)
    made = declare(hall, first, outlet_id=None).json()["id"]
    second.post(f"{BASE}/{made}:confirm")
    first.post(f"{BASE}/{made}:end", json={"reason": "雨停"})
    first.post(f"{BASE}/{made}:withdraw", json={"reason": "登错"})
    assert asked() == [f"suspension-{made}-{what}" for what in ("confirmed", "declared", "ended", "withdrawn")]


def test_a_supervisor_sees_what_waits_and_does_not_confirm_his_own(hall, second):
    declare(hall, hall.as_(Role.SUPERVISOR), outlet_id=None)
    own = hall.as_(Role.SUPERVISOR).get("/supervisor").text
    assert "另一名督办人员确认之前不生效" in own and ":confirm" not in own and ":withdraw" in own
    other = second.get("/supervisor").text
    assert ":confirm" in other and ":end" in other and "登记暂停" in other
    watcher = hall.as_(Role.AUDITOR).get("/supervisor").text
    assert "暴雨" in watcher and ":confirm" not in watcher and "登记暂停" not in watcher


def test_an_outlet_declares_and_ends_its_own_where_its_tasks_are(hall):
    made = declare(hall, outlet_id="jiefangbei").json()["id"]
    own = declare(hall, outlet_id="daping").json()["id"]
    page = hall.as_user("daping", Role.OUTLET, "daping").get("/scan/tasks").text
    assert f"/suspensions/{own}:end" in page and f"/suspensions/{made}:end" not in page
    assert 'value="daping"' in page and 'value="jiefangbei"' not in page and ">全区</option>" not in page
    assert "暂停服务" not in hall.as_(Role.COURIER).get("/scan/tasks").text


def test_a_courier_and_an_outlet_are_their_own_outlets(hall):
    with hall.database.write() as session:
        seed_couriers(session)
    mine, other = hall.as_user("daping", Role.OUTLET, "daping"), hall.as_user("jiefangbei", Role.OUTLET, "jiefangbei")
    refused = other.patch("/api/v1/couriers/daping-1", json={"onDuty": False})
    assert (refused.status_code, refused.json()["code"]) == (403, "OTHER_OUTLET")
    refused = other.patch("/api/v1/outlets/daping", json={"open": False})
    assert (refused.status_code, refused.json()["code"]) == (403, "OTHER_OUTLET")
    for on_duty in (False, True):
        assert mine.patch("/api/v1/couriers/daping-1", json={"onDuty": on_duty}).json()["onDuty"] is on_duty
        assert mine.patch("/api/v1/outlets/daping", json={"open": on_duty}).json()["open"] is on_duty
    with hall.database.read() as session:
        assert session.get(CourierRow, "daping-1").off_since is None
