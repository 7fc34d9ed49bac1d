"""The database: one declarative base, UTC times, and two kinds of transaction.

SQLite (a file, write-ahead journal) by default, PostgreSQL by DATABASE_URL. On SQLite a writing
transaction takes the write lock at once (BEGIN IMMEDIATE), so two writers queue instead of failing
halfway; on PostgreSQL rows are locked with FOR UPDATE.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Any

from sqlalchemy import JSON, ColumnElement, DateTime, Engine, MetaData, Row, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from storage.case_keyring import KeysOfCases
from storage.owning import own_changed, own_new, owned
from storage.sealed_types import hang, sealer_of
from storage.sealing import Sealer

AWAY = (OperationalError, InterfaceError, NoConnection)
"""The database is away or busy: whatever was asked of it would have failed alike."""

_WRITE = "kuayu_write"
_READING: dict[str, Any] = {
    "isolation_level": "AUTOCOMMIT",
    "connect_args": {"options": "-c default_transaction_read_only=on"},
}
"""Of PostgreSQL's connections for reading: at READ COMMITTED a transaction around them would promise nothing more."""
_BRIEFLY: dict[str, Any] = {"connect_args": {"options": "-c lock_timeout=500"}}
_TRUSTED_S = 1.0
"""A connection that was used so lately is not asked whether it is still there, which would be a statement each time."""
_Returned = InstrumentedAttribute[Any] | ColumnElement[Any]

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, stored in UTC; None stays None."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: the same moment in UTC.

        Raises:
            TypeError: the time has no offset, which is a mistake of the caller's.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("a time without an offset must not reach the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database: aware, in UTC; SQLite gives times back without their offset."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base of every table: a `datetime` is stored by `UtcDateTime`, a dict or list as JSON.

    Constraints and indexes are named by `NAMING`, so that migrations can name them on both databases.
    """

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON}


event.listen(Base, "before_insert", own_new, propagate=True)
event.listen(Base, "before_update", own_changed, propagate=True)


class Database:
    """The database at `url` (SQLAlchemy's form); one per process, safe for many threads.

    `sealer`: of our own keys, for the columns that seal and whoever asks for `sealer`, which has the keys of cases too.

    Reads and writes have connections of their own: a read inside a write would else wait for a connection that is
    held by a writer who waits for this very write. Rows stay readable after the end of their session.
    """

    def __init__(self, url: str, sealer: Sealer | None = None) -> None:
        self.engine = _engine(url)
        self._reading = _engine(url, how=_READING, reading=True)
        self._read = sessionmaker(self._reading, expire_on_commit=False)
        aside, brief = _engine(url, connections=1), _engine(url, connections=2, how=_BRIEFLY)
        # Connections of their own: a key is looked for while its value's reader or writer holds one.
        self._keys = _engine(url, connections=2, how=_READING, reading=True)
        if sealer is not None:
            bound = sealer.over(lambda ours: KeysOfCases(self._keys, ours))
            for engine in (self.engine, self._reading, aside, brief):
                hang(engine.dialect, bound)
        self._aside = sessionmaker(aside)
        together = brief.execution_options(**{_WRITE: True})
        self._together = sessionmaker(together, expire_on_commit=False)
        self._write = sessionmaker(self.engine.execution_options(**{_WRITE: True}), expire_on_commit=False)
        self.last_words: Callable[[Session], None] = lambda _session: None
        """Called at the end of each writing transaction that has not failed, within it; set once, by the process."""

    @property
    def sealer(self) -> Sealer:
        """What seals and opens here, with the keys of cases.

        Raises:
            Misconfigured: it was opened without keys.
        """
        return sealer_of(self.engine.dialect)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading, which blocks no writer; nothing can be changed in it.

        PostgreSQL: each statement sees what is committed when it begins, and needs no BEGIN and ROLLBACK around it.
        """
        with self._read() as session:
            yield session

    @contextmanager
    def read_one_moment(self) -> Iterator[Session]:
        """A session for reading that sees the database as it is at its first statement; for what is read in pieces."""
        with self._read() as session:
            if self._reading.dialect.name != "sqlite":  # there each transaction does
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session in a writing transaction: committed when the block ends, rolled back when it raises.

        SQLite: holds the one write lock from the start.

        Raises:
            OperationalError: the lock was not free within 30 s (SQLite), or the database is away.
        """
        with self.write_plainly() as session:
            yield session
            self.last_words(session)

    @contextmanager
    def write_plainly(self) -> Iterator[Session]:
        """As `write`, without the last words; for who has said them."""
        with self._write.begin() as session:
            yield session

    @contextmanager
    def write_aside(self) -> Iterator[Session]:
        """As `write`, for a moment, on a connection of its own; for a caller who may be within `write` already.

        Not on SQLite, where two writers wait for each other.
        """
        with self._aside.begin() as session:
            yield session

    @contextmanager
    def write_together(self) -> Iterator[Session]:
        """As `write`, for what many have gathered: waits for half a second at most for a row that somebody holds.

        Raises:
            OperationalError: besides, after that half second (PostgreSQL): each may be written by itself then.
        """
        with self._together.begin() as session:
            yield session

    def close(self) -> None:
        """Close the pooled connections of every kind; for the end of a process."""
        self.engine.dispose()
        self._reading.dispose()
        self._keys.dispose()
        self._aside.kw["bind"].dispose()
        self._together.kw["bind"].dispose()


def insert_new(session: Session, table: type[Base], values: Mapping[str, Any]) -> bool:
    """Insert one row in one statement; False and no effect where a unique key of it is taken already.

    Of two at once the second waits for the end of the first one's transaction.
    """
    return bool(insert_all_new(session, table, [values], *table.__table__.primary_key))


def insert_all_new(
    session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]], *returned: _Returned
) -> list[Row[*tuple[Any, ...]]]:
    """Insert rows in one statement but for those of which a unique key is taken; `returned` of those inserted.

    All rows have the same members. What the session holds is written before, as for any other statement.
    """
    if session.autoflush:
        session.flush()
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    columns = table.__table__.c
    # Rows beside the statement: with them in it, it would be compiled anew each time.
    added = dialect.insert(table.__table__).on_conflict_do_nothing()
    told = added.returning(*(columns[str(one.key)] for one in returned))
    return list(session.execute(told, owned(table, rows)).all())


def _engine(url: str, *, how: Mapping[str, Any] | None = None, reading: bool = False, connections: int = 10) -> Engine:
    """The text of an error says which statement failed, never with which values: it goes into logs.

    `how`: of PostgreSQL's connections.
    """
    if not url.startswith("sqlite"):
        engine = create_engine(
            url,
            pool_size=connections,
            max_overflow=10,
            pool_use_lifo=True,
            hide_parameters=True,
            **(how or {}),
        )
        event.listen(engine, "connect", _postgresql_connected)
        event.listen(engine, "checkout", partial(_still_there, engine.dialect))
        event.listen(engine, "checkin", _given_back)
        return engine
    connect = {"timeout": 30, "check_same_thread": False}
    engine = create_engine(url, connect_args=connect, pool_size=20, hide_parameters=True)
    event.listen(engine, "connect", _sqlite_connected)
    event.listen(engine, "begin", _sqlite_begin)
    if reading:
        event.listen(engine, "connect", _sqlite_only_reads)
    return engine


def _postgresql_connected(connection: Any, _record: Any) -> None:
    connection.execute("SET jit = off")  # compiling a report's query takes longer than the report
    connection.commit()


def _given_back(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["used"] = monotonic()


def _still_there(dialect: Dialect, connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
    """Ask a connection that has lain idle; one that is gone is taken out, with all that are as old, for a new one."""
    used = record.info.get("used")
    if used is None or monotonic() - used < _TRUSTED_S:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as gone:
        raise InvalidatePoolError from gone


def _sqlite_connected(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_only_reads(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA query_only=ON").close()


def _sqlite_begin(connection: Connection) -> None:
    write = connection.get_execution_options().get(_WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
