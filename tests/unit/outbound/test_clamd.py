"""The virus scanner's client: clean passes, infected is refused, and what says neither is no permission."""

import pytest

from domain.errors import BadInput, ServiceUnavailable
from outbound.clamd import Clamd
from tests.borders import nowhere
from tests.scanner import BAD, scanning


@pytest.fixture
def scanner():
    with scanning() as made:
        yield made


def asked(scanner, total_s=10.0):
    return Clamd("127.0.0.1", scanner.port, total_s)


def test_a_clean_file_is_sent_whole_and_passes(scanner):
    data = b"%PDF-" + bytes(200_000)
    asked(scanner).scan(data)
    asked(scanner).scan(b"")
    assert scanner.files == [data, b""]


def test_an_infected_file_is_refused(scanner):
    with pytest.raises(BadInput) as refused:
        asked(scanner).scan(b"%PDF-" + BAD)
    assert refused.value.code == "DOCUMENT_INFECTED"
    assert "Eicar" not in refused.value.sentence


@pytest.mark.parametrize("says", [b"INSTREAM size limit exceeded. ERROR", b"stream: lstat() failed ERROR", b"", b"OK"])
def test_what_says_neither_is_no_permission(scanner, says):
    scanner.says = says
    with pytest.raises(ServiceUnavailable) as refused:
        asked(scanner).scan(b"%PDF-")
    assert refused.value.code == "SCANNER_AWAY"


def test_nobody_there():
    with pytest.raises(ServiceUnavailable) as refused:
        Clamd("127.0.0.1", nowhere(), 2).scan(b"%PDF-")
    assert refused.value.code == "SCANNER_AWAY" and "运维" in refused.value.sentence


def test_one_that_thinks_too_long(scanner):
    scanner.after_s = 5
    with pytest.raises(ServiceUnavailable):
        asked(scanner, total_s=0.3).scan(b"%PDF-")
