"""Outside the sandbox nothing starts while somebody could come in by a password that we have printed."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from domain.errors import Misconfigured
from domain.terms import Role
from domain.units import FIRST_UNIT
from runtime import printed_passwords
from runtime.printed_passwords import refuse_printed_passwords, with_printed_password
from storage.base import Database
from storage.migrating import migrate
from storage.people.passwords import hashed
from storage.people.users import UserRow, put_user
from tests.borders import nobodys_ports, nowhere
from tests.unit.house.pages import HOUSE
from tests.unit.runtime.test_settings import REAL

DEMO = hashed("demo")


@pytest.fixture
def tried(make_settings):
    """A database that was tried first: one user per role, all with the demo password."""
    settings = make_settings(demo_users="1")
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_url)
    migrate(database.engine)
    with database.write() as session:
        for role in Role:
            put_user(session, role.value, role, DEMO, FIRST_UNIT[role])
    yield settings, database
    database.close()


def real(settings):
    return settings.model_copy(update={"sandbox": False, "demo_users": False})


def test_in_the_sandbox_it_runs_by_itself(tried):
    refuse_printed_passwords(*tried)


def test_outside_it_names_the_accounts_and_what_mends_it(tried):
    settings, database = tried
    with pytest.raises(Misconfigured) as refused:
        refuse_printed_passwords(real(settings), database)
    for role in Role:
        assert role.value in refused.value.sentence
    assert "kuayu user disable auditor clerk" in refused.value.sentence
    assert "kuayu user passwd" in refused.value.sentence


def test_whoever_is_closed_or_has_another_password_is_not_named(tried):
    settings, database = tried
    with database.write() as session:
        for role in Role:
            user = session.get_one(UserRow, role.value)
            user.active = role in (Role.CLERK, Role.OFFICER)
        session.get_one(UserRow, "officer").password = hashed("nine blue kettles")
        put_user(session, "renamed", Role.OPERATOR, hashed("demo"), FIRST_UNIT[Role.OPERATOR])
    assert with_printed_password(database) == ["clerk", "renamed"]
    with database.write() as session:
        for name in ("clerk", "renamed"):
            session.get_one(UserRow, name).active = False
    refuse_printed_passwords(real(settings), database)


def test_an_old_kind_of_hash_is_known_too(tried):
    _, database = tried
    salt = bytes(16)
    scrypt = hashlib.scrypt(b"demo", salt=salt, n=2**14, r=8, p=1).hex()
    with database.write() as session:
        for role in Role:
            session.get_one(UserRow, role.value).active = role is Role.CLERK
        session.get_one(UserRow, "clerk").password = f"{salt.hex()}${scrypt}"
    assert with_printed_password(database) == ["clerk"]


def test_a_hash_is_looked_at_once_and_a_vetted_account_not_at_all(tried, monkeypatch):
    settings, database = tried
    looked = []
    monkeypatch.setattr(printed_passwords, "_is_printed", lambda stored: looked.append(stored) or False)
    refuse_printed_passwords(real(settings), database)
    assert looked == [DEMO], "one hash for all of them"
    with database.write() as session:
        for role in Role:
            session.get_one(UserRow, role.value).vetted = True
    looked.clear()
    refuse_printed_passwords(real(settings), database)
    assert looked == []


def test_a_database_that_cannot_be_asked_is_no_reason_to_stay_down(make_settings):
    settings = make_settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_url)
    refuse_printed_passwords(real(settings), database)
    database.close()


@pytest.mark.parametrize("command", ["web", "worker"])
def test_neither_process_starts(tried, command):
    """As an operator starts it, with real addresses on the database that was tried."""
    settings, _ = tried
    program = str(Path(sys.executable).with_name("kuayu"))
    environment = {**REAL, "DATA_DIR": str(settings.data_dir), "SANDBOX": "0", "PORT": str(settings.port)}
    environment |= {name.upper(): str(port) for name, port in nobodys_ports().items()}
    environment |= {"TEMPORAL_ADDRESS": f"127.0.0.1:{nowhere()}", "PATH": "/usr/bin:/bin", "PYTHONPATH": str(HOUSE)}
    ran = subprocess.run(
        [program, command], env=environment, cwd=settings.data_dir, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 1
    assert "不能启动" in ran.stderr and "operator" in ran.stderr
    assert "Traceback" not in ran.stderr
