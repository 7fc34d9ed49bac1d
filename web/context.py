"""What every route needs, made once by the application factory."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Request

from catalog.agreements import Agreements
from catalog.model import Catalogue
from catalog.search import SearchIndex
from catalog.workdays import WorkdayCalendar
from domain.reconciliation import ReconciliationReport
from domain.terms import Partner
from runtime.settings import Settings
from storage.base import Database
from storage.documents import Documents
from storage.inbox import Inbox
from storage.sealing import Sealer
from web.lists import Lists


@dataclass(frozen=True)
class Context:
    """`kick` wakes the relay after a commit; `reconcile` compares a day's books with a network's."""

    settings: Settings
    database: Database
    sealer: Sealer
    documents: Documents
    inbox: Inbox
    lists: Lists
    now: Callable[[], datetime]
    kick: Callable[[], None]
    reconcile: Callable[[Partner, date], ReconciliationReport]

    @property
    def catalogue(self) -> Catalogue:
        """The list of items in force."""
        return self.lists.catalogue

    @property
    def agreements(self) -> Agreements:
        """The agreements in force."""
        return self.lists.agreements

    @property
    def calendar(self) -> WorkdayCalendar:
        """The working-day calendar in force."""
        return self.lists.calendar

    @property
    def search(self) -> SearchIndex:
        """The search over the items in force."""
        return self.lists.search


def context(request: Request) -> Context:
    made: Context = request.app.state.context
    return made


Ctx = Annotated[Context, Depends(context)]
