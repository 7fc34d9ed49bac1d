"""The same streams on PostgreSQL: locks, lengths and types that SQLite does not mind."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from domain.terms import WireEvent
from partners.southwest.batch import FIRST_PREVIOUS, Manifest
from storage.cases.rows import HandlingRow
from tests.unit.exchange.southwest_office import Office, open_office_at
from tests.unit.exchange.southwest_province import HANDLING, OK, TO_COME, Province, row


@pytest.fixture
def office(postgresql_url):
    opened = open_office_at(postgresql_url)
    yield opened
    opened.database.close()


def test_batches_rows_and_receipts(office: Office):
    guizhou, guid = Province(), str(uuid.uuid4())
    batch = guizhou.batch(row("accept", "1", 1, row_guid=guid), row("accept", "1", 2, TO_COME), b"{}\n")
    assert office.take(batch) == [OK, "SW200201", "SW200101"]
    office.poll(batch)
    assert office.hub.receipted[0] == office.hub.receipted[1]
    with office.database.read() as session:
        handling = session.scalars(select(HandlingRow).filter_by(handling_no=HANDLING)).one()
    assert (handling.last_event, handling.last_written_id) == (WireEvent.RECEIVED, guid)
    office.add_case(TO_COME)
    office.intake.poll_once()
    assert [line["code"] for line in office.hub.receipted[-1]["rows"]] == [OK, OK, "SW200101"]


def test_two_processes_at_once_leave_one_chain(office: Office):
    other = type(office.adapter)(office.adapter.settings, office.adapter._streams, lambda: office.clock[0], office.hub)
    adapters = [office.adapter, other]
    commands = [office.adapter.render(office.command(str(n))) for n in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda pair: adapters[pair[0] % 2].send(pair[1]), enumerate(commands)))
    named = {batch["manifest"]["seq"]: batch for batch in office.hub.sent}
    assert all(named[batch["manifest"]["seq"]] == batch for batch in office.hub.sent)
    manifests = [Manifest.model_validate(named[seq]["manifest"]) for seq in sorted(named)]
    assert [m.previous_sm3 for m in manifests] == [FIRST_PREVIOUS, *(m.text_sm3 for m in manifests[:-1])]
    guizhou = Province()
    office.hub.receipts += [guizhou.receipt(named[seq], OK) for seq in sorted(named)]
    assert {verdict.key for verdict in office.intake.poll_once().verdicts} == {command.key for command in commands}
