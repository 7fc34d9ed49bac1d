"""From a callback's raw bytes to its answer, with the database it leaves behind."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, OperationalError

from domain.wire import WireState
from storage.exchange.exchange_log import ExchangeBodyRow
from storage.exchange.inbox_row import InboxRow
from tests.unit.exchange.office import FOREIGN, HANDLING, NOW, TO_COME
from tests.unit.exchange.sichuan_callbacks import (
    OUR_KEY,
    SichuanOffice,
    agreed,
    callback,
    content,
    headers,
    open_sichuan_office,
)
from tests.unit.exchange.sichuan_refusals import REFUSED_BODIES, REFUSED_HEADERS
from tests.unit.exchange.standing import standing

RESULT = {"result": {"name": "居民身份证", "form": "paper", "documentNo": "1", "sha256": None}}
REFUSAL = {"reason": "不符合条件", "legalBasis": "第三十八条"}


@pytest.fixture
def office(tmp_path):
    opened = open_sichuan_office(tmp_path)
    yield opened
    opened.database.close()


def test_taken_committed_and_acknowledged_with_our_signature(office: SichuanOffice):
    raw = callback(content())
    answer = office.intake.take(raw)
    assert answer.status == 200
    body = json.loads(answer.body)
    assert body == {
        "code": "0000",
        "msgId": "evt_00000001",
        "receivedAt": "2026-11-23T16:00:00+08:00",
        "bodySm3": hashlib.new("sm3", raw.body).hexdigest(),
        "duplicate": False,
    }
    nonce = dict(raw.headers)["X-CY-Nonce"]
    assert answer.headers["X-CY-Nonce"] == nonce
    text = "\n".join(("200", nonce, answer.headers["X-CY-Timestamp"], hashlib.sha256(answer.body).hexdigest()))
    mac = base64.b64encode(hmac.digest(OUR_KEY.encode(), text.encode(), "sha256")).decode()
    assert answer.headers["X-CY-Signature"] == f"v1={mac}"
    assert office.inbox_rows() == 1
    assert office.progress().state is WireState.RECEIVED
    (logged,) = office.exchanges()
    assert (logged.verdict, logged.kind, logged.handling_no) == ("0000", "RECEIVED", HANDLING)
    assert logged.sha256 == hashlib.sha256(raw.body).hexdigest()
    assert office.security_events() == []


def test_the_way_of_a_case_to_its_result(office: SichuanOffice):
    steps = [
        ("RECEIVED", {}),
        ("ACCEPTED", {}),
        ("SUSPENDED", {"procedure": "专家评审", "reason": "需要"}),
        ("RESUMED", {}),
        ("REVIEWING", {}),
        ("APPROVED", RESULT),
        ("RESULT_SENT", {"trackingNo": "EB000717618CN"}),
    ]
    for seq, (event, payload) in enumerate(steps, start=1):
        status, body = office.say(event, seq, payload=payload)
        assert (status, body["duplicate"]) == (200, False), event
    assert office.progress().state is WireState.RESULT_SENT


def test_the_same_again_gets_the_first_answer(office: SichuanOffice):
    office.say("RECEIVED", 1)
    office.clock[0] = NOW + timedelta(seconds=30)
    status, body = office.say("RECEIVED", 1)
    assert (status, body["duplicate"], body["receivedAt"]) == (200, True, "2026-11-23T16:00:00+08:00")
    assert office.inbox_rows() == 1


def test_other_content_under_a_used_id_is_refused(office: SichuanOffice):
    assert office.send(callback(content()))[0] == 200
    before = standing(office.database, HANDLING)
    status, body = office.send(callback(content(actorOrg="别处")))
    assert (status, body["code"]) == (422, "CY4223")
    assert standing(office.database, HANDLING) == before
    assert office.security_events() == ["MESSAGE_ID_REUSED"]
    assert office.inbox_rows() == 1


def test_other_content_under_the_id_of_a_parked_message_changes_neither_its_answer_nor_itself(office: SichuanOffice):
    first = callback(content("ACCEPTED", 2))
    office.send(first)
    other = callback(content("NOT_ACCEPTED", 2, payload=REFUSAL))
    status, body = office.send(other)
    assert (status, body["duplicate"]) == (200, True)
    assert body["bodySm3"] == hashlib.new("sm3", first.body).hexdigest(), "it tells which content was kept"
    waits = [callback(content(event, 1, "evt_to_come", caseNo=TO_COME)) for event in ("RECEIVED", "ACCEPTED")]
    assert [office.send(raw)[1]["code"] for raw in waits] == ["CY4041", "CY4041"]
    assert office.security_events() == ["MESSAGE_ID_REUSED"] * 2
    office.add_case(TO_COME)
    assert office.progress(TO_COME).state is WireState.RECEIVED
    office.say("RECEIVED", 1)
    assert office.progress().state is WireState.UNDER_REVIEW


def test_a_resend_byte_by_byte_is_a_replay(office: SichuanOffice):
    raw = callback(content())
    assert office.send(raw)[0] == 200
    before = standing(office.database, HANDLING)
    status, body = office.send(raw)
    assert (status, body["code"]) == (409, "CY4091")
    assert standing(office.database, HANDLING) == before
    assert office.security_events() == ["CY4091"]


def test_a_nonce_is_forgotten_after_its_memory(office: SichuanOffice):
    nonce = {"X-CY-Nonce": "ab" * 16}
    assert office.send(callback(content(), **nonce))[0] == 200
    office.clock[0] = NOW + timedelta(seconds=601)
    late = {"X-CY-Timestamp": str(int(office.clock[0].timestamp()))}
    assert office.send(callback(content(), **nonce, **late))[0] == 200


@pytest.mark.parametrize(("after_s", "code"), [(180, "CY4091"), (181, "0000")])
def test_a_memory_set_too_short_still_lasts_two_windows(tmp_path, after_s, code):
    office = open_sichuan_office(tmp_path, nonce_memory_s=1.0, window_s=90.0)
    nonce = {"X-CY-Nonce": "ef" * 16}
    assert office.send(callback(content(), **nonce))[0] == 200
    office.clock[0] = NOW + timedelta(seconds=after_s)
    late = {"X-CY-Timestamp": str(int(office.clock[0].timestamp()))}
    assert office.send(callback(content(), **nonce, **late))[1]["code"] == code
    office.database.close()


def test_a_bad_signature_consumes_no_nonce(office: SichuanOffice):
    nonce = {"X-CY-Nonce": "cd" * 16}
    forged = callback(content(), **nonce, **{"X-CY-Signature": "v1=AAAA"})
    assert office.send(forged)[1]["code"] == "CY4012"
    assert office.send(callback(content(), **nonce))[0] == 200


def test_a_bad_body_under_a_good_signature_consumes_the_nonce(office: SichuanOffice):
    raw = callback(b"{")
    assert office.send(raw)[1]["code"] == "CY4001"
    assert office.send(raw)[1]["code"] == "CY4091"


def test_early_events_wait_and_heal(office: SichuanOffice):
    assert office.say("ACCEPTED", 2)[0] == 200
    assert office.progress().state is WireState.SUBMITTED
    assert office.say("RECEIVED", 1)[0] == 200
    assert office.progress().state is WireState.UNDER_REVIEW
    assert office.progress().last_seq == 2


def test_late_unknown_and_contradicting_events_are_acknowledged(office: SichuanOffice):
    office.say("RECEIVED", 1)
    assert office.say("ACCEPTED", 1)[0] == 200  # its place is used
    assert office.progress().state is WireState.RECEIVED
    assert office.say("ARCHIVED", 2)[0] == 200
    office.say("ACCEPTED", 3)
    office.say("APPROVED", 4, payload=RESULT)
    assert office.say("REJECTED", 5, payload=REFUSAL)[0] == 200
    assert office.progress().state is WireState.DECIDED
    assert office.progress().last_seq == 5


def test_a_wrong_transition_is_refused_and_uses_no_place(office: SichuanOffice):
    before = standing(office.database, HANDLING)
    status, body = office.say("RESULT_SENT", 1, payload={"trackingNo": "EB000717618CN"})
    assert (status, body["code"]) == (422, "CY4222")
    assert standing(office.database, HANDLING) == before
    assert office.inbox_rows() == 0
    assert office.security_events() == ["CY4222"]
    assert office.say("RECEIVED", 1)[0] == 200


def test_a_case_of_ours_to_come_is_parked_and_found_later(office: SichuanOffice):
    for _ in range(2):
        status, body = office.say("RECEIVED", 1, caseNo=TO_COME)
        assert (status, body["code"]) == (404, "CY4041")
    assert office.inbox_rows() == 1
    office.add_case(TO_COME)
    status, body = office.say("RECEIVED", 1, caseNo=TO_COME)
    assert (status, body["duplicate"]) == (200, True)
    assert office.progress(TO_COME).state is WireState.RECEIVED


@pytest.mark.parametrize("number", [FOREIGN, "500103202611230000010", "../etc/passwd", "5" * 300, "５" * 21])
def test_unknown_and_foreign_cases_get_one_answer(office: SichuanOffice, number):
    before = standing(office.database, HANDLING, FOREIGN)
    answers = {json.dumps(office.say("RECEIVED", 1, caseNo=number)), json.dumps((404, _UNKNOWN))}
    assert len(answers) == 1
    assert standing(office.database, HANDLING, FOREIGN) == before
    assert office.inbox_rows() == 0
    assert len(office.security_events()) == 1


_UNKNOWN = {"type": "about:blank", "title": "no such case here", "status": 404, "code": "CY4041"}


@pytest.fixture(scope="module")
def shared_office(tmp_path_factory):
    opened = open_sichuan_office(tmp_path_factory.mktemp("office"))
    yield opened
    opened.database.close()


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [pytest.param(*case[1:], id=case[0]) for case in REFUSED_HEADERS + REFUSED_BODIES],
)
def test_refused_and_nothing_changed(shared_office: SichuanOffice, raw, status, code):
    office = shared_office
    before, events = standing(office.database, HANDLING, FOREIGN), len(office.security_events())
    answered, body = office.send(raw)
    assert (answered, body["code"]) == (status, code)
    assert standing(office.database, HANDLING, FOREIGN) == before
    assert office.inbox_rows() == 0
    assert office.security_events()[events:] == [code]
    assert ("serverTime" in body) == (code == "CY4013")


def test_repeated_headers_are_refused(office: SichuanOffice):
    raw = callback(content())
    for name in ("X-CY-App-Id", "X-CY-Timestamp", "X-CY-Nonce", "X-CY-Msg-Id", "X-CY-Sign-Alg", "X-CY-Signature"):
        twice = replace(raw, headers=[*raw.headers, (name.lower(), dict(raw.headers)[name])])
        assert office.send(twice)[1]["code"] == "CY4002", name
    assert office.send(raw)[0] == 200


def test_the_window_includes_its_ends(office: SichuanOffice):
    for seq, seconds in enumerate((-90, 90), start=1):
        stamp = str(int(NOW.timestamp()) + seconds)
        said = content(["RECEIVED", "ACCEPTED"][seq - 1], seq, event_id=f"evt_0000000{seq}")
        assert office.send(callback(said, **{"X-CY-Timestamp": stamp}))[0] == 200


def test_the_path_and_the_query_are_signed(office: SichuanOffice):
    raw = callback(content())
    assert office.send(replace(raw, path="/callbacks/sichuan/"))[1]["code"] == "CY4012"
    assert office.send(replace(raw, query="a=1"))[1]["code"] == "CY4012"
    assert office.send(replace(raw, method="PUT"))[1]["code"] == "CY4012"
    assert office.send(raw)[0] == 200


def test_unknown_members_and_a_missing_offset_are_tolerated(office: SichuanOffice):
    said = content(occurredAt="2026-11-23T15:59:00", extra={"x": 1}, payload={"remark": "x"})
    assert office.send(callback(said))[0] == 200


def test_two_keys_while_they_rotate_and_none_after_revocation(tmp_path):
    keys = ["n" * 32, "0123456789abcdef" * 2]
    office = open_sichuan_office(tmp_path, partner_keys=lambda _: tuple(keys))
    assert office.say("RECEIVED", 1)[0] == 200
    keys.pop()
    assert office.say("ACCEPTED", 2)[1]["code"] == "CY4012"


def test_sm3_where_that_was_agreed(tmp_path):
    office = open_sichuan_office(tmp_path, alg="HMAC-SM3")
    raw = callback(content(), **{"X-CY-Sign-Alg": "HMAC-SM3", "X-CY-Signature": None})
    said = dict(raw.headers)
    fields = ["POST", raw.path, "", said["X-CY-App-Id"], said["X-CY-Timestamp"], said["X-CY-Nonce"]]
    text = "\n".join([*fields, said["X-CY-Msg-Id"], hashlib.sha256(raw.body).hexdigest()])
    mac = base64.b64encode(hmac.new(agreed().partner_keys(NOW.date())[0].encode(), text.encode(), "sm3").digest())
    signed = replace(raw, headers=[*raw.headers, ("X-CY-Signature", f"v1={mac.decode()}")])
    answer = office.intake.take(signed)
    assert answer.status == 200
    assert answer.headers["X-CY-Sign-Alg"] == "HMAC-SM3"


def test_a_database_that_is_away_means_later(office: SichuanOffice, monkeypatch):
    def away(*_args, **_more):
        raise OperationalError("BEGIN", {}, Exception("away"))

    monkeypatch.setattr(office.inbox, "take_new", away)
    answer = office.intake.take(callback(content()))
    assert (answer.status, answer.code) == (503, "CY5031")
    assert answer.headers["Retry-After"] == "2"
    monkeypatch.undo()
    assert office.say("RECEIVED", 1)[0] == 200


def test_the_same_message_in_another_transaction_is_in_progress_and_logged(office: SichuanOffice, monkeypatch):
    def first_there(*_args, **_more):
        raise IntegrityError("INSERT", {}, Exception("unique"))

    raw = callback(content())
    monkeypatch.setattr(office.inbox, "take_new", first_there)
    answer = office.intake.take(raw)
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (409, "CY4092", "2")
    (line,) = office.exchanges()
    assert (line.verdict, line.kind, line.handling_no) == ("CY4092", "RECEIVED", HANDLING)
    assert line.body == f"exchange/sichuan/{hashlib.sha256(raw.body).hexdigest()}"
    monkeypatch.undo()
    assert office.send(raw)[0] == 200


def test_headers_of_any_case_count(office: SichuanOffice):
    body = json.dumps(content()).encode()
    raw = replace(callback(body), headers=[(n.lower(), v) for n, v in headers(body, "evt_00000001")])
    assert office.send(raw)[0] == 200


def test_every_line_leads_to_its_sealed_body_and_strangers_leave_none(office: SichuanOffice):
    taken, broken, stranger = callback(content()), callback(b"{"), callback(content(), **{"X-CY-App-Id": "who"})
    event_id = "evt_00000007"
    to_come = callback(content(caseNo=TO_COME, event_id=event_id))
    other = callback(content(actorOrg="别处"))
    for raw in (taken, taken, broken, stranger, to_come, other):
        office.send(raw)
    found = [(line.verdict, line.size, line.body) for line in office.exchanges()]
    kept = f"exchange/sichuan/{hashlib.sha256(taken.body).hexdigest()}"
    assert found == [
        ("0000", len(taken.body), "inbox/sichuan/evt_00000001"),
        ("CY4091", len(taken.body), kept),
        ("CY4001", 1, f"exchange/sichuan/{hashlib.sha256(b'{').hexdigest()}"),
        ("CY4012", len(stranger.body), None),
        ("CY4041", len(to_come.body), f"inbox/sichuan/{event_id}"),
        ("CY4223", len(other.body), f"exchange/sichuan/{hashlib.sha256(other.body).hexdigest()}"),
    ]
    with office.database.read() as session:
        body = session.get_one(ExchangeBodyRow, kept)
        assert office.inbox.sealer.open(body.sealed, kept) == taken.body
        row = session.scalars(select(InboxRow).filter_by(message_id="evt_00000001")).one()
        assert office.inbox.raw_of(row) == taken.body
        assert session.scalar(select(func.count()).select_from(ExchangeBodyRow)) == 3
