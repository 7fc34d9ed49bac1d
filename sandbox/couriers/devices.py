"""A courier's device: makes scans with its own sequence and two clocks, keeps them, uploads when it can.

Scans are written to the store first; the uploader takes what may go, in batches, as often as the script wants,
and believes only the server's answer per event.
"""

import hashlib
import json
import logging
import os
import random
import struct
import threading
import time
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from sqlite3 import Row
from typing import Any
from uuid import UUID

import requests

from sandbox.couriers.geo import Place
from sandbox.couriers.kuayu import Kuayu, Refused
from sandbox.couriers.store import Store

log = logging.getLogger(__name__)
BATCH = 200
BACKOFF_S = 1.0
BOOT_ID = os.urandom(8).hex()
"""The devices are started with this program."""


@dataclass(frozen=True)
class Scan:
    """What is to be recorded; the device adds ids, clocks and position noise."""

    device_id: str
    role: str
    leg_id: str
    kind: str
    code: str
    epoch: int
    occurred_at: float  # epoch seconds, true time
    place: Place
    datum: str
    accuracy_m: float = 15
    clock_off_s: float = 0
    seal_no: str | None = None
    manifest: Sequence[dict[str, Any]] | None = None
    signer_kind: str | None = None
    note: str | None = None
    with_proof: bool = False
    hold_s: float = 0  # real seconds without network
    proof_late_s: float = 0
    times: int = 1
    shuffle: bool = False


def record(store: Store, scan: Scan) -> str:
    """Write a scan into the device's memory; its event id."""
    event_id = uuid7()
    proof = picture(event_id) if scan.with_proof else None
    with store.transaction():
        store.run("INSERT OR IGNORE INTO device VALUES (?, 1, 0)", scan.device_id)
        row = store.row("SELECT next_seq FROM device WHERE device_id = ?", scan.device_id)
        seq = int(row["next_seq"]) if row else 1
        store.run("UPDATE device SET next_seq = next_seq + 1 WHERE device_id = ?", scan.device_id)
        body = _event(scan, event_id, seq, proof)
        now = time.time()
        store.run(
            "INSERT INTO scan (event_id, device_id, device_seq, role, leg_id, send_at, times, shuffle, body, proof, "
            "proof_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            event_id, scan.device_id, seq, scan.role, scan.leg_id, now + scan.hold_s, scan.times, int(scan.shuffle),
            json.dumps(body, ensure_ascii=False), proof, now + scan.hold_s + scan.proof_late_s,
        )  # fmt: skip
    return event_id


def _event(scan: Scan, event_id: str, seq: int, proof: bytes | None) -> dict[str, Any]:
    noise = random.Random(event_id)
    spot = scan.place.moved(noise.gauss(0, 6), noise.gauss(0, 6))
    ago_s = time.time() - scan.occurred_at
    shown = datetime.fromtimestamp(scan.occurred_at + scan.clock_off_s, UTC)
    return {
        "eventId": event_id,
        "deviceSeq": seq,
        "occurredAt": shown.isoformat(timespec="milliseconds"),
        "monoMs": max(0, int((time.monotonic() - ago_s) * 1000)),
        "bootId": BOOT_ID,
        "kind": scan.kind,
        "code": scan.code,
        "epoch": scan.epoch,
        "gps": {
            "lat": round(spot.lat, 6),
            "lon": round(spot.lon, 6),
            "accuracyM": scan.accuracy_m,
            "datum": scan.datum,
        },
        "sealNo": scan.seal_no,
        "manifest": list(scan.manifest) if scan.manifest is not None else None,
        "proofs": [hashlib.sha256(proof).hexdigest()] if proof else None,
        "voids": None,
        "signerKind": scan.signer_kind,
        "note": scan.note,
    }


