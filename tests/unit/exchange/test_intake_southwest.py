"""Batches of the hub: order of checks, codes, receipts, cursor; every refusal leaves case and inbox as they were."""

import gzip
import itertools
import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.errors import AnswerLost, PartnerRefused
from domain.messages import TaskOutcome
from domain.tasks import TaskKind
from domain.terms import WireEvent
from partners.standards import sm3_hex
from storage.exchange.exchange_log import ExchangeBodyRow, ExchangeRow
from storage.tasks.rows import TaskRow
from tests.unit.exchange.southwest_office import Office, open_office
from tests.unit.exchange.southwest_province import HANDLING, NOW, OK, YUNNAN, Province, as_line, row
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


def test_a_batch_is_applied_receipted_and_passed(office: Office, guizhou: Province):
    report = office.poll(guizhou.batch(row("accept", "1", 1), row("accept", "2", 2)))
    assert (report.batches, report.rows, report.fault) == (1, 2, "")
    assert office.progress().last_event is WireEvent.ACCEPTED
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
    assert office.progress().last_event is WireEvent.RECEIVED


def test_a_gap_stops_that_stream_only_and_heals_when_the_missing_batch_comes(office: Office, guizhou: Province):
    missing, later = guizhou.batch(row("accept", "1", 1)), guizhou.batch(row("accept", "2", 2))
    assert office.take(later) == "SW100401"
    assert office.take(Province("530000").batch(row("accept", "1", 3, YUNNAN))) == [OK]
    assert office.progress().last_event is None
    assert [task.kind for task in office.tasks()] == [TaskKind.STREAM_STOPPED]
    office.poll(missing, later)
    assert [receipt["code"] for receipt in office.hub.receipted[-2:]] == [OK, OK]
    assert office.progress().last_event is WireEvent.ACCEPTED


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
    before = standing(office.database, HANDLING, YUNNAN)
    office.poll()
    receipt = office.hub.receipted[0]
    assert (receipt["code"], receipt["rows"]) == (code, [])
    assert standing(office.database, HANDLING, YUNNAN) == before
    assert receipt["rowsSm3"] == answer["manifest"]["rowsSm3"]
    assert office.progress().last_event is None
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
    assert office.progress().last_event is WireEvent.RECEIVED


def test_an_old_batch_waits_for_a_person_who_releases_it(office: Office, guizhou: Province):
    old = guizhou.batch(row("accept", "1", -300_000_000), created=NOW - timedelta(hours=80))
    assert office.take(old) == "SW100101"
    task = office.tasks()[0]
    assert task.kind == TaskKind.OLD_BATCH
    assert office.intake.release(task.data["batchId"]) == 1
    office.poll()
    assert [receipt["code"] for receipt in office.hub.receipted] == ["SW100101", OK]
    assert office.progress().last_event is WireEvent.RECEIVED
    assert office.take(guizhou.batch(row("accept", "2", 2))) == [OK], "it has used up its seq"


def test_a_person_releases_by_resolving_the_task(office: Office, guizhou: Province):
    office.take(guizhou.batch(row("accept", "1", -300_000_000), created=NOW - timedelta(hours=80)))
    office.poll()
    assert office.progress().last_event is None, "nobody has decided yet"
    with office.database.write() as session:
        session.get_one(TaskRow, office.tasks()[0].id).outcome = TaskOutcome.RELEASE_BATCH
    assert office.poll().rows == 1
    assert office.progress().last_event is WireEvent.RECEIVED
    assert office.poll().rows == 0


def test_a_person_who_does_not_release_ends_it(office: Office, guizhou: Province):
    office.take(guizhou.batch(row("accept", "1", -300_000_000), created=NOW - timedelta(hours=80)))
    with office.database.write() as session:
        session.get_one(TaskRow, office.tasks()[0].id).outcome = TaskOutcome.ACKNOWLEDGE
    office.poll()
    assert office.progress().last_event is None
    with pytest.raises(PartnerRefused):
        office.intake.release(office.tasks()[0].data["batchId"])


def test_a_released_batch_whose_seq_was_taken_meanwhile(office: Office, guizhou: Province):
    old = guizhou.batch(row("accept", "1", 1), created=NOW - timedelta(hours=80), keep=False)
    office.poll(old)
    office.poll(guizhou.batch(row("accept", "2", 2)))
    assert office.intake.release(office.tasks()[0].data["batchId"]) == 0
    office.poll()
    assert office.hub.receipted[-1]["code"] == "SW100402"
    assert office.progress().last_event is WireEvent.ACCEPTED


def test_a_receipt_that_did_not_arrive_goes_with_the_next_poll(office: Office, guizhou: Province):
    office.hub.broken = {"exch0004"}
    report = office.poll(guizhou.batch(row("accept", "1", 1)))
    assert report.fault == "ANSWER_LOST"
    assert office.progress().last_event is WireEvent.RECEIVED
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
    assert (office.inbox_rows(), office.cursor("batches"), office.progress().last_event) == (0, None, None)
    monkeypatch.undo()
    office.poll()
    assert office.progress().last_event is WireEvent.ACCEPTED


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


def test_every_line_says_how_long_it_took(office: Office, guizhou: Province, monkeypatch):
    ticks = itertools.count()
    monkeypatch.setattr("time.perf_counter", lambda: next(ticks) * 0.01)
    office.poll(guizhou.batch(row("accept", "1", 1), row("no such", "1", 2)))
    with office.database.read() as session:
        lines = list(session.scalars(select(ExchangeRow)))
    assert {line.kind for line in lines} >= {"batch", "receipt", "RECEIVED"}
    assert [line.kind for line in lines if line.duration_ms < 10] == []


def test_every_message_both_ways_has_a_line_and_a_body_somewhere(office: Office, guizhou: Province):
    office.adapter.send(office.adapter.render(office.command("withdraw")))
    office.poll(guizhou.batch(row("accept", "1", 1), row("accept", "1", 2), {"row_guid": "bad"}))
    office.hub.broken = {"exch0002"}
    assert office.poll().fault == "ANSWER_LOST"
    with office.database.read() as session:
        lines = list(session.scalars(select(ExchangeRow).order_by(ExchangeRow.id)))
        kept = set(session.scalars(select(ExchangeBodyRow.place)))
    found = {(line.direction, line.kind, line.verdict, (line.body or "-").partition("/")[0]) for line in lines}
    assert found == {
        ("out", "batch", "00", "southwest-out"),
        ("out", "exch0002", "OK", "-"),
        ("in", "RECEIVED", OK, "inbox"),
        ("in", "RECEIVED", "SW200202", "exchange"),
        ("in", "row", "SW200101", "exchange"),
        ("in", "batch", OK, "exchange"),
        ("out", "receipt", OK, "receipt"),
        ("out", "exch0005", "EMPTY", "-"),
        ("out", "poll", "ANSWER_LOST", "-"),
    }
    assert {line.body for line in lines if (line.body or "").startswith("exchange/")} == kept


def test_a_year_of_idle_polls_leaves_a_bounded_log(office: Office):
    for day in range(30):
        office.clock[0] = NOW + timedelta(days=day)
        office.poll()
    assert len(office.exchanges("exch0002", "exch0005")) == 2 * 8
