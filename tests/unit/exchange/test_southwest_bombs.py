"""Measured on the process: what a refused batch and a legal one add to its resident memory."""

import secrets

import pytest

from domain.terms import WireEvent
from tests.unit.exchange.resident import ALLOWED, MB, added, packed
from tests.unit.exchange.southwest_office import Office, open_office
from tests.unit.exchange.southwest_province import Province, row


@pytest.fixture
def office(tmp_path):
    opened = open_office(tmp_path)
    yield opened
    opened.database.close()


@pytest.mark.parametrize(
    ("whole", "piece"),
    [
        pytest.param(256 * MB, bytes(MB), id="a quarter of a gigabyte of nothing"),
        pytest.param(96 * MB, (secrets.token_hex(20_000) + "x" * 500_000).encode(), id="too long within the ratio"),
    ],
)
def test_a_batch_that_unfolds_too_far(office: Office, whole: int, piece: bytes):
    answer = Province().batch(row("accept", "1", 1), keep=False, packed=packed(whole, piece))
    assert added(lambda: office.take(answer)) < ALLOWED
    assert office.hub.receipted[-1]["code"] == "SW100303"
    assert (office.inbox_rows(), office.progress().last_event, office.security_events()) == (0, None, ["BATCH_REFUSED"])


def test_a_legal_batch_of_60_megabytes_is_streamed(office: Office):
    more = secrets.token_hex(1000)
    rows = [row("accept", "1", 1), *(row("process", "9", n, more=f"{more}{n}" + "x" * 120_000) for n in range(2, 500))]
    answer = Province().batch(*rows)
    assert answer["manifest"]["bytes"] > 55 * MB
    del rows
    assert added(lambda: office.take(answer)) < ALLOWED
    assert office.hub.receipted[-1]["code"] == "0" * 12
    assert office.progress().last_event is WireEvent.RECEIVED
