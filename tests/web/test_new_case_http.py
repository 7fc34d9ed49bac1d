"""The check says what registration says; drafts are of the hall, sealed, one holder's, and end with their case."""

import io
from datetime import UTC, datetime, timedelta

import pypdf
import pytest
from lxml import html
from sqlalchemy import select

from domain.terms import Role
from domain.units import FIRST_UNIT
from storage.cases.drafts import DRAFTS_KEPT, DraftRow, drop_old_drafts
from storage.documents.uploads import UploadRow
from storage.people.passwords import hashed
from storage.people.users import put_user
from tests.web.office import CHENGDU, MATERIALS, case_body
from web.pages.filling import body_of, filled

ID, OTHER, ENDS, LATE = (digit * 32 for digit in "1234")
PAGE = "0f8e3c21a94b4d7e"


@pytest.fixture(scope="module", autouse=True)
def colleague(office):
    with office.database.write() as session:
        put_user(session, "clerk2", Role.CLERK, hashed("demo"), FIRST_UNIT[Role.CLERK])
    answer = office.call("POST", "/api/v1/login", body={"username": "clerk2", "password": "demo"})
    office.tokens["clerk2"] = answer.json()["token"]


@pytest.fixture(autouse=True)
def no_drafts(office):
    yield
    with office.database.write() as session:
        for row in session.scalars(select(DraftRow)):
            session.delete(row)


