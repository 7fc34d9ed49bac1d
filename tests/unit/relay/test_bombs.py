"""Measured on the process: what a refused bomb and a legal batch add to its resident memory (must hold: < 32 MB)."""

import gc
import re
import secrets
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.errors import AnswerLost
from domain.terms import WireEvent
from partners.interprovincial.safe_xml import UnsafeXml, parse_information
from tests.unit.partners.test_attempt import make, peer, plain
from tests.unit.relay.sichuan_callbacks import callback, content
from tests.unit.relay.sichuan_callbacks import open_sichuan_office as open_sichuan
from tests.unit.relay.southwest_office import Office, open_office
from tests.unit.relay.southwest_province import Province, row

MB = 1024 * 1024
ALLOWED = 32 * MB
SELF = Path("/proc/self")


def added(work: Callable[[], object]) -> int:
    """Bytes by which the resident memory rose at its highest while `work` ran."""
    gc.collect()
    (SELF / "clear_refs").write_text("5")  # the highest counts from now on
    before = _kb("VmRSS")
    work()
    return (_kb("VmHWM") - before) * 1024


def _kb(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", (SELF / "status").read_text())
    assert found is not None
    return int(found[1])


def packed(whole: int, piece: bytes) -> bytes:
    """A gzip member of `whole` bytes, made without holding them."""
    pack, out = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS), bytearray()
    for _ in range(whole // len(piece)):
        out += pack.compress(piece)
    return bytes(out + pack.flush())


@pytest.fixture
def office(tmp_path):
    opened = open_office(tmp_path)
    yield opened
    opened.database.close()


def test_the_measure_sees_what_is_really_there():
    assert added(lambda: bytearray(secrets.token_bytes(MB)) * 64) > 60 * MB


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
    assert (office.inbox_rows(), office.truth().last_event, office.security_events()) == (0, None, ["BATCH_REFUSED"])


def test_a_legal_batch_of_60_megabytes_is_streamed(office: Office):
    more = secrets.token_hex(1000)
    rows = [row("accept", "1", 1), *(row("process", "9", n, more=f"{more}{n}" + "x" * 120_000) for n in range(2, 500))]
    answer = Province().batch(*rows)
    assert answer["manifest"]["bytes"] > 55 * MB
    del rows
    assert added(lambda: office.take(answer)) < ALLOWED
    assert office.hub.receipted[-1]["code"] == "0" * 12
    assert office.truth().last_event is WireEvent.RECEIVED


def test_an_answer_that_unfolds_too_far():
    bomb = packed(256 * MB, bytes(MB))
    with peer(plain(bomb, b"Content-Encoding: gzip")) as url:

        def work() -> None:
            with pytest.raises(AnswerLost) as lost:
                make(url)
            assert lost.value.code == "TOO_LARGE"

        assert added(work) < ALLOWED


def test_a_packed_callback_is_not_even_unfolded(tmp_path):
    office = open_sichuan(tmp_path)
    bomb = callback(packed(200 * MB, bytes(MB)), **{"Content-Encoding": "gzip"})
    assert added(lambda: office.send(bomb)) < ALLOWED
    assert office.send(callback(content()))[0] == 200
    office.database.close()


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE a [" + "".join(f'<!ENTITY l{n} "&l{n - 1};&l{n - 1};">' for n in range(1, 60)) + "]><a>&l59;</a>",
        "<a>" * 100_000 + "</a>" * 100_000,
        "<a " + " ".join(f'a{n}=""' for n in range(50_000)) + "/>",
    ],
    ids=["entities", "depth", "attributes"],
)
def test_xml_that_unfolds_too_far(text: str):
    def work() -> None:
        with pytest.raises(UnsafeXml):
            parse_information(text)

    assert added(work) < ALLOWED
