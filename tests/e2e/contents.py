"""Cases with all their content, at random: forms, files, counts, refusals, supplements; and what must be true of each.

At its end each paper is where the played couriers, our hall and the authority have last counted it, the words of each
event are on the applicant's page, and what we say was sent is on the applicant's phone once.
"""

import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from demo.client import Caller
from demo.people import door
from demo.play import Played, Stage
from demo.scans import SCAN, with_files
from demo.stories import ARRIVED_S, Story
from demo.verify import phones_side
from domain.audience import TOLD_TO_APPLICANT
from domain.terms import CaseStatus, Scheme, WireEvent
from tests.e2e.everything import Start
from tests.receipts import printed_code, receipt_of, tracked

_LOOK_S = 1.0
_ONLINE = "全程网办"
_PAPER_FORMS = ("original", "copy")
_NEXT = {"SUBMITTED": "RECEIVED", "RECEIVED": "ACCEPTED", "ACCEPTED": "APPROVED"}
_DECIDES = {"ACCEPTED": "REJECTED", "RECEIVED": "NOT_ACCEPTED"}
_CAMEL = {
    "legal_basis": "legalBasis",
    "deadline_workdays": "deadlineWorkdays",
    "extended_workdays": "extendedWorkdays",
    "tracking_no": "trackingNo",
}


@dataclass
class Content:
    """One case: what it is about, and the chance that decides about everything else."""

    start: Start
    chance: random.Random
    refused: str = ""

    @classmethod
    def of(cls, start: Start, seed: int) -> "Content":
        return cls(start, random.Random(f"{seed}/{start.number}"))

    def body(self, stage: Stage) -> dict[str, Any]:
        """Pieces and pages at random; a door now and then. Electronic materials have their bytes."""
        body = self.start.body(stage.clerk)
        for material in body["materials"]:
            if material["provided"] in _PAPER_FORMS:
                material |= {"pages": self.chance.randint(1, 4), "count": self.chance.randint(1, 3)}
        body["materials"] = with_files(stage.clerk, body["materials"])
        name = body["applicant"]["name"]
        body["pickup"] = door(self.start.number, name) if self.chance.random() < 0.15 else None
        body["delivery"] = door(self.start.number, name) if self.chance.random() < 0.15 else None
        body["consent"]["messages"] = True
        return body

    def course(self, mode: str, forwards: bool) -> list[dict[str, Any]]:
        """What the authority says after RECEIVED. `forwards`: originals of the applicant are with it at the end."""
        word = f"材料核对情况第{self.start.number}号"
        home = {"event": "RESULT_SENT", "after_s": ARRIVED_S if forwards else 0.2}
        sent = [] if mode == _ONLINE else [home]
        back = [home] if forwards else []
        refusal = {"reason": f"{word}，不符合条件。", "legalBasis": f"依据{word}"}
        asked = {"event": "NEED_SUPPLEMENT", "payload": {"reason": f"{word}，请补充。", "materials": [f"{word}证明"]}}
        pause = {"event": "SUSPENDED", "payload": {"procedure": "专家评审", "reason": f"{word}，需要评审。"}}
        usual = [{"event": "ACCEPTED"}, {"event": "REVIEWING"}, {"event": "APPROVED"}, *sent]
        return self.chance.choice(
            [
                usual,
                [{"event": "NOT_ACCEPTED", "payload": refusal}, *back],
                [{"event": "ACCEPTED"}, {"event": "REVIEWING"}, {"event": "REJECTED", "payload": refusal}, *back],
                [asked, {"await": "supplement"}, *usual],
                [{"event": "ACCEPTED"}, pause, {"event": "RESUMED"}, {"event": "APPROVED"}, *sent],
            ]
        )


