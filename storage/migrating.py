"""Bringing a database to the newest form (Alembic); the same on SQLite and PostgreSQL."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

_FOLDER = Path(__file__).parent / "migrations"


def _config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["engine"] = engine
    return config


def migrate(engine: Engine) -> None:
    """Upgrade the database to the newest revision; nothing happens when it is there.

    What a step has taken out of a table is not left in SQLite's journal either.
    """
    command.upgrade(_config(engine), "head")
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")  # the pool's BEGIN: a journal is not emptied within a transaction
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def standing(engine: Engine) -> tuple[str | None, str | None]:
    """(Revision of the database, newest revision of the code); the first is None where there are no tables."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current, ScriptDirectory.from_config(_config(engine)).get_current_head()
