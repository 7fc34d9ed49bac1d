"""Our outgoing streams: batches that never change, seqs that are never lost or used twice, receipts that decide."""

import base64
import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from domain.errors import AnswerLost, PartnerRefused, PartnerUnavailable
from domain.outbound import Rendered
from domain.tasks import TaskKind
from partners.southwest import SigningCertificate
from partners.southwest.batch import FIRST_PREVIOUS, Manifest, StreamHead, measure, unsigned
from storage.outbox import CommandRow, CommandState, store_rendered
from storage.sealing import Sealer
from storage.southwest import OutBatchState, SouthwestBatchOut, SouthwestRowOut
from tests.unit.relay.southwest_office import KEY, NOW, OK, YUNNAN, Office, Province, open_office


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


def states(office: Office) -> list[tuple[int, str]]:
    with office.database.read() as session:
        found = session.scalars(select(SouthwestBatchOut).order_by(SouthwestBatchOut.id))
        return [(batch.seq, batch.state) for batch in found]


def seqs(office: Office) -> list[int]:
    return [batch["manifest"]["seq"] for batch in office.hub.sent]


def verdicts(office: Office) -> list[tuple[str, bool, str]]:
    return [(v.key.rpartition("-")[2], v.ok, v.code) for v in office.intake.poll_once().verdicts]


def test_a_command_travels_in_a_signed_batch_of_its_stream(office: Office, guizhou: Province):
    rendered = office.adapter.render(office.command("a"))
    receipt = office.adapter.send(rendered)
    assert receipt.awaiting_receipt
    manifest = Manifest.model_validate(office.hub.sent[0]["manifest"])
    assert (manifest.from_region, manifest.to_region, manifest.seq) == ("500103", "520000", 1)
    assert manifest.cd_batch == "50010352000020261123000001"
    assert guizhou.who.signed_by_caller(manifest.text, manifest.cert_serial, manifest.sign)
    assert gzip.decompress(base64.b64decode(office.hub.sent[0]["rowsGzB64"])) == rendered.content
    say(office, "b", number=YUNNAN, region="530102")
    assert office.hub.sent[1]["manifest"]["seq"] == 1, "each province has a stream of its own"
    say(office, "c")
    following = Manifest.model_validate(office.hub.sent[2]["manifest"])
    assert (following.seq, following.previous_sm3) == (2, manifest.text_sm3)


def test_a_lost_answer_is_followed_by_the_same_bytes(office: Office):
    rendered = office.adapter.render(office.command("a"))
    office.hub.broken = {"exch0001"}
    with pytest.raises(AnswerLost):
        office.adapter.send(rendered)
    office.clock[0] += timedelta(hours=1)
    office.hub.broken = set()
    other = office.adapter.render(office.command("b"))
    office.adapter.send(other)
    assert seqs(office) == [1, 2]
    assert office.hub.sent[0]["manifest"]["createdAt"] == "2026-11-23T16:00:00+08:00"
    before = list(office.hub.sent)
    assert office.adapter.send(rendered).duplicate
    assert office.hub.sent == before


def test_what_waits_together_travels_together_in_the_order_of_writing(office: Office):
    office.hub.broken = {"exch0001"}
    commands = [office.adapter.render(office.command(step)) for step in "abcd"]
    with pytest.raises(AnswerLost):
        office.adapter.send(commands[0])
    for command in (commands[3], commands[1], commands[2]):
        with pytest.raises(AnswerLost):
            office.adapter.send(command)
    office.hub.broken = set()
    office.adapter.send(commands[2])
    assert [len(rows_of(batch)) for batch in office.hub.sent] == [1, 3]
    times = [row["cd_time"] for row in rows_of(office.hub.sent[1])]
    assert times == sorted(set(times)), "strictly rising though the clock stood still"


def test_a_busy_hub_gets_the_same_batch_later(office: Office):
    office.hub.codes = ["SW900001"]
    rendered = office.adapter.render(office.command("a"))
    with pytest.raises(PartnerUnavailable):
        office.adapter.send(rendered)
    office.adapter.send(rendered)
    assert office.hub.sent[0] == office.hub.sent[1]


def test_a_refused_batch_uses_up_no_seq_and_the_command_is_for_a_person(office: Office):
    office.hub.codes = ["SW100202"]
    rendered = office.adapter.render(office.command("a"))
    with pytest.raises(PartnerRefused) as refused:
        office.adapter.send(rendered)
    assert refused.value.code == "SW100202"
    assert office.intake.poll_once().fault == ""
    assert len(office.hub.sent) == 1, "nobody sends it again unasked"
    office.adapter.send(rendered)
    assert seqs(office) == [1, 1]
    assert states(office) == [(1, OutBatchState.VOID), (1, OutBatchState.TAKEN)]


