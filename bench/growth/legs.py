"""Synthetic door legs as rows: what was promised, how it went, what was scanned."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from demo.people import DOORS, door
from domain.dossier import Contact
from domain.terms import Leg
from logistics.outlets import load_outlets
from logistics.promise_model import (
    CauseParty,
    Clock,
    PromiseState,
    PromiseTerms,
    PromiseVerdict,
    PromiseVersion,
    VersionCause,
)
from logistics.promise_rules import LegPromise
from storage.base import Base
from storage.parcels.legs import LegRow, promise_told
from storage.parcels.scans import ScanEventRow
from storage.sealing import Sealer

NOW: Final = datetime(2026, 11, 27, 2, tzinfo=UTC)
_HOUR: Final = timedelta(hours=1)


class Ordered(Protocol):
    """The case that a leg belongs to."""

    chance: random.Random
    serial: int
    no: str
    at: datetime
    decided_at: datetime
    closed: bool


def leg_rows(case: Ordered, kind: Leg, sealer: Sealer) -> Iterator[tuple[type[Base], dict[str, Any]]]:
    """A door leg of a case with its promise, and the scans of one that is over."""
    leg_id = f"{case.no}-{kind}-1"
    ordered = case.at if kind is Leg.PICKUP else case.decided_at
    over = case.closed or (kind is Leg.PICKUP and ordered < NOW - _HOUR * 5)
    outlet = case.chance.choice(load_outlets())
    _, lat, lon = DOORS[case.serial % len(DOORS)]
    promise = _promise(case.chance, ordered, over)
    at_door = Contact.model_validate(contact(case.serial, "王秀兰"))
    yield (
        LegRow,
        {
            "leg_id": leg_id,
            "case_no": case.no,
            "handling_no": case.no,
            "leg": kind,
            "region": "500103",
            "tracking_no": f"EA{case.serial:09d}{kind[0]}",
            "stage": "DELIVERED" if over else "ASSIGNED",
            "epoch": 1,
            "state": {"complete": over},
            "manifest": [{"name": "申请表", "form": "form", "count": 1}],
            "contact": sealer.seal(at_door.model_dump_json().encode(), f"leg/{leg_id}"),
            "lat": lat,
            "lon": lon,
            "outlet_id": outlet.id,
            "distance_m": case.chance.uniform(100, 3000),
            "courier_id": f"{outlet.id}-1",
            "assignment_version": 1,
            "planned_arrival_at": ordered + _HOUR / 2,
            "promise": promise,
            **promise_told(promise),
            "deadline_at": ordered + _HOUR,
            "time_scale": 1.0,
            "ordered_at": ordered,
            "arrived_at": ordered + _HOUR / 2 if over else None,
            "ended_at": ordered + _HOUR * 3 if over else None,
            "outcome": "DELIVERED" if over else None,
            "sign_self": False,
        },
    )
    for step, scan in enumerate(("ARRIVED_DOOR", "PICKED_UP", "DELIVERED") if over else ()):
        at = ordered + _HOUR / 2 * (1 + step)
        yield (
            ScanEventRow,
            {
                "event_id": f"device~{leg_id}-{step}",
                "source": "device",
                "device_id": f"d{case.serial % 40}",
                "device_seq": case.serial * 10 + step + (5 if kind is Leg.DELIVERY else 0),
                "said_id": f"{leg_id}-{step}",
                "leg_id": leg_id,
                "code": f"EA{case.serial:09d}{kind[0]}",
                "kind": scan,
                "actor": f"{outlet.id}-1",
                "occurred_at": at,
                "corrected_at": at,
                "recorded_at": at,
                "clock_suspect": False,
                "second_approval": False,
                "payload": {
                    "eventId": f"{leg_id}-{step}",
                    "deviceSeq": case.serial * 10 + step + (5 if kind is Leg.DELIVERY else 0),
                    "occurredAt": at.isoformat(),
                    "kind": scan,
                    "code": f"EA{case.serial:09d}{kind[0]}",
                },
                "payload_sha256": "0" * 64,
            },
        )


def _promise(chance: random.Random, ordered: datetime, over: bool) -> dict[str, Any]:
    took = chance.triangular(10, 90, 35)
    verdict = PromiseVerdict.ON_TRACK if not over else PromiseVerdict.KEPT if took <= 60 else PromiseVerdict.BREACHED
    terms, deadline = PromiseTerms(), ordered + _HOUR
    made = LegPromise(promised=True, terms=terms, accepted_at=ordered, area="jiefangbei", evaluated_at=ordered)
    version = PromiseVersion(version=1, deadline=deadline, cause=VersionCause.ACCEPTED, known_at=ordered)
    excused = {CauseParty.APPLICANT: round(chance.uniform(1, 20), 1)} if chance.random() < 0.1 else {}
    state = PromiseState(
        verdict=verdict,
        clock=Clock.STOPPED if over else Clock.RUNNING,
        start=ordered,
        deadline=deadline,
        provisional=False,
        stopped_at=ordered + timedelta(minutes=took) if over else None,
        stopped_by=None,
        verified=over and chance.random() < 0.9,
        raw_minutes=took,
        adjusted_minutes=took,
        handover_minutes=None,
        excused=excused,
        over_cap=False,
        versions=(version,),
        boundaries=(),
    )
    return made.kept(state)


def contact(serial: int, name: str) -> dict[str, Any]:
    """A door and who is there, as `Contact` has it."""
    said = door(serial % 100_000, name)
    return {
        "address": said["address"],
        "lat": said["lat"],
        "lon": said["lon"],
        "contact_name": name,
        "contact_phone": said["contactPhone"],
    }
