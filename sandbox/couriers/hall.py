"""The window clerk of our own hall, played: checks every dossier that has come against its list of papers."""

import json
import time
from typing import Any

from sandbox.couriers import scripts
from sandbox.couriers.devices import Scan, record
from sandbox.couriers.geo import Place
from sandbox.couriers.kuayu import Kuayu
from sandbox.couriers.papers import one_less
from sandbox.couriers.store import Store

DEVICE = "hall-window"
WORKLIST = "hall"


class HallClerk:
    """`look` and `advance` are called again and again, like the couriers'. `check_s`: business seconds per dossier."""

    def __init__(self, store: Store, kuayu: Kuayu, place: Place, check_s: float = 60) -> None:
        self._store = store
        self._kuayu = kuayu
        self._place = place
        self._check_s = check_s

    def look(self) -> int:
        """Take up what has come; how many dossiers wait."""
        scale, jobs = self._kuayu.raw_worklist(WORKLIST, "clerk")
        due_at = time.time() + self._check_s / scale
        for job in jobs:
            self._store.run(
                "INSERT OR IGNORE INTO hall_check VALUES (?, ?, ?, ?)",
                *(job["legId"], job["epoch"], due_at, json.dumps(job, ensure_ascii=False)),
            )
        return len(jobs)

    def advance(self) -> None:
        """Scan what has been checked."""
        for row in self._store.rows("SELECT * FROM hall_check WHERE due_at <= ?", time.time()):
            with self._store.transaction() as store:
                # Kept for ever (far in the future), so that no dossier is checked twice.
                store.run(
                    "UPDATE hall_check SET due_at = 1e12 WHERE leg_id = ? AND epoch = ?", row["leg_id"], row["epoch"]
                )
                record(store, self._scan(json.loads(row["body"]), row["due_at"]))

    def _scan(self, job: dict[str, Any], at: float) -> Scan:
        tail = (job.get("contact") or {}).get("phoneTail")
        script = scripts.find(self._store, job["legId"], tail)
        found = one_less(tuple(job["papers"])) if script.discrepancy or script.missing_at_door else tuple(job["papers"])
        return Scan(
            device_id=DEVICE,
            role="clerk",
            leg_id=job["legId"],
            kind="HALL_CHECKED",
            code=job["trackingNo"],
            epoch=job["epoch"],
            occurred_at=at,
            place=self._place,
            datum="WGS-84",
            seal_no=job.get("sealNo"),
            manifest=found,
            note=None if found == tuple(job["papers"]) else "清单不符",
        )
