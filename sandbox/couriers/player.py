"""The played couriers: look at the work lists, set out, and scan when the time has come.

A journey is written down whole when it starts (its steps with their moments), so a restart goes on in the middle.
"""

import time
from dataclasses import dataclass, field

from sandbox.couriers import scripts
from sandbox.couriers.book import Book, DueStep, Journey
from sandbox.couriers.devices import Scan, record
from sandbox.couriers.geo import Pace, Place
from sandbox.couriers.journeys import Job, World, plan
from sandbox.couriers.kuayu import Kuayu
from sandbox.couriers.store import Store

OUTLETS_EVERY_S = 30.0
VERIFIED_M, UNVERIFIED_M = 15.0, 500.0
# Yuzhong's government service hall, approximate: no surveyed point was found.
HALL = Place(29.5527, 106.5684)


@dataclass(frozen=True)
class Manners:
    """Where the hall is and how couriers move."""

    hall: Place = HALL
    pace: Pace = field(default_factory=Pace)


class Player:
    """`read` is called when the lists have changed, `look` and `advance` again and again by the program's threads."""

    def __init__(self, store: Store, kuayu: Kuayu, manners: Manners | None = None) -> None:
        self._store = store
        self._book = Book(store)
        self._kuayu = kuayu
        self.manners = manners or Manners()
        self._outlets: dict[str, Place] = {}
        self._outlets_at = 0.0
        self._jobs: dict[str, Job] = {}

    def read(self) -> int:
        """Read every work list; how many jobs there are."""
        if time.monotonic() > self._outlets_at:
            self._outlets = self._kuayu.outlets()
            self._outlets_at = time.monotonic() + OUTLETS_EVERY_S
        self._jobs = {job.leg_id: job for outlet_id in self._outlets for job in self._kuayu.worklist(outlet_id)}
        return len(self._jobs)

    def look(self) -> None:
        """Call off what was taken away from the lists as they were read last; start what is to be done."""
        jobs = self._jobs
        self._call_off(jobs)
        waiting: dict[str, list[Job]] = {}
        for job in jobs.values():
            if self._may_start(job):
                waiting.setdefault(job.courier_id, []).append(job)
        for courier_id, mine in waiting.items():
            stands = self._book.courier(courier_id)
            if stands is None or stands[1] <= time.time():
                self._start(min(mine, key=lambda job: (job.planned_at, job.leg_id)))

    def advance(self) -> None:
        """Turn every step whose moment has come into a scan on its device."""
        for leg_id, epoch, place in self._book.due():
            with self._store.transaction():
                due = self._book.take(leg_id, epoch, place)
                if due is not None:
                    record(self._store, self._scan(due))

    def _may_start(self, job: Job) -> bool:
        earlier = self._book.journey(job.leg_id, job.epoch)
        if earlier and not _again(earlier, job):
            return False
        script = scripts.find(self._store, job.leg_id, job.phone_tail)
        return not (script.ignore_first_assignment and self._book.shunned(job))

    def _start(self, job: Job) -> None:
        script = scripts.find(self._store, job.leg_id, job.phone_tail)
        if self._book.journey(job.leg_id, job.epoch):  # the first one is ill; who comes in his place is not
            script = script.model_copy(update={"stop_after": None})
        start = self._standing(job)
        attempt = self._book.attempts_before(job.leg_id, job.epoch)
        steps = plan(job, script, World(start, self.manners.hall, self.manners.pace, attempt))
        if not steps:
            return
        stuck = attempt == 0 and script.stop_after == steps[-1].kind
        now = time.time()
        journey = Journey(
            job=job,
            script=script,
            state="returning" if job.stage == "RETURNING" else "stopped" if stuck else "under_way",
            start=start,
            started_at=now,
            online_at=now + script.offline_s / job.time_scale,
        )
        last = next((step.where for step in reversed(steps) if step.busy), "start")
        self._book.begin(journey, steps, self._spot(journey, last))

    def _standing(self, job: Job) -> Place:
        stands = self._book.courier(job.courier_id)
        return stands[0] if stands else self._outlets.get(job.outlet_id, self.manners.hall)

    def _spot(self, journey: Journey, where: str) -> Place:
        return {"start": journey.start, "door": journey.job.door, "hall": self.manners.hall}[where]

    def _scan(self, due: DueStep) -> Scan:
        journey, step = due.journey, due.step
        job, script = journey.job, journey.script
        return Scan(
            device_id=f"van-{job.outlet_id}" if step.by_van else job.courier_id,
            role="courier",
            leg_id=job.leg_id,
            kind=step.kind,
            code=job.tracking_no,
            epoch=job.epoch,
            occurred_at=due.due_at,
            place=self._spot(journey, step.where),
            datum=job.datum,
            accuracy_m=UNVERIFIED_M if script.unverified else VERIFIED_M,
            clock_off_s=0 if step.by_van else script.clock_off_s,
            seal_no=(job.seal_no or _seal(job.leg_id)) if step.seal else None,
            manifest=step.manifest,
            signer_kind=step.signer_kind,
            note=step.note,
            with_proof=step.proof,
            hold_s=0 if step.by_van else _hold_s(due),
            proof_late_s=script.late_proof_s / job.time_scale,
            times=max(script.duplicate, 2 if script.offline_s else 1),
            shuffle=script.out_of_order,
        )

    def _call_off(self, jobs: dict[str, Job]) -> None:
        """Who is on the way and online sees that a job is gone or another's; who holds the parcel goes on."""
        for journey in self._book.open():
            mine = journey.job
            job = jobs.get(mine.leg_id)
            if job and (job.courier_id, job.epoch) == (mine.courier_id, mine.epoch):
                continue
            if time.time() >= journey.online_at and not self._book.holds(mine.leg_id):
                self._book.give_up(journey)


def _again(earlier: Journey, job: Job) -> bool:
    """A journey that was broken off is made by another courier; a parcel in the bag may have to go back."""
    if earlier.state in ("gave_up", "stopped"):
        return earlier.job.courier_id != job.courier_id
    return job.stage == "RETURNING" and earlier.state != "returning"


def _hold_s(due: DueStep) -> float:
    """Real seconds until the device may send this scan: no network, or later scans are to arrive first."""
    now = time.time()
    hold_s = due.journey.online_at - now
    if due.journey.script.out_of_order and due.place % 2 == 0 and due.next_at is not None:
        hold_s = max(hold_s, due.next_at - now + 0.3)
    return max(0.0, hold_s)


def _seal(leg_id: str) -> str:
    """The seal that the courier puts on at the door: a fixed one per leg."""
    return f"YZ{sum(ord(char) * 31**place for place, char in enumerate(leg_id)) % 9_999_999 + 1:07d}"
