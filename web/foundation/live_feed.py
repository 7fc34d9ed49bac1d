"""What is new in what somebody follows live, cases or whole lists: one look at the database for all streams."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.terms import Role
from storage.base import Database
from storage.cases.rows import CaseEventRow, CaseRow
from storage.people.sessions import who_holds
from storage.tasks.rows import TaskLineRow

LOOK_S: Final = 0.5
LISTS: Final = "lists"
"""What the lists of all cases and tasks are followed under, beside the numbers of cases."""
_LATEST: Final = 200

log = structlog.get_logger(__name__)


class Seen(NamedTuple):
    """One look at the database.

    `standing`: case number → (how many events its history has, whether it is closed). Histories only grow, so another
    count is news, whatever the order in which transactions were committed. Under `LISTS`: a number that is another one
    once anything has been written into any history or task. `holders`: id of a login that holds → role.
    """

    standing: dict[str, tuple[int, bool]]
    holders: dict[str, Role]


class Follower:
    """One stream: the login that it was opened with, and the cases that it has not seen closed yet."""

    def __init__(self, login: str, role: Role, cases: Collection[str]) -> None:
        self.login = login
        self.cases = set(cases)
        self._role = role
        self._known: dict[str, tuple[int, bool]] = {}
        self._changed: set[str] = set()
        self._over = False
        self._has_news = asyncio.Event()

    def take(self, seen: Seen) -> None:
        """Compare a look that asked for this follower with the last one, and wake `news` where something is new."""
        self._over = seen.holders.get(self.login) is not self._role
        for case_no in self.cases:
            if seen.standing.get(case_no) != self._known.get(case_no):
                self._changed.add(case_no)
        self._known = seen.standing
        if self._over or self._changed:
            self._has_news.set()

    async def news(self, within_s: float) -> set[str] | None:
        """The cases with something new, as soon as there are some; empty if nothing came within `within_s` seconds.

        None when the login holds no longer, or has another role now.
        """
        with suppress(TimeoutError):
            await asyncio.wait_for(self._has_news.wait(), within_s)
        self._has_news.clear()
        changed, self._changed = self._changed, set()
        return None if self._over else changed


class Feed:
    """The looks of one event loop, one every half second, made only while somebody follows."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._followers: set[Follower] = set()
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def followed_by(self, follower: Follower) -> AsyncIterator[Follower]:
        """Let `follower` take part in the looks while the block runs.

        A look that fails is logged, and the next one goes on.
        """
        self._followers.add(follower)
        if self._task is None:
            self._task = asyncio.create_task(self._look_on())
        try:
            yield follower
        finally:
            self._followers.discard(follower)
            if not self._followers and self._task is not None:
                self._task.cancel()
                self._task = None

    async def _look_on(self) -> None:
        while True:
            followers = tuple(self._followers)
            logins, cases = {f.login for f in followers}, set[str]().union(*(f.cases for f in followers))
            try:
                seen = await asyncio.to_thread(self._look, logins, cases)
            except Exception:
                log.exception("feed_failed")  # the database is away: the streams stay, and go on when it is back
            else:
                for follower in followers:
                    follower.take(seen)
            await asyncio.sleep(LOOK_S)

    def _look(self, logins: Collection[str], cases: Collection[str]) -> Seen:
        events = select(func.count()).where(CaseEventRow.case_no == CaseRow.case_no).scalar_subquery()
        standing = select(CaseRow.case_no, events, CaseRow.closed_at).where(CaseRow.case_no.in_(cases))
        with self._database.read() as session:
            found = {case_no: (count, closed is not None) for case_no, count, closed in session.execute(standing)}
            if LISTS in cases:
                found[LISTS] = (_word_of_lists(session), False)
            return Seen(found, who_holds(session, logins, self._now()))


def _word_of_lists(session: Session) -> int:
    """Of the latest rows by number, so that one which a slower transaction commits below them is seen too."""
    latest = (
        tuple(session.scalars(select(table.id).order_by(table.id.desc()).limit(_LATEST)))
        for table in (CaseEventRow, TaskLineRow)
    )
    return hash(tuple(latest))


class Feeds:
    """The feeds of a process, one per event loop; a server has one loop, tests have many."""

    def __init__(self) -> None:
        self._feeds: WeakKeyDictionary[asyncio.AbstractEventLoop, Feed] = WeakKeyDictionary()

    def here(self, database: Database, now: Callable[[], datetime]) -> Feed:
        """The feed of the event loop that runs now, made at its first use."""
        return self._feeds.setdefault(asyncio.get_running_loop(), Feed(database, now))
