"""One row that cannot be processed stops itself, not the others of its kind."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from domain.errors import CarrierUnavailable, PartnerError
from domain.troubles import Subject
from storage.base import AWAY

log = structlog.get_logger(__name__)

_NOT_THE_ROWS = (*AWAY, PartnerError, CarrierUnavailable)
"""The others would fail alike: the database, the network or the carrier is away."""


class RowFailed(Exception):
    """What went wrong with one row: `subject` says which, `failure` what."""

    def __init__(self, subject: Subject, failure: Exception) -> None:
        super().__init__(subject.key)
        self.subject = subject
        self.failure = failure


class RowIsolation:
    """Goes through rows: `with rows.each(subject): …` for each, `rows.report()` at the end."""

    def __init__(self) -> None:
        self._failed: list[RowFailed] = []

    @contextmanager
    def each(self, subject: Subject) -> Iterator[None]:
        """Log and keep what goes wrong inside, and go on; the block needs a transaction of its own.

        Raises:
            OperationalError, InterfaceError, TimeoutError, PartnerError, CarrierUnavailable: as they come, because
                all other rows would fail alike.
        """
        try:
            yield
        except _NOT_THE_ROWS:
            raise
        except Exception as failure:
            log.error("row_failed", row=subject.key, error=type(failure).__name__, exc_info=failure)
            self._failed.append(RowFailed(subject, failure))

    def report(self) -> None:
        """To be called at the end.

        Raises:
            ExceptionGroup: of RowFailed, where some rows failed.
        """
        if self._failed:
            raise ExceptionGroup("some rows could not be processed", self._failed)
