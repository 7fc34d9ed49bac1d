"""The same callback a hundred times at once, on both databases: one effect."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from domain.identifiers import make_case_number
from storage.cases.rows import HandlingRow, lock_handling
from tests.counted import counted
from tests.unit.exchange.office import HANDLING, NOW, TO_COME
from tests.unit.exchange.sichuan_callbacks import SichuanOffice, callback, content, open_sichuan_office
from tests.unit.storage.casework import register


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


def test_what_comes_at_the_same_time_is_each_taken_and_answered_as_if_alone(office: SichuanOffice):
    numbers = [make_case_number("500103", NOW.date(), serial) for serial in range(100, 140)]
    for number in numbers:
        register(office.database, number)
    raws = [
        callback(content(caseNo=number, event_id=f"evt_{place:08d}", seq=1 + (place % 10 == 0)))
        for place, number in enumerate(numbers)
    ]
    with ThreadPoolExecutor(40) as pool, counted() as cost:
        answers = list(pool.map(office.send, raws))
    assert {(status, body["duplicate"]) for status, body in answers} == {(200, False)}
    assert office.inbox_rows() == len(office.exchanges()) == 40
    assert cost.commits < 40
    with office.database.read() as session:
        rows = session.execute(select(HandlingRow.handling_no, HandlingRow.last_seq))
        progress = {row.handling_no: row.last_seq for row in rows}
    early = numbers[::10]
    assert {number: progress[number] for number in numbers} == {number: int(number not in early) for number in numbers}


def test_a_row_that_somebody_holds_keeps_no_other_waiting(request, tmp_path):
    office = open_sichuan_office(tmp_path, url=request.getfixturevalue("postgresql_url"))
    free = make_case_number("500103", NOW.date(), 100)
    register(office.database, free)
    held, other = callback(content()), callback(content(caseNo=free, event_id="evt_00000002"))
    with ThreadPoolExecutor(2) as pool:
        with office.database.write() as session:
            lock_handling(session, HANDLING)
            waiting = pool.submit(office.send, held)
            assert pool.submit(office.send, other).result(timeout=20)[0] == 200
            assert not waiting.done()
        assert waiting.result(timeout=20)[0] == 200
    office.database.close()
