"""How the installation is (系统状况): every part examined, in a sentence, with one remedy where something is wrong.

`kuayu doctor` and the operator's page say what stands here; the sweep keeps it, so that the page can say since when.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal, Protocol

from domain.model import Frozen
from domain.naming import CASES_QUEUE
from domain.terms import Partner
from runtime.settings import Settings
from runtime.signs_of_life import is_worked
from runtime.temporal import is_serving
from storage.base import Database
from storage.conditions import Seen, note
from storage.documents.store import Documents

Level = Literal["pass", "warn", "fail"]
LEVELS: Final[tuple[Level, ...]] = ("pass", "warn", "fail")
WATCH_EVERY: Final = timedelta(seconds=60)
_ENGINE_S: Final = 2.0


class Part(StrEnum):
    """What is examined, in the order in which it is shown; a network has its own name (`domain.terms.Partner`)."""

    SETTINGS = "settings"
    DATABASE = "database"
    ENGINE = "engine"
    WORKER = "worker"
    NETWORK = "network"
    QUEUES = "queues"
    FILES = "files"
    SCANNER = "scanner"
    ITEMS = "items"
    CALENDAR = "calendar"
    ACCOUNTS = "accounts"
    DEVICES = "devices"
    KEYS = "keys"
    PRIVATE = "private"
    BACKUP = "backup"
    DISK = "disk"
    FONTS = "fonts"


class Finding(Frozen):
    """One thing that was examined. `what` and `detail` are for people; `fix`: one thing to do, empty for a pass.

    `part`: its name in the record: of `Part`, or `network/{partner}`.
    """

    part: str
    level: Level
    what: str
    detail: str
    fix: str = ""


class Looked(Protocol):
    """What is looked at; the web's context and the container have it."""

    @property
    def settings(self) -> Settings:
        """What was configured."""

    @property
    def database(self) -> Database:
        """Asked where it stands."""

    @property
    def documents(self) -> Documents:
        """Asked for one that is not there."""


class Engine(Frozen):
    """What Temporal says: whether its server answers, and whether some worker lives."""

    serving: bool
    worker: bool


async def engine_of(settings: Settings) -> Engine:
    """Ask Temporal, a few calls at most; a server that hangs for `_ENGINE_S` does not serve."""
    try:
        async with asyncio.timeout(_ENGINE_S):
            serving = await is_serving(settings)
            return Engine(serving=serving, worker=serving and await is_worked(settings, CASES_QUEUE))
    except TimeoutError:
        return Engine(serving=False, worker=False)


def network_part(partner: Partner) -> str:
    """The name of a network in the record."""
    return f"{Part.NETWORK}/{partner}"


def worst(findings: Sequence[Finding]) -> Level:
    """The worst level of all; `pass` where nothing was examined."""
    return max((finding.level for finding in findings), key=LEVELS.index, default="pass")


Examine = Callable[[Looked, Engine, datetime], list[Finding]]


class ConditionWatch:
    """Keeps what is found, once a minute. It runs in a worker that Temporal has called, so both are there."""

    def __init__(self, looked: Looked, examine: Examine, now: Callable[[], datetime]) -> None:
        self._looked = looked
        self._examine = examine
        self._now = now
        self._last: datetime | None = None

    async def watch_condition(self) -> None:
        """Examine everything and note it; nothing within a minute of the last time."""
        now = self._now()
        if self._last is not None and now - self._last < WATCH_EVERY:
            return
        self._last = now
        await asyncio.to_thread(self._look, now)

    def _look(self, now: datetime) -> None:
        found = self._examine(self._looked, Engine(serving=True, worker=True), now)
        with self._looked.database.write() as session:
            note(session, (Seen(each.part, each.level, each.detail) for each in found), now)
