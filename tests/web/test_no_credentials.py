"""What opens an applicant's page, and what he says at the door, is on his receipt and nowhere else (交接码, 领取码)."""

import base64
import io
import logging
from datetime import UTC, datetime, timedelta

import pypdf
import pytest
import structlog
from sqlalchemy import select

from domain.tasks import TaskKind
from domain.terms import CaseStatus, Leg, ParcelStage, Role
from runtime.telemetry import configure_logging
from storage.base import Base
from storage.cases.rows import CaseRow, read_dossier
from storage.parcels.code_checks import at_hall, code_of, handing_of
from storage.parcels.legs import LegRow
from storage.people.wrong_tries import WrongTryRow
from storage.tasks.rows import open_task
from tests.receipts import squares
from tests.web.office import YUBEI
from tests.web.test_roles import FILL, TABLE

NOW = datetime.now(UTC)
OUTLET = "datongjie"
FOR_THE_APPLICANT = {
    "/api/v1/cases/{case_no}/receipt.pdf",
    "/api/v1/cases/{case_no}/papers/receipt.pdf",
    "/window/{case_no}/done",
    "/window/{case_no}/qr.svg",
    "/window/{case_no}/receipt.png",
}
"""What the window alone hands or shows to the applicant."""


@pytest.fixture(scope="module")
def case(office):
    """A case whose papers a courier is about to fetch, whose result waits at the hall and can be downloaded."""
    case_no = office.start(61, pickup=True, region=YUBEI)["caseNo"]
    leg_id = f"{case_no}-PICKUP-1"
    sealer = office.app.state.context.sealer
    with office.database.write() as session:
        door = read_dossier(session.get_one(CaseRow, case_no), sealer).pickup
        contact = sealer.seal(door.model_dump_json().encode(), f"leg/{leg_id}")
        row = {"leg_id": leg_id, "case_no": case_no, "handling_no": case_no, "leg": Leg.PICKUP, "region": "500103"}
        more = {"stage": ParcelStage.ORDERED, "state": {"stage": ParcelStage.ORDERED}, "outlet_id": OUTLET}
        session.add(
            LegRow(**row, **more, contact=contact, ordered_at=NOW - timedelta(minutes=5), tracking_no="EA000000005CN")
        )
        open_task(session, key=f"{case_no}/c/1", kind=TaskKind.COLLECT_AT_HALL, now=NOW, case_no=case_no)
        stored = session.get_one(CaseRow, case_no)
        stored.status, stored.decided_at = CaseStatus.APPROVED, NOW
    return case_no, leg_id


@pytest.fixture(scope="module")
def secrets_of(office, case):
    """Every text that must not be read by anybody else, by what it is."""
    case_no, leg_id = case
    key = office.handover_key(case_no)
    with office.database.read() as session:
        handing = handing_of(session.get_one(LegRow, leg_id))
    code, token = office.code(case_no), office.scanned(case_no).removeprefix("/t/")
    door, hall = code_of(key, handing), code_of(key, at_hall(case_no, 1))
    return {
        "token": (token, token.lower()),
        "code": (code, code.replace(" ", "")),
        "at the door": (door, f"{door[:3]} {door[3:]}"),
        "at the hall": (hall, f"{hall[:3]} {hall[3:]}"),
        "their secret": (key.hex(), base64.b64encode(key).decode()),
    }


@pytest.fixture(autouse=True)
def nobody_has_guessed(office):
    with office.database.write() as session:
        session.query(WrongTryRow).delete()


def read(answer):
    """Everything that a person or a scanner reads of an answer."""
    kind = answer.headers.get("content-type", "")
    if kind.startswith("application/pdf"):
        text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
        return f"{text} {text.replace(chr(10), '')} {squares(answer.content)} {answer.headers}"
    return f"{answer.text} {answer.headers}"


def leaks(said, secrets_of):
    return sorted(what for what, texts in secrets_of.items() if any(text in said for text in texts))


def asked(case):
    """GET routes, filled with the case; streams never end."""
    case_no, leg_id = case
    fill = FILL | {
        "{case_no}": case_no,
        "{handling_no}": case_no,
        "{leg_id}": leg_id,
        "{tracking_no}": "EA000000005CN",
        "{outlet_id}": OUTLET,
    }
    for route in TABLE:
        method, _, path = route.partition(" ")
        if method != "GET" or "stream" in path or path.endswith(("/live", "/changes")):
            continue
        kinds = ("receipt", "notice", "dossier", "delivery", "result") if "{kind}" in path else ("",)
        for kind in kinds:
            plain = path.replace("{kind}", kind) if kind else path
            where = plain
            for name, value in fill.items():
                where = where.replace(name, value)
            yield plain, where


