"""A case that closes at any point of a telling: what comes then must be told all the same, in order and once.

The workflow is played: closed, it takes nothing (as the server says of it); a further run takes what it was started
with, and what follows until it closes again.
"""

import asyncio
import functools
from collections.abc import Collection
from datetime import UTC, datetime
from types import SimpleNamespace
from unittest.mock import patch

from hypothesis import strategies as st
from sqlalchemy import select

from relay.relay import Relay
from relay.update_delivery import Answer, Delivery
from storage.base import Database
from storage.cases.rows import CaseRow
from storage.exchange.inbox_row import InboxRow, InboxState

closings = st.frozensets(st.integers(0, 9), max_size=3)
"""After which messages of the telling the case closes."""


@functools.cache
def _runner() -> asyncio.Runner:
    """One loop with its threads for all examples: they cost more than what is told on them."""
    return asyncio.Runner()


class PlayedCase:
    """The runs of one case over a telling."""

    def __init__(self, database: Database, case_no: str, closes_after: Collection[int]) -> None:
        self.heard: list[str] = []
        self._database, self._case_no, self._closes_after = database, case_no, closes_after
        self._open = True

    def after(self, turn: int) -> None:
        """So many messages have come; what is known is told, and then perhaps the case closes."""
        if turn in self._closes_after:
            self.is_told()
            self._open = False

    def is_told(self) -> None:
        """Everything that waits, by the real relay."""
        with self._database.write() as session:
            case = session.get(CaseRow, self._case_no)
            if case is None:
                return
            case.started = True
        names = {"deliver_update": self._tell, "deliver_or_start": self._tell_or_start, "run_of": self._run_of}
        with patch.multiple("relay.relay", **names):
            _runner().run(self._deliver())

    async def _deliver(self) -> None:
        us = Relay(None, self._database, lambda: datetime.now(UTC))
        while await us.deliver():
            pass

    def lost(self) -> list[str]:
        """Messages that were acknowledged, concern the case, and were not told."""
        untold = select(InboxRow.message_id).filter_by(case_no=self._case_no).where(InboxRow.update_name.is_not(None))
        with self._database.read() as session:
            return list(session.scalars(untold.where(InboxRow.state != InboxState.APPLIED)))

    async def _tell(self, _client, _workflow_id, _name, argument, _update_id) -> Answer:
        if not self._open:
            return Answer(delivery=Delivery.CLOSED, code="NOT_FOUND")
        self.heard.append(argument["event"])
        return Answer(delivery=Delivery.TAKEN)

    async def _run_of(self, _client, _database, case_no) -> SimpleNamespace:
        return SimpleNamespace(case_no=case_no)

    async def _tell_or_start(self, _client, _run, name, argument, update_id) -> Answer:
        self._open = True
        return await self._tell(None, "", name, argument, update_id)
