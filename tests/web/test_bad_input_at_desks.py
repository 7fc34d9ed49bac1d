"""Bad input at desks and pages: files, tables, logs, other sites' forms, scanners (reliability.md §5 lines 51–62)."""

import csv
import hashlib
import io
import json
import logging
from datetime import UTC, datetime

import pytest
import structlog
from PIL import Image
from sqlalchemy import func, select

from domain.terms import Role
from runtime.telemetry import configure_logging
from storage.exchange.exchange_log import ExchangeRow
from storage.parcels.legs import LegRow
from tests.answering import description, resolved
from tests.pictures import bomb
from tests.web.test_roles import RULES, TABLE, concrete
from web.api.measures import _quoted

UPLOAD = "/api/v1/documents"
FORMULA = ("=", "+", "-", "@", "\t", "\r")

# 51–53: files that are not what they are called

FILES = {
    "51 a program of Windows": b"MZ\x90\x00" + bytes(200),
    "51 a program of Linux": b"\x7fELF\x02\x01\x01" + bytes(200),
    "51 HTML": b"<!DOCTYPE html><script>alert(1)</script>",
    "51 HTML behind a blank": b" %PDF-1.7 <script>alert(1)</script>",
    "51 SVG": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "51 a shell script": b"#!/bin/sh\nrm -rf /\n",
    "51 an archive": b"PK\x03\x04" + bytes(200),
    "51 a GIF": b"GIF89a" + bytes(200),
    "51 words": "张三".encode(),
    "53 a form with a name": b'--x\r\nContent-Disposition: form-data; name="f"; filename="../../a.pdf"\r\n\r\n%PDF-1.7',
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("called", ["application/pdf", "image/png", "multipart/form-data; boundary=x"])
def test_a_file_is_what_its_first_bytes_are(office, name, called):
    before = office.rows()
    answer = office.call("POST", UPLOAD, "clerk", content=FILES[name], headers={"Content-Type": called})
    assert (answer.status_code, answer.json()["code"]) == (422, "DOCUMENT_TYPE")
    assert office.rows() == before


@pytest.mark.parametrize("tail", [b"<script>alert(1)</script>", b"/JavaScript (app.alert(1))", b"MZ\x90\x00"])
def test_51_what_is_a_pdf_and_something_else_too_runs_nowhere(office, tail):
    name = office.uploaded(data=b"%PDF-1.7\n" + tail)
    for view, how in ((True, "inline"), (False, "attachment")):
        answer = office.call("GET", f"{UPLOAD}/{name}?view={str(view).lower()}", "clerk")
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-disposition"].startswith(how)
        assert "default-src 'none'" in answer.headers["content-security-policy"] or not view
    assert office.call("GET", f"{UPLOAD}/{name}/pages/1", "clerk").status_code == 422, "no picture can be drawn of it"


def photographed(kind, place=True):
    """A picture with what a phone writes into it: where it was taken, and by what."""
    exif = Image.Exif()
    exif[0x0110] = "Kuayu Phone 1"
    if place:
        exif.get_ifd(0x8825).update({1: "N", 2: (29.0, 33.0, 26.28), 3: "E", 4: (106.0, 34.0, 34.32)})
    into = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(into, kind, exif=exif)
    return into.getvalue()


@pytest.mark.parametrize(("kind", "mark"), [("JPEG", b"Exif"), ("PNG", b"eXIf")])
def test_52_where_a_picture_was_taken_is_shown_to_nobody(office, kind, mark):
    data = photographed(kind)
    assert mark in data and b"Kuayu Phone 1" in data
    name = office.uploaded(data=data)
    shown = office.call("GET", f"{UPLOAD}/{name}/pages/1", "clerk")
    assert shown.status_code == 200
    joined = office.call("POST", f"{UPLOAD}:join", "clerk", {"pages": [name]}).json()["sha256"]
    made = office.call("GET", f"{UPLOAD}/{joined}", "clerk")
    for answer in (shown, made):
        assert mark not in answer.content and b"Kuayu Phone 1" not in answer.content


@pytest.mark.parametrize("height", [8_500, 20_000])
def test_52_a_picture_that_would_fill_the_memory_is_not_drawn(office, height):
    name = office.uploaded(data=bomb(height))
    drawn = office.call("GET", f"{UPLOAD}/{name}/pages/1", "clerk")
    assert (drawn.status_code, drawn.json()["code"]) == (422, "DOCUMENT_UNREADABLE")
    joined = office.call("POST", f"{UPLOAD}:join", "clerk", {"pages": [name]})
    assert (joined.status_code, joined.json()["code"]) == (422, "DOCUMENT_NOT_IMAGE")


NAMES = ["../../etc/passwd", "a.pdf\x00.exe", "..\\..\\windows", "x" * 300 + ".pdf", "a\"; filename*=UTF-8''evil.exe"]


@pytest.mark.parametrize("called", NAMES, ids=["up", "NUL", "windows", "300", "quoted"])
def test_53_a_file_is_named_by_its_content_whatever_it_is_called(office, called):
    data = b"%PDF-1.7 named " + called.encode()
    said = {"Content-Disposition": f'attachment; filename="{called}"', "X-File-Name": called}
    answer = office.call("POST", UPLOAD, "clerk", content=data, headers=said)
    name = answer.json()["sha256"]
    assert name == hashlib.sha256(data).hexdigest()
    read = office.call("GET", f"{UPLOAD}/{name}", "clerk")
    assert read.headers["content-disposition"] == f'attachment; filename="{name}"'


# 54: tables that a spreadsheet opens


def cells(answer):
    assert answer.status_code == 200, answer.text
    return [cell for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))) for cell in row]


