"""The district's lists as this process sees them now: catalogue, agreements, calendar and the search over the items."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import NamedTuple

from catalog.agreements import Agreements
from catalog.model import Catalogue
from catalog.search import SearchIndex
from catalog.workdays import WorkdayCalendar
from storage.base import Database
from storage.catalogue import InForce, ListKind, newest_ids, read_agreements, read_calendar, read_items, usage_counts

_USAGE_STANDS = timedelta(minutes=10)
"""Usage only orders hits; counting it more often would change nothing that a clerk sees."""


class Lists(NamedTuple):
    """The lists that are in force at one moment."""

    catalogue: Catalogue
    agreements: Agreements
    calendar: WorkdayCalendar


class ReferenceData:
    """The lists in force, for all threads of a process; a newly applied version counts from the next access on.

    `catalogue`, `agreements` and `search` raise Misconfigured where the stored version can't be read.
    """

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._items = InForce(database, ListKind.ITEMS, read_items)
        self._agreements = InForce(database, ListKind.AGREEMENTS, read_agreements)
        self._calendar = InForce(database, ListKind.CALENDAR, read_calendar)
        self._building = threading.Lock()
        self._search: tuple[Catalogue, datetime, SearchIndex] | None = None

    def lists(self) -> Lists:
        """All of them at once, at the cost of one query."""
        with self._database.read() as session:
            ids = newest_ids(session)
            return Lists(
                self._items.version(session, ids.get(ListKind.ITEMS)),
                self._agreements.version(session, ids.get(ListKind.AGREEMENTS)),
                self._calendar.version(session, ids.get(ListKind.CALENDAR)),
            )

    @property
    def catalogue(self) -> Catalogue:
        """The list of items in force."""
        return self._items()

    @property
    def agreements(self) -> Agreements:
        """The agreements in force."""
        return self._agreements()

    @property
    def calendar(self) -> WorkdayCalendar:
        """The working-day calendar in force."""
        return self._calendar()

    def one_calendar(self) -> AbstractContextManager[None]:
        """Within the block, for this thread, the calendar is looked up once: each line of a list counts days."""
        return self._calendar.one_moment()

    @property
    def search(self) -> SearchIndex:
        """The search over the items in force, weighted by the starts of the last 90 days.

        Built anew for another list, and every ten minutes for the weights; one thread builds at a time, and for new
        weights others go on with the old ones.
        """
        catalogue, built = self.catalogue, self._search
        if built is not None and built[0] is catalogue:
            stale = self._now() - built[1] > _USAGE_STANDS
            if not stale or not self._building.acquire(blocking=False):
                return built[2]
        else:
            self._building.acquire()
        try:
            return self._build(catalogue)
        finally:
            self._building.release()

    def _build(self, catalogue: Catalogue) -> SearchIndex:
        built, now = self._search, self._now()
        if built is not None and built[0] is catalogue and now - built[1] <= _USAGE_STANDS:
            return built[2]  # another thread was first
        with self._database.read() as session:
            usage = usage_counts(session, now)
        known = built[2] if built is not None and built[0] is catalogue else None
        index = SearchIndex(catalogue, usage) if known is None else known.reweighted(usage)
        self._search = catalogue, now, index
        return index
