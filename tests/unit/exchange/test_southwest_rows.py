"""Rows of the hub: what each kind of row comes to, and its code in the receipt; a bad one hurts nobody else."""

import gzip
import random
import tracemalloc
from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.tasks import TaskKind
from domain.terms import WireEvent
from storage.exchange.inbox_row import InboxRow
from storage.exchange.southwest import SouthwestBatchIn
from storage.tasks.rows import lines_of
from tests.unit.exchange.southwest_office import Office, open_office
from tests.unit.exchange.southwest_province import FOREIGN, HANDLING, NOW, OK, TO_COME, YUNNAN, Province, as_line, row
from tests.unit.exchange.standing import standing


@pytest.fixture
def office(tmp_path):
    opened = open_office(tmp_path)
    yield opened
    opened.database.close()


@pytest.fixture
def guizhou():
    return Province()


ASKED = {"round": 1, "reason": "", "materials": [], "deadlineWorkdays": 5}
REASON = {"reason": "不符合条件", "legalBasis": "第三十二条"}
RESULT = {"result": {"name": "登记证", "form": "paper", "documentNo": "黔1号", "sha256": None}}


def test_one_bad_row_of_two_hundred(office: Office, guizhou: Province):
    rows = [row("process", "1", ms) for ms in range(3, 200)]
    codes = office.rows(guizhou, row("accept", "1", 1), row("accept", "2", 2), b"{\n", *rows)
    assert len(codes) == 200
    assert [place for place, code in enumerate(codes) if code != OK] == [2]
    assert office.hub.receipted[0]["rows"][2] == {"row_guid": "#3", "code": "SW200101"}
    assert office.inbox_rows() == 199
    assert office.security_events() == ["SW200101"]


BAD_ROWS = {
    "not json": b"[]\n",
    "empty line": b"\n",
    "invalid utf-8": as_line(row("accept", "1", 1)).replace(b"GZ-1", b"\xff"),
    "byte order mark": b"\xef\xbb\xbf" + as_line(row("accept", "1", 1)),
    "lone surrogate": as_line(row("accept", "1", 1)).replace(b"GZ-1", b"\\ud800"),
    "duplicate key": as_line(row("accept", "1", 1)).replace(b'"state":"1"', b'"state":"1","state":"2"'),
    "NaN": as_line(row("accept", "1", 1)).replace(b'"data":{}', b'"data":{"n":NaN}'),
    "long integer": as_line(row("accept", "1", 1)).replace(b'"data":{}', b'"data":{"n":' + b"9" * 5000 + b"}"),
    "deep": as_line(row("accept", "1", 1)).replace(b'"data":{}', b'"data":{"n":' + b"[" * 9999 + b"]" * 9999 + b"}"),
    "NUL": as_line(row("accept", "1", 1)).replace(b"GZ-1", b"\\u0000"),
    "too long": as_line(row("accept", "1", 1, data={"x": random.Random(1).randbytes(140_000).hex()})),
    "state a number": row("accept", "1", 1) | {"state": 1},
    "operation": row("accept", "1", 1, cd_operation="X"),
    "no guid": {key: value for key, value in row("accept", "1", 1).items() if key != "row_guid"},
    "guid long": row("accept", "1", 1, row_guid="g" * 65),
    "guid with a line end": row("accept", "1", 1, row_guid="guid\n"),
    "time without milliseconds": row("accept", "1", 1, cd_time="2026-11-23T16:00:00+08:00"),
    "time without offset": row("accept", "1", 1, cd_time="2026-11-23T16:00:00.000"),
    "full-width time": row("accept", "1", 1, cd_time="２026-11-23T16:00:00.000+08:00"),
    "time that is not": row("accept", "1", 1, cd_time="2026-02-30T16:00:00.000+08:00"),
    "time in the future": row("accept", "1", 300_001),
    "number short": row("accept", "1", 1, project_no=HANDLING[:-1]),
    "number full-width": row("accept", "1", 1, project_no=HANDLING.replace("5", "５")),
    "number with a line end": row("accept", "1", 1, project_no=HANDLING + "\n"),
    "number with a path": row("accept", "1", 1, project_no="../" + HANDLING[3:]),
    "data a list": row("accept", "1", 1, data=[]),
    "occurredAt": row("accept", "1", 1, data={"occurredAt": "24:00"}),
    "occurredAt a number": row("accept", "1", 1, data={"occurredAt": 5}),
    "refusal without reason": row("accept", "3", 1, data={"legalBasis": "x"}),
    "round a text": row("supplement", "1", 1, data=ASKED | {"round": "1"}),
    "round 0": row("supplement", "1", 1, data=ASKED | {"round": 0}),
    "days -1": row("supplement", "1", 1, data=ASKED | {"deadlineWorkdays": -1}),
    "days 9999": row("supplement", "1", 1, data=ASKED | {"deadlineWorkdays": 9999}),
    "no tracking number": row("delivery", "1", 1, data={"trackingNo": ""}),
    "hash": row("result", "1", 1, data={"result": RESULT["result"] | {"sha256": "A" * 64}}),
}


