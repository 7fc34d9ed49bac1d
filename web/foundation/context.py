"""What every route needs, made once by the application factory."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Request

from catalog.agreements import Agreements
from catalog.model import Catalogue
from catalog.search import SearchIndex
from catalog.workdays import WorkdayCalendar
from domain.reconciliation import ReconciliationReport
from domain.terms import Partner
from exchange.buckets import Buckets
from messaging.receipts import SmsReceipt
from partners.certificates.port import CertificateLogin
from partners.identity_provider.client import IdentityProvider
from relay.group_commit import GroupCommit
from runtime.settings import Settings
from storage.base import Database
from storage.cases.serials import SerialPool
from storage.documents.store import Documents
from storage.exchange.inbox import Inbox
from storage.sealing import Sealer
from web.foundation.auditing import Auditor
from web.foundation.engine import Engine
from web.foundation.live_feed import Feeds
from web.foundation.login_tries import LoginTries
from web.foundation.presence import Presence
from web.foundation.reference_data import ReferenceData
from web.foundation.units import Units
from web.foundation.work_version import WorkVersion


@dataclass(frozen=True)
class Context:
    """What routes work with; one per application.

    `now`: aware, in UTC. `notify`: wakes the relay, to be called after a commit. `reconcile`: compares a day's books
    with a network's (`exchange.reconciliation`). `serials`: numbers for new cases. `work_version`: of the work lists.
    `receipts`: of short messages, noted together. `auditor`: writes down who did and saw what.
    `feeds`: the live histories. `engine`: whether cases go on.
    `login_tries`: refuses who has to wait. `presence`: notes who is there. `accounts`: requests of each; without limit
    where it is not served over a network. `units`: what each covers. `provider`: of the unified login; `certificates`:
    judges who logs in by one; None where there is none.
    """

    settings: Settings
    database: Database
    sealer: Sealer
    documents: Documents
    inbox: Inbox
    reference_data: ReferenceData
    now: Callable[[], datetime]
    notify: Callable[[], None]
    reconcile: Callable[[Partner, date], ReconciliationReport]
    serials: SerialPool
    work_version: WorkVersion
    receipts: GroupCommit[SmsReceipt, bool]
    auditor: Auditor
    feeds: Feeds = field(default_factory=Feeds)
    engine: Engine = field(default_factory=Engine)
    login_tries: LoginTries = field(default_factory=LoginTries)
    presence: Presence = field(default_factory=Presence)
    accounts: Buckets = field(default_factory=lambda: Buckets(0))
    units: Units = field(default_factory=Units)
    provider: IdentityProvider | None = None
    certificates: CertificateLogin | None = None

    @property
    def catalogue(self) -> Catalogue:
        """The list of items in force."""
        return self.reference_data.catalogue

    @property
    def agreements(self) -> Agreements:
        """The agreements in force."""
        return self.reference_data.agreements

    @property
    def calendar(self) -> WorkdayCalendar:
        """The working-day calendar in force."""
        return self.reference_data.calendar

    @property
    def search(self) -> SearchIndex:
        """The search over the items in force."""
        return self.reference_data.search


def context(request: Request) -> Context:
    """The dependency behind `Ctx`: what `web.app` has made."""
    made: Context = request.app.state.context
    return made


Ctx = Annotated[Context, Depends(context)]
