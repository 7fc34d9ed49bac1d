"""The code behind which results are fetched: printed or sent; few tries, nothing readable in the database."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from storage.cases.result_codes import (
    LOCKED_FOR,
    ONCE_AGAIN_AFTER,
    ONCE_FOR,
    TRIES,
    CodeVerdict,
    ResultAccessRow,
    code_to_send,
    printed_code,
    renew_code,
    try_code,
)
from tests.unit.storage.casework import CASE, NOW, register

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
RIGHT, WRONG, LOCKED = CodeVerdict.RIGHT, CodeVerdict.WRONG, CodeVerdict.LOCKED


@pytest.fixture(autouse=True)
def case(database):
    register(database)


def printed(database, key=KEY):
    with database.read() as session:
        return printed_code(session, key, CASE)


def tried(database, code, at=NOW, key=KEY):
    with database.write() as session:
        return try_code(session, key, CASE, code, at)


def sent(database, at=NOW):
    with database.write() as session:
        return code_to_send(session, KEY, CASE, at)


def wrong_one(database):
    right = printed(database).replace(" ", "")
    return f"{(int(right) + 1) % 10**8:08}"


def test_the_receipt_prints_the_same_code_again_and_another_key_another(database):
    code = printed(database)
    assert len(code) == 9 and code[4] == " " and code.replace(" ", "").isdigit()
    assert printed(database) == code != printed(database, OTHER_KEY)
    assert [tried(database, code), tried(database, code)] == [RIGHT, RIGHT]
    assert tried(database, code, key=OTHER_KEY) is WRONG


@pytest.mark.parametrize("written", ["{0}{1}", " {0}  {1} ", "{0}-{1}", "{0}\u3000{1}"])
def test_however_the_digits_are_written(database, written):
    assert tried(database, written.format(*printed(database).split())) is RIGHT


def test_full_width_digits_are_digits(database):
    wide = printed(database).translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})
    assert tried(database, wide) is RIGHT


@pytest.mark.parametrize("given", ["", " ", "0", "１", "领取码", "1" * 32, "\u0000"])
def test_what_is_no_code_is_a_wrong_one(database, given):
    assert tried(database, given) is WRONG


def test_five_wrong_ones_in_a_row_lock_for_a_quarter_of_an_hour(database):
    code, wrong = printed(database), wrong_one(database)
    assert [tried(database, wrong) for _ in range(TRIES)] == [WRONG] * (TRIES - 1) + [LOCKED]
    last = NOW + LOCKED_FOR - timedelta(microseconds=1)
    assert [tried(database, code), tried(database, code, last)] == [LOCKED, LOCKED]
    assert sent(database, last) is None
    after = NOW + LOCKED_FOR
    assert [tried(database, wrong, after), tried(database, code, after)] == [WRONG, RIGHT]


def test_a_right_one_forgets_the_wrong_ones_before(database):
    code, wrong = printed(database), wrong_one(database)
    for _ in range(3):
        assert [tried(database, one) for one in (*[wrong] * (TRIES - 1), code)] == [WRONG] * (TRIES - 1) + [RIGHT]


def test_a_code_that_is_sent_is_good_once_and_for_ten_minutes(database):
    code = sent(database)
    assert len(code) == 6 and code.isdigit()
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


def test_the_lock_takes_the_code_that_was_sent_with_it(database):
    code, wrong = sent(database), wrong_one(database)
    for _ in range(TRIES):
        tried(database, wrong)
    with database.read() as session:
        assert session.get_one(ResultAccessRow, CASE).once_hash is None
    assert tried(database, code, NOW + LOCKED_FOR) is WRONG


def test_a_new_code_makes_the_old_one_worthless_and_lifts_the_lock(database):
    old, wrong = printed(database), wrong_one(database)
    for _ in range(TRIES):
        tried(database, wrong)
    with database.write() as session:
        assert renew_code(session, CASE) == 2
    assert printed(database) != old
    assert [tried(database, old), tried(database, printed(database))] == [WRONG, RIGHT]


def test_the_database_knows_no_code(database):
    once = sent(database)
    tried(database, wrong_one(database))
    with database.read() as session:
        kept = " ".join(map(str, session.execute(select(*ResultAccessRow.__table__.columns)).one()))
    for code in (printed(database).replace(" ", ""), once):
        assert code not in kept.replace(CASE, "")