def computed(cell):
    """Whether a spreadsheet takes it for a formula; nothing is none, and a number with its sign is a number."""
    plain = cell.strip()
    return cell.startswith(FORMULA) and bool(plain) and not plain.lstrip("-").isdigit()


TYPED = ["=HYPERLINK(1)", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1"]


@pytest.mark.parametrize("typed", TYPED)
def test_54_what_somebody_typed_is_no_formula_in_the_auditors_table(office, typed):
    path = "".join(f"%{byte:02X}" for byte in typed.encode())
    assert office.call("GET", f"/api/v1/cases/{path}", "clerk").status_code == 404
    found = cells(office.call("GET", "/audit/entries.csv", "auditor"))
    assert any(typed in cell for cell in found), "so the test looks at it"
    assert [cell for cell in found if computed(cell)] == []


@pytest.mark.parametrize("typed", TYPED)
def test_54_nor_what_a_network_said_in_the_table_of_its_messages(office, typed):
    with office.database.write() as session:
        session.add(
            ExchangeRow(
                at=datetime.now(UTC), partner="southwest", direction="in", kind="event", message_id=typed, verdict="OK"
            )
        )
    for encoding in ("utf-8", "gb18030"):
        answer = office.call("GET", f"/partner/deliveries.csv?network=southwest&encoding={encoding}", "supervisor")
        said = answer.content.decode("utf-8-sig" if encoding == "utf-8" else "gb18030")
        found = [cell for row in csv.reader(io.StringIO(said, newline="")) for cell in row]
        assert any(typed in cell for cell in found)
        assert [cell for cell in found if computed(cell)] == []


@pytest.mark.parametrize("typed", TYPED)
def test_54_nor_the_name_of_an_item_among_the_cases_of_a_measure(typed):
    (cell,) = next(csv.reader(io.StringIO(_quoted(typed), newline="")))
    assert cell == f"'{typed}"


# 55, 56: what is written down of it

LINES = ["张三\n2026-11-30 通过", "张三\r\nlevel=error", "\x1b[2J\x1b[31m通过", "\u2028通过", '"}\n{"event":"ok']


@pytest.mark.parametrize("said", LINES)
def test_55_a_reason_makes_no_line_of_its_own_and_colours_no_terminal(said):
    into, root = io.StringIO(), logging.getLogger()
    before = root.handlers[:], root.level
    try:
        configure_logging("web", "INFO", into)
        structlog.get_logger("desk").info("refused", reason=said)
        logging.getLogger("some.library").warning("got %s", said)
    finally:
        root.handlers[:], root.level = before
        logging.captureWarnings(False)
        structlog.reset_defaults()
    lines = into.getvalue().split("\n")[:-1]
    assert len(lines) == 2
    assert json.loads(lines[0])["reason"] == said
    assert "\x1b" not in into.getvalue()


def test_56_what_does_not_fit_is_not_in_a_log_either(office, caplog):
    typed = {"username": "500199196202020014" * 6, "password": "13800012345" * 30}
    caplog.set_level(logging.DEBUG)
    assert office.call("POST", "/api/v1/login", body=typed).status_code == 422
    body = {"applicant": {"idNumber": "500199196202020014", "phone": "138000000012"}}
    assert office.call("POST", "/api/v1/cases", "clerk", body).status_code == 422
    assert "500199196202020014" not in caplog.text
    assert "13800012345" not in caplog.text


# 57: another site's page

UNSAFE = sorted(route for route in TABLE if not route.startswith("GET ") and "/callbacks/" not in route)
SITES = {
    "another site": {"Origin": "https://evil.test"},
    "its name in front": {"Origin": "http://kuayu.test.evil.test"},
    "our port": {"Origin": "http://kuayu.test:8443"},
    "a file": {"Origin": "null"},
    "nobody": {},
}


@pytest.mark.parametrize("route", UNSAFE)
def test_57_no_route_acts_for_another_sites_page(office, route):
    """With the cookie of who may do it, as a browser would send it along."""
    role = sorted(RULES[route] or {Role.CLERK}, key=list(Role).index)[0]
    before = office.rows()
    method, path = concrete(route)
    for site, says in SITES.items():
        said = says | {"Cookie": f"kuayu_session={office.tokens[role.value]}"}
        answer = office.call(method, path, headers=said, json={})
        assert (answer.status_code, answer.json()["code"]) == (403, "ORIGIN"), site
    assert office.rows() == before


# 59: members that nobody asked for


def bodies():
    """Operation → the schema of the JSON that it takes."""
    for path, methods in description()["paths"].items():
        for method, operation in methods.items():
            for media, body in resolved(operation.get("requestBody", {})).get("content", {}).items():
                if media.endswith("json"):
                    yield f"{method.upper()} {path}", resolved(body["schema"])


def test_59_no_request_takes_what_it_does_not_know():
    loose = {route for route, schema in bodies() if schema.get("additionalProperties") is not False}
    assert loose == {
        "POST /api/v1/cases:check",  # what is half filled in
        "POST /api/v1/cases:notice",
        "POST /api/v1/scans:batch",  # a device may be newer than we are; each event is read alone
        "POST /callbacks/sichuan",  # partners may say more (contracts.md "Common rules")
        "POST /callbacks/sms",
    }


MORE = [{"role": "admin"}, {"username": "operator"}, {"mustChange": False}, {"__proto__": {}}]


@pytest.mark.parametrize("more", MORE)
def test_59_nobody_becomes_somebody_by_a_member(office, more):
    before = office.rows()
    for path, body in (
        ("/api/v1/account/password", {"current": "demo", "password": "nine blue kettles"}),
        ("/api/v1/pickups", {"lat": 29.55, "lon": 106.57}),
        ("/api/v1/routes", {"itemCode": "YZ-HRSS-001", "handlingRegion": "510104"}),
    ):
        answer = office.call("POST", path, "clerk", body | more)
        assert answer.status_code == 422, path
    assert office.rows() == before
    assert office.call("GET", "/api/v1/accounts", "clerk").status_code == 403


# 62: what a scanner reads

CODES = {
    "a link": "https://evil.example/login?x=1",
    "a script": "<script>alert(1)</script>",
    "a payment": "alipays://platformapi/startapp?appId=1",
    "a network": "WIFI:T:WPA;S:hall;P:secret;;",
    "a card": "BEGIN:VCARD\nN:张三\nEND:VCARD",
    "a number of nobody": "1299999999999",
    "a formula": "=1+1",
    "SQL": "' OR 1=1;--",
}


def legs(office):
    with office.database.read() as session:
        return session.scalar(select(func.count()).select_from(LegRow)), session.scalar(select(func.max(LegRow.leg_id)))


@pytest.mark.parametrize("name", CODES)
def test_62_a_code_of_something_else_moves_no_parcel_and_opens_nothing(office, name):
    before = legs(office)
    event = {
        "eventId": f"event-{hashlib.sha256(name.encode()).hexdigest()[:12]}",
        "deviceSeq": list(CODES).index(name) + 1,
        "occurredAt": datetime.now(UTC).isoformat(),
        "kind": "PICKED_UP",
        "code": CODES[name],
        "epoch": 1,
    }
    answer = office.call("POST", "/api/v1/scans:batch", "courier", {"deviceId": "scanner-62", "events": [event]})
    assert answer.status_code == 200
    (result,) = answer.json()["results"]
    assert result["result"] == "rejected" or result["code"] == "UNKNOWN_PARCEL", result
    assert legs(office) == before
