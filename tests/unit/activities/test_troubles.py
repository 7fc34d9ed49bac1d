"""What may pass by itself, and what a person must hear of."""

import socket

import pydantic
import pytest
import requests
import sqlalchemy.exc as sql
from sqlalchemy import text
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.service import RPCError, RPCStatusCode

from activities.troubles import trouble_of
from domain import errors
from domain.messages import FileOrder
from domain.troubles import REMEDIES, Trouble
from storage.base import Database
from storage.tasks.rows import TaskRow
from tests.borders import nowhere
from tests.sealing import SEALER
from tests.unit.storage.casework import NOW

T = Trouble


def raised(work) -> Exception:
    with pytest.raises(Exception) as caught:
        work()
    return caught.value


def rpc(status: RPCStatusCode) -> RPCError:
    return RPCError("", status, b"")


PASSING = [
    errors.PartnerUnavailable("忙"),
    errors.PartnerResting("稍后", retry_after_s=5),
    errors.AnswerLost("断"),
    errors.PartnerUntrusted("断"),
    errors.CarrierUnavailable("忙"),
    ConnectionResetError(),
    TimeoutError(),
    requests.ConnectionError(),
    requests.ReadTimeout(),
    socket.gaierror(),
    sql.TimeoutError(),
    sql.InterfaceError("", None, Exception()),
    ApplicationError("", type="DEFERRED_OPEN", category=ApplicationErrorCategory.BENIGN),
    *map(rpc, (RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.RESOURCE_EXHAUSTED)),
    ExceptionGroup("", [TimeoutError(), ConnectionError()]),
]
LASTING = [
    (errors.PartnerRefused("不收"), T.REFUSED),
    (errors.CarrierRefused("不收"), T.REFUSED),
    (errors.Misconfigured("X"), T.SETTINGS),
    (errors.NotFound("没有"), T.MISSING_ROW),
    (errors.Conflict("变了"), T.BAD_DATA),
    (sql.NoResultFound(), T.MISSING_ROW),
    (sql.DataError("", None, Exception()), T.BAD_DATA),
    (sql.ProgrammingError("", None, Exception()), T.SCHEMA),
    (LookupError(), T.MISSING_ROW),
    (KeyError("x"), T.MISSING_ROW),
    (ValueError(), T.BAD_DATA),
    (UnicodeDecodeError("utf-8", b"", 0, 1, ""), T.BAD_DATA),
    (TypeError(), T.PROGRAM),
    (AttributeError(), T.PROGRAM),
    (AssertionError(), T.PROGRAM),
    (RecursionError(), T.PROGRAM),
    (FileNotFoundError(), T.FILES),
    (PermissionError(), T.FILES),
    (OSError(28, "no space"), T.FILES),
    (rpc(RPCStatusCode.INVALID_ARGUMENT), T.SERVER),
    (rpc(RPCStatusCode.PERMISSION_DENIED), T.SERVER),
    (ApplicationError("", type="X"), T.PROGRAM),
    (ExceptionGroup("", [TimeoutError(), KeyError()]), T.MISSING_ROW),
]


@pytest.mark.parametrize("failure", PASSING, ids=lambda failure: type(failure).__name__)
def test_what_may_pass_is_waited_for(failure):
    assert trouble_of(failure) is None


@pytest.mark.parametrize(("failure", "trouble"), LASTING, ids=lambda one: type(one).__name__)
def test_what_cannot_pass_says_what_is_the_matter(failure, trouble):
    assert trouble_of(failure) is trouble


def test_a_model_that_does_not_fit():
    assert trouble_of(raised(lambda: FileOrder.model_validate({}))) is T.BAD_DATA
    assert issubclass(pydantic.ValidationError, ValueError)


def test_every_trouble_has_a_remedy():
    assert set(REMEDIES) == set(Trouble)


def test_a_busy_database_passes_and_what_is_wrong_in_it_does_not(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'x.db'}", SEALER)

    def run(statement: str, **values) -> None:
        with database.write() as session:
            session.execute(text(statement), values)

    run("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL)")
    run("INSERT INTO t VALUES (1, 'x')")
    assert trouble_of(raised(lambda: run("INSERT INTO t VALUES (1, 'x')"))) is T.CONFLICTING_ROW
    assert trouble_of(raised(lambda: run("INSERT INTO t VALUES (2, NULL)"))) is T.CONFLICTING_ROW
    assert trouble_of(raised(lambda: run("SELECT * FROM nothing"))) is T.SCHEMA
    assert trouble_of(raised(lambda: run("SELECT c FROM t"))) is T.SCHEMA
    quick = Database(f"sqlite:///{tmp_path / 'x.db'}", SEALER)
    with database.write() as session, quick.engine.connect() as other:
        session.execute(text("INSERT INTO t VALUES (3, 'x')"))
        other.execute(text("PRAGMA busy_timeout=1"))
        assert trouble_of(raised(lambda: other.execute(text("INSERT INTO t VALUES (4, 'x')")))) is None
    naive = TaskRow(id="1", key="k", matter="k", kind="X", owner="x", data={}, opened_at=NOW.replace(tzinfo=None))

    def keep() -> None:
        TaskRow.__table__.create(database.engine)
        with database.write() as session:
            session.add(naive)

    assert trouble_of(raised(keep)) is T.BAD_DATA
    for one in (database, quick):
        one.close()


def test_a_postgresql_that_is_away_passes_and_what_is_wrong_in_it_does_not(postgresql_url):
    database = Database(postgresql_url, SEALER)

    def run(statement: str) -> None:
        with database.write() as session:
            session.execute(text(statement))

    run("CREATE TABLE t (a INTEGER PRIMARY KEY, b VARCHAR(2))")
    run("INSERT INTO t VALUES (1, 'x')")
    assert trouble_of(raised(lambda: run("INSERT INTO t VALUES (1, 'x')"))) is T.CONFLICTING_ROW
    assert trouble_of(raised(lambda: run("INSERT INTO t VALUES (2, 'xxx')"))) is T.BAD_DATA
    assert trouble_of(raised(lambda: run("SELECT * FROM nothing"))) is T.SCHEMA
    assert trouble_of(raised(lambda: run("SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)"))) is None
    assert trouble_of(raised(lambda: run("SELECT pg_terminate_backend(pg_backend_pid())"))) is None
    database.close()
    away = Database(f"postgresql+psycopg://nobody@127.0.0.1:{nowhere()}/nothing", SEALER)
    assert trouble_of(raised(lambda: away.read().__enter__().execute(text("SELECT 1")))) is None
    away.close()
