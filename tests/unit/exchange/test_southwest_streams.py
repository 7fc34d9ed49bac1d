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
from partners.southwest import SigningCertificate
from partners.southwest.batch import FIRST_PREVIOUS, Manifest, StreamHead, measure, unsigned
from storage.exchange.southwest import OutBatchState, SouthwestBatchOut, SouthwestRowOut
from tests.unit.exchange.southwest_office import Office, open_office
from tests.unit.exchange.southwest_province import KEY, NOW, YUNNAN, Province


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


@pytest.mark.parametrize("code", ["01", "SW999999", "SW200101"])
def test_a_code_that_means_nothing_for_a_batch_leaves_it_as_it_is(office: Office, code):
    office.hub.codes = [code]
    rendered = office.adapter.render(office.command("a"))
    with pytest.raises(PartnerRefused):
        office.adapter.send(rendered)
    office.clock[0] += timedelta(minutes=1)
    office.adapter.send(rendered)
    assert office.hub.sent[0] == office.hub.sent[1]


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
    assert len(row.content) > len(rendered.content)
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
