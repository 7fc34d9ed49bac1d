"""What opens an applicant's page: random, found by its hash, sealed, and good whatever becomes of our keys."""

import re
from collections import Counter
from datetime import timedelta
from math import log2

import pytest
from sqlalchemy import select

from domain.errors import Misconfigured
from storage.cases.applicant_keys import (
    TOKEN_BYTES,
    ApplicantKey,
    ApplicantKeyRow,
    ApplicantKeys,
    Before,
    _fresh,
    keyless,
)
from storage.cases.applicant_sessions import (
    VISIT_LENGTH,
    ApplicantSessionRow,
    Visit,
    end_visit,
    end_visits,
    open_visit,
    visit_of,
)
from storage.cases.result_codes import CodeDesk, CodeVerdict
from storage.sealing import Sealer
from tests.unit.storage.casework import CASE, NOW, SEALER, TO_COME, register

BEFORE, OTHERS = Before(b"k" * 32, b"h" * 32), Before(b"x" * 32, b"y" * 32)
KEYS = ApplicantKeys(SEALER, BEFORE)


@pytest.fixture(autouse=True)
def case(database):
    register(database)


def issued(database, case_no=CASE) -> ApplicantKey:
    with database.write() as session:
        return KEYS.issue(session, case_no, NOW)


def read(database, keys=KEYS, case_no=CASE) -> ApplicantKey:
    with database.read() as session:
        return keys.of(session, case_no)


def test_a_token_has_160_bits_and_they_are_all_random():
    tokens = [_fresh().token for _ in range(2000)]
    assert TOKEN_BYTES * 8 >= 128 and len(set(tokens)) == len(tokens)
    assert all(re.fullmatch(r"[A-Z2-7]{32}", token) for token in tokens)
    for place in range(32):  # 5 bits each: no place is fixed, counted or derived
        seen = Counter(token[place] for token in tokens)
        entropy = -sum(n / len(tokens) * log2(n / len(tokens)) for n in seen.values())
        assert entropy > 4.9
    assert len({_fresh().code for _ in range(2000)}) > 1990
    assert len({_fresh().handover for _ in range(100)}) == 100


def test_a_token_is_found_by_its_hash_and_the_row_says_nothing(database):
    key = issued(database)
    with database.read() as session:
        assert [KEYS.case_of(session, said) for said in (key.token, key.token.lower())] == [CASE, CASE]
        for wrong in ("", key.token[:-1], f"{key.token}A", f"{key.token}\n", "A" * 32, "1" * 32):
            assert KEYS.case_of(session, wrong) is None
        row = session.scalars(select(ApplicantKeyRow)).one()
        kept = f"{row.token_sha256}{row.sealed!r}"
    assert key.token not in kept and key.code not in kept


def test_a_sealed_key_opens_nobody_elses_case(database):
    register(database, TO_COME)
    issued(database)
    issued(database, TO_COME)
    with database.write() as session:
        session.get_one(ApplicantKeyRow, TO_COME).sealed = session.get_one(ApplicantKeyRow, CASE).sealed
    with pytest.raises(Exception, match=""):
        read(database, case_no=TO_COME)


def test_what_is_printed_outlives_the_keys(database):
    """A key in front, everything sealed again, the oldest taken away: token, code and hand-over secret stay."""
    key = issued(database)
    both = Sealer({"s2": b"n" * 32, "s1": b"k" * 32})
    assert read(database, ApplicantKeys(both, BEFORE)) == key
    with database.write() as session:
        row = session.get_one(ApplicantKeyRow, CASE)
        place = f"applicant-key/{CASE}"
        row.sealed = both.seal(both.open(row.sealed, place), place)
    only_new = ApplicantKeys(Sealer({"s2": b"n" * 32}), OTHERS)
    assert read(database, only_new) == key
    with database.read() as session:
        assert only_new.case_of(session, key.token) == CASE
    with database.write() as session:
        assert CodeDesk(only_new, b"z" * 32).judge(session, CASE, key.code, NOW) is CodeVerdict.RIGHT
    with pytest.raises(Misconfigured):  # sealed with a key that is gone: named, not guessed
        issued(database, _registered(database))
        read(database, only_new, TO_COME)


def _registered(database) -> str:
    register(database, TO_COME)
    return TO_COME


def test_a_case_from_before_keeps_what_was_printed_also_without_the_old_key(database):
    before = read(database)
    assert (before.token, before.handover) == (None, BEFORE.handover)
    assert re.fullmatch(r"[0-9]{8}", before.code) and read(database, ApplicantKeys(SEALER, OTHERS)).code != before.code
    with database.write() as session:
        assert keyless(session, "", 9) == [CASE]
        kept = KEYS.keep(session, CASE, 1, NOW)
        assert KEYS.keep(session, CASE, 1, NOW) == kept
        assert keyless(session, "", 9) == []
    assert (kept.code, kept.handover) == (before.code, before.handover)
    assert read(database, ApplicantKeys(SEALER, OTHERS)) == kept  # the keys it came from are forgotten


def test_a_number_that_nobody_has_opens_as_much_and_fits_nothing(database, monkeypatch):
    issued(database)
    opened = []
    real = Sealer.open
    monkeypatch.setattr(Sealer, "open", lambda self, *said: opened.append(1) or real(self, *said))
    for case_no in (CASE, TO_COME):
        read(database, case_no=case_no)
        assert len(opened) == 1, case_no
        opened.clear()


def test_another_key_makes_everything_before_worthless(database):
    old = issued(database)
    with database.write() as session:
        new = KEYS.renew(session, CASE, NOW)
    assert all(a != b for a, b in zip(old, new, strict=True)) and read(database) == new
    with database.read() as session:
        assert [KEYS.case_of(session, token) for token in (old.token, new.token)] == [None, CASE]


def test_a_visit_lasts_half_an_hour_or_until_it_is_ended(database):
    def seen(token, at=NOW):
        with database.read() as session:
            return visit_of(session, token, at)

    visit = Visit(CASE, by_code=True)
    with database.write() as session:
        one, two, three = (open_visit(session, visit, NOW) for _ in range(3))
    assert seen(one) == seen(one, NOW + VISIT_LENGTH - timedelta(seconds=1)) == visit
    assert seen(one, NOW + VISIT_LENGTH) is None and seen("x") is None and seen("") is None
    with database.write() as session:
        end_visit(session, one)
    assert (seen(one), seen(two)) == (None, visit)
    with database.write() as session:
        end_visits(session, CASE)
    assert seen(two) is seen(three) is None


def test_visits_that_are_over_go_and_cookies_are_kept_nowhere(database):
    with database.write() as session:
        token = open_visit(session, Visit(CASE, by_code=False), NOW)
    with database.read() as session:
        assert token not in str(session.execute(select(*ApplicantSessionRow.__table__.columns)).one())
    with database.write() as session:
        open_visit(session, Visit(CASE, by_code=False), NOW + VISIT_LENGTH)
    with database.read() as session:
        assert len(session.scalars(select(ApplicantSessionRow)).all()) == 1
