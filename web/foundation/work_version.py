"""Whether the work lists are as somebody knows them: looked at as often as is useful, however many ask."""

import threading
import time
from typing import Final

from storage.base import Database
from storage.work_lists import version_of_stops

LOOK_S: Final = 0.5


class WorkVersion:
    """The version of all stops and papers to check, at most `LOOK_S` seconds old. For all threads of a process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._looked_at = 0.0
        self._version = ""

    def __call__(self) -> str:
        """Another word once something was added, changed or taken off."""
        with self._lock:
            if not self._version or time.monotonic() - self._looked_at >= LOOK_S:
                with self._database.read() as session:
                    self._version = version_of_stops(session)
                self._looked_at = time.monotonic()
            return self._version
