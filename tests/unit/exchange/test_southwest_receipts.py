"""What receipts do to our batches, rows and commands, and what is sent again for want of one."""

import base64
import gzip
import json
from datetime import timedelta

import pytest

from domain.errors import AnswerLost
from domain.outbound import Rendered
from domain.tasks import TaskKind
from partners.southwest.batch import Manifest
from storage.exchange.outbox import CommandRow, CommandState, store_rendered
from storage.sealing import Sealer
from tests.unit.exchange.southwest_office import Office, open_office
from tests.unit.exchange.southwest_province import NOW, OK, Province


@pytest.fixture
def office(tmp_path):
    opened = open_office(tmp_path)
    yield opened
    opened.database.close()


@pytest.fixture
def guizhou():
    return Province()


def say(office: Office, step: str, **where) -> Rendered:
    """Render and send; what was rendered."""
    rendered = office.adapter.render(office.command(step, **where))
    office.adapter.send(rendered)
    return rendered


def rows_of(batch) -> list[dict]:
    return [json.loads(line) for line in gzip.decompress(base64.b64decode(batch["rowsGzB64"])).splitlines()]


def seqs(office: Office) -> list[int]:
    return [batch["manifest"]["seq"] for batch in office.hub.sent]


def verdicts(office: Office) -> list[tuple[str, bool, str]]:
    return [(v.key.rpartition("-")[2], v.ok, v.code) for v in office.intake.poll_once().verdicts]


def test_receipts_confirm_and_refuse_row_by_row(office: Office, guizhou: Province):
    office.hub.broken = {"exch0001"}
    commands = [office.adapter.render(office.command(step)) for step in "ab"]
    for command in commands:
        with office.database.write() as session:
            store_rendered(session, Sealer({"s1": b"k" * 32}), command, NOW)
        with pytest.raises(AnswerLost):
            office.adapter.send(command)
    office.hub.broken = set()
    office.intake.poll_once()
    first, second = office.hub.sent
    office.hub.receipts += [guizhou.receipt(first, OK), guizhou.receipt(second, OK, "SW200202")]
    assert verdicts(office) == [("a", True, OK), ("b", False, "SW200202")]
    assert verdicts(office) == [("a", True, OK), ("b", False, "SW200202")], "until somebody has been told"
    office.intake.mark_reported([command.key for command in commands])
    assert verdicts(office) == []
    with office.database.read() as session:
        kept = [session.get_one(CommandRow, command.key) for command in commands]
    assert [(row.state, row.error) for row in kept] == [
        (CommandState.CONFIRMED, None),
        (CommandState.REFUSED, "SW200202"),
    ]
    assert not office.adapter.send(commands[0]).awaiting_receipt
    office.adapter.send(commands[1])
    assert rows_of(office.hub.sent[2]) == rows_of(second), "sent again because a person said so"


def test_a_later_receipt_replaces_an_earlier_one(office: Office, guizhou: Province):
    say(office, "a")
    office.hub.receipts.append(guizhou.receipt(office.hub.sent[0], OK, "SW200201"))
    assert verdicts(office) == [("a", False, "SW200201")]
    office.hub.receipts.append(guizhou.receipt(office.hub.sent[0], OK))
    assert verdicts(office) == [("a", True, OK)]


@pytest.mark.parametrize(
    "tamper",
    [
        {"sign": "AAAA"},
        {"code": "SW100301"},
        {"rowsSm3": "0" * 64},
        {"certSerial": "unknown"},
        {"certSerial": "revoked"},
        {"receivedAt": "now"},
        {"rows": [{"row_guid": "another", "code": OK}]},
        {"rows": None},
        {"cd_batch": 5},
    ],
)
def test_a_receipt_that_cannot_be_trusted_decides_nothing(office: Office, guizhou: Province, tamper):
    say(office, "a")
    office.hub.receipts.append(guizhou.receipt(office.hub.sent[0], OK) | tamper)
    assert verdicts(office) == []
    assert office.security_events() == ["RECEIPT_UNTRUSTED"]
    office.hub.receipts.append(guizhou.receipt(office.hub.sent[0], OK))
    assert verdicts(office) == [("a", True, OK)], "the cursor has moved on"


