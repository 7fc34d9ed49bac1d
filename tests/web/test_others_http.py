"""Catalogue, documents, tasks, outlets, tracking, dashboard, status: each group once as it should be, once refused."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from domain.tasks import TaskKind
from storage.cases.rows import DeadlineRow, HandlingRow
from storage.documents.accesses import DocumentAccessRow
from storage.parcels.legs import LegRow
from storage.tasks.rows import open_task
from tests.web.office import CHENGDU, ITEM, YUBEI

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def test_items_are_found_by_initials_and_shown(office):
    found = office.call("GET", "/api/v1/items?q=sfzhl", "outlet").json()
    assert "居民身份证换领" in [item["name"] for item in found["items"]]
    assert office.call("GET", "/api/v1/items?scheme=chuanyu&size=1", "clerk").json()["total"] > 100
    shown = office.call("GET", f"/api/v1/items/{ITEM}", "clerk").json()
    assert shown["code"] == ITEM
    assert office.call("GET", "/api/v1/items/NONE", "clerk").status_code == 404


def test_regions_say_their_full_name(office):
    found = office.call("GET", "/api/v1/regions?q=锦江", "clerk").json()["regions"]
    assert found[0] == {"code": CHENGDU, "name": "锦江区", "fullName": "四川省成都市锦江区"}


def test_a_route_is_told_with_its_reason(office):
    answer = office.call("POST", "/api/v1/routes", "clerk", {"itemCode": ITEM, "handlingRegion": CHENGDU}).json()
    assert (answer["scheme"], answer["partner"]) == ("chuanyu", "sichuan")
    assert answer["reason"]
    city = office.call("POST", "/api/v1/routes", "clerk", {"itemCode": ITEM, "handlingRegion": YUBEI}).json()
    assert (city["scheme"], city["partner"]) == ("quanyu", None)
    none = office.call("POST", "/api/v1/routes", "clerk", {"itemCode": ITEM, "handlingRegion": "999999"})
    assert none.status_code == 422
    assert none.json()["errors"][0]["field"] == "handlingRegion"


def readings(office, sha256):
    with office.database.read() as session:
        lines = session.scalars(select(DocumentAccessRow).filter_by(sha256=sha256).order_by(DocumentAccessRow.id))
        return [(line.reader, line.purpose) for line in lines]


def test_a_document_is_kept_under_its_hash(office):
    name = hashlib.sha256(PNG).hexdigest()
    path = f"/api/v1/documents/{name}"
    assert office.call("PUT", path, "clerk", content=PNG).status_code == 201
    assert office.call("PUT", path, "clerk", content=PNG).status_code == 200
    read = office.call("GET", path, "clerk")
    assert read.content == PNG
    assert readings(office, name) == [("clerk", "draft")]
    assert read.headers["content-disposition"].startswith("attachment")
    assert read.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "content",
    [b"MZ" + b"\0" * 100, b"<html><script>alert(1)</script></html>", b"<svg onload=alert(1)></svg>", b""],
    ids=["program", "html", "svg", "nothing"],
)
def test_a_document_is_what_its_content_says(office, content):
    before = office.rows()
    answer = office.call("PUT", f"/api/v1/documents/{hashlib.sha256(content).hexdigest()}", "clerk", content=content)
    assert answer.status_code == 422
    assert office.rows() == before


def test_a_document_under_another_hash_or_too_large_is_refused(office):
    before = office.rows()
    assert office.call("PUT", f"/api/v1/documents/{'0' * 64}", "clerk", content=PNG).status_code == 422
    large = b"%PDF-1.7" + b"\0" * (20 * 1024 * 1024)
    answer = office.call("PUT", f"/api/v1/documents/{'0' * 64}", "clerk", content=large)
    assert answer.status_code == 413
    assert office.rows() == before


def test_a_task_is_resolved_once_by_whom_it_waits_for(office):
    case_no = office.start(1)["caseNo"]
    with office.database.write() as session:
        made = open_task(
            session,
            key="t1",
            kind=TaskKind.COMMAND_REFUSED,
            case_no=case_no,
            handling_no=case_no,
            now=datetime.now(UTC),
        )
    path = f"/api/v1/tasks/{made}/resolve"
    body = {"outcome": "resend", "reason": "核对后重发"}
    assert office.call("POST", path, "officer", body).status_code == 404  # not of his department, so not there
    assert office.call("POST", path, "auditor", body).status_code == 403
    wrong = office.call("POST", path, "clerk", {"outcome": "redeliver", "reason": "x"})
    assert wrong.status_code == 422
    assert "resend" in wrong.json()["detail"]
    assert office.call("POST", path, "clerk", body).json()["outcome"] == "resend"
    assert office.call("POST", path, "clerk", body).status_code == 409


def test_outlets_are_listed_and_changed_by_their_keepers(office):
    first = office.call("GET", "/api/v1/outlets", "courier").json()["outlets"][0]
    path = f"/api/v1/outlets/{first['id']}"
    assert office.call("PATCH", path, "outlet", {"couriers": 9}).json()["couriers"] == 9
    now = office.call("GET", "/api/v1/outlets", "courier").json()["outlets"][0]
    assert now == first | {"couriers": 9}
    assert office.call("PATCH", path, "outlet", {"lat": 29.5}).status_code == 422
    assert office.call("PATCH", "/api/v1/outlets/none", "outlet", {"couriers": 1}).status_code == 404


def test_a_suspension_needs_a_beginning_before_its_end(office):
    begin = datetime.now(UTC)
    body = {"outletId": None, "fromAt": begin.isoformat(), "reason": "暴雨", "sourceNo": "渝气预118号"}
    later = body | {"toAt": (begin + timedelta(hours=2)).isoformat()}
    assert office.call("POST", "/api/v1/suspensions", "supervisor", later).status_code == 201
    earlier = body | {"toAt": (begin - timedelta(hours=2)).isoformat()}
    assert office.call("POST", "/api/v1/suspensions", "supervisor", earlier).status_code == 422
    naive = body | {"toAt": (begin + timedelta(hours=2)).replace(tzinfo=None).isoformat()}
    assert office.call("POST", "/api/v1/suspensions", "supervisor", naive).status_code == 422


def test_a_pickup_is_offered_before_it_is_ordered(office):
    offered = office.call("POST", "/api/v1/pickups", "clerk", {"lat": 29.5573, "lon": 106.5762}).json()
    assert offered["promised"]
    assert offered["outletId"]
    outside = office.call("POST", "/api/v1/pickups", "clerk", {"lat": 29.9, "lon": 106.9}).json()
    assert not outside["promised"]


def test_an_applicant_sees_the_way_and_nothing_else(office):
    case_no = office.start(21)["caseNo"]

    def asked(number, code, tail=""):
        return office.call("GET", f"/api/v1/track?caseNo={number}{tail}", headers={"X-Track-Code": code})

    told = asked(case_no, office.code(case_no))
    assert told.status_code == 200
    assert told.json()["statusLabel"] == "已登记"
    wrong = asked(case_no, "0000 0000")
    tail = asked(case_no, "", "&phoneTail=0021")
    nobody = asked("500103209911230000010", office.code(case_no))
    assert wrong.status_code == tail.status_code == nobody.status_code == 404
    assert wrong.json() == tail.json() == nobody.json()


def test_the_dashboard_counts(office):
    case_no = office.start(31)["caseNo"]
    before = office.call("GET", "/api/v1/dashboard", "supervisor").json()
    now = datetime.now(UTC)
    with office.database.write() as session:
        late, soon = now - timedelta(hours=1), now + timedelta(hours=1)
        for key, due in (("a", late), ("b", late), ("c", soon)):
            session.add(
                DeadlineRow(
                    case_no=case_no,
                    key=key,
                    kind="POSTING",
                    start_at=late,
                    warn_at=late,
                    due_at=due,
                    responsible="window",
                )
            )
        session.get_one(HandlingRow, case_no).waiting_since = late
        for place, verdict in enumerate(["KEPT", "KEPT_LATE_UPLOAD", "BREACHED", "AT_RISK", "CANCELLED"]):
            leg = "PICKUP" if place % 2 else "DELIVERY"
            session.add(
                LegRow(
                    leg_id=f"{case_no}-{leg}-{place}",
                    case_no=case_no,
                    handling_no=case_no,
                    leg=leg,
                    region="500103",
                    stage="ASSIGNED",
                    promise={"verdict": verdict},
                    ordered_at=now,
                )
            )
    after = office.call("GET", "/api/v1/dashboard", "supervisor").json()
    assert (after["overdue"], after["dueSoon"]) == (before["overdue"] + 1, before["dueSoon"] + 1)
    assert after["door"] == {"promised": 5, "kept": 2, "broken": 1, "atRisk": 1, "share": 0.6667}
    assert [w["partner"] for w in after["waitingPartners"]] == ["sichuan"]
    assert sum(row["count"] for row in after["byStatus"]) == office.rows()["case_file"]


def test_health_is_told_in_words(office):
    said = office.call("GET", "/api/v1/status", "operator").json()
    assert said["database"] == "正常"
    assert said["temporal"] == "不可用"
    assert office.call("GET", "/readyz").json()["status"] == "ok"
    assert "kuayu_cases" in office.call("GET", "/metrics").text


def test_deliveries_of_a_network_and_of_none(office):
    told = office.call("GET", "/api/v1/partners/southwest/deliveries", "operator").json()
    assert set(told) == {"inbox", "commands", "exchanges"}
    assert office.call("GET", "/api/v1/partners/narnia/deliveries", "operator").status_code == 422


def test_parcels_are_found_by_number_only(office):
    assert office.call("GET", "/api/v1/parcels/EA000000005CN", "courier").status_code == 404
    answer = office.call("POST", "/api/v1/parcels/EA000000005CN/handover", "clerk", {"signerKind": "self"})
    assert answer.status_code == 404
