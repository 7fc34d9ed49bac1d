"""Every item on every network that it lists: what is started, and the officer who decides the in-city ones."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from catalog.items import load
from catalog.model import Applicants, ServiceItem
from catalog.workdays import SHANGHAI
from demo.client import Caller
from demo.filling import Filled, filled, resident
from demo.people import applicant
from demo.play import Stage
from demo.scans import with_files
from domain.terms import ApplicantType, CaseStatus, IdType, MaterialForm, Scheme

REGION_OF = {
    Scheme.CHUANYU: "510104",
    Scheme.SOUTHWEST: "520102",
    Scheme.INTERPROVINCIAL: "440103",
    Scheme.QUANYU: "500112",
}
"""A county that only this network reaches first, per network."""
_PLACES_OF = {
    Scheme.CHUANYU: (REGION_OF[Scheme.CHUANYU], "511602"),
    Scheme.SOUTHWEST: (REGION_OF[Scheme.SOUTHWEST], "530102"),
    Scheme.INTERPROVINCIAL: (REGION_OF[Scheme.INTERPROVINCIAL], "310101"),
    Scheme.QUANYU: (REGION_OF[Scheme.QUANYU], "500103"),
}
"""For a joint item with roles: two places on the same network."""

_AGES = (62, 75, 85, 17, 5, 0)
_HALF = 0.5
_AT_ONCE = 4
_IN_FLIGHT = 120
"""More would only wait in queues, and the law's clocks run fast here."""
_LOOK_S = 1.0
_LOOKED_AT = 20
"""Cases looked at in one round, the one not seen for longest first: looking must not cost more than carrying."""
_TOLD = 20
_PLACES = ("caseNo", "status", "onHold", "handlings", "tasks")
_PROVIDED = {MaterialForm.ORIGINAL: "original", MaterialForm.COPY: "copy", MaterialForm.FORM: "original"}
_NEXT = {"SUBMITTED": "RECEIVED", "RECEIVED": "ACCEPTED", "ACCEPTED": "APPROVED"}


@dataclass(frozen=True)
class Start:
    """One case to be started."""

    item: ServiceItem
    scheme: Scheme
    number: int

    def body(self, clerk: Caller) -> dict[str, Any]:
        person, form = self._filled()
        return {
            "itemCode": self.item.code,
            "handlings": [
                {"region": region, "role": role}
                for region, role in zip(_PLACES_OF[self.scheme], self.item.roles or [None], strict=False)
            ],
            "mode": None,
            "applicant": person,
            "agent": None,
            "materials": with_files(
                clerk,
                [
                    {"seq": m.seq, "provided": _PROVIDED.get(m.form, "electronic"), "pages": 1, "sha256": None}
                    for m in form.item.materials
                ],
            ),
            "pickup": None,
            "delivery": None,
            "consent": {"version": "2026-11", "accepted": True},
            "form": None if form.answers is None else {"answers": form.answers},
        }

    def _filled(self) -> tuple[dict[str, Any], Filled]:
        """The first of the people who stand in line for it that may apply, and his form, filled at random."""
        form = Filled(None, self.item)
        for person in self._people():
            form = filled(self.item, person, self.number, fetched=False)
            if form.answers is not None:
                return person, form
        return self._applicant(), form

    def _people(self) -> Iterator[dict[str, Any]]:
        """The usual applicant, then, for what is only for the old or the very young, others in his place."""
        usual, chance = self._applicant(), random.Random(self.number)
        yield usual
        if usual["idType"] == IdType.RESIDENT:
            for years in _AGES:
                birth = datetime.now(SHANGHAI).date() - timedelta(days=int(years * 365.25) + 40)
                yield usual | {"idNumber": resident(chance, birth, man=chance.random() < _HALF)}

    def _applicant(self) -> dict[str, Any]:
        enterprise = self.item.applicant is Applicants.ENTERPRISE
        kind = ApplicantType.ENTERPRISE if enterprise else ApplicantType.PERSONAL
        person = applicant(self.number, kind)
        rule = self.item.eligibility
        if rule is None or not rule.id_types or IdType(person["idType"]) in rule.id_types:
            return person
        return person | {"idType": IdType.PASSPORT.value, "idNumber": f"E{self.number:08d}"}


def all_starts() -> list[Start]:
    """Every item × network, network after network in turn, so that all are busy at once."""
    pairs = [(item, scheme) for item in load().items for scheme in item.schemes]
    return [Start(item, scheme, number) for number, (item, scheme) in enumerate(pairs, start=1)]


@dataclass
class Outcome:
    """What became of a start. `refused`: the answer's text; `status`: the last one seen; `took_s`: start to outcome."""

    start: Start
    case_no: str = ""
    scheme: str = ""
    refused: str = ""
    status: str = ""
    begun: float = field(default_factory=time.monotonic)
    took_s: float | None = None

    @property
    def fault(self) -> str:
        """Why this is not as it should be; empty for an approved case on the network that was asked for."""
        if self.refused:
            return f"refused: {self.refused}"
        if self.status != CaseStatus.APPROVED:
            return f"stands at {self.status}"
        return f"went over {self.scheme}" if self.scheme != self.start.scheme else ""


