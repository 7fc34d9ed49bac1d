"""Every item on every network that it lists: what is started, and the officer who decides the in-city ones."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from catalog.items import load
from catalog.model import Applicants, ServiceItem
from demo.client import Caller
from demo.people import applicant
from demo.play import Stage
from domain.terms import ApplicantType, CaseStatus, IdType, MaterialForm, Scheme

REGION_OF = {
    Scheme.CHUANYU: "510104",
    Scheme.SOUTHWEST: "520102",
    Scheme.INTERPROVINCIAL: "440103",
    Scheme.QUANYU: "500112",
}
"""A county that only this network reaches first, per network."""

_AT_ONCE = 4
_IN_FLIGHT = 120
"""More would only wait in queues, and the law's clocks run fast here."""
_LOOK_S = 1.0
_PROVIDED = {MaterialForm.ORIGINAL: "original", MaterialForm.COPY: "copy", MaterialForm.FORM: "original"}
_NEXT = {"SUBMITTED": "RECEIVED", "RECEIVED": "ACCEPTED", "ACCEPTED": "APPROVED"}


@dataclass(frozen=True)
class Start:
    """One case to be started."""

    item: ServiceItem
    scheme: Scheme
    number: int

    def body(self) -> dict[str, Any]:
        return {
            "itemCode": self.item.code,
            "handlings": [{"region": REGION_OF[self.scheme], "role": None}],
            "mode": None,
            "applicant": self._applicant(),
            "agent": None,
            "materials": [
                {"seq": m.seq, "provided": _PROVIDED.get(m.form, "electronic"), "pages": 1, "sha256": None}
                for m in self.item.materials
            ],
            "pickup": None,
            "delivery": None,
            "consent": {"version": "2026-11", "accepted": True},
        }

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
    """What became of a start. `refused`: the answer's text; `status`: the last one seen."""

    start: Start
    case_no: str = ""
    scheme: str = ""
    refused: str = ""
    status: str = ""


class Run:
    """Starts cases with a bounded number under way, lets the officer work, and waits for outcomes."""

    def __init__(self, stage: Stage, starts: Sequence[Start]) -> None:
        self._stage = stage
        self._starts = starts
        self._open: dict[str, Outcome] = {}
        self._lock = threading.Lock()
        self.outcomes: list[Outcome] = []

    def all(self, *, patience_s: float) -> list[Outcome]:
        """Until every case has an outcome, or nothing has moved for `patience_s`."""
        waiting = list(reversed(self._starts))
        moved = time.monotonic()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            while (waiting or self._open) and time.monotonic() - moved < patience_s:
                room = min(_IN_FLIGHT - len(self._open), len(waiting))
                registered = list(pool.map(self._register, [waiting.pop() for _ in range(room)]))
                decided = self._decide_in_city()
                looked = list(pool.map(self._look, list(self._open.values())))
                if registered or decided or any(looked):
                    moved = time.monotonic()
                time.sleep(_LOOK_S)
        return self.outcomes

    def _register(self, start: Start) -> None:
        outcome = Outcome(start)
        self.outcomes.append(outcome)
        try:
            answer = self._stage.clerk.post("/api/v1/cases", start.body(), f"every-{start.number:05d}")
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
        if CaseStatus(status).is_outcome:
            with self._lock:
                del self._open[outcome.case_no]
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


def paced(clerk: Caller, officer: Caller, partners: Caller, couriers: Caller) -> Stage:
    """The played networks answer quickly."""
    partners.put("/control/default", {"pace_s": 0.2})
    couriers.put("/control/default", {"pace_s": 0.2})
    return Stage(clerk=clerk, officer=officer, partners=partners, couriers=couriers)
