"""Devices over HTTP: enrolled by a code, heard with their signature alone, and nothing at all once stopped."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.terms import Role
from storage.audit.chain import AuditRow
from storage.exchange.exchange_log import SecurityEventRow
from storage.parcels.legs import CourierRow
from storage.parcels.scans import ScanEventRow
from storage.people.devices import EnrolledDeviceRow
from tests.soft_device import SoftDevice
from tests.unit.web.devices_hall import (
    NUMBER,
    OTHER,
    OUTLET,
    batch,
    code_for,
    courier,
    enrolled,
    keeper,
    named,
    only_enrolled,
    scan,
)
from tests.unit.web.logins import code

SCANS, WORK, PARCELS, OWN = (
    "/api/v1/scans:batch",
    f"/api/v1/outlets/{OUTLET}/worklist",
    "/api/v1/scan/parcels",
    "/api/v1/scan/device",
)


@pytest.fixture
def strict(hall):
    only_enrolled(hall)
    return hall


def logged(hall):
    with hall.database.read() as session:
        return [(row.actor, row.login, row.device_id) for row in session.scalars(select(ScanEventRow))]


def stopped(hall, device, reason="LOST"):
    answer = keeper(hall).post(f"/api/v1/devices/{device.id}/revoke", json={"reason": reason})
    assert answer.status_code == 200, answer.text
    return answer.json()


# enrolling


def test_a_device_is_enrolled_by_a_code_and_scans(strict):
    device, mine = enrolled(strict), courier(strict)
    answer = device.scans(mine, scan(strict))
    assert [one["result"] for one in answer.json()["results"]] == ["accepted"]
    assert logged(strict) == [(f"{OUTLET}-1", f"{OUTLET}-1", device.id)]
    (shown,) = keeper(strict).get("/api/v1/devices").json()["devices"]
    assert (shown["deviceId"], shown["outletId"], shown["invitedBy"], shown["enrolledBy"], shown["lastSeenBy"]) == (
        *(device.id, OUTLET, OUTLET, f"{OUTLET}-1", f"{OUTLET}-1"),
    )
    assert device.public_key not in json.dumps(shown)


def test_a_lost_answer_is_asked_for_again_and_changes_nothing(strict):
    device, mine, typed = SoftDevice(now=lambda: strict.now), courier(strict), code_for(strict)
    first, again = device.enrol(mine, typed), device.enrol(mine, typed)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["enrolledAt"] == again.json()["enrolledAt"]


def test_another_key_does_not_take_a_live_device_over(strict):
    device, mine = enrolled(strict), courier(strict)
    thief = SoftDevice(device.id, lambda: strict.now)
    assert code(thief.enrol(mine, code_for(strict))) == (409, "DEVICE_ENROLLED")
    assert code(thief.scans(mine, scan(strict))) == (403, "DEVICE_SIGNATURE")
    assert device.scans(mine, scan(strict)).status_code == 200


def test_a_key_is_enrolled_by_who_has_it_alone(strict):
    device, other = SoftDevice(now=lambda: strict.now), SoftDevice()
    mine, typed = courier(strict), code_for(strict)
    assert code(device.enrol(mine, typed, publicKey=other.public_key)) == (403, "DEVICE_SIGNATURE")
    assert code(device.enrol(mine, typed, publicKey="AAAA")) == (422, "DEVICE_KEY")
    assert device.enrol(mine, typed).status_code == 201


def test_five_wrong_codes_make_it_wait_and_a_right_one_does_not_count(strict):
    mine, typed = courier(strict), code_for(strict)
    device = SoftDevice(now=lambda: strict.now)
    for _ in range(5):
        assert code(device.enrol(mine, "2222-2222")) == (422, "DEVICE_CODE")
    answer = device.enrol(mine, typed)
    assert code(answer) == (429, "DEVICE_LOCKED")
    assert int(answer.headers["Retry-After"]) == 15 * 60
    other = courier(strict, f"{OUTLET}-2")
    for number in range(7):
        assert SoftDevice(f"web-{number}", lambda: strict.now).enrol(other, code_for(strict)).status_code == 201


def test_a_code_is_over_after_ten_minutes(strict):
    typed = code_for(strict)
    strict.now += timedelta(minutes=10)
    assert code(SoftDevice(now=lambda: strict.now).enrol(courier(strict), typed)) == (422, "DEVICE_CODE")


@pytest.mark.parametrize(
    ("name", "role", "owner", "may"),
    [
        (f"{OUTLET}-1", Role.COURIER, {}, True),
        (OUTLET, Role.OUTLET, {}, True),
        (f"{OTHER}-1", Role.COURIER, {}, False),
        (f"{OUTLET}-1", Role.COURIER, {"username": f"{OUTLET}-1"}, True),
        (f"{OUTLET}-2", Role.COURIER, {"username": f"{OUTLET}-1"}, False),
        ("clerk", Role.CLERK, {}, False),
        ("clerk", Role.CLERK, {"outletId": "hall"}, True),
        (f"{OUTLET}-1", Role.COURIER, {"outletId": "hall"}, False),
        ("courier", Role.COURIER, {}, True),  # named for no outlet: it acts for all
    ],
)
def test_a_code_is_for_whom_it_was_made(strict, name, role, owner, may):
    courier(strict)
    typed = code_for(strict, strict.as_(Role.SUPERVISOR), **owner)
    who = strict.as_(role) if name == role else named(strict, name, role)
    answer = SoftDevice(now=lambda: strict.now).enrol(who, typed)
    assert (answer.status_code, answer.json().get("code")) == ((201, None) if may else (403, "DEVICE_OTHER"))
    if not may:  # whom it was made for still has it
        right = strict.as_() if owner.get("outletId") else courier(strict)
        assert SoftDevice(now=lambda: strict.now).enrol(right, typed).status_code == 201


def test_the_id_of_a_courier_is_no_device(strict):
    with strict.database.write() as session:
        session.add(CourierRow(courier_id="c1", outlet_id=OUTLET, lat=29.5, lon=106.5))
    device = SoftDevice("c1", lambda: strict.now)
    assert code(device.enrol(courier(strict), code_for(strict))) == (409, "DEVICE_TAKEN")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"outletId": OTHER}, (403, "OTHER_OUTLET")),
        ({"outletId": "hall"}, (403, "OTHER_HALL")),
        ({"username": "nobody"}, (422, "DEVICE_LOGIN")),
        ({"username": "officer"}, (422, "DEVICE_LOGIN")),
        ({"username": f"{OTHER}-1"}, (422, "DEVICE_LOGIN")),
        ({"name": ""}, (422, "INVALID")),
    ],
)
def test_a_code_that_is_not_to_be_made(strict, said, expected):
    courier(strict, f"{OTHER}-1")
    body = {"name": "1号", "outletId": OUTLET} | said
    assert code(keeper(strict).post("/api/v1/devices:invite", json=body)) == expected


def test_an_outlet_that_is_none_has_no_devices(strict):
    body = {"name": "1号", "outletId": "nowhere"}
    assert code(strict.as_(Role.SUPERVISOR).post("/api/v1/devices:invite", json=body)) == (404, "OUTLET_UNKNOWN")


def test_each_keeper_sees_and_stops_his_own_and_a_supervisor_all(strict):
    device = enrolled(strict)
    theirs = keeper(strict, OTHER)
    assert theirs.get("/api/v1/devices").json() == {"devices": [], "next": None}
    assert code(theirs.get("/api/v1/devices", params={"outletId": OUTLET})) == (403, "OTHER_OUTLET")
    assert code(theirs.post(f"/api/v1/devices/{device.id}/revoke", json={"reason": "LOST"})) == (403, "OTHER_OUTLET")
    supervisor = strict.as_(Role.SUPERVISOR)
    for number in range(3):
        enrolled(strict, device_id=f"web-{number}")
    found, after = [], ""
    while after is not None:
        page = supervisor.get("/api/v1/devices", params={"size": 3, "after": after}).json()
        found += [one["deviceId"] for one in page["devices"]]
        after = page["next"]
    assert sorted(found) == sorted([device.id, "web-0", "web-1", "web-2"])
    assert supervisor.post(f"/api/v1/devices/{device.id}/revoke", json={"reason": "RETIRED"}).status_code == 200
    assert code(supervisor.post("/api/v1/devices/none/revoke", json={"reason": "LOST"})) == (404, "DEVICE_UNKNOWN")
    again = supervisor.post(f"/api/v1/devices/{device.id}/revoke", json={"reason": "LOST"})
    assert code(again) == (409, "DEVICE_STOPPED")


# scanning


def test_what_nobody_enrolled_is_not_heard_where_only_enrolled_ones_are(strict):
    for who in (courier(strict), keeper(strict), strict.as_(Role.CLERK), strict.as_(Role.SUPERVISOR)):
        assert code(who.post(SCANS, content=batch("c1", scan(strict)))) == (403, "DEVICE_UNKNOWN")
    assert logged(strict) == []


def test_in_the_sandbox_what_nobody_enrolled_is_heard_as_before(hall):
    assert hall.as_(Role.COURIER).post(SCANS, content=batch("c1", scan(hall))).status_code == 200
    assert hall.as_(Role.COURIER).get(WORK).status_code == 200
    assert hall.as_(Role.COURIER).get("/api/v1/scan/start").json()["deviceNeeded"] is False


def test_once_enrolled_it_signs_everywhere(hall):
    device, mine = enrolled(hall), courier(hall)
    assert code(mine.post(SCANS, content=batch(device.id, scan(hall)))) == (403, "DEVICE_SIGNATURE")
    assert device.scans(mine, scan(hall)).status_code == 200


@pytest.mark.parametrize(
    "spoil",
    [
        lambda device, body: device.headers("POST", SCANS, body + b" "),
        lambda device, body: device.headers("POST", f"{SCANS}?x=1", body),
        lambda device, body: device.headers("PUT", SCANS, body),
        lambda device, body: device.headers("POST", SCANS, body, device_id="web-other"),
        lambda device, body: device.headers("POST", SCANS, body) | {"Kuayu-Device-Time": "2026-11-23T02:00:01+00:00"},
        lambda device, body: device.headers("POST", SCANS, body) | {"Kuayu-Device-Time": "yesterday"},
        lambda device, body: device.headers("POST", SCANS, body) | {"Kuayu-Device-Time": "2026-11-23T02:00:00"},
        lambda device, body: device.headers("POST", SCANS, body) | {"Kuayu-Device-Signature": "A" * 86},
        lambda device, body: {},
    ],
    ids=["body", "path", "method", "device", "time", "no time", "no zone", "signature", "nothing"],
)
def test_what_it_has_not_signed_like_this_is_refused_and_is_news_once(strict, spoil):
    device, mine = enrolled(strict), courier(strict)
    body = batch(device.id, scan(strict))
    for _ in range(2):
        assert code(mine.post(SCANS, content=body, headers=spoil(device, body))) == (403, "DEVICE_SIGNATURE")
    assert logged(strict) == []
    with strict.database.read() as session:
        told = [(row.source, row.code, row.detail) for row in session.scalars(select(SecurityEventRow))]
    assert told == [("device", "DEVICE_SIGNATURE", device.id)]


@pytest.mark.parametrize("minutes", [-3, 3, 24 * 60])
def test_a_wrong_clock_is_told_ours_and_loses_nothing(strict, minutes):
    device, mine = enrolled(strict), courier(strict)
    wrong = (strict.now + timedelta(minutes=minutes)).isoformat()
    refused = device.scans(mine, scan(strict), at=wrong)
    assert code(refused) == (409, "DEVICE_CLOCK")
    assert refused.json()["serverTime"] == strict.now.isoformat()
    assert device.scans(mine, scan(strict), at=refused.json()["serverTime"]).status_code == 200


def test_what_was_overheard_is_worth_nothing_after_two_minutes_and_nothing_new_before(strict):
    device, mine = enrolled(strict), courier(strict)
    body = batch(device.id, scan(strict))
    overheard = device.headers("POST", SCANS, body)
    first, again = (mine.post(SCANS, content=body, headers=overheard) for _ in range(2))
    assert [one.json()["results"][0]["result"] for one in (first, again)] == ["accepted", "duplicate"]
    strict.now += timedelta(minutes=2, seconds=1)
    assert code(courier(strict).post(SCANS, content=body, headers=overheard)) == (409, "DEVICE_CLOCK")


@pytest.mark.parametrize("name", [f"{OTHER}-1", f"{OTHER}"])
def test_it_is_no_device_of_another_outlets_people(strict, name):
    device = enrolled(strict)
    theirs = named(strict, name, Role.COURIER if "-" in name else Role.OUTLET)
    assert code(device.scans(theirs, scan(strict))) == (403, "DEVICE_OTHER")
    assert code(device.get(theirs, WORK)) == (403, "DEVICE_OTHER")
    assert logged(strict) == []


def test_a_colleague_of_the_outlet_scans_with_it_under_his_own_name(strict):
    device = enrolled(strict)
    assert device.scans(courier(strict, f"{OUTLET}-2"), scan(strict)).status_code == 200
    assert logged(strict) == [(f"{OUTLET}-2", f"{OUTLET}-2", device.id)]


def test_an_enrolled_device_says_nothing_of_who_scans(strict):
    """Whatever it is called: the login does."""
    for name in (f"{OUTLET}-1", f"{OUTLET}-2"):
        with strict.database.write() as session:
            session.add(CourierRow(courier_id=name, outlet_id=OUTLET, lat=29.5, lon=106.5))
    device = enrolled(strict, courier(strict, f"{OUTLET}-2"), device_id=f"{OUTLET}-2")
    assert device.scans(courier(strict), scan(strict)).status_code == 200
    assert logged(strict) == [(f"{OUTLET}-1", f"{OUTLET}-1", f"{OUTLET}-2")]


# what gives away addresses


@pytest.mark.parametrize("path", [WORK, PARCELS])
def test_the_work_list_is_for_enrolled_devices(strict, path):
    device, mine = enrolled(strict), courier(strict)
    for who in (mine, keeper(strict)):
        assert code(who.get(path)) == (403, "DEVICE_UNKNOWN")
        assert device.get(who, path).status_code == 200
    unsigned = device.headers("GET", path) | {"Kuayu-Device-Signature": ""}
    assert code(mine.get(path, headers=unsigned)) == (403, "DEVICE_SIGNATURE")
    assert strict.as_(Role.CLERK).get(path.replace(OUTLET, "hall")).status_code == 200  # at the hall's desk


def test_a_query_is_signed_too(strict):
    device, mine = enrolled(strict), courier(strict)
    assert device.get(mine, f"{WORK}?size=1").status_code == 200
    assert code(mine.get(f"{WORK}?size=2", headers=device.headers("GET", f"{WORK}?size=1"))) == (
        403,
        "DEVICE_SIGNATURE",
    )


REACHED = ("/api/v1/tasks", "/api/v1/couriers", f"/api/v1/parcels/{NUMBER}", "/api/v1/worklists/changes", "/scan/tasks")


@pytest.mark.parametrize("path", REACHED)
def test_a_courier_reaches_nothing_before_his_device_has_proved_itself(strict, path):
    device, mine = enrolled(strict), courier(strict, f"{OUTLET}-2")
    refused = mine.get(path)
    assert refused.status_code == 403
    assert "登记过的设备" in refused.text
    assert device.get(mine, OWN).status_code == 200
    assert mine.get(path).status_code in (200, 404)


def test_what_a_courier_needs_to_get_there_is_open(strict):
    mine = courier(strict)
    for path in ("/scan", "/account", "/api/v1/scan/start", "/api/v1/account/sessions", "/api/v1/account/factors"):
        assert mine.get(path).status_code == 200, path
    assert mine.get("/api/v1/scan/start").json()["deviceNeeded"] is True


# its end


def test_a_stolen_device_can_do_nothing_and_who_was_on_it_is_out(strict):
    device, mine = enrolled(strict), courier(strict)
    assert device.scans(mine, scan(strict)).status_code == 200
    told = stopped(strict, device)
    assert (told["reason"], told["revokedBy"], told["sessionsEnded"] >= 1) == ("LOST", OUTLET, True)
    for path in (WORK, PARCELS, *REACHED[:4]):
        assert device.get(mine, path).status_code == 401, path
    assert device.scans(mine, scan(strict, 2)).status_code == 401
    # with the password, or another's
    strict._clients.clear()
    for who in (courier(strict), courier(strict, f"{OUTLET}-2"), keeper(strict), strict.as_(Role.SUPERVISOR)):
        assert code(device.scans(who, scan(strict, 2))) == (403, "DEVICE_REVOKED")
    assert code(device.get(courier(strict), WORK)) == (403, "DEVICE_REVOKED")
    assert code(courier(strict).get("/api/v1/tasks")) == (403, "DEVICE")
    assert code(courier(strict).post(SCANS, content=batch("web-new", scan(strict, 2)))) == (403, "DEVICE_UNKNOWN")
    assert len(logged(strict)) == 1


def test_where_any_may_scan_a_stopped_one_may_not(hall):
    device = enrolled(hall)
    stopped(hall, device)
    hall._clients.clear()
    assert code(courier(hall).post(SCANS, content=batch(device.id, scan(hall)))) == (403, "DEVICE_REVOKED")
    assert code(device.scans(courier(hall), scan(hall))) == (403, "DEVICE_REVOKED")


def test_it_hears_of_its_end_without_a_login(strict):
    device = enrolled(strict)
    standing = device.get(strict.nobody(), OWN)
    assert (standing.status_code, standing.json()["name"], standing.json()["serverTime"]) == (
        *(200, "1号手持机", strict.now.isoformat()),
    )
    assert code(SoftDevice("web-9", lambda: strict.now).get(strict.nobody(), OWN)) == (403, "DEVICE_UNKNOWN")
    assert code(strict.nobody().get(OWN)) == (403, "DEVICE_UNKNOWN")
    stopped(strict, device)
    refused = device.get(strict.nobody(), OWN)
    assert code(refused) == (403, "DEVICE_REVOKED")
    assert "没有丢失" in refused.json()["detail"]


def test_found_again_it_is_enrolled_anew_and_goes_on_with_its_numbers(strict):
    device = enrolled(strict)
    assert device.scans(courier(strict), scan(strict)).json()["watermark"] == 1
    stopped(strict, device)
    strict._clients.clear()
    anew = SoftDevice(device.id, lambda: strict.now)
    assert anew.enrol(courier(strict), code_for(strict)).status_code == 201
    answer = anew.scans(courier(strict), scan(strict), scan(strict, 2)).json()
    assert [one["result"] for one in answer["results"]] == ["duplicate", "accepted"]
    assert answer["watermark"] == 2
    assert code(device.scans(courier(strict), scan(strict, 3))) == (403, "DEVICE_SIGNATURE")


def test_each_step_is_on_the_trail_and_no_secret_is(strict):
    typed = code_for(strict)
    device = SoftDevice(now=lambda: strict.now)
    device.enrol(courier(strict), typed)
    stopped(strict, device)
    with strict.database.read() as session:
        told = [(row.actor, row.action, row.subject, row.code) for row in session.scalars(select(AuditRow))]
        kept = session.get_one(EnrolledDeviceRow, device.id)
    assert (OUTLET, "POST /api/v1/devices:invite", OUTLET, "") in told
    assert (f"{OUTLET}-1", "POST /api/v1/devices:enrol", device.id, "") in told
    assert (OUTLET, "POST /api/v1/devices/{device_id}/revoke", device.id, "LOST") in told
    assert kept.revoked_at == strict.now
    assert typed not in str(told)
