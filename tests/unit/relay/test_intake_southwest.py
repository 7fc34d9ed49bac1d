"""Batches of the hub: order of checks, codes, receipts, cursor; every refusal leaves case and inbox as they were."""

import gzip
import json
import random
import tracemalloc
from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.errors import AnswerLost, PartnerRefused
from domain.messages import TaskOutcome
from domain.tasks import TaskKind
from domain.terms import WireEvent
from partners.standards import sm3_hex
from storage.inbox import InboxRow
from storage.southwest import SouthwestBatchIn
from storage.tasks import TaskRow
from tests.unit.relay.southwest_office import (
    FOREIGN,
    HANDLING,
    NOW,
    OK,
    TO_COME,
    YUNNAN,
    Office,
    Province,
    as_line,
    open_office,
    row,
)


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


def test_a_batch_is_applied_receipted_and_passed(office: Office, guizhou: Province):
    report = office.poll(guizhou.batch(row("accept", "1", 1), row("accept", "2", 2)))
    assert (report.batches, report.rows, report.fault) == (1, 2, "")
    assert office.truth().last_event is WireEvent.ACCEPTED
    receipt = office.hub.receipted[0]
    assert receipt["code"] == OK
    assert receipt["rows"] == [{"row_guid": "guid-1", "code": OK}, {"row_guid": "guid-2", "code": OK}]
    text = json.dumps(receipt["rows"], separators=(",", ":")).encode()
    signed = f"{receipt['cd_batch']}|{receipt['rowsSm3']}|{receipt['receivedAt']}|{OK}|{sm3_hex(text)}"
    assert guizhou.who.signed_by_caller(signed, receipt["certSerial"], receipt["sign"])
    assert office.exchanges("batch", "receipt") == [("in", "batch", OK), ("out", "receipt", OK)]
    assert office.cursor("batches") == "1"
    assert office.intake.poll_once().batches == 0
    assert len(office.hub.receipted) == 1


def test_the_same_batch_again_brings_the_first_receipt_again(office: Office, guizhou: Province):
    batch = guizhou.batch(row("accept", "1", 1))
    office.poll(batch)
    office.clock[0] += timedelta(minutes=5)
    office.poll(batch)
    assert office.hub.receipted[0] == office.hub.receipted[1]
    assert office.inbox_rows() == 1
    assert office.security_events() == []


def test_the_same_name_with_other_content_is_refused(office: Office, guizhou: Province):
    first = guizhou.batch(row("accept", "1", 1), keep=False)
    other = guizhou.batch(row("accept", "2", 2), keep=False)
    office.poll(first)
    assert office.take(other) == "SW100402"
    assert office.security_events() == ["BATCH_UNTRUSTED"]
    assert office.truth().last_event is WireEvent.RECEIVED


def test_a_gap_stops_that_stream_only_and_heals_when_the_missing_batch_comes(office: Office, guizhou: Province):
    missing, later = guizhou.batch(row("accept", "1", 1)), guizhou.batch(row("accept", "2", 2))
    assert office.take(later) == "SW100401"
    assert office.take(Province("530000").batch(row("accept", "1", 3, YUNNAN))) == [OK]
    assert office.truth().last_event is None
    assert [task.kind for task in office.tasks()] == [TaskKind.STREAM_STOPPED]
    office.poll(missing, later)
    assert [receipt["code"] for receipt in office.hub.receipted[-2:]] == [OK, OK]
    assert office.truth().last_event is WireEvent.ACCEPTED


def test_a_seq_that_another_batch_has_used(office: Office, guizhou: Province):
    office.poll(guizhou.batch(row("accept", "1", 1)))
    tomorrow = Province().batch(row("accept", "2", 2), created=NOW - timedelta(days=1))
    assert office.take(tomorrow) == "SW100402"


BOMB = gzip.compress(bytes(1_000_000))