def test_a_receipt_for_nothing_of_ours_is_a_security_event(office: Office, guizhou: Province):
    office.hub.receipts.append(guizhou.receipt(Province("500103").batch({"row_guid": "x"}), OK))
    assert verdicts(office) == []
    assert office.security_events() == ["RECEIPT_WITHOUT_BATCH"]


def test_a_batch_refused_by_receipt_and_those_after_it_are_formed_anew(office: Office, guizhou: Province):
    say(office, "a")
    say(office, "b")
    office.hub.receipts.append(guizhou.receipt(office.hub.sent[0], "SW100301"))
    assert verdicts(office) == [("a", False, "SW100301")]
    assert seqs(office) == [1, 2, 1]
    assert rows_of(office.hub.sent[2]) == rows_of(office.hub.sent[1])
    assert office.hub.sent[2]["manifest"]["prevSm3"] == "0" * 64


def test_a_gap_receipt_asks_for_all_that_is_open(office: Office, guizhou: Province):
    for step in "abc":
        say(office, step)
    office.hub.receipts += [
        guizhou.receipt(office.hub.sent[0], OK),
        guizhou.receipt(office.hub.sent[2], "SW100401"),
    ]
    assert verdicts(office) == [("a", True, OK)]
    assert office.hub.sent[3:] == office.hub.sent[1:3]


def test_no_receipt_after_a_day_and_after_three(office: Office):
    say(office, "a")
    office.clock[0] = NOW + timedelta(hours=23, minutes=59)
    office.intake.poll_once()
    assert len(office.hub.sent) == 1
    office.clock[0] = NOW + timedelta(hours=24, seconds=1)
    office.intake.poll_once()
    office.intake.poll_once()
    assert office.hub.sent == [office.hub.sent[0]] * 2
    office.clock[0] = NOW + timedelta(hours=72)
    office.intake.poll_once()
    assert office.tasks() == []
    office.clock[0] = NOW + timedelta(hours=72, seconds=1)
    office.hub.broken = {"exch0002"}  # a hub that is away does not hide it
    office.intake.poll_once()
    office.intake.poll_once()
    assert [task.kind for task in office.tasks()] == [TaskKind.STREAM_STOPPED]


@pytest.mark.parametrize("code", ["SW100101", "SW200401", "SW100201", "SW100202", "SW100203", "SW100401"])
def test_a_refusal_that_comes_before_the_look_at_what_is_known_voids_nothing(office: Office, guizhou: Province, code):
    """The hub has taken the batch and used up its seq; resent after three days it must answer "too old"."""
    say(office, "a")
    office.clock[0] = NOW + timedelta(hours=73)
    office.hub.codes = [code]
    office.intake.poll_once()
    assert office.hub.sent == [office.hub.sent[0]] * 2
    office.hub.receipts.append(guizhou.receipt(office.hub.sent[0], OK))
    assert verdicts(office) == [("a", True, OK)]
    say(office, "b")
    assert seqs(office) == [1, 1, 2]


@pytest.mark.parametrize("code", ["SW100402", "SW100403", "SW100301", "SW100302", "SW100303"])
def test_a_hub_that_has_lost_a_batch_gets_its_rows_in_a_new_one(office: Office, code):
    say(office, "a")
    office.clock[0] = NOW + timedelta(hours=25)
    office.hub.codes = [code]
    office.intake.poll_once()
    assert len(office.hub.sent) == 3
    assert rows_of(office.hub.sent[2]) == rows_of(office.hub.sent[0])
    assert office.hub.sent[2]["manifest"]["createdAt"] > office.hub.sent[0]["manifest"]["createdAt"]


def test_an_old_batch_that_a_person_released_there_keeps_its_seq(office: Office, guizhou: Province):
    say(office, "a")
    office.clock[0] += timedelta(hours=80)
    office.hub.receipts.append(guizhou.receipt(office.hub.sent[0], "SW100101"))
    assert verdicts(office) == []
    assert seqs(office) == [1, 1], "the same row travels in a new batch"
    office.hub.receipts.append(guizhou.receipt(office.hub.sent[0], OK))
    assert verdicts(office) == [("a", True, OK)]
    say(office, "b")
    third = Manifest.model_validate(office.hub.sent[2]["manifest"])
    assert (third.seq, third.previous_sm3) == (2, Manifest.model_validate(office.hub.sent[0]["manifest"]).text_sm3)
