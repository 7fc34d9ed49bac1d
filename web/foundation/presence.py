"""Who is there (在线): a request of a person moves the end of his session, at the cost of one small write a minute.

What a page does by itself is no sign of anybody: streams, and what it reads anew when one has told it something.
"""

import threading
from collections import OrderedDict
from datetime import datetime
from typing import Final

import structlog
from starlette.requests import Request

from domain.people import Idle
from storage.base import AWAY, Database
from storage.people.sessions import NOTED_EVERY, note_seen
from storage.people.users import LoggedIn

_BY_ITSELF: Final = ("/stream", "/live", "/worklists/changes", "/scan/parcels", "/scan/start", "/scan/device")
_REMEMBERED: Final = 10_000

log = structlog.get_logger(__name__)


def is_by_itself(request: Request) -> bool:
    """Whether a page has sent it, not the person before it."""
    return request.url.path.endswith(_BY_ITSELF)


class Presence:
    """Notes that somebody is there, once a minute for each session; one per process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._noted: OrderedDict[str, datetime] = OrderedDict()

    def note(self, database: Database, person: LoggedIn, now: datetime, idle: Idle) -> None:
        """He has just asked for something. A database that takes nothing is no reason not to answer him."""
        if person.seen_at is None or now - person.seen_at < NOTED_EVERY or not self._is_due(person.login, now):
            return
        try:
            with database.write_plainly() as session:  # being there is nobody's act: the audit trail is not told
                note_seen(session, person.login, person.role, now, idle)
        except AWAY:
            log.warning("presence_not_noted")

    def _is_due(self, login: str, now: datetime) -> bool:
        """Of many requests at once the first one writes."""
        with self._lock:
            last = self._noted.get(login)
            if last is not None and now - last < NOTED_EVERY:
                return False
            self._noted[login] = now
            self._noted.move_to_end(login)
            if len(self._noted) > _REMEMBERED:
                self._noted.popitem(last=False)
            return True