def test_rows_that_are_out_of_form_change_nothing(office: Office, guizhou: Province):
    before = standing(office.database, HANDLING)
    codes = office.rows(guizhou, *BAD_ROWS.values())
    assert standing(office.database, HANDLING) == before
    assert dict(zip(BAD_ROWS, codes, strict=True)) == dict.fromkeys(BAD_ROWS, "SW200101")
    assert office.progress().last_event is None
    assert office.inbox_rows() == 0
    assert office.security_events() == ["SW200101"] * len(BAD_ROWS)


def test_line_ends_of_another_system_are_white_space(office: Office, guizhou: Province):
    assert office.rows(guizhou, as_line(row("accept", "1", 1))[:-1] + b"\r\n") == [OK]


def test_the_last_line_without_its_end(office: Office, guizhou: Province):
    assert office.take(guizhou.batch(as_line(row("accept", "1", 1))[:-1], keep=False)) == "SW100302"


@pytest.mark.parametrize(
    ("number", "code", "events"),
    [
        (HANDLING[:-1] + ("0" if HANDLING[-1] != "0" else "1"), "SW200201", ["SW200201"]),
        (FOREIGN, "SW200201", ["FOREIGN_HANDLING"]),
        (YUNNAN, "SW200401", ["SW200401"]),
    ],
    ids=["wrong check character", "another partner's", "another province's"],
)
def test_whose_case_it_is(office: Office, guizhou: Province, number, code, events):
    assert office.rows(guizhou, row("accept", "1", 1, number)) == [code]
    assert office.inbox_rows() == 0
    assert office.security_events() == events


def test_a_row_for_a_case_to_come_is_parked_and_receipted_anew(office: Office, guizhou: Province):
    assert office.rows(guizhou, row("accept", "1", 1), row("accept", "1", 2, TO_COME)) == [OK, "SW200201"]
    assert office.rows(guizhou, row("accept", "1", 2, TO_COME)) == ["SW200201"]
    office.add_case(TO_COME)
    assert office.progress(TO_COME).last_event is WireEvent.RECEIVED
    office.intake.poll_once()
    renewed = office.hub.receipted[-2:]
    assert [[line["code"] for line in receipt["rows"]] for receipt in renewed] == [[OK, OK], [OK]]
    sent = len(office.hub.receipted)
    office.intake.poll_once()
    assert len(office.hub.receipted) == sent


def test_parked_rows_are_judged_in_the_order_of_their_coming(office: Office, guizhou: Province):
    rows = row("accept", "2", 5, TO_COME), row("accept", "1", 4, TO_COME), row("result", "1", 6, TO_COME, data=RESULT)
    assert office.rows(guizhou, *rows, row("special", "2", 7, TO_COME)) == ["SW200201"] * 4
    office.add_case(TO_COME)
    office.intake.poll_once()
    codes = [line["code"] for line in office.hub.receipted[-1]["rows"]]
    assert codes == [OK, "SW200301", OK, "SW200202"]


def test_a_parked_row_keeps_its_first_content_and_its_answer(office: Office, guizhou: Province):
    first = row("accept", "1", 1, TO_COME)
    assert office.rows(guizhou, first, first | {"state": "2"}) == ["SW200201", "SW200201"]
    assert office.security_events() == ["MESSAGE_ID_REUSED"]
    office.add_case(TO_COME)
    assert office.progress(TO_COME).last_event is WireEvent.RECEIVED


def test_another_province_cannot_park_a_word_for_a_case_to_come(office: Office):
    assert office.rows(Province("530000"), row("accept", "3", 1, TO_COME, data=REASON)) == ["SW200201"]
    office.add_case(TO_COME)
    assert office.progress(TO_COME).last_event is None
    office.intake.poll_once()
    assert len(office.hub.receipted) == 1