class Run:
    """Starts cases with a bounded number under way, lets the officer work, and waits for outcomes."""

    def __init__(self, stage: Stage, starts: Sequence[Start]) -> None:
        self._stage = stage
        self._starts = starts
        self._open: dict[str, Outcome] = {}
        self._lock = threading.Lock()
        self.outcomes: list[Outcome] = []
        self.took_s = 0.0

    def all(self, *, patience_s: float, budget_s: float) -> list[Outcome]:
        """Until every case has an outcome, nothing has moved for `patience_s`, or `budget_s` are over."""
        waiting = list(reversed(self._starts))
        begun = moved = time.monotonic()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            while (waiting or self._open) and time.monotonic() < min(moved + patience_s, begun + budget_s):
                room = min(_IN_FLIGHT - len(self._open), len(waiting))
                registered = list(pool.map(self._register, [waiting.pop() for _ in range(room)]))
                decided = self._decide_in_city()
                looked = list(pool.map(self._look, list(self._open.values())[:_LOOKED_AT]))
                if registered or decided or any(looked):
                    moved = time.monotonic()
                time.sleep(_LOOK_S)
        self.took_s = time.monotonic() - begun
        return self.outcomes

    def report(self) -> str:
        """Counts per network, the rate, and for everything that is not as it should be where it stands."""
        lines = [f"{len(self.outcomes)} of {len(self._starts)} started, {self.took_s:.0f} s, {self._rate()}"]
        for scheme in Scheme:
            mine = [o for o in self.outcomes if o.start.scheme is scheme]
            states = Counter("refused" if o.refused else o.status for o in mine)
            wanted = sum(start.scheme is scheme for start in self._starts)
            lines.append(f"  {scheme}: {len(mine)} of {wanted}, {dict(states)}")
        wrong = [o for o in self.outcomes if o.fault]
        return "\n".join([*lines, *(f"  {self._told(o)}" for o in wrong[:_TOLD])])

    def _rate(self) -> str:
        took = sorted(o.took_s for o in self.outcomes if o.took_s is not None)
        if not took:
            return "none came to an outcome"
        return f"{len(took) / self.took_s:.1f} cases/s, each in {median(took):.0f} s (longest {took[-1]:.0f} s)"

    def _told(self, outcome: Outcome) -> str:
        line = f"{outcome.start.item.code} over {outcome.start.scheme} {outcome.case_no}: {outcome.fault}"
        if not outcome.case_no:
            return line
        case = self._stage.clerk.get(f"/api/v1/cases/{outcome.case_no}")
        events = self._stage.clerk.get(f"/api/v1/cases/{outcome.case_no}/events")["events"]
        stands = {place: case[place] for place in _PLACES}
        return f"{line} {stands} after {[event['kind'] for event in events][-6:]}"

    def _register(self, start: Start) -> None:
        outcome = Outcome(start)
        self.outcomes.append(outcome)
        try:
            answer = self._stage.clerk.post("/api/v1/cases", start.body(self._stage.clerk), f"every-{start.number:05d}")
        except RuntimeError as refusal:
            outcome.refused = str(refusal)
            return
        outcome.case_no, outcome.scheme = answer["caseNo"], answer["handlings"][0]["scheme"]
        with self._lock:
            self._open[outcome.case_no] = outcome

    def _look(self, outcome: Outcome) -> bool:
        """Whether the case has moved since."""
        status = self._stage.clerk.get(f"/api/v1/cases/{outcome.case_no}")["status"]
        moved = status != outcome.status
        outcome.status = status
        with self._lock:
            del self._open[outcome.case_no]
            if CaseStatus(status).is_outcome:
                outcome.took_s = time.monotonic() - outcome.begun
            else:
                self._open[outcome.case_no] = outcome  # at the end: the others are looked at first
        return moved

    def _decide_in_city(self) -> int:
        """The officer takes every waiting matter one step on."""
        steps = 0
        for handling in self._stage.officer.get("/api/v1/handlings?mine=true")["handlings"]:
            event = _NEXT.get(handling["status"])
            if event is None or event not in handling["next"]:
                continue  # said already, the case is about to follow
            number = handling["handlingNo"]
            result = {"name": "办理结果", "form": "electronic", "documentNo": f"渝办{number[-7:]}"}
            body = {"event": event, "payload": {"result": result} if event == "APPROVED" else {}}
            self._stage.officer.post(f"/api/v1/handlings/{number}/decisions", body, f"every-{number}-{event}")
            steps += 1
        return steps


def paced(clerk: Caller, officer: Caller, outlet: Caller, partners: Caller, couriers: Caller) -> Stage:
    """The played networks answer quickly."""
    partners.put("/control/default", {"pace_s": 0.2})
    couriers.put("/control/default", {"pace_s": 0.2})
    return Stage(clerk=clerk, officer=officer, outlet=outlet, partners=partners, couriers=couriers)
