"""Everything the played postal side remembers, in one SQLite file (or in memory): kill -9 loses nothing.

Plain tables and small functions; one connection under one lock, because several threads work here.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS waybill (
  tracking_no TEXT PRIMARY KEY, order_key TEXT UNIQUE NOT NULL, leg TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS effect (
  order_key TEXT PRIMARY KEY, tracking_no TEXT NOT NULL, count INTEGER NOT NULL, attempts INTEGER NOT NULL,
  cancelled INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS script (key TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS journey (
  leg_id TEXT NOT NULL, epoch INTEGER NOT NULL, courier_id TEXT NOT NULL, state TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (leg_id, epoch));
CREATE TABLE IF NOT EXISTS step (
  leg_id TEXT NOT NULL, epoch INTEGER NOT NULL, place INTEGER NOT NULL, due_at REAL NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (leg_id, epoch, place));
CREATE INDEX IF NOT EXISTS step_due ON step (due_at);
CREATE TABLE IF NOT EXISTS courier (
  courier_id TEXT PRIMARY KEY, lat REAL NOT NULL, lon REAL NOT NULL, free_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS device (device_id TEXT PRIMARY KEY, next_seq INTEGER NOT NULL, watermark INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS scan (
  event_id TEXT PRIMARY KEY, device_id TEXT NOT NULL, device_seq INTEGER NOT NULL, role TEXT NOT NULL,
  leg_id TEXT NOT NULL, send_at REAL NOT NULL, times INTEGER NOT NULL, shuffle INTEGER NOT NULL, body TEXT NOT NULL,
  proof BLOB, proof_at REAL, sent INTEGER NOT NULL DEFAULT 0, result TEXT, code TEXT, UNIQUE (device_id, device_seq));
CREATE INDEX IF NOT EXISTS scan_pending ON scan (result, send_at);
CREATE TABLE IF NOT EXISTS shunned (leg_id TEXT PRIMARY KEY, courier_id TEXT NOT NULL, epoch INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS hall_check (
  leg_id TEXT NOT NULL, epoch INTEGER NOT NULL, due_at REAL NOT NULL, body TEXT NOT NULL, PRIMARY KEY (leg_id, epoch));
CREATE TABLE IF NOT EXISTS sms (
  id TEXT PRIMARY KEY, phone TEXT NOT NULL, words TEXT NOT NULL, attempts INTEGER NOT NULL, came_at REAL NOT NULL,
  receipt TEXT, next_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, body TEXT NOT NULL);
"""
_WORK = """
SELECT 1 FROM step UNION ALL SELECT 1 FROM hall_check WHERE due_at < 1e12
UNION ALL SELECT 1 FROM scan WHERE result IS NULL OR proof IS NOT NULL LIMIT 1
"""
_NAMES = (
    *("waybill", "effect", "script", "journey", "step", "courier", "device", "scan", "shunned", "hall_check"),
    *("sms", "setting"),
)


class Store:
    """A locked SQLite connection. `path` None: in memory."""

    def __init__(self, path: Path | None = None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        # A killed process loses nothing of what was written; only a power cut could, and nobody plays that.
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_TABLES)

    @contextmanager
    def transaction(self) -> Iterator["Store"]:
        """All or nothing; nested ones join the outer."""
        with self._lock:
            if self._connection.in_transaction:
                yield self
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        found = self.rows(sql, *values)
        return found[0] if found else None

    def run(self, sql: str, *values: Any) -> int:
        """Execute; the number of rows that changed."""
        with self._lock:
            return self._connection.execute(sql, values).rowcount

    def has_work(self) -> bool:
        """Whether a step, a check or an upload is still to come."""
        return self.row(_WORK) is not None

    def setting(self, name: str, default: Any = None) -> Any:
        found = self.row("SELECT body FROM setting WHERE name = ?", name)
        return json.loads(found["body"]) if found else default

    def set(self, name: str, value: Any) -> None:
        self.run("INSERT OR REPLACE INTO setting VALUES (?, ?)", name, json.dumps(value))

    def reset(self) -> None:
        """Forget everything (a fresh world)."""
        with self.transaction():
            for name in _NAMES:
                self.run(f"DELETE FROM {name}")  # noqa: S608 – names from the tuple above

    def close(self) -> None:
        with self._lock:
            self._connection.close()
