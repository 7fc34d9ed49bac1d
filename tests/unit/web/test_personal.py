"""Personal data at the desk and on the applicant's page: shown in clear on the record, copied, withdrawn, gone."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select, update

from demo.people import door
from domain.personal import EraseReason
from domain.tasks import TaskKind
from domain.terms import CaseStatus, Role
from storage.audit.chain import AuditRow
from storage.cases.applicant_messages import MessageRow
from storage.cases.rows import CaseEventRow, CaseRow, HandlingRow, read_dossier
from storage.exchange.exchange_log import SecurityEventRow
from storage.personal.due import Stage
from storage.personal.eraser import Eraser, Order
from storage.personal.person_requests import PersonRequestRow
from storage.personal.unmaskings import UnmaskingRow
from storage.tasks.rows import TaskRow
from tests.unit.web.hall import PERSON, case_body
from tests.web.test_roles import RULES, concrete
from web.app import ROUTERS

WANTED = {"version": "2026-11", "accepted": True, "messages": True}
DOOR = door(3, "欧阳小明")
ALL = ["name", "idNumber", "phone", "address"]
NO_MESSAGES = "以后不再发短信，进展请在本页查询。"


@pytest.fixture
def case_no(hall):
    return hall.started(case_body(), consent=WANTED, delivery=DOOR)


def unmask(hall, case_no, role=Role.CLERK, fields=ALL, **more):
    body = {"fields": fields, "reason": "CONTACT"} | more
    return hall.as_(role).post(f"/api/v1/cases/{case_no}/unmask", json=body)


def rows(hall, table, **wanted):
    with hall.database.read() as session:
        return list(session.scalars(select(table).filter_by(**wanted)))


def test_its_clerk_sees_it_for_a_minute_and_the_record_says_so_without_it(hall, case_no):
    answer = unmask(hall, case_no)
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    said = answer.json()
    assert said["seconds"] == 60
    assert [(one["field"], one["whose"], one["value"]) for one in said["values"]] == [
        ("name", "申请人", PERSON["name"]),
        ("idNumber", "申请人", PERSON["idNumber"]),
        ("phone", "申请人", PERSON["phone"]),
        ("address", "收件联系人", DOOR["address"]),
    ]
    [entry] = rows(hall, AuditRow, kind="UNMASK")
    assert (entry.actor, entry.role, entry.code) == ("clerk", "clerk", "CONTACT")
    assert entry.subject == f"{case_no} name idNumber phone address"
    [row] = rows(hall, UnmaskingRow)
    kept = repr([getattr(one, column.name) for one in (entry, row) for column in one.__table__.columns])
    assert not [word for word in (*PERSON.values(), DOOR["address"]) if word and str(word) in kept]


def test_the_officer_of_the_case_sees_it_and_another_does_not(hall, case_no):
    assert unmask(hall, case_no, Role.OFFICER).json()["code"] == "CASE_UNKNOWN"  # decided elsewhere
    with hall.database.write() as session:
        session.get_one(HandlingRow, case_no).partner = None
    assert unmask(hall, case_no, Role.OFFICER).json()["code"] == "NOT_YOURS"
    with hall.database.write() as session:
        session.get_one(HandlingRow, case_no).held_by = "officer"
    assert unmask(hall, case_no, Role.OFFICER, ["name"]).status_code == 200


def test_a_clerk_of_another_case_is_refused_on_the_record(hall, case_no):
    with hall.database.write() as session:
        session.execute(update(CaseRow).values(clerk="li", keeper="li"))
    refused = unmask(hall, case_no)
    assert (refused.status_code, refused.json()["code"]) == (403, "NOT_YOURS")
    assert [one.subject for one in rows(hall, AuditRow, kind="REFUSAL")] == [case_no]
    assert rows(hall, UnmaskingRow) == []


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.CLERK, Role.OFFICER}))
def test_nobody_else_ever(hall, case_no, role):
    assert unmask(hall, case_no, role).status_code == 403
    if role in (Role.SUPERVISOR, Role.AUDITOR):
        assert "查看明文" not in hall.as_(role).get(f"/window/{case_no}").text


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"reason": "OTHER"}, "REASON"),
        ({"words": f"电话{PERSON['phone']}"}, "REASON_PERSONAL"),
        ({"words": f"证件 {PERSON['idNumber']}"}, "REASON_PERSONAL"),
        ({"words": "打 138 0000 0001"}, "REASON_PERSONAL"),
        ({"words": "发到 wang@example.com"}, "REASON_PERSONAL"),
    ],
)
def test_a_reason_is_needed_and_tells_of_nobody(hall, case_no, more, code):
    refused = unmask(hall, case_no, **more)
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert rows(hall, UnmaskingRow) == []


@pytest.mark.parametrize("body", [{"fields": []}, {"fields": ["dossier"]}, {"reason": "CURIOUS"}])
def test_what_is_not_on_the_list_is_refused(hall, case_no, body):
    assert unmask(hall, case_no, **body).status_code == 422


def test_what_was_said_beside_it_is_sealed(hall, case_no):
    assert unmask(hall, case_no, words="信封退回，重新核对").status_code == 200
    [row] = rows(hall, UnmaskingRow)
    assert "信封".encode() not in row.words
    assert hall.context.sealer.open(row.words, f"unmasking/{case_no}").decode() == "信封退回，重新核对"


def test_so_often_an_hour_calls_among_it_then_the_supervisor_hears(hall, case_no):
    call = {"reason": "约上门时间"}
    for _ in range(10):
        assert unmask(hall, case_no, fields=["name"]).status_code == 200
        assert hall.as_().post(f"/api/v1/cases/{case_no}/phone", json=call).status_code == 200
    for _ in range(2):
        refused = unmask(hall, case_no, fields=["name"])
        assert (refused.status_code, refused.json()["code"]) == (429, "UNMASK_LIMIT")
        assert int(refused.headers["retry-after"]) == 3600
    assert hall.as_().post(f"/api/v1/cases/{case_no}/phone", json=call).status_code == 429
    assert len(rows(hall, UnmaskingRow)) == 10
    [task] = rows(hall, TaskRow, kind=TaskKind.UNMASKED_OFTEN)
    assert (task.owner, task.data) == ("supervisor", {"by": "clerk"})
    assert [one.detail for one in rows(hall, SecurityEventRow, source="unmask")] == ["clerk"]
    assert "查看个人信息过于频繁" in hall.as_(Role.SUPERVISOR).get("/supervisor").text
    assert hall.as_(Role.SUPERVISOR).post(f"/api/v1/cases/{case_no}/phone", json=call).status_code == 200
    hall.now += timedelta(hours=1)
    assert unmask(hall, case_no, fields=["name"]).status_code == 200


def opened(answer):
    assert answer.status_code == 200, answer.text
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert sorted(archive.namelist()) == ["personal-data.html", "personal-data.json"]
    return json.loads(archive.read("personal-data.json")), archive.read("personal-data.html").decode()


def test_the_window_gives_a_copy_with_everything_and_its_mark(hall, case_no):
    unmask(hall, case_no, fields=["phone"])
    answer = hall.as_().get(f"/api/v1/cases/{case_no}/personal-data?reason=SUBJECT")
    said, page = opened(answer)
    assert answer.headers["cache-control"] == "no-store"
    held = {one["项目"]: one for one in said["保存的信息"]}
    assert held["申请人居民身份证号码"]["内容"] == PERSON["idNumber"]
    assert held["收件地址"]["依据"] == "您的单独同意"
    assert all(one["用途"] and one["依据"] for one in held.values())
    assert [one["看了什么"] for one in said["谁看过"]] == ["电话"]
    assert said["交给过谁"] and "办结" in said["保存到何时"]
    for text in (said["说明"], page):
        assert "clerk" in text and "2026-11-23 10:00" in text
    assert PERSON["idNumber"] in page and "<script" not in page
    [row] = rows(hall, PersonRequestRow)
    assert (row.kind, row.reason, row.channel, row.by) == ("EXPORT", "SUBJECT", "window", "clerk")
    assert [one.subject for one in rows(hall, AuditRow, kind="EXPORT")] == [case_no]


def test_what_a_person_wrote_is_no_markup(hall):
    case_no = hall.started(case_body(), consent=WANTED, delivery={**DOOR, "address": f"{DOOR['address']}<b>2</b>"})
    _, page = opened(hall.as_().get(f"/api/v1/cases/{case_no}/personal-data"))
    assert "&lt;b&gt;2" in page or "<b>2" not in page


def test_the_applicant_takes_it_along_with_numbers_in_part(hall, case_no):
    visitor = hall.visitor(case_no)
    assert "下载我的信息" in visitor.get("/track").text
    said, page = opened(visitor.post("/track/personal-data"))
    held = {one["项目"]: one["内容"] for one in said["保存的信息"]}
    assert held["申请人居民身份证号码"] == "110105********002X"
    assert PERSON["idNumber"] not in page and PERSON["phone"] not in page
    assert [(one.channel, one.by) for one in rows(hall, PersonRequestRow)] == [("track", "applicant")]


def test_who_came_by_the_square_code_gives_the_code_too(hall, case_no):
    visitor = hall.visitor(case_no, scanned=True)
    refused = visitor.post("/track/personal-data", data={"code": "00000000"})
    assert refused.status_code == 422 and "领取码不对" in refused.text
    assert rows(hall, PersonRequestRow) == []
    opened(visitor.post("/track/personal-data", data={"code": hall.code(case_no)}))


def test_without_a_visit_nothing_is_given(hall, case_no):
    stranger = hall.nobody()
    assert stranger.post("/track/personal-data").status_code == 422
    assert stranger.post("/track/consent", data={"about": "messages"}).status_code == 422
    assert rows(hall, PersonRequestRow) == []


@pytest.mark.parametrize("channel", ["window", "track"])
def test_withdrawn_consent_stops_messages_and_is_written_down(hall, case_no, channel):
    if channel == "window":
        for _ in range(2):
            answer = hall.as_().post(f"/api/v1/cases/{case_no}/consent/withdraw", json={"about": "messages"})
            assert answer.json() == {"caseNo": case_no, "withdrawn": ["messages"], "sentence": NO_MESSAGES}
    else:
        page = hall.visitor(case_no).post("/track/consent", data={"about": "messages"})
        assert page.status_code == 200 and "以后不再发短信" in page.text
    with hall.database.read() as session:
        assert not read_dossier(session.get_one(CaseRow, case_no), hall.context.sealer).consent.messages
    [row] = rows(hall, PersonRequestRow)
    by = {"window": "clerk", "track": "applicant"}[channel]
    assert (row.kind, row.what, row.text_version, row.channel, row.by) == (
        "WITHDRAWN",
        "messages",
        "2026-11",
        channel,
        by,
    )
    assert row.at == hall.now
    assert len(rows(hall, CaseEventRow, kind="CONSENT_WITHDRAWN")) == 1
    assert "申请人撤回同意" in hall.as_().get(f"/window/{case_no}").text


def test_a_supervisor_holds_the_data_of_a_case_and_lets_them_go(hall, case_no):
    def hold(**body):
        return hall.as_(Role.SUPERVISOR).post(f"/api/v1/cases/{case_no}/retention-hold", json=body)

    told = hold(kind="COMPLAINT", until="2027-03-30").json()
    assert (told["kind"], told["label"], told["setBy"]) == ("COMPLAINT", "投诉未了结", "supervisor")
    assert told["until"].startswith("2027-03-30T16:00")
    assert "投诉未了结" in hall.as_(Role.SUPERVISOR).get(f"/window/{case_no}").text
    assert hold(kind="COMPLAINT", until="2026-11-22").json()["code"] == "HOLD_OVER"
    assert hold(kind=None).json()["kind"] is None


@pytest.fixture
def erased(hall, case_no):
    """A case whose time was over."""
    hall.record(case_no, CaseStatus.APPROVED)
    token = hall.token(case_no)
    with hall.database.write() as session:
        session.execute(update(TaskRow).values(resolved_at=hall.now))
        session.get_one(CaseRow, case_no).closed_at = hall.now
    hall.now += timedelta(days=365)
    made = hall.context
    eraser = Eraser(hall.database, made.sealer, made.documents, lambda: hall.now, pause=lambda _seconds: None)
    eraser.erase(Order(case_no, Stage.WHOLE, EraseReason.TERM))
    return case_no, token


READS = [
    f"{method} {route.path}"
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in route.methods
    if method == "GET" and ("{case_no}" in route.path or "{handling_no}" in route.path) and "stream" not in route.path
]


@pytest.mark.parametrize("route", sorted(READS))
def test_every_page_and_paper_of_an_erased_case_answers(hall, erased, route):
    case_no, _ = erased
    _, path = concrete(route)
    path = path.replace("500103209911230000010", case_no)
    for role in RULES[route]:
        answer = hall.as_(role).get(path)
        assert answer.status_code < 500, f"{role} {path} {answer.text[:300]}"
        assert not [word for word in (PERSON["name"], PERSON["idNumber"], PERSON["phone"]) if word in answer.text]


def test_an_erased_case_says_so_everywhere(hall, erased):
    case_no, token = erased
    desk = hall.as_()
    assert "个人信息已按规定于 2027 年 11 月 23 日删除" in desk.get(f"/window/{case_no}").text.replace("\u00a0", " ")
    told = desk.get(f"/api/v1/cases/{case_no}").json()
    assert told["applicant"]["name"] == "已删除" and told["erasedAt"] == hall.now.isoformat()
    assert told["writings"] == []
    assert "已删除" in desk.get("/cases").text
    for gone in (
        unmask(hall, case_no),
        desk.get(f"/api/v1/cases/{case_no}/receipt.pdf"),
        desk.get(f"/api/v1/cases/{case_no}/personal-data"),
        desk.post(f"/api/v1/cases/{case_no}/phone", json={"reason": "联系"}),
    ):
        assert (gone.status_code, gone.json()["code"]) == (410, "PERSONAL_ERASED")
    page = hall.nobody().get(f"/t/{token}")
    assert page.status_code == 410 and "已按规定于" in page.text
    assert hall.tracked(case_no, "00000000").status_code == 404


def test_nobody_has_a_code_sent_for_an_erased_case(hall, erased):
    case_no, _ = erased
    asked = hall.nobody().post("/api/v1/track/codes", json={"caseNo": case_no, "phoneTail": ""})
    assert asked.status_code == 202
    assert "ONE_TIME_CODE" not in {row.kind for row in rows(hall, MessageRow)}