@pytest.mark.parametrize(
    ("code", "spoil"),
    [
        ("SW100101", {"ver": 2}),
        ("SW100101", {"tamper": {"ver": True}}),
        ("SW100101", {"seq": 0}),
        ("SW100101", {"tamper": {"seq": "1"}}),
        ("SW100101", {"tamper": {"rows": -1}}),
        ("SW100101", {"tamper": {"rowsSm3": "A" * 64}}),
        ("SW100101", {"tamper": {"prevSm3": "0" * 63}}),
        ("SW100101", {"tamper": {"createdAt": "yesterday"}}),
        ("SW100101", {"tamper": {"createdAt": "2026-11-23T24:00:00+08:00"}}),
        ("SW100101", {"tamper": {"sign": None}}),
        ("SW100101", {"cd_batch": "52000050010320261124000001"}),
        ("SW100101", {"cd_batch": "52000050010320261123000002"}),
        ("SW100101", {"created": NOW + timedelta(seconds=301)}),
        ("SW100101", {"created": NOW - timedelta(hours=72, seconds=1)}),
        ("SW200401", {"to": "500104"}),
        ("SW200401", {"from": "440000"}),
        ("SW100201", {"certSerial": "unknown"}),
        ("SW100203", {"certSerial": "expired"}),
        ("SW100203", {"certSerial": "to-come"}),
        ("SW100203", {"certSerial": "revoked"}),
        ("SW100202", {"tamper": {"sign": "MEUCIGjCZByzUGH/7Zj/"}}),
        ("SW100202", {"tamper": {"sign": ""}}),
        ("SW100202", {"tamper": {"rows": 7}}),
        ("SW100202", {"tamper": {"bytes": 7}}),
        ("SW100202", {"tamper": {"rowsSm3": "0" * 64}}),
        ("SW100202", {"tamper": {"prevSm3": "1" * 64}}),
        ("SW100202", {"tamper": {"createdAt": "2026-11-23T15:59:59+08:00"}}),
        ("SW100403", {"prevSm3": "1" * 64}),
        ("SW100302", {"packed": b"not gzip"}),
        ("SW100302", {"packed": b""}),
        ("SW100302", {"packed": gzip.compress(as_line(row("accept", "1", 1)))[:-4]}),
        ("SW100302", {"packed": gzip.compress(as_line(row("accept", "1", 1))) + b"\0"}),
        ("SW100302", {"packed": gzip.compress(b"{}\n") + gzip.compress(b"{}\n")}),
        ("SW100303", {"packed": BOMB}),
        ("SW100301", {"rowsSm3": "0" * 64}),
        ("SW100302", {"rows": 2}),
        ("SW100302", {"bytes": 1}),
    ],
)  # fmt: skip
def test_a_batch_that_is_refused_changes_nothing(office: Office, guizhou: Province, code, spoil):
    answer = guizhou.batch(row("accept", "1", 1), keep=False, **{name.rstrip("_"): v for name, v in spoil.items()})
    office.offer(answer, answer["manifest"]["cd_batch"])
    office.poll()
    receipt = office.hub.receipted[0]
    assert (receipt["code"], receipt["rows"]) == (code, [])
    assert receipt["rowsSm3"] == answer["manifest"]["rowsSm3"]
    assert office.truth().last_event is None
    assert office.inbox_rows() == 0
    assert len(office.security_events()) == 1
    assert office.cursor("batches") == "1"
    assert office.take(guizhou.batch(row("accept", "1", 1))) == [OK], "its seq and name are still free"


@pytest.mark.parametrize("window", [timedelta(seconds=300), timedelta(hours=-72)])
def test_the_edges_of_freshness_are_inside(office: Office, guizhou: Province, window):
    assert office.take(guizhou.batch(row("accept", "1", 1), created=NOW + window)) == [OK]


def test_answers_that_are_no_batch_are_refused_under_their_listed_name(office: Office):
    for name, answer in (
        ("one", {"code": "00"}),
        ("two", {"code": "00", "manifest": [], "rowsGzB64": ""}),
        ("three", {"code": "00", "manifest": {"rowsSm3": 5}, "rowsGzB64": ""}),
        ("four", Province().batch(row("accept", "1", 1))),
        ("five", Province().batch(row("accept", "1", 1)) | {"rowsGzB64": None}),
    ):
        office.offer(answer, name)
    office.poll()
    assert [(r["cd_batch"], r["code"]) for r in office.hub.receipted] == [
        (name, "SW100101") for name in ("one", "two", "three", "four", "five")
    ]


def test_base64_with_something_between_is_no_gzip(office: Office, guizhou: Province):
    answer = guizhou.batch(row("accept", "1", 1), keep=False)
    assert office.take(answer | {"rowsGzB64": "\n" + answer["rowsGzB64"]}) == "SW100302"


def test_a_batch_that_is_announced_and_not_to_be_had_is_passed(office: Office, guizhou: Province):
    office.offer({"code": "SW200201"}, "52000050010320261123000001")
    assert office.poll(guizhou.batch(row("accept", "1", 1))).batches == 2
    assert office.truth().last_event is WireEvent.RECEIVED


