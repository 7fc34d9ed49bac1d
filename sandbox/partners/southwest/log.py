"""A numbered list that survives a kill: what exch0002 and exch0005 page through."""

from typing import Any

from sandbox.store import Store


class Log:
    """Entries in the order in which they were added; an entry's cursor is its number."""

    def __init__(self, store: Store, kind: str) -> None:
        self._store = store
        self._kind = kind
        self._entries: list[Any] = [entry for _, entry in store.items(kind)]

    def add(self, entry: Any) -> None:
        self._entries.append(entry)
        self._store.put(self._kind, f"{len(self._entries):012d}", entry)

    def after(self, cursor: str, limit: int) -> list[tuple[str, Any]]:
        """(cursor, entry) behind `cursor`. Raises ValueError for a cursor that was never given."""
        first = int(cursor) if cursor else 0
        if (cursor and cursor != f"{first:012d}") or first > len(self._entries):
            raise ValueError("no such cursor")
        listed = self._entries[first : first + limit]
        return [(f"{first + n:012d}", entry) for n, entry in enumerate(listed, start=1)]

    def clear(self) -> None:
        self._entries.clear()
