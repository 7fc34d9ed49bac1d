"""What is kept of second factors: each code once, also of two at once, on both databases; and what a reset takes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from domain.one_time import code_at, step_of
from domain.terms import Role
from domain.units import FIRST_UNIT
from storage.people.certificates import bind, bound_to, release
from storage.people.factors import factors_of, reset_factors
from storage.people.one_time import (
    begin,
    confirm,
    keep_recovery_codes,
    new_recovery_codes,
    recovery_codes_left,
    use_code,
    use_recovery_code,
)
from storage.people.passwords import hashed
from storage.people.provided import Provided, end_sessions_of, name_for, provide, subject_digest
from storage.people.security_keys import Ceremony, SecurityKeyRow, add_key, ask, take_challenge, use_key
from storage.people.spent import spend
from storage.people.users import UserRow, put_user
from storage.sealing import Sealer

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
SEALER = Sealer({"s1": bytes(32)})
KEY = bytes(range(32))
NOBODYS = hashed("nobody's")


@pytest.fixture
def people(database):
    with database.write() as session:
        put_user(session, "clerk", Role.CLERK, NOBODYS, FIRST_UNIT[Role.CLERK])
        put_user(session, "officer", Role.OFFICER, NOBODYS, FIRST_UNIT[Role.OFFICER])
    return database


def bound_app(people, name="clerk"):
    with people.write() as session:
        secret = begin(session, SEALER, name)
        assert confirm(session, SEALER, name, code_at(secret, step_of(NOW) - 1), NOW)
    return secret


def at_once(people, work, times=8):
    def one(_):
        with people.write() as session:
            return work(session)

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(one, range(times)))


def test_of_many_at_once_one_takes_a_code(people):
    typed = code_at(bound_app(people), step_of(NOW))
    assert sum(at_once(people, lambda s: use_code(s, SEALER, "clerk", typed, NOW))) == 1


def test_of_many_at_once_one_takes_a_recovery_code(people):
    made = new_recovery_codes(KEY, "clerk")
    with people.write() as session:
        keep_recovery_codes(session, "clerk", made.digests)
    assert sum(at_once(people, lambda s: use_recovery_code(s, KEY, "clerk", made.shown[0]))) == 1
    with people.read() as session:
        assert recovery_codes_left(session, "clerk") == 9


def test_of_many_at_once_one_answers_a_question(people):
    until = NOW + timedelta(minutes=5)
    assert sum(at_once(people, lambda s: spend(s, "a" * 64, NOW, until))) == 1
    with people.write() as session:
        assert spend(session, "b" * 64, until + timedelta(seconds=1), until + timedelta(minutes=5))
        assert spend(session, "a" * 64, until + timedelta(seconds=1), until), "what is over was forgotten"


def test_recovery_codes_depend_on_account_and_key(people):
    made = new_recovery_codes(KEY, "clerk")
    with people.write() as session:
        keep_recovery_codes(session, "clerk", made.digests)
        assert not use_recovery_code(session, KEY, "officer", made.shown[0])
        assert not use_recovery_code(session, bytes(32), "clerk", made.shown[0])
        assert use_recovery_code(session, KEY, "clerk", made.shown[0])


def test_an_app_counts_once_it_is_confirmed(people):
    with people.write() as session:
        secret = begin(session, SEALER, "clerk")
        assert not factors_of(session, "clerk").any
        assert not use_code(session, SEALER, "clerk", code_at(secret, step_of(NOW)), NOW)
        assert not confirm(session, SEALER, "clerk", "000000", NOW)
        assert not confirm(session, SEALER, "officer", code_at(secret, step_of(NOW)), NOW)
        assert confirm(session, SEALER, "clerk", code_at(secret, step_of(NOW)), NOW)
        assert factors_of(session, "clerk").app
        assert begin(session, SEALER, "clerk") is None


def key_row(name="clerk", key_id="a" * 64):
    more = {"credential_id": b"c", "public_key": b"p", "sign_count": 0, "added_at": NOW}
    return SecurityKeyRow(key_id=key_id, username=name, name="U盾", **more)


def test_of_two_with_the_same_counter_one_is_noted(people):
    with people.write() as session:
        assert add_key(session, key_row())
    assert sum(at_once(people, lambda s: use_key(s, "a" * 64, 0, 1, NOW))) == 1


def test_a_challenge_is_taken_once_by_its_session_for_its_ceremony(people):
    with people.write() as session:
        ask(session, "l" * 64, Ceremony.ANSWER, b"first", NOW)
        ask(session, "l" * 64, Ceremony.ANSWER, b"second", NOW)
        assert take_challenge(session, "l" * 64, Ceremony.REGISTER, NOW) is None
        assert take_challenge(session, "m" * 64, Ceremony.ANSWER, NOW) is None
        assert take_challenge(session, "l" * 64, Ceremony.ANSWER, NOW) == b"second"
        assert take_challenge(session, "l" * 64, Ceremony.ANSWER, NOW) is None
        ask(session, "l" * 64, Ceremony.ANSWER, b"third", NOW)
        assert take_challenge(session, "l" * 64, Ceremony.ANSWER, NOW + timedelta(minutes=5)) is None


def test_a_reset_takes_everything_of_one_account(people):
    bound_app(people)
    bound_app(people, "officer")
    with people.write() as session:
        add_key(session, key_row())
        keep_recovery_codes(session, "clerk", new_recovery_codes(KEY, "clerk").digests)
        reset_factors(session, "clerk")
        assert not factors_of(session, "clerk").any and recovery_codes_left(session, "clerk") == 0
        assert factors_of(session, "officer").app


def test_a_certificate_is_one_account_s(people):
    with people.write() as session:
        assert bind(session, "clerk", "c" * 64, "f" * 64, NOW)
        assert bind(session, "clerk", "c" * 64, "f" * 64, NOW)
        assert not bind(session, "officer", "c" * 64, "f" * 64, NOW)
        assert bound_to(session, "c" * 64).username == "clerk"
        assert release(session, "clerk") == 1
        assert bound_to(session, "c" * 64) is None


def test_two_providers_may_call_different_people_alike(people):
    issuers = ("https://a.example", "https://b.example")
    with people.write() as session:
        names = [
            provide(session, Provided(subject_digest(one, "li"), Role.CLERK, ""), name_for(one, "li"), NOBODYS, NOW)
            for one in issuers
        ]
    assert names[0] == "oidc:li" and names[1] != names[0]
    with people.read() as session:
        assert session.get_one(UserRow, names[1]).role == Role.CLERK


def test_a_log_out_of_somebody_unknown_is_nothing(people):
    with people.write() as session:
        assert end_sessions_of(session, "a" * 64) is None
