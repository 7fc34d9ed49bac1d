"""What a courier does for one job, as a pure plan: which scans, when, where, with what in hand.

Times are business seconds from the start; the player turns them into moments by the job's time scale.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from sandbox.couriers.geo import Pace, Place
from sandbox.couriers.papers import Paper, one_less
from sandbox.couriers.scripts import Script

MAIN_LINE = (
    "ORDERED", "ACCEPTED", "ASSIGNED", "EN_ROUTE", "ARRIVED_DOOR", "PICKED_UP", "AT_OUTLET", "IN_TRANSIT",
    "AT_DEST_OUTLET", "OUT_FOR_DELIVERY", "DELIVERED", "HALL_CHECKED",
)  # fmt: skip
SEEN_BEFORE_S = 60
"""A damage is seen on arrival, before the parcel is handed over."""
Where = Literal["start", "door", "hall"]


@dataclass(frozen=True)
class Job:
    """One entry of an outlet's work list."""

    outlet_id: str
    leg_id: str
    leg: str
    tracking_no: str
    epoch: int
    stage: str
    courier_id: str
    planned_at: str
    door: Place
    datum: str
    phone_tail: str
    papers: tuple[Paper, ...]
    seal_no: str | None
    time_scale: float


@dataclass(frozen=True)
class Step:
    """One scan to come, `at_s` business seconds after the start. `busy`: the courier is not free before it."""

    at_s: float
    kind: str
    where: Where
    busy: bool = True
    by_van: bool = False  # scanned by the outlet's van, not by the courier
    signer_kind: str | None = None
    note: str | None = None
    manifest: tuple[Paper, ...] | None = None
    seal: bool = False
    proof: bool = False


@dataclass(frozen=True)
class World:
    """What a plan needs beside the job: where the courier stands, where the hall is, how people move."""

    start: Place
    hall: Place
    pace: Pace = field(default_factory=Pace)
    attempt: int = 0  # attempts at this door before


def plan(job: Job, script: Script, world: World) -> list[Step]:
    """The whole way of one attempt, script included; scans that the leg has already are left out."""
    if job.stage == "RETURNING":
        steps = _bring_back(job, world)
    elif job.leg == "PICKUP":
        steps = _pickup(job, script, world)
    else:
        steps = _delivery(job, script, world)
    steps = _go_wrong(steps, job, script, world)
    return [step for step in steps if not _done(step.kind, job.stage)]


def _pickup(job: Job, script: Script, world: World) -> list[Step]:
    pace, door = world.pace, job.door
    arrive = pace.travel_s(world.start, door) + script.late_s
    taken = arrive + pace.door_s
    hall = taken + pace.travel_s(door, world.hall)
    handed = one_less(job.papers) if script.missing_at_door else job.papers
    return [
        Step(0, "EN_ROUTE", "start"),
        Step(arrive, "ARRIVED_DOOR", "door"),
        Step(taken, "PICKED_UP", "door", manifest=handed, seal=True, proof=True),
        # The outlet's van takes sealed dossiers to the hall: the courier is free for the next door.
        Step(hall, "DELIVERED", "hall", busy=False, by_van=True, signer_kind="hall", seal=True),
    ]


def _delivery(job: Job, script: Script, world: World) -> list[Step]:
    pace, door = world.pace, job.door
    if world.attempt or job.stage == "DELIVERY_FAILED":
        # The second attempt: the courier has the parcel in the bag still.
        leave, ride, steps = 0.0, pace.travel_s(world.start, door), []
    else:
        leave = pace.travel_s(world.start, world.hall) + pace.hall_s
        ride = pace.travel_s(world.hall, door)
        steps = [
            Step(0, "EN_ROUTE", "start"),  # to the hall first
            Step(leave, "PICKED_UP", "hall", manifest=job.papers, seal=True),
        ]
    arrive = leave + ride + script.late_s
    return [
        *steps,
        Step(leave, "OUT_FOR_DELIVERY", "hall"),
        Step(arrive, "ARRIVED_DOOR", "door"),
        Step(
            arrive + pace.door_s, "DELIVERED", "door", signer_kind=script.signer_kind,
            manifest=job.papers, seal=True, proof=True,
        ),
    ]  # fmt: skip


def _bring_back(job: Job, world: World) -> list[Step]:
    """A parcel on its way back to who gave it: a delivery to the hall, picked-up papers to the applicant."""
    to_hall = job.leg == "DELIVERY"
    end = world.hall if to_hall else job.door
    signer: tuple[Where, str] = ("hall", "hall") if to_hall else ("door", "self")
    at = world.pace.travel_s(world.start, end) + world.pace.hall_s
    return [Step(at, "RETURNED", signer[0], signer_kind=signer[1], seal=True, proof=not to_hall)]


def _go_wrong(steps: list[Step], job: Job, script: Script, world: World) -> list[Step]:
    """The script's oddities, one after the other."""
    failure = _failure(script, world.attempt)
    if failure and job.stage != "RETURNING":
        steps = _fail_at_door(steps, job.leg, failure)
    if script.lost:
        steps = _lose(steps, script.found_after_s)
    if script.damaged:
        steps = _before(steps, "DELIVERED", "DAMAGED", "外包装破损")
    if script.no_arrival_scan:
        steps = [step for step in steps if step.kind != "ARRIVED_DOOR"]
    kinds = [step.kind for step in steps]
    if script.stop_after in kinds and not world.attempt:
        steps = steps[: kinds.index(script.stop_after) + 1]
    return steps


def _failure(script: Script, attempt: int) -> str | None:
    if script.refuse_at_door:
        return "REFUSED"
    if script.wrong_address:
        return "WRONG_ADDRESS"
    return script.fail_first_delivery if attempt == 0 else None


def _fail_at_door(steps: list[Step], leg: str, reason: str) -> list[Step]:
    last = next(place for place, step in enumerate(steps) if step.kind == "ARRIVED_DOOR")
    kind = "PICKUP_FAILED" if leg == "PICKUP" else "DELIVERY_FAILED"
    failed = replace(steps[last + 1], kind=kind, note=reason, manifest=None, seal=False, signer_kind=None, proof=True)
    return [*steps[: last + 1], failed]


def _lose(steps: list[Step], found_after_s: float | None) -> list[Step]:
    kinds = [step.kind for step in steps]
    last = kinds.index("OUT_FOR_DELIVERY") if "OUT_FOR_DELIVERY" in kinds else kinds.index("PICKED_UP")
    lost = replace(steps[last], at_s=steps[last].at_s + 60, kind="LOST", manifest=None, seal=False, proof=False)
    if found_after_s is None:
        return [*steps[: last + 1], lost]
    late = [replace(step, at_s=step.at_s + found_after_s + 60) for step in steps[last + 1 :]]
    return [*steps[: last + 1], lost, *late]


def _before(steps: Sequence[Step], kind: str, new: str, note: str) -> list[Step]:
    found: list[Step] = []
    for step in steps:
        if step.kind == kind:
            found.append(
                Step(max(step.at_s - SEEN_BEFORE_S, 0), new, step.where, busy=step.busy, note=note, proof=True)
            )
        found.append(step)
    return found


def _done(kind: str, stage: str) -> bool:
    """Whether the leg is past this scan already (this program has lost its memory, or a person was quicker)."""
    if kind not in MAIN_LINE or stage not in MAIN_LINE:
        return False
    return MAIN_LINE.index(kind) <= MAIN_LINE.index(stage)