@pytest.mark.parametrize("role", Role)
def test_no_route_shows_anybody_what_opens_the_applicants_page(office, case, secrets_of, role):
    seen = 0
    for plain, where in asked(case):
        if role is Role.CLERK and plain in FOR_THE_APPLICANT:
            continue
        answer = office.call("GET", where, role.value)
        seen += answer.status_code == 200
        assert leaks(read(answer), secrets_of) == [], where
    assert seen > 15


def test_the_window_has_all_of_it_on_the_receipt(office, case, secrets_of):
    """So the test above looks for the right thing."""
    answer = office.call("GET", f"/api/v1/cases/{case[0]}/receipt.pdf", "clerk")
    assert leaks(read(answer), secrets_of) == ["at the door", "at the hall", "code", "token"]


@pytest.mark.parametrize("role", [Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR])
def test_others_read_a_receipt_without_them(office, case, secrets_of, role):
    for paper in ("a4", "a5", "80mm"):
        answer = office.call("GET", f"/api/v1/cases/{case[0]}/receipt.pdf?paper={paper}", role.value)
        assert answer.status_code == 200
        assert leaks(read(answer), secrets_of) == []


@pytest.mark.parametrize("role", [Role.COURIER, Role.OUTLET])
def test_a_courier_with_his_whole_work_list_opens_nothing(office, case, role):
    """Number and phone tail stand there; they are what /track once asked for."""
    case_no, leg_id = case
    listed = office.call("GET", f"/api/v1/outlets/{OUTLET}/worklist", role.value).json()
    job = next(one for one in listed["jobs"] if one["legId"] == leg_id)
    tail = job["contact"]["phoneTail"]
    tries = {tail, f"{tail}{tail}", case_no[-8:], job["trackingNo"], ""}
    for code in tries:
        answer = office.call("GET", f"/api/v1/track?caseNo={case_no}&phoneTail={tail}", headers={"X-Track-Code": code})
        assert (answer.status_code, answer.json()["code"]) == (404, "TRACK")
        page = office.call("POST", "/track", data={"caseNo": case_no, "code": code, "phoneTail": tail})
        assert page.status_code == 404


def test_no_line_of_the_log_has_them(office, case, secrets_of):
    """At DEBUG, with every library's lines: scanned, typed, looked at, mistyped."""
    said = io.StringIO()
    root = logging.getLogger()
    before, quiet = (root.handlers[:], root.level), ("uvicorn.access", "httpx")
    try:
        configure_logging("web", "DEBUG", said)
        for name in quiet:
            logging.getLogger(name).setLevel(logging.DEBUG)
        case_no, path = case[0], office.scanned(case[0])
        entered = office.call("GET", path)
        cookie = entered.cookies["kuayu_track"]
        office.client.cookies.set("kuayu_track", cookie)
        office.client.get("/track")
        office.call("POST", "/track", data={"caseNo": case_no, "code": office.code(case_no)})
        office.call("GET", f"/api/v1/track?caseNo={case_no}", headers={"X-Track-Code": office.code(case_no)})
        office.call("GET", f"{path[:-1]}9")
        logging.getLogger("some.proxy").warning("GET %s 303", path)
    finally:
        root.handlers[:], root.level = before
        for name in quiet:
            logging.getLogger(name).setLevel(logging.WARNING)
        logging.captureWarnings(False)
        structlog.reset_defaults()
    assert "some.proxy" in said.getvalue()
    assert leaks(said.getvalue(), secrets_of | {"cookie": (cookie,)}) == []


def test_nothing_in_the_database_says_them(office, case, secrets_of):
    """Every table as text: sealed and hashed they are no more than noise."""
    with office.database.read() as session:
        tables = Base.metadata.sorted_tables
        kept = " ".join(str(row) for table in tables for row in session.execute(select(table)).all())
    assert case[0] in kept
    assert leaks(kept, {what: secrets_of[what] for what in ("token", "code", "their secret")}) == []
