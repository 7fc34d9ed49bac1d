"""The code that a receipt prints and the one that is sent: unreadable in the database, and nobody is locked out."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from storage.cases.applicant_keys import ApplicantKeys, Before
from storage.cases.result_codes import ONCE_AGAIN_AFTER, ONCE_FOR, CodeDesk, CodeVerdict, ResultAccessRow
from tests.unit.storage.casework import CASE, NOW, SEALER, register

BEFORE = Before(b"k" * 32, b"h" * 32)
DESK = CodeDesk(ApplicantKeys(SEALER, BEFORE), b"o" * 32)
RIGHT, WRONG = CodeVerdict.RIGHT, CodeVerdict.WRONG


@pytest.fixture(autouse=True)
def case(database):
    register(database)
    with database.write() as session:
        ApplicantKeys(SEALER, BEFORE).issue(session, CASE, NOW)


def printed(database):
    with database.read() as session:
        return DESK.printed(session, CASE)


def tried(database, code, at=NOW, case_no=CASE):
    with database.write() as session:
        return DESK.judge(session, case_no, code, at)


def sent(database, at=NOW):
    with database.write() as session:
        return DESK.to_send(session, CASE, at)


def wrong_one(database):
    right = printed(database).replace(" ", "")
    return f"{(int(right) + 1) % 10**8:08}"


def test_the_receipt_prints_the_same_code_again(database):
    code = printed(database)
    assert len(code) == 9 and code[4] == " " and code.replace(" ", "").isdigit()
    assert printed(database) == code
    assert [tried(database, code), tried(database, code)] == [RIGHT, RIGHT]
    assert tried(database, code, case_no="500103202611239999990") is WRONG


@pytest.mark.parametrize("written", ["{0}{1}", " {0}  {1} ", "{0}-{1}", "{0}\u3000{1}"])
def test_however_the_digits_are_written(database, written):
    assert tried(database, written.format(*printed(database).split())) is RIGHT


def test_full_width_digits_are_digits(database):
    wide = printed(database).translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})
    assert tried(database, wide) is RIGHT


@pytest.mark.parametrize("given", ["", " ", "0", "１", "领取码", "1" * 32, "\u0000"])
def test_what_is_no_code_is_a_wrong_one(database, given):
    assert tried(database, given) is WRONG


def test_wrong_ones_lock_the_owner_out_never(database):
    code, wrong, once = printed(database), wrong_one(database), sent(database)
    assert {tried(database, wrong) for _ in range(50)} == {WRONG}
    assert [tried(database, code), tried(database, once)] == [RIGHT, RIGHT]


def test_a_code_that_is_sent_is_good_once_and_for_ten_minutes(database):
    code = sent(database)
    assert len(code) == 8 and code.isdigit()
    assert [tried(database, code), tried(database, code)] == [RIGHT, WRONG]
    later = NOW + timedelta(hours=1)
    code = sent(database, later)
    assert tried(database, code, later + ONCE_FOR) is WRONG
    assert tried(database, code, later + ONCE_FOR - timedelta(seconds=1)) is RIGHT


def test_not_another_one_within_a_minute_and_only_the_last_counts(database):
    first = sent(database)
    assert sent(database, NOW + ONCE_AGAIN_AFTER - timedelta(seconds=1)) is None
    second = sent(database, NOW + ONCE_AGAIN_AFTER)
    assert tried(database, second, NOW + ONCE_AGAIN_AFTER) is RIGHT
    if first != second:
        assert tried(database, first, NOW + ONCE_AGAIN_AFTER) is WRONG


def test_a_new_code_makes_the_old_ones_worthless(database):
    old, once = printed(database), sent(database)
    with database.write() as session:
        assert DESK.renew(session, CASE, NOW) == 2
    assert printed(database) != old
    assert [tried(database, one) for one in (old, once, printed(database))] == [WRONG, WRONG, RIGHT]


def test_the_database_knows_no_code(database):
    once = sent(database)
    tried(database, wrong_one(database))
    with database.read() as session:
        kept = " ".join(map(str, session.execute(select(*ResultAccessRow.__table__.columns)).one()))
    for code in (printed(database).replace(" ", ""), once):
        assert code not in kept.replace(CASE, "")
