"""What the played networks must not forget when their process is killed: one small SQLite file, or memory.

Knows nothing but (kind, key) → JSON or bytes. Written on each change, so a `kill -9` loses no effect.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Store:
    """A durable dictionary; safe to use from several threads."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(str(path) if path else ":memory:", check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        # The process may die at any time, the machine may not: enough for a played network, and fast.
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.execute("CREATE TABLE IF NOT EXISTS kept (kind TEXT, key TEXT, value BLOB, PRIMARY KEY (kind, key))")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, also over a kill. Who needs the engine's lock too takes that one first."""
        with self._lock:
            if self._db.in_transaction:  # part of a larger one
                yield
                return
            self._db.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def put(self, kind: str, key: str, value: Any) -> None:
        """Keep a JSON value."""
        self.put_bytes(kind, key, json.dumps(value, ensure_ascii=False).encode())

    def put_bytes(self, kind: str, key: str, value: bytes) -> None:
        with self._lock:
            self._db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", (kind, key, value))

    def get(self, kind: str, key: str) -> Any:
        """The JSON value, or None."""
        raw = self.get_bytes(kind, key)
        return None if raw is None else json.loads(raw)

    def get_bytes(self, kind: str, key: str) -> bytes | None:
        with self._lock:
            row = self._db.execute("SELECT value FROM kept WHERE kind=? AND key=?", (kind, key)).fetchone()
        return None if row is None else bytes(row[0])

    def items(self, kind: str) -> Iterator[tuple[str, Any]]:
        """All JSON values of a kind in the order of their keys."""
        with self._lock:
            rows = self._db.execute("SELECT key, value FROM kept WHERE kind=? ORDER BY key", (kind,)).fetchall()
        return ((key, json.loads(value)) for key, value in rows)

    def delete(self, kind: str, key: str) -> None:
        with self._lock:
            self._db.execute("DELETE FROM kept WHERE kind=? AND key=?", (kind, key))

    def clear(self) -> None:
        with self._lock:
            self._db.execute("DELETE FROM kept")

    def close(self) -> None:
        with self._lock:
            self._db.close()