def check(office, body):
    answer = office.call("POST", "/api/v1/cases:check", "clerk", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def faults(found, section=None):
    return [f for s in found["sections"] if section in (None, s["section"]) for f in s["faults"]]


def without(body, path):
    *parents, last = path.split(".")
    changed = here = dict(body)
    for parent in parents:
        here[parent] = here = dict(here[parent])
    here.pop(last)
    return changed


def put(body, path, value):
    *parents, last = path.split(".")
    changed = here = dict(body)
    for parent in parents:
        here[parent] = here = dict(here[parent] or {})
    here[last] = value
    return changed


CHANGES = {
    "nothing": lambda b: b,
    "no item": lambda b: without(b, "itemCode"),
    "an unknown item": lambda b: put(b, "itemCode", "YZ-NOPE-1"),
    "no place": lambda b: without(b, "handlings"),
    "two places of one": lambda b: put(b, "handlings", [{"region": CHENGDU}, {"region": "520102"}]),
    "a region that is none": lambda b: put(b, "handlings", [{"region": "999999"}]),
    "no applicant": lambda b: without(b, "applicant"),
    "no phone": lambda b: without(b, "applicant.phone"),
    "a short phone": lambda b: put(b, "applicant.phone", "1381234"),
    "a wrong check digit": lambda b: put(b, "applicant.idNumber", "110105194912310021"),
    "an enterprise": lambda b: put(b, "applicant.type", "enterprise"),
    "no name": lambda b: put(b, "applicant.name", "ㅤ"),
    "a household that is none": lambda b: put(b, "applicant.householdRegion", "999999"),
    "no materials": lambda b: put(b, "materials", []),
    "one material less": lambda b: put(b, "materials", b["materials"][1:]),
    "an unknown material": lambda b: put(b, "materials", [*b["materials"], {"seq": 98, "provided": "original"}]),
    "no file": lambda b: put(b, "materials", [m | {"provided": "electronic", "sha256": None} for m in b["materials"]]),
    "somebody's file": lambda b: put(b, "materials", [m | {"sha256": "0" * 64} for m in b["materials"]]),
    "no consent": lambda b: put(b, "consent.accepted", False),
    "consent not asked": lambda b: without(b, "consent"),
    "an agent without authority": lambda b: put(b, "agent", b["applicant"] | {"idNumber": "11010519491231002X"}),
    "the applicant as agent": lambda b: put(
        b, "agent", b["applicant"] | {"authorisation": {"kind": "power_of_attorney", "originalSeen": True}}
    ),
    "a door without address": lambda b: put(b, "pickup", {"contactName": "王秀兰", "contactPhone": "13812345678"}),
    "an empty form": lambda b: put(b, "form", {"answers": {}}),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("item", ["YZ-HRSS-001", MATERIALS])
def test_the_check_is_ready_exactly_where_registration_takes_it(office, item, change):
    """And what registration refuses with is among what the check says, at the same field in the same words."""
    body = CHANGES[change](case_body(office, 601, item=item))
    before = office.rows()
    found = check(office, body)
    assert office.rows() == before
    answer = office.call("POST", "/api/v1/cases", "clerk", body)
    assert found["ready"] is (answer.status_code == 201), (found, answer.json())
    if answer.status_code == 201:
        assert all(s["state"] == "ok" for s in found["sections"])
        return
    told = answer.json()
    said = {(f["field"], f["detail"]) for f in faults(found)}
    for error in told.get("errors", []):
        if error["detail"] == "必填":
            assert any(f["lacks"] and f["field"].startswith(error["field"]) for f in faults(found)), error
        elif told["code"] == "MATERIALS_MISSING":
            assert all(f["detail"] in told["detail"] for f in faults(found, "materials") if f["field"] == "materials")
        else:
            assert any(field == error["field"] and detail.endswith(error["detail"]) for field, detail in said), said


def test_everything_is_said_at_once(office):
    body = case_body(office, 602) | {"materials": [], "handlings": [{"region": "999999"}]}
    body["applicant"] = body["applicant"] | {"phone": "1", "idNumber": "110105194912310021"}
    found = check(office, without(body, "consent"))
    states = {s["section"]: s["state"] for s in found["sections"]}
    assert states == {"item": "ok", "places": "wrong", "applicant": "wrong", "form": "open", "materials": "lacks",
                      "post": "ok", "consent": "lacks"}  # fmt: skip
    assert [f["field"] for f in faults(found, "applicant")] == ["applicant.idNumber", "applicant.phone"]
    assert len(faults(found, "materials")) == 3


def test_the_same_matter_is_named(office):
    body = without(case_body(office, 603), "duplicateReason")
    number = office.call("POST", "/api/v1/cases", "clerk", body).json()["caseNo"]
    found = check(office, body)
    assert [case["caseNo"] for case in found["cases"]] == [number]
    assert [f["field"] for f in faults(found)] == ["duplicateReason"]
    assert check(office, body | {"duplicateReason": "上一件材料有误"})["ready"]


def words_of(answer):
    assert answer.headers["content-type"] == "application/pdf"
    return "".join("".join(s.extract_text().split()) for s in pypdf.PdfReader(io.BytesIO(answer.content)).pages)


def test_the_notice_has_every_gap_of_the_applicant_and_none_of_ours(office):
    body = case_body(office, 604) | {"materials": [], "form": {"answers": {"situation": "ended"}}}
    found = check(office, without(body, "consent"))
    said = words_of(office.call("POST", "/api/v1/cases:notice", "clerk", without(body, "consent")))
    gaps = faults(found, "form") + faults(found, "materials")
    assert len(gaps) >= 5
    for gap in gaps:
        assert "".join(gap["detail"].rstrip("。").split()) in said
    assert "知情同意" not in said and body["applicant"]["idNumber"] not in said
    whole = office.call("POST", "/api/v1/cases:notice", "clerk", case_body(office, 605))
    assert whole.status_code == 422 and whole.json()["code"] == "NOTHING_MISSING"
    assert office.call("POST", "/api/v1/cases:notice", "clerk", {}).json()["code"] == "ITEM_UNKNOWN"


def saved(office, role="clerk", *, version=0, page=PAGE, fields=None, draft=ID):
    body = {"page": page, "version": version, "fields": fields or [["itemCode", "YZ-HRSS-001"]]}
    return office.call("PUT", f"/api/v1/drafts/{draft}", role, body)


def test_a_draft_is_sealed_masked_and_of_the_whole_hall(office):
    fields = [
        ["itemCode", "YZ-HRSS-001"],
        ["applicant.name", "欧阳王秀兰"],
        ["applicant.idNumber", "11010519491231002X"],
    ]
    state = saved(office, fields=fields).json()
    assert state["version"] == 1 and state["mine"] and state["itemName"] == "失业登记" and state["caseNo"] is None
    (line,) = office.call("GET", "/api/v1/drafts", "clerk2").json()["drafts"]
    assert line["owner"] == "clerk" and not line["mine"] and "*" in line["who"] and "秀兰" not in line["who"]
    with office.database.read() as session:
        row = session.get(DraftRow, ID)
        assert "秀兰".encode() not in row.content and b"11010519" not in row.content


def test_one_clerk_holds_a_draft_and_one_page_goes_on_with_it(office):
    assert saved(office).status_code == 200
    assert saved(office, version=0).status_code == 200, "the same page may repeat a lost answer"
    elsewhere = saved(office, page="f" * 16, version=1)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "DRAFT_ELSEWHERE")
    assert saved(office, page="f" * 16, version=2).status_code == 200, "it has seen the newest"
    refused = saved(office, "clerk2", version=3)
    assert (refused.status_code, refused.json()["code"]) == (409, "DRAFT_TAKEN")
    assert "clerk 已接手" in refused.json()["detail"]
    assert office.call("DELETE", f"/api/v1/drafts/{ID}", "clerk2").json()["code"] == "DRAFT_TAKEN"
    taken = office.call("POST", f"/api/v1/drafts/{ID}/takeover", "clerk2").json()
    assert taken["owner"] == "clerk2" and taken["version"] == 4
    assert not office.call("GET", f"/api/v1/drafts/{ID}", "clerk").json()["mine"]
    assert saved(office, page="f" * 16, version=3).json()["code"] == "DRAFT_TAKEN"
    assert office.call("DELETE", f"/api/v1/drafts/{ID}", "clerk2").status_code == 204
    assert office.call("GET", f"/api/v1/drafts/{ID}", "clerk").json()["code"] == "DRAFT_UNKNOWN"


def test_a_draft_ends_with_its_case_and_leads_to_it(office):
    saved(office, draft=ENDS, fields=[["applicant.name", "王秀兰"]])
    office.call("POST", f"/api/v1/drafts/{ENDS}/takeover", "clerk2")
    body = case_body(office, 611)
    refused = office.call("POST", "/api/v1/cases", "clerk", body, key=ENDS)
    assert (refused.status_code, refused.json()["code"]) == (409, "DRAFT_TAKEN")
    office.call("POST", f"/api/v1/drafts/{ENDS}/takeover", "clerk")
    number = office.call("POST", "/api/v1/cases", "clerk", body, key=ENDS).json()["caseNo"]
    assert office.call("POST", "/api/v1/cases", "clerk", body, key=ENDS).json()["caseNo"] == number
    late = office.call("POST", "/api/v1/cases", "clerk2", body, key=ENDS)
    assert (late.status_code, late.json()["code"]) == (409, "DRAFT_REGISTERED")
    assert saved(office, draft=ENDS, version=1).json()["code"] == "DRAFT_REGISTERED"
    assert office.call("GET", "/api/v1/drafts", "clerk").json()["drafts"] == []
    assert office.call("GET", f"/api/v1/drafts/{ENDS}", "clerk").json()["caseNo"] == number
    with office.database.read() as session:
        assert session.get(DraftRow, ENDS).content is None
    for clerk in ("clerk", "clerk2"):
        led = office.call("GET", f"/window/new?draft={ENDS}", clerk)
        assert (led.status_code, led.headers["location"]) == (303, f"/window/{number}/done")


def test_a_save_that_comes_after_the_registration_makes_no_draft(office):
    office.call("POST", "/api/v1/cases", "clerk", case_body(office, 612), key=LATE)
    assert saved(office, draft=LATE).json()["code"] == "DRAFT_REGISTERED"
    assert office.call("GET", "/api/v1/drafts", "clerk").json()["drafts"] == []


def test_files_of_a_draft_are_kept_as_long_as_it_and_go_over_with_it(office):
    sha256 = office.uploaded()
    saved(office, fields=[["itemCode", "YZ-HRSS-001"], ["materials.s2.sha256", sha256]])
    office.call("POST", f"/api/v1/drafts/{ID}/takeover", "clerk2")
    with office.database.read() as session:
        row = session.get(UploadRow, (sha256, "clerk2"))
        assert row is not None and row.expires_at > datetime.now(UTC) + DRAFTS_KEPT - timedelta(hours=1)
    strange = "a" * 64
    saved(office, "clerk2", version=2, fields=[["materials.s2.sha256", strange]])
    with office.database.read() as session:
        assert session.get(UploadRow, (strange, "clerk2")) is None, "a name alone gives no right"


def test_old_drafts_end(office):
    saved(office)
    saved(office, draft=OTHER)
    with office.database.write() as session:
        session.get(DraftRow, ID).saved_at = datetime.now(UTC) - DRAFTS_KEPT
    assert [d["id"] for d in office.call("GET", "/api/v1/drafts", "clerk").json()["drafts"]] == [OTHER]
    drop_old_drafts(office.database, datetime.now(UTC))
    with office.database.read() as session:
        assert [row.draft_id for row in session.scalars(select(DraftRow))] == [OTHER]


def test_what_the_page_says_is_what_was_filled_in(office):
    fields = [("itemCode", "YZ-NHSA-016"), ("text.itemCode", "医保报销"), ("form.answers.situation", "local"),
              ("form.answers.values.total", "12,345.67"), ("form.answers.values.thirdParty", "false"),
              ("handlings.0.region", CHENGDU), ("applicant.name", "王<b>秀\"兰"), ("opens.pickup", "on"),
              ("pickup.address", "民权路28号"), ("pickup.lat", "29.5"), ("materials.s1.provided", "copy"),
              ("materials.s1.seq", "1"), ("materials.s3.provided", "original"), ("materials.s3.seq", "3"),
              ("materials.s3.licence.number", "11"), ("consent.accepted", "on")]  # fmt: skip
    saved(office, fields=[list(pair) for pair in fields])
    page = office.call("GET", f"/window/new?draft={ID}", "clerk").text
    body = body_of(page, "case-form")
    assert body["itemCode"] == "YZ-NHSA-016" and body["handlings"] == [{"region": CHENGDU}]
    assert body["applicant"]["name"] == '王<b>秀"兰'
    assert body["form"]["answers"]["values"] == {"total": 1234567, "thirdParty": False}
    assert body["pickup"]["lat"] == 29.5 and body["pickup"]["address"] == "民权路28号"
    assert [m["seq"] for m in body["materials"]] == [1, 3] and body["materials"][0]["provided"] == "copy"
    assert body["consent"] == {"version": "2026-11", "accepted": True, "messages": False}
    assert "agent" not in body and "delivery" not in body
    again = html.document_fromstring(filled(page, "case-form", fields))
    assert again.xpath("//select[@name='materials.s3.provided']/@data-kept") == ['{"licence.number": "11"}']


def test_a_session_says_until_when_it_holds(office):
    told = office.call("GET", "/api/v1/session", "clerk").json()
    unseen, left = (
        datetime.fromisoformat(told[end]) - datetime.fromisoformat(told["serverTime"])
        for end in ("expiresAt", "latestAt")
    )
    assert told["username"] == "clerk" and timedelta(hours=9) < left <= timedelta(hours=10)
    assert timedelta(minutes=29) < unseen <= timedelta(minutes=30)
    assert office.call("GET", "/api/v1/session").status_code == 401


def test_without_a_reader_it_is_said(office):
    answer = office.call("GET", "/api/v1/reader", "clerk")
    assert (answer.status_code, answer.json()["code"]) == (409, "READER_AWAY")
