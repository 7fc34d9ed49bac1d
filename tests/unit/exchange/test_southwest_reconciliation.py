"""The report is empty when everything agrees, and names exactly what does not."""

from datetime import timedelta

import pytest

from domain.errors import AnswerLost
from domain.reconciliation import REPAIR, DifferenceKind
from exchange.southwest.reconciliation import southwest_compared, southwest_differences
from storage.exchange.southwest import IN, OUT, SouthwestStream
from tests.unit.exchange.southwest_office import Office, open_office
from tests.unit.exchange.southwest_province import NOW, OK, TO_COME, Province, row


@pytest.fixture
def office(tmp_path):
    opened = open_office(tmp_path)
    yield opened
    opened.database.close()


def found(office: Office) -> list[tuple[DifferenceKind, str]]:
    with office.database.read() as session:
        return [(one.kind, one.subject) for one in southwest_differences(session, office.clock[0])]


def say(office: Office, step: str) -> str:
    rendered = office.adapter.render(office.command(step))
    office.adapter.send(rendered)
    return rendered.key


def test_all_agrees(office: Office):
    guizhou = Province()
    say(office, "a")
    say(office, "b")
    office.hub.receipts += [guizhou.receipt(batch, OK) for batch in office.hub.sent]
    office.poll(guizhou.batch(row("accept", "1", 1)), guizhou.batch(row("accept", "2", 2)))
    office.clock[0] += timedelta(hours=25)
    assert found(office) == []
    with office.database.read() as session:
        assert southwest_compared(session) == 6


def test_receipts_that_are_missing_or_say_no(office: Office):
    guizhou = Province()
    say(office, "a")
    refused = say(office, "b")
    office.hub.receipts.append(guizhou.receipt(office.hub.sent[1], OK, "SW200202"))
    office.poll()
    assert found(office) == [(DifferenceKind.REFUSED_ROW, refused)]
    office.clock[0] += timedelta(hours=25)
    first = office.hub.sent[0]["manifest"]["cd_batch"]
    assert found(office) == [(DifferenceKind.NO_RECEIPT, first), (DifferenceKind.REFUSED_ROW, refused)]


def test_rows_that_did_not_leave(office: Office):
    office.hub.broken = {"exch0001"}
    rendered = office.adapter.render(office.command("a"))
    with pytest.raises(AnswerLost):
        office.adapter.send(rendered)
    assert found(office) == []
    office.clock[0] = NOW + timedelta(hours=25)
    assert found(office) == [(DifferenceKind.OPEN_ROW, rendered.key)]


def test_what_came_and_is_not_done(office: Office):
    office.hub.broken = {"exch0004"}
    batch = Province().batch(row("accept", "1", 1, TO_COME))
    office.poll(batch)
    name = batch["manifest"]["cd_batch"]
    assert found(office) == [(DifferenceKind.RECEIPT_NOT_SENT, name), (DifferenceKind.PARKED_ROW, "guid-1")]


@pytest.mark.parametrize(("direction", "difference"), [(IN, DifferenceKind.CHAIN_IN), (OUT, DifferenceKind.CHAIN_OUT)])
def test_a_book_that_was_restored_from_another_day(office: Office, direction, difference):
    guizhou = Province()
    say(office, "a")
    office.hub.receipts.append(guizhou.receipt(office.hub.sent[0], OK))
    office.poll(guizhou.batch(row("accept", "1", 1)))
    with office.database.write() as session:
        session.get_one(SouthwestStream, (direction, "520000")).next_seq = 5
    assert found(office) == [(difference, "520000")]


def test_every_difference_says_what_to_do():
    assert set(REPAIR) == set(DifferenceKind)
