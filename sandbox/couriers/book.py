"""The couriers' order book: journeys with the steps that are still to come, kept in the store."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.couriers.geo import Place
from sandbox.couriers.journeys import Job, Step
from sandbox.couriers.scripts import Script
from sandbox.couriers.store import Store


@dataclass(frozen=True)
class Journey:
    """One attempt at a leg, as it was set out on."""

    job: Job
    script: Script
    state: str  # under_way, returning, stopped (the courier is out), gave_up, done
    start: Place
    started_at: float
    online_at: float


@dataclass(frozen=True)
class DueStep:
    """A step whose moment has come; `next_at`: the moment of the one after it."""

    journey: Journey
    step: Step
    place: int
    due_at: float
    next_at: float | None


class Book:
    """Every change is one transaction, so a kill leaves whole journeys."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self, journey: Journey, steps: Sequence[Step], end: Place) -> None:
        """Write down a journey, its steps' moments, and where and when its courier is free again."""
        job = journey.job
        moments = [journey.started_at + step.at_s / job.time_scale for step in steps]
        free_at = max((at for step, at in zip(steps, moments, strict=True) if step.busy), default=journey.started_at)
        with self._store.transaction() as store:
            store.run("DELETE FROM step WHERE leg_id = ? AND epoch = ?", job.leg_id, job.epoch)
            store.run(
                "INSERT OR REPLACE INTO journey VALUES (?, ?, ?, ?, ?)",
                *(job.leg_id, job.epoch, job.courier_id, journey.state, _dump(journey)),
            )
            for place, (step, moment) in enumerate(zip(steps, moments, strict=True)):
                body = json.dumps(asdict(step), ensure_ascii=False)
                store.run("INSERT INTO step VALUES (?, ?, ?, ?, ?)", job.leg_id, job.epoch, place, moment, body)
            store.run("INSERT OR REPLACE INTO courier VALUES (?, ?, ?, ?)", job.courier_id, end.lat, end.lon, free_at)

    def due(self) -> list[tuple[str, int, int]]:
        """(leg, epoch, place) of every step whose moment has come, in order."""
        rows = self._store.rows(
            "SELECT leg_id, epoch, place FROM step WHERE due_at <= ? ORDER BY due_at, place", time.time()
        )
        return [(row["leg_id"], row["epoch"], row["place"]) for row in rows]

    def take(self, leg_id: str, epoch: int, place: int) -> DueStep | None:
        """Take a step out of the book; None when it was given up meanwhile. Call inside a transaction."""
        key = (leg_id, epoch)
        row = self._store.row("SELECT * FROM step WHERE leg_id = ? AND epoch = ? AND place = ?", *key, place)
        journey = self.journey(leg_id, epoch)
        if row is None or journey is None:
            return None
        self._store.run("DELETE FROM step WHERE leg_id = ? AND epoch = ? AND place = ?", *key, place)
        following = self._store.row("SELECT MIN(due_at) AS at FROM step WHERE leg_id = ? AND epoch = ?", *key)
        next_at = following["at"] if following else None
        if next_at is None and journey.state == "under_way":
            self._set_state(leg_id, epoch, "done")
        return DueStep(journey, Step(**json.loads(row["body"])), place, row["due_at"], next_at)

    def journey(self, leg_id: str, epoch: int) -> Journey | None:
        row = self._store.row("SELECT * FROM journey WHERE leg_id = ? AND epoch = ?", leg_id, epoch)
        return _load(row) if row else None

    def open(self) -> list[Journey]:
        """Journeys that may still be called off."""
        return [_load(row) for row in self._store.rows("SELECT * FROM journey WHERE state IN ('under_way', 'stopped')")]

    def attempts_before(self, leg_id: str, epoch: int) -> int:
        return len(self._store.rows("SELECT 1 FROM journey WHERE leg_id = ? AND epoch < ?", leg_id, epoch))

    def give_up(self, journey: Journey) -> None:
        """Nothing more comes of it; its courier is free at once."""
        job = journey.job
        with self._store.transaction() as store:
            store.run("DELETE FROM step WHERE leg_id = ? AND epoch = ?", job.leg_id, job.epoch)
            store.run("UPDATE courier SET free_at = ? WHERE courier_id = ?", time.time(), job.courier_id)
            self._set_state(job.leg_id, job.epoch, "gave_up")

    def holds(self, leg_id: str) -> bool:
        """Whether a courier has the parcel in the bag (or has had it): said by a scan."""
        scans = self._store.rows("SELECT body FROM scan WHERE leg_id = ?", leg_id)
        return any(json.loads(scan["body"])["kind"] in ("PICKED_UP", "OUT_FOR_DELIVERY") for scan in scans)

    def courier(self, courier_id: str) -> tuple[Place, float] | None:
        """Where a courier stands after the last job and since when (epoch seconds)."""
        row = self._store.row("SELECT * FROM courier WHERE courier_id = ?", courier_id)
        return (Place(row["lat"], row["lon"]), row["free_at"]) if row else None

    def shunned(self, job: Job) -> bool:
        """Whether this is the first assignment of a job whose script has it ignored; remembers the first."""
        self._store.run("INSERT OR IGNORE INTO shunned VALUES (?, ?, ?)", job.leg_id, job.courier_id, job.epoch)
        first = self._store.row("SELECT * FROM shunned WHERE leg_id = ?", job.leg_id)
        return first is not None and (first["courier_id"], first["epoch"]) == (job.courier_id, job.epoch)

    def _set_state(self, leg_id: str, epoch: int, state: str) -> None:
        self._store.run("UPDATE journey SET state = ? WHERE leg_id = ? AND epoch = ?", state, leg_id, epoch)


def _dump(journey: Journey) -> str:
    told: dict[str, Any] = {
        "job": asdict(journey.job),
        "script": journey.script.model_dump(),
        "start": asdict(journey.start),
        "startedAt": journey.started_at,
        "onlineAt": journey.online_at,
    }
    return json.dumps(told, ensure_ascii=False)


def _load(row: Any) -> Journey:
    told = json.loads(row["body"])
    return Journey(
        job=Job(**{**told["job"], "door": Place(**told["job"]["door"])}),
        script=Script.model_validate(told["script"]),
        state=row["state"],
        start=Place(**told["start"]),
        started_at=told["startedAt"],
        online_at=told["onlineAt"],
    )