def test_an_old_batch_waits_for_a_person_who_releases_it(office: Office, guizhou: Province):
    old = guizhou.batch(row("accept", "1", -300_000_000), created=NOW - timedelta(hours=80))
    assert office.take(old) == "SW100101"
    task = office.tasks()[0]
    assert task.kind == TaskKind.OLD_BATCH
    assert office.intake.release(task.data["batchId"]) == 1
    office.poll()
    assert [receipt["code"] for receipt in office.hub.receipted] == ["SW100101", OK]
    assert office.truth().last_event is WireEvent.RECEIVED
    assert office.take(guizhou.batch(row("accept", "2", 2))) == [OK], "it has used up its seq"


def test_a_person_releases_by_resolving_the_task(office: Office, guizhou: Province):
    office.take(guizhou.batch(row("accept", "1", -300_000_000), created=NOW - timedelta(hours=80)))
    office.poll()
    assert office.truth().last_event is None, "nobody has decided yet"
    with office.database.write() as session:
        session.get_one(TaskRow, office.tasks()[0].id).outcome = TaskOutcome.RELEASE_BATCH
    assert office.poll().rows == 1
    assert office.truth().last_event is WireEvent.RECEIVED
    assert office.poll().rows == 0


def test_a_person_who_does_not_release_ends_it(office: Office, guizhou: Province):
    office.take(guizhou.batch(row("accept", "1", -300_000_000), created=NOW - timedelta(hours=80)))
    with office.database.write() as session:
        session.get_one(TaskRow, office.tasks()[0].id).outcome = TaskOutcome.ACKNOWLEDGE
    office.poll()
    assert office.truth().last_event is None
    with pytest.raises(PartnerRefused):
        office.intake.release(office.tasks()[0].data["batchId"])


def test_a_released_batch_whose_seq_was_taken_meanwhile(office: Office, guizhou: Province):
    old = guizhou.batch(row("accept", "1", 1), created=NOW - timedelta(hours=80), keep=False)
    office.poll(old)
    office.poll(guizhou.batch(row("accept", "2", 2)))
    assert office.intake.release(office.tasks()[0].data["batchId"]) == 0
    office.poll()
    assert office.hub.receipted[-1]["code"] == "SW100402"
    assert office.truth().last_event is WireEvent.ACCEPTED


def test_a_receipt_that_did_not_arrive_goes_with_the_next_poll(office: Office, guizhou: Province):
    office.hub.broken = {"exch0004"}
    report = office.poll(guizhou.batch(row("accept", "1", 1)))
    assert report.fault == "ANSWER_LOST"
    assert office.truth().last_event is WireEvent.RECEIVED
    office.hub.broken = set()
    office.intake.poll_once()
    assert [receipt["code"] for receipt in office.hub.receipted] == [OK]


def test_a_fault_in_the_middle_leaves_rows_and_cursor_as_they_were(office: Office, guizhou: Province, monkeypatch):
    take, calls = office.inbox.take, []

    def breaks(*args, **kwargs):
        calls.append(args)
        if len(calls) == 2:
            raise OSError("disk full")
        return take(*args, **kwargs)

    monkeypatch.setattr(office.inbox, "take", breaks)
    batch = guizhou.batch(row("accept", "1", 1), row("accept", "2", 2))
    with pytest.raises(OSError, match="disk full"):
        office.poll(batch)
    assert (office.inbox_rows(), office.cursor("batches"), office.truth().last_event) == (0, None, None)
    monkeypatch.undo()
    office.poll()
    assert office.truth().last_event is WireEvent.ACCEPTED


def test_a_receipt_that_the_hub_never_takes_does_not_stop_the_others(office: Office, guizhou: Province, monkeypatch):
    take, refusals = office.hub.send_receipt, []

    def choosy(receipt):
        if receipt["cd_batch"] == "nonsense":
            refusals.append(receipt)
            raise PartnerRefused("拒收", code="SW200101")
        take(receipt)

    monkeypatch.setattr(office.hub, "send_receipt", choosy)
    office.offer({"code": "00"}, "nonsense")
    assert office.take(guizhou.batch(row("accept", "1", 1))) == [OK]
    office.poll()
    assert len(refusals) == 1
    assert office.security_events() == ["BATCH_REFUSED", "RECEIPT_REFUSED"]


def test_a_receipt_waits_while_our_keys_are_not_in_order(office: Office, guizhou: Province, monkeypatch):
    def closed(receipt):
        raise PartnerRefused("证书", code="SW100203")

    monkeypatch.setattr(office.hub, "send_receipt", closed)
    assert office.poll(guizhou.batch(row("accept", "1", 1))).fault == "SW100203"
    monkeypatch.undo()
    office.poll()
    assert len(office.hub.receipted) == 1