def test_a_batch_that_grew_too_old_is_formed_anew(office: Office):
    rendered = office.adapter.render(office.command("a"))
    office.hub.broken = {"exch0001"}
    with pytest.raises(AnswerLost):
        office.adapter.send(rendered)
    office.clock[0] += timedelta(hours=73)
    office.hub.broken, office.hub.codes = set(), ["SW100101"]
    office.adapter.send(rendered)
    assert [batch["manifest"]["createdAt"][:10] for batch in office.hub.sent] == ["2026-11-23", "2026-11-26"]
    assert rows_of(office.hub.sent[0]) == rows_of(office.hub.sent[1])


def test_a_gap_at_the_hub_is_filled_first(office: Office):
    say(office, "a")
    office.hub.codes = ["SW100401"]
    say(office, "b")
    assert seqs(office) == [1, 2, 1, 2]


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
    office.intake.told([command.key for command in commands])
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
    office.clock[0] = NOW + timedelta(hours=73)
    office.intake.poll_once()
    assert [task.kind for task in office.tasks()] == [TaskKind.STREAM_STOPPED]


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


def test_uniform_rows_stay_within_the_receivers_ratio(office: Office, guizhou: Province):
    rows = [b'{"same":"' + b"a" * 500 + b'"}\n'] * 2000
    batch = unsigned(
        rows,
        from_region="500103",
        to_region="520000",
        head=StreamHead(1, FIRST_PREVIOUS),
        now=NOW,
        serial="5001030000000001",
    )
    measured = measure(batch.rows_gz)
    assert measured == (2000, batch.manifest.bytes, batch.manifest.rows_sm3, True)


def test_no_row_of_a_person_lies_readable_in_the_database(office: Office):
    rendered = say(office, "a")
    reason = "申请人撤回".encode()
    assert reason in rendered.content
    with office.database.read() as session:
        row = session.scalars(select(SouthwestRowOut)).one()
        batch = session.scalars(select(SouthwestBatchOut)).one()
    assert reason not in row.content
    assert gzip.compress(rendered.content, 6, mtime=0)[:20] not in batch.rows_gz
    assert set(rendered.meta) == {"row_guid", "cd_time", "province"}


def test_a_rotation_signs_with_the_newest_certificate_that_counts(tmp_path):
    old = SigningCertificate(serial="old", private_key_hex=KEY, not_after=date(2026, 11, 30))
    new = SigningCertificate(serial="new", private_key_hex="1" * 64, not_before=date(2026, 11, 24))
    office = open_office(tmp_path, own=(old, new))
    say(office, "a")
    office.clock[0] += timedelta(days=1)
    say(office, "b")
    assert [batch["manifest"]["certSerial"] for batch in office.hub.sent] == ["old", "new"]
    office.database.close()


def test_many_at_once_leave_one_unbroken_chain(office: Office):
    commands = [office.adapter.render(office.command(str(n))) for n in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(office.adapter.send, commands))
    manifests = [Manifest.model_validate(batch["manifest"]) for batch in office.hub.sent]
    assert [m.seq for m in manifests] == list(range(1, len(manifests) + 1))
    assert [m.previous_sm3 for m in manifests] == [FIRST_PREVIOUS, *(m.text_sm3 for m in manifests[:-1])]
    travelled = [row["row_guid"] for batch in office.hub.sent for row in rows_of(batch)]
    assert sorted(travelled) == sorted(command.meta["row_guid"] for command in commands)


def test_two_processes_share_one_stream(office: Office):
    """What one process has formed and not sent, the other sends; neither uses a seq twice."""
    other = type(office.adapter)(office.adapter.settings, office.adapter._streams, lambda: office.clock[0], office.hub)
    adapters = [office.adapter, other]
    commands = [office.adapter.render(office.command(str(n))) for n in range(12)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda pair: adapters[pair[0] % 2].send(pair[1]), enumerate(commands)))
    named = {batch["manifest"]["seq"]: batch for batch in office.hub.sent}
    assert all(named[batch["manifest"]["seq"]] == batch for batch in office.hub.sent), "a seq never has two contents"
    travelled = [row["row_guid"] for seq in sorted(named) for row in rows_of(named[seq])]
    assert sorted(travelled) == sorted(command.meta["row_guid"] for command in commands)
