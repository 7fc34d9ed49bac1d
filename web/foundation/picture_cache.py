"""Pictures of pages, kept in memory for a while by what they are of: they are personal and never lie on a disk."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from papers.viewing import Picture

PageKey = tuple[str, int, int]
"""SHA-256 of the document, page from 1, width in pixels."""


class PictureCache:
    """Up to `most_bytes` of pictures; what was looked at longest ago goes first. Safe for many threads."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._held: OrderedDict[PageKey, Picture] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def of(self, key: PageKey, make: Callable[[], Picture]) -> Picture:
        """The picture of this page, made where it is not held. Raises as `make`."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        made = make()
        with self._lock:
            if key not in self._held and len(made.data) <= self._most_bytes // 4:
                self._held[key] = made
                self._bytes += len(made.data)
            while self._bytes > self._most_bytes:
                _, gone = self._held.popitem(last=False)
                self._bytes -= len(gone.data)
        return made
