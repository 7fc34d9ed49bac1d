"""Writing very many synthetic cases quickly: bulk inserts, table by table, two thousand cases at once."""

from collections import defaultdict
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table, create_engine, insert, text

from bench.growth.cases import rows
from storage.base import Base, Database
from storage.owning import owned
from storage.sealing import Sealer

_AT_ONCE: Final = 2_000


def fill(database: Database, sealer: Sealer, count: int, key: bytes) -> None:
    """Write `count` cases with all that belongs to them, and let the database look at what it has.

    `key`: of the hashes by which a search finds cases (`runtime.container:face_key`).
    """
    for start in range(0, count, _AT_ONCE):
        made: dict[type[Base], list[dict[str, Any]]] = defaultdict(list)
        for serial in range(start, min(start + _AT_ONCE, count)):
            for kind, values in rows(serial, count, sealer, key):
                made[kind].append(values)
        with database.write() as session:
            for kind, some in made.items():
                table: Table = kind.__table__
                session.execute(insert(table), owned(kind, some))
    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("VACUUM ANALYZE"))


def stored_bytes(folder: Path, url: str | None) -> int:
    """What the database takes: SQLite's files in `folder`, or what PostgreSQL says of the one at `url`."""
    if url is None:
        return sum(file.stat().st_size for file in folder.glob("*.db*"))
    with create_engine(url).connect() as connection:
        return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
