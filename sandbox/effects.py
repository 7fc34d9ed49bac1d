"""How often each command came and how often it took effect, per idempotency key: must never be 2."""

from typing import Any

from sandbox.case import PartnerName
from sandbox.store import Store


class Effects:
    """Durable counters; what tests and the demo compare with our own books."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def attempt(self, partner: PartnerName, key: str, kind: str, handling_no: str) -> None:
        """An authentic command has come, whatever becomes of it."""
        self._count(partner, key, kind, handling_no, "attempts")

    def effect(self, partner: PartnerName, key: str, kind: str, handling_no: str) -> None:
        """A command took effect."""
        self._count(partner, key, kind, handling_no, "count")

    def all(self) -> dict[str, dict[str, Any]]:
        """partner → idempotency key → {count, kind, handlingNo, attempts}."""
        found: dict[str, dict[str, Any]] = {}
        for full_key, entry in self._store.items("effect"):
            partner, _, key = full_key.partition("|")
            found.setdefault(partner, {})[key] = entry
        return found

    def _count(self, partner: str, key: str, kind: str, handling_no: str, what: str) -> None:
        full_key = f"{partner}|{key}"
        with self._store.transaction():
            entry = self._store.get("effect", full_key)
            if entry is None:
                entry = {"count": 0, "kind": kind, "handlingNo": handling_no, "attempts": 0}
            entry[what] += 1
            self._store.put("effect", full_key, entry)
