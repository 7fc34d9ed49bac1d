"""The same callback a hundred times at once, on both databases: one effect."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.unit.exchange.office import TO_COME
from tests.unit.exchange.sichuan_callbacks import SichuanOffice, callback, content, open_sichuan_office


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request, tmp_path):
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else None
    opened = open_sichuan_office(tmp_path, url=url)
    yield opened
    opened.database.close()


def test_a_hundred_at_once_have_one_effect(office: SichuanOffice):
    raws = [callback(content()) for _ in range(100)]
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(office.send, raws))
    assert {status for status, _ in answers} == {200}
    assert sum(not body["duplicate"] for _, body in answers) == 1
    assert office.inbox_rows() == 1
    assert len(office.exchanges()) == 100
    assert office.security_events() == []


def test_a_hundred_at_once_before_the_case_is_here(office: SichuanOffice):
    raws = [callback(content(caseNo=TO_COME)) for _ in range(100)]
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(office.send, raws))
    assert {body["code"] for _, body in answers} <= {"CY4041", "CY4092"}
    assert office.inbox_rows() == 1
    assert office.security_events() == []


def test_a_hundred_equal_bytes_at_once_are_one_and_ninety_nine_replays(office: SichuanOffice):
    raw = callback(content())
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(office.send, [raw] * 100))
    codes = [body["code"] for _, body in answers]
    assert codes.count("0000") == 1
    assert codes.count("CY4091") == 99
    assert office.inbox_rows() == 1
    assert office.security_events() == ["CY4091"] * 99
