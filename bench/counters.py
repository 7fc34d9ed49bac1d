"""What PostgreSQL counts by itself: statements, commits and bytes, per database."""

from collections import Counter

import psycopg

LOOKER = "looker"
"""Who looks on from outside: what this role asks is nobody's cost."""
OPTIONS = ("shared_buffers=512MB", "max_wal_size=4GB", "shared_preload_libraries=pg_stat_statements")
_COUNTED = """
SELECT d.datname, coalesce(sum(s.calls) FILTER (WHERE s.query !~* '^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)'), 0),
       coalesce(sum(s.calls) FILTER (WHERE s.query ~* '^COMMIT'), 0), pg_database_size(d.oid)
  FROM pg_database d LEFT JOIN pg_stat_statements s
    ON s.dbid = d.oid AND s.userid <> (SELECT oid FROM pg_roles WHERE rolname = %s)
 WHERE d.datname = ANY(%s) GROUP BY d.oid, d.datname
"""


def prepare(postgresql: str) -> str:
    """Count from now on; the maintenance database's URL for the looker."""
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION pg_stat_statements")
        connection.execute(f"CREATE ROLE {LOOKER} SUPERUSER LOGIN")
    return as_looker(postgresql)


def as_looker(url: str) -> str:
    """The same database for the looker."""
    head, _, where = url.partition("@")
    return f"{head.rpartition('/')[0]}/{LOOKER}@{where}"


class Counters:
    """Counts so far: `{name} statements`, `{name} commits`, `{name} bytes` for each database that is named."""

    def __init__(self, looker: str, databases: dict[str, str]) -> None:
        self._looker, self._databases = looker, databases

    def __call__(self) -> Counter[str]:
        with psycopg.connect(self._looker) as connection:
            rows = connection.execute(_COUNTED, (LOOKER, list(self._databases))).fetchall()
        found: Counter[str] = Counter()
        for database, statements, commits, size in rows:
            name = self._databases[database]
            found[f"{name} statements"] += int(statements)
            found[f"{name} commits"] += int(commits)
            found[f"{name} bytes"] += int(size)
        return found
