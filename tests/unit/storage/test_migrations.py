"""The migrations bring up, on both databases, exactly what the code declares; and take nothing away when repeated."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from storage.cases.rows import CaseRow
from storage.migrating import migrate, standing
from storage.tables import metadata
from tests.unit.storage.casework import CASE, register


def test_what_is_migrated_is_what_the_code_declares(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    assert set(inspect(database.engine).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_it_stands_at_the_newest_and_again_changes_nothing(database):
    current, newest = standing(database.engine)
    assert current == newest is not None
    register(database)
    migrate(database.engine)
    with database.read() as session:
        assert session.get(CaseRow, CASE) is not None


def test_times_come_back_aware_and_equal_whatever_their_offset(database):
    register(database)
    at = datetime(2026, 11, 23, 23, 30, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    with database.write() as session:
        session.get_one(CaseRow, CASE).collected_at = at
    with database.read() as session:
        back = session.get_one(CaseRow, CASE).collected_at
    assert back == at
    assert back.tzinfo is UTC


def test_a_time_without_an_offset_does_not_get_in(database):
    register(database)
    with pytest.raises(Exception, match="without an offset"), database.write() as session:
        session.get_one(CaseRow, CASE).collected_at = datetime(2026, 11, 23)  # noqa: DTZ001
        session.flush()


def test_a_failed_write_leaves_nothing(database):
    register(database)
    with pytest.raises(ZeroDivisionError), database.write() as session:
        session.get_one(CaseRow, CASE).version = 7
        session.flush()
        _ = 1 / 0
    with database.read() as session:
        assert session.get_one(CaseRow, CASE).version == 0