class Uploader:
    """Sends what the devices hold; one batch per device at a time, several devices side by side."""

    def __init__(self, store: Store, kuayu: Kuayu, workers: int = 6) -> None:
        self._store = store
        self._kuayu = kuayu
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="device")
        self._lock = threading.Lock()
        self._in_flight: set[str] = set()
        self._not_before: dict[str, float] = {}

    def flush(self) -> None:
        """Start an upload for every device that has something to send; returns at once."""
        now = time.time()
        due = self._store.rows(
            "SELECT DISTINCT device_id FROM scan WHERE (result IS NULL AND send_at <= ?) "
            "OR (result IS NOT NULL AND proof IS NOT NULL AND proof_at <= ?)",
            now,
            now,
        )
        for row in due:
            device_id = row["device_id"]
            with self._lock:
                if device_id in self._in_flight or self._not_before.get(device_id, 0) > now:
                    continue
                self._in_flight.add(device_id)
            self._pool.submit(self._upload, device_id)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _upload(self, device_id: str) -> None:
        try:
            self._send_scans(device_id)
            self._send_proofs(device_id)
        except (requests.RequestException, Refused, ValueError, KeyError) as fault:
            log.warning("device %s could not upload, tries again: %s", device_id, fault)
            self._not_before[device_id] = time.time() + BACKOFF_S
        finally:
            with self._lock:
                self._in_flight.discard(device_id)

    def _send_scans(self, device_id: str) -> None:
        rows = self._store.rows(
            "SELECT * FROM scan WHERE device_id = ? AND result IS NULL AND send_at <= ? ORDER BY device_seq LIMIT ?",
            device_id,
            time.time(),
            BATCH,
        )
        if not rows:
            return
        events = [json.loads(row["body"]) for row in rows]
        if any(row["shuffle"] for row in rows):
            events.reverse()
        for _ in range(max(row["times"] for row in rows)):
            answer = self._kuayu.post_scans(device_id, events, rows[0]["role"])
            self._believe(device_id, rows, answer)

    def _believe(self, device_id: str, rows: list[Row], answer: dict[str, Any]) -> None:
        """An event is done when the server has said so; a retryable refusal is tried again."""
        said = {result["eventId"]: result for result in answer["results"]}
        with self._store.transaction() as store:
            for row in rows:
                result = said.get(row["event_id"])
                store.run("UPDATE scan SET sent = sent + 1 WHERE event_id = ?", row["event_id"])
                if result is None:
                    continue
                if result["result"] == "rejected" and result.get("retryable"):
                    store.run(
                        "UPDATE scan SET send_at = ? WHERE event_id = ?", time.time() + BACKOFF_S, row["event_id"]
                    )
                    continue
                # The first answer stays: the second one of a batch sent twice is only "duplicate".
                store.run(
                    "UPDATE scan SET result = COALESCE(result, ?), code = COALESCE(code, ?) WHERE event_id = ?",
                    result["result"],
                    result.get("code"),
                    row["event_id"],
                )
            store.run(
                "UPDATE device SET watermark = MAX(watermark, ?) WHERE device_id = ?", answer["watermark"], device_id
            )

    def _send_proofs(self, device_id: str) -> None:
        rows = self._store.rows(
            "SELECT event_id, proof FROM scan WHERE device_id = ? AND result IS NOT NULL AND proof IS NOT NULL "
            "AND proof_at <= ?",
            device_id,
            time.time(),
        )
        for row in rows:
            try:
                self._kuayu.put_document(hashlib.sha256(row["proof"]).hexdigest(), row["proof"])
            except Refused as refusal:
                if refusal.status in (429, 503):
                    raise
                log.warning("proof of %s is not wanted: %s", row["event_id"], refusal)
            self._store.run("UPDATE scan SET proof = NULL WHERE event_id = ?", row["event_id"])


def uuid7() -> str:
    """RFC 9562 version 7: milliseconds first, so that ids sort by time."""
    value = int(time.time() * 1000) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(UUID(int=value))


def picture(event_id: str) -> bytes:
    """A small PNG that no other event has: what a photo is to this program."""
    digest = hashlib.sha256(event_id.encode()).digest()
    side = 8
    lines = b"".join(b"\x00" + bytes(digest[(x + y) % 32] for x in range(side)) for y in range(side))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