class Hall:
    """Everybody of our side for one case: registers it and does what is to be done, until it is closed."""

    def __init__(self, stage: Stage, supervisor: Caller, content: Content, patience_s: float) -> None:
        self._stage, self._supervisor, self._content, self._patience_s = stage, supervisor, content, patience_s
        self._chance = content.chance
        self._told: set[str] = set()

    def carry(self) -> Played:
        """Never raises: what went wrong is in `failure`."""
        played = Played(Story(self._content.start.item.name, self._content.start.item.code, ()), self._number)
        try:
            if self._register(played):
                self._until_closed(played)
        except (RuntimeError, OSError, KeyError, TimeoutError) as failure:
            played.failure = f"{type(failure).__name__}: {failure}"
        return played

    @property
    def _number(self) -> int:
        return self._content.start.number

    def _register(self, played: Played) -> bool:
        """Whether it was taken; what may not be fetched at the door is brought to the window."""
        stage, phone = self._stage, f"138000{self._number:05d}"
        stage.partners.put(f"/control/scripts/{phone}", [{"event": "RECEIVED"}])
        body = self._content.body(stage)
        if body["pickup"] is not None and self._chance.random() < 0.4:
            stage.couriers.put(f"/control/scripts/{self._number % 10_000:04d}", {"missing_at_door": True})
        for without in ({}, {"pickup": None}, {"pickup": None, "delivery": None}):
            try:
                played.case = stage.clerk.post(
                    "/api/v1/cases", body | without, f"content-{self._number}-{len(without)}"
                )
            except RuntimeError as refusal:
                self._content.refused = str(refusal)
                continue
            self._content.refused = ""
            return True
        played.failure = self._content.refused
        return False

    def _until_closed(self, played: Played) -> None:
        path = f"/api/v1/cases/{played.case_no}"
        deadline = time.monotonic() + self._patience_s
        legs = {one["handlingNo"]: one["legs"] for one in played.case["handlings"]}
        while time.monotonic() < deadline:
            played.case = self._stage.clerk.get(path)
            if played.case["closedAt"] is not None:
                played.events = self._stage.clerk.get(f"{path}/events")["events"]
                played.messages = self._all_told(path, deadline)
                return
            self._authorities(played.case, legs)
            self._supplements(path, played.case)
            self._tasks(played.case_no)
            self._brought(path, played.case)
            time.sleep(_LOOK_S)
        open_tasks = [task["kind"] for task in played.case["tasks"]]
        played.failure = f"not closed: {played.case['status']}, {open_tasks}"

    def _all_told(self, path: str, deadline: float) -> list[dict[str, Any]]:
        while True:
            told: list[dict[str, Any]] = self._stage.clerk.get(f"{path}/messages")["messages"]
            if time.monotonic() > deadline or all(message["state"] != "queued" for message in told):
                return told
            time.sleep(_LOOK_S)

    def _authorities(self, case: dict[str, Any], legs: dict[str, list[str]]) -> None:
        """Each authority gets its course once it has the matter; our own officer decides step by step."""
        for handling in case["handlings"]:
            number = handling["handlingNo"]
            if handling["partner"] is None:
                self._officer(number, handling["status"])
            elif number not in self._told and handling["status"] == "RECEIVED":
                course = self._content.course(handling["mode"], "FORWARD" in legs[number])
                self._stage.partners.post(f"/control/cases/{number}/steps", course)
                self._told.add(number)

    def _officer(self, number: str, status: str) -> None:
        event = _NEXT.get(status)
        if event is None or f"{number}-{event}" in self._told:
            return
        payload: dict[str, Any] = {}
        if status in _DECIDES and self._chance.random() < 0.2:
            event, payload = _DECIDES[status], {"reason": f"本窗口说明第{self._number}号", "legalBasis": "行政许可法"}
        elif event == "APPROVED":
            sha256 = self._stage.officer.upload(SCAN)
            named = {"name": "办理结果", "form": "electronic", "documentNo": f"渝办{number[-7:]}", "sha256": sha256}
            payload = {"result": named}
        body = {"event": event, "payload": payload}
        self._stage.officer.post(f"/api/v1/handlings/{number}/decisions", body, f"content-{number}-{event}")
        self._told |= {f"{number}-{said}" for said in (event, _NEXT[status])}

    def _supplements(self, path: str, case: dict[str, Any]) -> None:
        for handling in case["handlings"]:
            round_ = handling["round"]
            key = f"{handling['handlingNo']}/{round_}"
            if handling["status"] != CaseStatus.SUPPLEMENT_REQUIRED or key in self._told:
                continue
            brought = [{"seq": 1, "provided": "copy", "pages": 2, "count": self._chance.randint(1, 2), "sha256": None}]
            body = {"handlingNo": handling["handlingNo"], "round": max(round_, 1), "materials": brought}
            self._stage.clerk.post(f"{path}/supplements", body, f"content-{self._number}-{key}")
            self._told.add(key)

    def _tasks(self, case_no: str) -> None:
        """Every task of the case, settled by a supervisor; how, where there is a choice, is chance."""
        for task in self._supervisor.get(f"/api/v1/tasks?case_no={case_no}")["tasks"]:
            if task["id"] in self._told or not task["outcomes"]:
                continue
            self._told.add(task["id"])
            outcome = self._chance.choice([o for o in task["outcomes"] if o != "close_as_failed"] or task["outcomes"])
            body = {"outcome": outcome, "reason": "演练：按所选方式处理"}
            self._supervisor.post(f"/api/v1/tasks/{task['id']}/resolve", body)

    def _brought(self, path: str, case: dict[str, Any]) -> None:
        """Who was to bring a paper brings it to the window, once the others have come, and it is counted."""
        if any(parcel["leg"] == "PICKUP" and parcel["endedAt"] is None for parcel in case["parcels"]):
            return
        for paper in case["papers"]:
            if paper["decision"] == "bring" and paper["count"] < paper["said"]:
                counts = f"{path}/passports/{paper['paperNo']}/counts"
                self._stage.clerk.post(counts, {"counted": paper["said"]})