def test_a_known_row_again_is_ok_and_with_other_content_is_not(office: Office, guizhou: Province):
    first, second = row("accept", "1", 1), row("accept", "2", 2)
    assert office.rows(guizhou, first, second, first) == [OK, OK, OK]
    assert office.rows(guizhou, first, first | {"partner_no": "GZ-2"}) == [OK, "SW100402"]
    assert office.progress().last_event is WireEvent.ACCEPTED
    assert office.security_events() == ["MESSAGE_ID_REUSED"]


def test_a_row_older_than_the_last_applied_is_stale(office: Office, guizhou: Province):
    office.rows(guizhou, row("accept", "2", 10))
    stale = row("process", "1", 9), row("process", "1", 10, row_guid="another")
    assert office.rows(guizhou, *stale) == ["SW200301", "SW200301"]
    assert office.progress().last_event is WireEvent.ACCEPTED
    assert office.exchanges("REVIEWING") == [("in", "REVIEWING", "SW200301")] * 2, "recorded all the same"


def test_a_row_out_of_state_order_is_refused_and_may_come_again(office: Office, guizhou: Province):
    approval = row("result", "1", 5, data=RESULT)
    assert office.rows(guizhou, approval) == ["SW200202"]
    assert office.inbox_rows() == 0
    assert office.rows(guizhou, row("accept", "2", 4), approval) == [OK, OK]


def test_a_contradiction_is_receipted_ok_and_waits_for_a_person(office: Office, guizhou: Province):
    rejected = row("result", "2", 6, data=REASON)
    assert office.rows(guizhou, row("accept", "2", 4), row("result", "1", 5, data=RESULT), rejected) == [OK] * 3
    assert office.progress().decision is WireEvent.APPROVED


def test_an_unknown_type_is_recorded_and_receipted_ok(office: Office, guizhou: Province):
    assert office.rows(guizhou, row("accept", "9", 1), row("praise", "1", 2)) == [OK, OK]
    assert office.progress().last_event is None
    (task,) = office.tasks()  # one matter: what this authority says and we don't understand
    with office.database.read() as session:
        lines = lines_of(session, [task.id])[task.id]
        said = set(session.scalars(select(InboxRow.message_id)))
    assert [line.kind for line in lines] == [TaskKind.UNKNOWN_EVENT] * 2
    assert {line.data["messageId"] for line in lines} == said


def test_an_update_is_an_insert_with_newer_data(office: Office, guizhou: Province):
    assert office.rows(guizhou, row("accept", "1", 1, cd_operation="U")) == [OK]
    assert office.progress().last_event is WireEvent.RECEIVED


@pytest.mark.parametrize("number", [HANDLING, TO_COME, FOREIGN])
def test_a_void_row_is_ok_and_a_task(office: Office, guizhou: Province, number):
    voiding = {"row_guid": "guid-1", "cd_operation": "D", "cd_time": row("", "", 2)["cd_time"], "project_no": number}
    assert office.rows(guizhou, row("accept", "1", 1), voiding, voiding) == [OK, OK, OK]
    assert [task.kind for task in office.tasks()] == [TaskKind.VOIDED_ROW]
    assert office.inbox_rows() == 1
    assert office.progress().last_event is WireEvent.RECEIVED


def test_a_province_cannot_void_in_anothers_case(office: Office, guizhou: Province):
    assert office.rows(guizhou, row("accept", "1", 1, YUNNAN, cd_operation="D")) == ["SW200401"]
    assert office.tasks() == []
    assert office.security_events() == ["SW200401"]


def test_the_matter_happened_when_the_row_says_or_when_it_was_written(office: Office, guizhou: Province):
    said = row("accept", "2", 2, data={"occurredAt": "2026-11-22T09:00:00"})
    office.rows(guizhou, row("accept", "1", 1), said)
    with office.database.read() as session:
        happened = list(session.scalars(select(InboxRow.occurred_at).order_by(InboxRow.id)))
    assert happened[0] == NOW + timedelta(milliseconds=1)
    assert happened[1].isoformat() == "2026-11-22T01:00:00+00:00"


def test_a_refused_bomb_costs_little_memory(office: Office, guizhou: Province):
    answer = guizhou.batch(row("accept", "1", 1), keep=False, packed=gzip.compress(bytes(70_000_000)))
    tracemalloc.start()
    assert office.take(answer) == "SW100303"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32 * 1024 * 1024
    assert office.count(SouthwestBatchIn) == 1