def test_a_batch_that_can_never_be_read_is_passed_at_the_fifth_try(office: Office, guizhou: Province, monkeypatch):
    download = office.hub.download

    def unreadable(cd_batch):
        if cd_batch == "poison":
            raise AnswerLost("过大", code="TOO_LARGE")
        return download(cd_batch)

    monkeypatch.setattr(office.hub, "download", unreadable)
    office.offer({}, "poison")
    office.offer(guizhou.batch(row("accept", "1", 1)))
    faults = [office.poll().fault for _ in range(5)]
    assert faults == ["TOO_LARGE"] * 4 + [""]
    assert [receipt["code"] for receipt in office.hub.receipted] == ["SW100101", OK]


# -- rows ------------------------------------------------------------------------------------------


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
    codes = office.rows(guizhou, *BAD_ROWS.values())
    assert dict(zip(BAD_ROWS, codes, strict=True)) == dict.fromkeys(BAD_ROWS, "SW200101")
    assert office.truth().last_event is None
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
    assert office.truth(TO_COME).last_event is WireEvent.RECEIVED
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


def test_another_province_cannot_park_a_word_for_a_case_to_come(office: Office):
    assert office.rows(Province("530000"), row("accept", "3", 1, TO_COME, data=REASON)) == ["SW200201"]
    office.add_case(TO_COME)
    assert office.truth(TO_COME).last_event is None
    office.intake.poll_once()
    assert len(office.hub.receipted) == 1


def test_a_known_row_again_is_ok_and_with_other_content_is_not(office: Office, guizhou: Province):
    first, second = row("accept", "1", 1), row("accept", "2", 2)
    assert office.rows(guizhou, first, second, first) == [OK, OK, OK]
    assert office.rows(guizhou, first, first | {"partner_no": "GZ-2"}) == [OK, "SW100402"]
    assert office.truth().last_event is WireEvent.ACCEPTED
    assert office.security_events() == ["MESSAGE_ID_REUSED"]


def test_a_row_older_than_the_last_applied_is_stale(office: Office, guizhou: Province):
    office.rows(guizhou, row("accept", "2", 10))
    stale = row("process", "1", 9), row("process", "1", 10, row_guid="another")
    assert office.rows(guizhou, *stale) == ["SW200301", "SW200301"]
    assert office.truth().last_event is WireEvent.ACCEPTED
    assert office.exchanges("REVIEWING") == [("in", "REVIEWING", "SW200301")] * 2, "recorded all the same"


def test_a_row_out_of_state_order_is_refused_and_may_come_again(office: Office, guizhou: Province):
    approval = row("result", "1", 5, data=RESULT)
    assert office.rows(guizhou, approval) == ["SW200202"]
    assert office.inbox_rows() == 0
    assert office.rows(guizhou, row("accept", "2", 4), approval) == [OK, OK]


def test_a_contradiction_is_receipted_ok_and_waits_for_a_person(office: Office, guizhou: Province):
    rejected = row("result", "2", 6, data=REASON)
    assert office.rows(guizhou, row("accept", "2", 4), row("result", "1", 5, data=RESULT), rejected) == [OK] * 3
    assert office.truth().decision is WireEvent.APPROVED


def test_an_unknown_type_is_recorded_and_receipted_ok(office: Office, guizhou: Province):
    assert office.rows(guizhou, row("accept", "9", 1), row("praise", "1", 2)) == [OK, OK]
    assert office.truth().last_event is None
    assert [task.kind for task in office.tasks()] == [TaskKind.UNKNOWN_EVENT] * 2


def test_an_update_is_an_insert_with_newer_data(office: Office, guizhou: Province):
    assert office.rows(guizhou, row("accept", "1", 1, cd_operation="U")) == [OK]
    assert office.truth().last_event is WireEvent.RECEIVED


@pytest.mark.parametrize("number", [HANDLING, TO_COME, FOREIGN])
def test_a_void_row_is_ok_and_a_task(office: Office, guizhou: Province, number):
    voiding = {"row_guid": "guid-1", "cd_operation": "D", "cd_time": row("", "", 2)["cd_time"], "project_no": number}
    assert office.rows(guizhou, row("accept", "1", 1), voiding, voiding) == [OK, OK, OK]
    assert [task.kind for task in office.tasks()] == [TaskKind.VOIDED_ROW]
    assert office.inbox_rows() == 1
    assert office.truth().last_event is WireEvent.RECEIVED


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
