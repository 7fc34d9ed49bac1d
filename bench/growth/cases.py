"""Synthetic cases as rows: one serial number, one case with all that belongs to it, the same each time.

All are registered within the quarter that runs at `NOW`, so a quarter's report has every case to tell of. Five in six
are closed; nobody is a real person.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from bench.growth.legs import NOW, contact, leg_rows
from bench.growth.messages import message_rows
from catalog.items import load
from catalog.model import ServiceItem
from demo.people import applicant
from domain.dossier import Consent, Contact, Dossier, DossierMaterial
from domain.identifiers import make_case_number
from domain.messages import CaseStart, HandlingPlan, Responsible
from domain.outbound import Person
from domain.tasks import RULES, TaskKind, task_id
from domain.terms import PARTNER_OF_SCHEME, CaseStatus, Leg, Provided, Scheme, WireEvent
from domain.wire import WireState
from storage.base import Base
from storage.case_keys import fresh_key
from storage.cases.faces import CaseFaceRow, CaseMarkRow, marks_of
from storage.cases.rows import CaseEventRow, CaseKeyRow, CaseRow, DeadlineRow, HandlingRow
from storage.sealing import Sealer
from storage.tasks.rows import TaskLineRow, TaskRow
from web.views.masking import applicant_masked

FIRST: Final = datetime(2026, 10, 1, 1, tzinfo=UTC)
REGION: Final = {"chuanyu": "510104", "southwest": "520102", "interprovincial": "440103", "quanyu": "500112"}
_SCHEMES: Final = (Scheme.CHUANYU, Scheme.SOUTHWEST, Scheme.INTERPROVINCIAL, Scheme.QUANYU)
_HOUR: Final = timedelta(hours=1)

Rows = Iterator[tuple[type[Base], dict[str, Any]]]


@cache
def items() -> tuple[ServiceItem, ...]:
    """Forty items that persons may ask for, in every mode that the list has."""
    return tuple(item for item in load().items if item.applicant.value != "enterprise" and item.materials)[:40]


@cache
def _snapshot(place: int) -> dict[str, Any]:
    return items()[place].snapshot(load().version).model_dump(mode="json")


def registered_at(serial: int, of: int) -> datetime:
    """Evenly over the quarter so far."""
    return FIRST + (NOW - FIRST) * serial / of


def number(serial: int, of: int) -> str:
    """The case's number; its handling has the same. Each day has numbers of its own."""
    day = registered_at(serial, of).astimezone(UTC).date()
    return make_case_number("500103", day, serial % 999_999 + 1)


def rows(serial: int, of: int, sealer: Sealer, key: bytes) -> Rows:
    """Every row of the `serial`th of `of` cases, in the order in which they may be written.

    `key`: of the hashes by which a search finds them.
    """
    case = _Case(serial, of)
    yield CaseKeyRow, fresh_key(sealer, case.no, case.at, case.no)
    yield from case.rows(sealer)
    yield from case.faces(sealer, key)


def named(serial: int) -> str:
    """The name of the `serial`th case's applicant; others have it too."""
    name: str = applicant(serial % 100_000, "personal")["name"]
    return name


def closed_before(serial: int, of: int) -> str:
    """The number of the last closed case before the `serial`th, or of the first case."""
    made = (_Case(each, of) for each in range(serial, -1, -1))
    return next((case.no for case in made if case.closed), number(0, of))


def under_way_at(scheme: Scheme, of: int) -> Iterator[str]:
    """Numbers of the open cases of a network, the latest first."""
    made = (_Case(serial, of) for serial in range(of - 1, -1, -1))
    return (case.no for case in made if case.scheme is scheme and not case.closed)


