"""Which failures may pass by themselves, and which can't: then a person must know.

May pass: a database, store, network, carrier or server that is away, busy or slow, and a step that waits for people.
"""

import socket
import sqlite3
from typing import Final

import requests
from pydantic import ValidationError
from sqlalchemy import exc as sql
from sqlalchemy.orm.exc import StaleDataError
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.service import RPCError, RPCStatusCode

from domain.errors import (
    BadInput,
    CarrierRefused,
    CarrierUnavailable,
    LicenceOfficeAway,
    Misconfigured,
    NotFound,
    PartnerError,
    PartnerRefused,
    ServiceUnavailable,
)
from domain.troubles import Trouble

_SERVER_AWAY: Final = frozenset(
    {
        RPCStatusCode.ABORTED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.INTERNAL,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.UNKNOWN,
    }
)
_SQLITE_BUSY: Final = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_PROTOCOL}
)
_POSTGRESQL_AWAY: Final = ("08", "25", "40", "53", "55", "57", "58")
"""Classes of SQLSTATE: connection, transaction state, rollback, resources, not in state, intervention, system."""

_TROUBLES: Final[tuple[tuple[type[Exception], Trouble], ...]] = (
    (Misconfigured, Trouble.SETTINGS),
    (PartnerRefused, Trouble.REFUSED),
    (CarrierRefused, Trouble.REFUSED),
    (NotFound, Trouble.MISSING_ROW),
    (BadInput, Trouble.BAD_DATA),
    (sql.IntegrityError, Trouble.CONFLICTING_ROW),
    (sql.MultipleResultsFound, Trouble.CONFLICTING_ROW),
    (StaleDataError, Trouble.CONFLICTING_ROW),
    (sql.NoResultFound, Trouble.MISSING_ROW),
    (sql.DataError, Trouble.BAD_DATA),
    (sql.StatementError, Trouble.SCHEMA),  # ProgrammingError and what else the statement can't do
    (ValidationError, Trouble.BAD_DATA),
    (LookupError, Trouble.MISSING_ROW),
    (ValueError, Trouble.BAD_DATA),
    (RPCError, Trouble.SERVER),
    (OSError, Trouble.FILES),
)
"""The first that fits."""


def trouble_of(failure: BaseException) -> Trouble | None:
    """Why a failure can't pass by itself; None for what may. Of a group the first that can't."""
    if isinstance(failure, BaseExceptionGroup):
        return next((trouble for one in failure.exceptions if (trouble := trouble_of(one)) is not None), None)
    if _may_pass(failure):
        return None
    if isinstance(failure, sql.StatementError) and isinstance(failure.orig, (TypeError, ValueError)):
        return Trouble.BAD_DATA  # the statement was never sent: a value did not fit its column
    return next((trouble for kind, trouble in _TROUBLES if isinstance(failure, kind)), Trouble.PROGRAM)


def _may_pass(failure: BaseException) -> bool:
    match failure:
        case PartnerRefused():
            return False
        case PartnerError() | CarrierUnavailable() | LicenceOfficeAway() | ServiceUnavailable() | sql.TimeoutError():
            return True
        case ConnectionError() | TimeoutError() | socket.gaierror() | requests.RequestException():
            return not isinstance(failure, ValueError)  # an address that is none comes as one of these
        case ApplicationError():
            return failure.category is ApplicationErrorCategory.BENIGN
        case RPCError():
            return failure.status in _SERVER_AWAY
        case sql.InterfaceError():
            return True
        case sql.DBAPIError() if failure.connection_invalidated:
            return True
        case sql.OperationalError():
            return _is_away(failure)
        case _:
            return False


def _is_away(failure: sql.OperationalError) -> bool:
    """Both databases call nearly everything operational, also a table that is not there."""
    if isinstance(failure.orig, sqlite3.OperationalError):
        code = getattr(failure.orig, "sqlite_errorcode", sqlite3.SQLITE_BUSY)
        return code & 0xFF in _SQLITE_BUSY
    state = getattr(failure.orig, "sqlstate", None)  # None: no server has answered
    return state is None or str(state).startswith(_POSTGRESQL_AWAY)
