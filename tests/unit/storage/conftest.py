"""Every storage test runs on both databases, brought up by the product's own migrations."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Table, text

from parcels.units import seed_units
from storage.base import Database
from storage.exchange.inbox import Inbox
from storage.migrating import migrate
from storage.tables import metadata
from tests.postgresql import fresh_database
from tests.unit.storage.casework import SEALER


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "kuayu.db"
    opened = Database(f"sqlite:///{path}", SEALER)
    migrate(opened.engine)
    opened.close()
    return path


@pytest.fixture(scope="session")
def migrated_server(postgresql: str) -> Iterator[Database]:
    """One for all tests: emptied before each, which is much faster than a copy."""
    opened = Database(fresh_database(postgresql), SEALER)
    migrate(opened.engine)
    yield opened
    opened.close()


def _kept() -> list[Table]:
    return [table for table in metadata.sorted_tables if table.name.startswith("audit_")]


def _others() -> list[Table]:
    return [table for table in reversed(metadata.sorted_tables) if table not in _kept()]


def _emptied(database: Database) -> Database:
    with database.write() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))  # the audit trail lets nobody remove it
        for table in _kept():
            session.execute(table.delete())
    with database.write() as session:
        counts = (metadata.tables[name] for name in ("tally", "month_sum"))  # what is deleted is counted too
        for table in (*_others(), *counts):
            session.execute(table.delete())
        seed_units(session, ())  # as the migration leaves them
    keys = database.sealer.cases  # of the test before, whose cases had the same numbers
    keys._by_kid.clear()
    keys._current.clear()
    return database


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "postgresql":
        yield _emptied(request.getfixturevalue("migrated_server"))
        return
    path = tmp_path / "kuayu.db"
    shutil.copy(request.getfixturevalue("migrated_file"), path)
    opened = Database(f"sqlite:///{path}", SEALER)
    yield opened
    opened.close()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox(SEALER)