class _Case:
    def __init__(self, serial: int, of: int) -> None:
        self.chance = random.Random(serial)
        self.serial = serial
        self.no, self.at = number(serial, of), registered_at(serial, of)
        self.place = self.chance.randrange(len(items()))
        self.item = items()[self.place]
        self.scheme = self.chance.choices(_SCHEMES, (50, 20, 25, 5))[0]
        self.closed = self.chance.random() < 5 / 6
        self.accepted_at = self.at + _HOUR * self.chance.uniform(2, 50)
        self.decided_at = self.accepted_at + _HOUR * self.chance.uniform(5, 200)
        self.doors = [leg for leg in (Leg.PICKUP, Leg.DELIVERY) if self.chance.random() < 0.5]
        self.due = [
            self.at + timedelta(days=self.chance.uniform(4, 20)) if self.closed
            else NOW + _HOUR * self.chance.uniform(-20, 400)
            for _ in range(3)
        ]  # fmt: skip
        """The ends of its three clocks."""

    def rows(self, sealer: Sealer) -> Rows:
        status = CaseStatus.APPROVED if self.closed else self.chance.choice(
            [CaseStatus.SUBMITTED, CaseStatus.ACCEPTED, CaseStatus.REVIEWING, CaseStatus.SUPPLEMENT_REQUIRED]
        )  # fmt: skip
        yield CaseRow, self._case(status, sealer)
        yield HandlingRow, self._handling(status)
        yield from self._events()
        yield from self._clocks()
        for leg in self.doors:
            yield from leg_rows(self, leg, sealer)
        yield from self._tasks()
        yield from message_rows(self, sealer)

    def _case(self, status: CaseStatus, sealer: Sealer) -> dict[str, Any]:
        rated = self.closed and self.chance.random() < 0.6
        rating = {
            "score": self.chance.choices((5, 4, 3, 2, 1), (60, 25, 10, 3, 2))[0],
            "side": "authority",
            "at": NOW.isoformat(),
        }
        plan = HandlingPlan(
            handling_no=self.no, region=REGION[self.scheme], scheme=self.scheme, mode=self.item.mode,
            partner=PARTNER_OF_SCHEME[self.scheme], originals_travel=False, result_travels=False,
        )  # fmt: skip
        start = CaseStart(
            case_no=self.no, item=self.item.brief, handlings=(plan,), pickup=Leg.PICKUP in self.doors,
            delivery=Leg.DELIVERY in self.doors, registered_at=self.at,
        )  # fmt: skip
        return {
            "case_no": self.no,
            "item_code": self.item.code,
            "item_name": self.item.name,
            "item": _snapshot(self.place),
            "scheme": self.scheme,
            "mode": self.item.mode,
            "status": status,
            "on_hold": False,
            "withdrawal_pending": False,
            "channel": self.chance.choice(["window", "online"]),
            "clerk": "clerk",
            "unit_id": "hall",
            "dossier": sealer.seal(self._dossier().model_dump_json().encode(), f"case/{self.no}"),
            "start": start.model_dump(mode="json"),
            "started": True,
            "time_scale": 1.0,
            "registered_at": self.at,
            "collected_at": self.at + _HOUR,
            "decided_at": self.decided_at if self.closed else None,
            "closed_at": self.decided_at + _HOUR * 20 if self.closed else None,
            "due_at": None if self.closed else min(self.due),
            "awaits": None if self.closed else Responsible.AUTHORITY,
            "keeper": "clerk" if self.chance.random() < 0.2 else f"clerk{self.serial % 9}",
            "rating": rating if rated else None,
            "item_kind": self.item.kind,
            "statutory_days": self.item.statutory_days,
            "promised_days": self.item.promised_days,
            "result_form": self.item.result_form,
            "rated_score": rating["score"] if rated else None,
            "rated_side": rating["side"] if rated else None,
            "version": 5,
        }

    def _dossier(self) -> Dossier:
        person = applicant(self.serial % 100_000, "personal")
        doors = {leg: Contact.model_validate(contact(self.serial, person["name"])) for leg in self.doors}
        return Dossier(
            applicant=Person(
                type=person["type"], name=person["name"], id_type=person["idType"], id_number=person["idNumber"],
                phone=person["phone"],
            ),
            materials=tuple(
                DossierMaterial(seq=m.seq, name=m.name, form=m.form, provided=Provided.COPY)
                for m in self.item.materials
            ),
            pickup=doors.get(Leg.PICKUP),
            delivery=doors.get(Leg.DELIVERY),
            consent=Consent(version="2026-11", accepted=True),
        )  # fmt: skip

    def faces(self, sealer: Sealer, key: bytes) -> Rows:
        """What lists and searches know of it."""
        person = self._dossier().applicant
        name = sealer.seal(applicant_masked(person).encode(), f"face/{self.no}")
        yield CaseFaceRow, {"case_no": self.no, "name": name}
        for mark in marks_of(key, self.no, person):
            yield CaseMarkRow, {"case_no": self.no, "mark": mark}

    def _handling(self, status: CaseStatus) -> dict[str, Any]:
        partner = PARTNER_OF_SCHEME[self.scheme]
        waits = partner is not None and not self.closed and self.chance.random() < 0.1
        return {
            "handling_no": self.no,
            "case_no": self.no,
            "department": self.item.department,
            "place": 0,
            "region": REGION[self.scheme],
            "scheme": self.scheme,
            "partner": partner,
            "mode": self.item.mode,
            "originals_travel": False,
            "result_travels": False,
            "status": status,
            "partner_no": f"P{self.serial}",
            "waiting_since": NOW - _HOUR if waits else None,
            "wire_state": WireState.DECIDED if self.closed else WireState.SUBMITTED,
            "last_event": WireEvent.APPROVED if self.closed else None,
            "last_seq": 3 if self.closed else 0,
            "round": 0,
            "decision": WireEvent.APPROVED if self.closed else None,
            "withdrawal_asked": False,
            "applied_count": 3 if self.closed else 0,
            "changed_at": self.decided_at,
            "legal_due_at": None if self.closed or partner is not None else min(self.due[0], self.due[2]),
        }

    def _events(self) -> Rows:
        steps = [("REGISTERED", self.at), ("COLLECTED", self.at + _HOUR), ("SUBMITTED", self.at + _HOUR * 1.5)]
        if self.closed:
            steps += [("RECEIVED", self.at + _HOUR * 2), ("ACCEPTED", self.accepted_at)]
            if self.chance.random() < 0.05:
                third = (self.decided_at - self.accepted_at) / 3
                steps += [("SUSPENDED", self.accepted_at + third), ("RESUMED", self.accepted_at + 2 * third)]
            steps.append(("APPROVED", self.decided_at))
            if Leg.DELIVERY not in self.doors:
                steps.append(("HANDED_OVER", self.decided_at + _HOUR * 10))
            steps.append(("CLOSED", self.decided_at + _HOUR * 20))
        for place, (kind, at) in enumerate(steps):
            yield (
                CaseEventRow,
                {
                    "case_no": self.no,
                    "handling_no": self.no if kind not in ("REGISTERED", "CLOSED", "HANDED_OVER") else None,
                    "key": f"{place}-{kind}",
                    "kind": kind,
                    "at": at,
                    "recorded_at": at,
                    "actor": "workflow",
                    "data": {"seq": place},
                },
            )

    def _clocks(self) -> Rows:
        kinds = [("ACCEPTANCE", self.accepted_at)]
        kinds += [("DECISION_PROMISED", self.decided_at), ("DECISION_STATUTORY", self.decided_at)]
        for place, (kind, stopped_at) in enumerate(kinds):
            due = self.due[place]
            yield (
                DeadlineRow,
                {
                    "case_no": self.no,
                    "handling_no": self.no,
                    "key": f"{place}-{kind}/{kind}",
                    "kind": kind,
                    "start_at": self.at,
                    "warn_at": due - _HOUR * 24,
                    "due_at": due,
                    "responsible": Responsible.AUTHORITY,
                    "provisional": False,
                    "calendar_version": "bundled",
                    "stopped_at": stopped_at if self.closed else None,
                },
            )

    def _tasks(self) -> Rows:
        if self.chance.random() > 0.25:
            return
        kind = self.chance.choice([TaskKind.DEADLINE_WARNING, TaskKind.FILE_MISSING, TaskKind.DEADLINE_MISSED])
        key = f"{self.no}/{kind}"
        open_still = not self.closed or self.chance.random() < 0.05
        yield (
            TaskRow,
            {
                "id": task_id(key),
                "key": key,
                "matter": key,
                "kind": kind,
                "owner": RULES[kind][1],
                "case_no": self.no,
                "handling_no": self.no,
                "data": {"clock": "DECISION_PROMISED"},
                "opened_at": self.at + _HOUR * 3,
                "deadline_at": self.at + _HOUR * 30,
                "resolved_at": None if open_still else self.at + _HOUR * 20,
                "outcome": None if open_still else "ACKNOWLEDGE",
                "resolved_by": None if open_still else "clerk",
                "delivered": True,
            },
        )
        yield TaskLineRow, {
            "key": key, "number": 1, "task_id": task_id(key), "kind": kind, "at": self.at + _HOUR * 3,
            "data": {"clock": "DECISION_PROMISED"},
        }  # fmt: skip
