"""People come in with their password and go out for good."""

import hashlib
from datetime import timedelta

import argon2
import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select

from domain.people import SESSION_LENGTH, Idle, SessionStage
from domain.terms import Role
from domain.units import FIRST_UNIT
from storage.people.passwords import hashed, verify
from storage.people.sessions import LoginRow, log_out, login_id, open_session, who, who_holds
from storage.people.users import UserRow, password_of, put_user
from tests.unit.storage.casework import NOW


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


GEHEIM = hashed("geheim")
SCRYPT_OF_GEHEIM = (  # as releases before Argon2 stored it
    "000102030405060708090a0b0c0d0e0f$"
    "428fb0f1f1a3d32de45b17215afed0c01f327ec96d80b1823cafab90ef125738"
    "57cc0bb1c20bac03733b2420944fb337fd0d405f67a6ef47136b3d5a35a220f1"
)
WEAKER = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash("geheim")


def log_in(database, name, password, now, meanwhile=lambda: None):
    """As the web process does it: no transaction is open while a hash is computed."""
    with database.read() as session:
        stored = password_of(session, name)
    verdict = verify(stored, password)
    meanwhile()
    if not verdict.right:
        return None
    renewed = hashed(password) if verdict.outdated else None
    with database.write() as session:
        return open_session(session, name, stored, renewed, now, idle=Idle(desk=SESSION_LENGTH))


@pytest.fixture
def clerk(database):
    with database.write() as session:
        put_user(session, "clerk", Role.CLERK, GEHEIM, FIRST_UNIT[Role.CLERK])
    return database


def stored(database):
    with database.read() as session:
        return session.get_one(UserRow, "clerk").password


def test_in_and_out(clerk):
    token, role, stage = log_in(clerk, "clerk", "geheim", NOW)
    assert (role, stage) == (Role.CLERK, SessionStage.OPEN)
    with clerk.write() as session:
        person = who(session, token, NOW)
        assert (person.username, person.role) == ("clerk", Role.CLERK)
        log_out(session, token)
        log_out(session, token)
    with clerk.read() as session:
        assert who(session, token, NOW) is None


@pytest.mark.parametrize(("name", "password"), [("clerk", "geheim "), ("clerk", ""), ("nobody", "geheim"), ("", "")])
def test_who_does_not_come_in(clerk, name, password):
    assert log_in(clerk, name, password, NOW) is None
    with clerk.read() as session:
        assert session.scalars(select(LoginRow)).all() == []
    assert stored(clerk) == GEHEIM


def test_a_session_ends_and_a_closed_account_ends_it(clerk):
    token, *_ = log_in(clerk, "clerk", "geheim", NOW)
    with clerk.write() as session:
        assert who(session, token, NOW + SESSION_LENGTH) is None
        assert who(session, token, NOW) is not None
        session.get_one(UserRow, "clerk").active = False
    with clerk.read() as session:
        assert who(session, token, NOW) is None
    assert log_in(clerk, "clerk", "geheim", NOW) is None


def test_which_logins_hold_is_told_for_many_at_once(clerk):
    early, late, out = (log_in(clerk, "clerk", "geheim", NOW + timedelta(hours=h))[0] for h in (0, 2, 2))
    with clerk.write() as session:
        log_out(session, out)
    asked = [login_id(token) for token in (early, late, out)]
    with clerk.read() as session:
        assert who_holds(session, asked, NOW) == {login_id(early): Role.CLERK, login_id(late): Role.CLERK}
        assert who_holds(session, asked, NOW + SESSION_LENGTH) == {login_id(late): Role.CLERK}
        assert who_holds(session, asked[:1], NOW) == {login_id(early): Role.CLERK}
    with clerk.write() as session:
        session.get_one(UserRow, "clerk").active = False
        assert who_holds(session, asked, NOW) == {}


def test_neither_password_nor_token_is_stored(clerk):
    token, *_ = log_in(clerk, "clerk", "geheim", NOW)
    with clerk.write() as session:
        put_user(session, "second", Role.CLERK, hashed("geheim"), FIRST_UNIT[Role.CLERK])
    with clerk.read() as session:
        assert session.scalar(select(LoginRow.token_sha256)) == sha(token.encode())
        hashes = set(session.scalars(select(UserRow.password)))
    assert len(hashes) == 2
    assert all(each.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for each in hashes)
    assert not any("geheim" in each for each in hashes)


@pytest.mark.parametrize("old", [SCRYPT_OF_GEHEIM, WEAKER], ids=["scrypt", "other parameters"])
def test_an_old_hash_is_renewed_by_the_right_password_only(clerk, old):
    with clerk.write() as session:
        session.get_one(UserRow, "clerk").password = old
    assert log_in(clerk, "clerk", "wrong", NOW) is None
    assert stored(clerk) == old
    assert log_in(clerk, "clerk", "geheim", NOW) is not None
    renewed = stored(clerk)
    assert renewed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert log_in(clerk, "clerk", "wrong", NOW) is None
    assert log_in(clerk, "clerk", "geheim", NOW) is not None
    assert stored(clerk) == renewed


@pytest.mark.parametrize("change", [{"password": hashed("another")}, {"active": False}], ids=["password", "account"])
def test_what_changed_while_we_hashed_counts(clerk, change):
    def meanwhile():
        with clerk.write() as session:
            for name, value in change.items():
                setattr(session.get_one(UserRow, "clerk"), name, value)

    assert log_in(clerk, "clerk", "geheim", NOW, meanwhile) is None


def test_an_unknown_name_costs_a_whole_hash(clerk, monkeypatch):
    """Delivery by what is computed, not by the clock: for a wrong password and an unknown name the same."""
    computed = []
    original = argon2.low_level.verify_secret
    monkeypatch.setattr("argon2._password_hasher.verify_secret", lambda h, *a: computed.append(h) or original(h, *a))
    log_in(clerk, "clerk", "wrong", NOW)
    log_in(clerk, "nobody", "wrong", NOW)
    known, unknown = (argon2.extract_parameters(each.decode()) for each in computed)
    assert known == unknown


def login(token_sha256, ends):
    times = {"opened_at": NOW, "seen_at": NOW, "expires_at": ends, "latest_at": ends}
    return LoginRow(token_sha256=token_sha256, username="clerk", **times)


def test_expired_logins_are_removed_with_the_next_login_some_at_a_time(clerk):
    with clerk.write() as session:
        for number in range(250):
            session.add(login(f"{number:064d}", NOW - timedelta(number + 1)))
        session.add(login("f" * 64, NOW + timedelta(minutes=1)))

    def left():
        with clerk.read() as session:
            return session.scalar(select(func.count()).select_from(LoginRow).where(LoginRow.expires_at <= NOW))

    counts = []
    for _ in range(3):
        assert log_in(clerk, "clerk", "geheim", NOW) is not None
        counts.append(left())
    assert counts == [150, 50, 0]
    assert log_in(clerk, "clerk", "wrong", NOW) is None
    with clerk.read() as session:
        assert session.get(LoginRow, "f" * 64) is not None