def faults_of(
    base: str, stage: Stage, played: Played, phones: dict[str, Any], parcels: dict[str, Any]
) -> Iterator[str]:
    """What of a closed case is not as the others' books have it."""
    if played.failure:
        yield played.failure
        return
    yield from _unsaid(base, stage, played)
    yield from phones_side(played, phones)
    yield from _misplaced(played, parcels)


def _unsaid(base: str, stage: Stage, played: Played) -> Iterator[str]:
    """Words of an authority that are not on the applicant's page."""
    page = tracked(base, played.case_no, printed_code(receipt_of(base, played.case_no)))
    shown = json.dumps(page["said"], ensure_ascii=False)
    for handling in played.case["handlings"]:
        if handling["partner"] is None or not handling["partnerNo"]:
            continue  # it was never passed on
        for event in stage.partners.get(f"/control/cases/{handling['handlingNo']}")["events"]:
            for word in _words(WireEvent(event["event"]), event["payload"]):
                if event["acknowledged"] and word not in shown:
                    yield f"{event['event']} said {word}, and the applicant's page does not"


def _words(event: WireEvent, payload: dict[str, Any]) -> Iterator[str]:
    for name in TOLD_TO_APPLICANT[event]:
        said = payload.get(_CAMEL.get(name, name))
        if isinstance(said, str):
            yield said
        elif isinstance(said, list):
            yield from (one for one in said if isinstance(one, str))


def _misplaced(played: Played, parcels: dict[str, Any]) -> Iterator[str]:
    """Papers whose pieces differ from the last count of the postal side, or that are said to travel for ever."""
    counted = _last_counts(played, parcels)
    for paper in played.case["papers"]:
        name, holder = paper["name"], paper["holder"]["kind"]
        if holder in ("courier", "outlet", "carrier"):
            yield f"{name} is said to be on its way, and the case is closed"
        if holder == "authority" and paper["fate"] == "returned":
            yield f"{name} is said to be returned and with the authority"
        theirs = counted.get(paper["paperNo"])
        if paper["countedWhere"] == "window":
            theirs = paper["said"]  # what lacked was brought, or found when it was counted again
        if theirs is not None and paper["counted"] is not None and theirs != paper["counted"]:
            yield f"{name}: {paper['counted']} counted, whoever counted last says {theirs}"


def _last_counts(played: Played, parcels: dict[str, Any]) -> dict[str, int]:
    """Paper number → pieces on the last list that a courier or the hall has scanned, in the order of time."""
    scans = [scan for parcel in played.case["parcels"] for scan in parcels.get(parcel["legId"], {}).get("scans", ())]
    found: dict[str, int] = {}
    for scan in sorted((s for s in scans if s["manifest"] is not None), key=lambda s: str(s["occurredAt"])):
        found |= {line["paperNo"]: line["count"] for line in scan["manifest"] if line.get("paperNo")}
    return found


def first_of_each(starts: list[Start]) -> list[Start]:
    """One start for each item, the networks in turn as far as the item is on them; our own city where it is alone."""
    by_item: dict[str, list[Start]] = {}
    for start in starts:
        by_item.setdefault(start.item.code, []).append(start)
    networks = [scheme for scheme in Scheme if scheme is not Scheme.QUANYU]

    def turn(start: Start, place: int) -> int:
        away = start.scheme in networks
        return (networks.index(start.scheme) + place) % len(networks) if away else len(networks)

    return [min(own, key=lambda s, at=place: turn(s, at)) for place, own in enumerate(by_item.values())]
