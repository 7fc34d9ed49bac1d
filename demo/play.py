"""Playing one story: what a clerk, an officer and an applicant do, over public HTTP, until the case is closed."""

import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from catalog.items import load
from catalog.model import ServiceItem
from demo.client import Caller
from demo.filling import filled
from demo.people import applicant, door
from demo.scans import with_files
from demo.stories import Story


@dataclass
class Played:
    """What became of a story, as our side tells it."""

    story: Story
    number: int
    case: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    failure: str = ""

    @property
    def case_no(self) -> str:
        return str(self.case.get("caseNo", "-"))


@dataclass(frozen=True)
class Stage:
    """Who calls whom. `partners` and `couriers` are the sandbox's control sides; `look_s` between looks at a case.

    `second`: who agrees to what one person only proposes about a task; None where one is enough.
    """

    clerk: Caller
    officer: Caller
    outlet: Caller
    partners: Caller
    couriers: Caller
    second: Caller | None = None
    look_s: float = 0.5


def play(stage: Stage, story: Story, number: int, within_s: float) -> Played:
    """From registration to closing; never raises, what went wrong is in `failure`."""
    played = Played(story, number)
    began = time.monotonic()
    try:
        _prepare(stage, story, number)
        body = case_body(stage, story, number)
        played.case = stage.clerk.post("/api/v1/cases", body, f"demo-{number:04d}-start")
        _follow(stage, played, began + within_s)
    except (RuntimeError, OSError, KeyError) as failure:
        played.failure = f"{type(failure).__name__}: {failure}"
    played.seconds = time.monotonic() - began
    return played


def _prepare(stage: Stage, story: Story, number: int) -> None:
    """Tell the played networks and couriers how this one goes, before the case exists."""
    if story.partner_script is not None:
        stage.partners.put(f"/control/scripts/138000{number:05d}", list(story.partner_script))
    for step, script in story.step_scripts.items():
        stage.partners.put(f"/control/scripts/138000{number:05d}?of={quote(step)}", list(script))
    if story.courier_script is not None:
        stage.couriers.put(f"/control/scripts/{number:04d}", story.courier_script)
    if story.outage is not None:
        stage.partners.post("/control/outage", story.outage)


def case_body(stage: Stage, story: Story, number: int) -> dict[str, Any]:
    item = stage.clerk.get(f"/api/v1/items/{story.item}")
    kind = "enterprise" if item["applicant"] == "enterprise" else "personal"
    person = applicant(number, kind)
    form = filled(_item(story.item), person, number, fetched=story.pickup)
    asked = {material.seq for material in form.item.materials}
    roles = story.roles or (None,) * len(story.regions)
    return {
        "itemCode": story.item,
        "handlings": [{"region": region, "role": role} for region, role in zip(story.regions, roles, strict=True)],
        "mode": None,
        "applicant": person,
        "agent": None,
        "materials": with_files(
            stage.clerk, [_brought(m, story, person) for m in item["materials"] if m["seq"] in asked]
        ),
        "pickup": door(number, person["name"]) if story.pickup else None,
        "delivery": door(number, person["name"]) if story.delivery else None,
        "consent": {"version": "2026-11", "accepted": True, "messages": True},
        "form": None if form.answers is None else {"answers": form.answers},
    }


def _item(code: str) -> ServiceItem:
    return next(item for item in load().items if item.code == code)


def _brought(material: dict[str, Any], story: Story, person: dict[str, Any]) -> dict[str, Any]:
    if "defer" in story.does and material["required"] == "deferrable":
        return {"seq": material["seq"], "provided": "deferred", "pages": 0, "sha256": None}
    if "licence" in story.does and material["eLicence"] == person["idType"]:
        said = {"type": material["eLicence"], "number": person["idNumber"], "issuer": "重庆市公安局", "consent": True}
        return {"seq": material["seq"], "provided": "licence", "licence": said}
    provided = {"original": "original", "copy": "copy", "form": "original"}.get(material["form"], "electronic")
    return {"seq": material["seq"], "provided": provided, "pages": 1, "sha256": None}


def _follow(stage: Stage, played: Played, deadline: float) -> None:
    """Look again and again, and do what a person would do; until the case is closed."""
    path = f"/api/v1/cases/{played.case_no}"
    done: set[str] = set()
    while time.monotonic() < deadline:
        played.case = stage.clerk.get(path)
        if played.case["closedAt"] is not None:
            played.events = stage.clerk.get(f"{path}/events")["events"]
            played.messages = _all_told(stage, path, deadline)
            return
        _act(stage, played, done)
        time.sleep(stage.look_s)
    played.events = stage.clerk.get(f"{path}/events")["events"]
    played.failure = f"not closed in time: {played.case['status']}"


def _all_told(stage: Stage, path: str, deadline: float) -> list[dict[str, Any]]:
    """What the applicant was told, once nothing waits to be sent any more."""
    while True:
        told: list[dict[str, Any]] = stage.clerk.get(f"{path}/messages")["messages"]
        if time.monotonic() > deadline or all(message["state"] != "queued" for message in told):
            return told
        time.sleep(stage.look_s)


def _act(stage: Stage, played: Played, done: set[str]) -> None:
    case, story = played.case, played.story
    path = f"/api/v1/cases/{played.case_no}"
    if "supplement" in story.does and case["status"] == "SUPPLEMENT_REQUIRED" and "supplement" not in done:
        body = {"round": 1, "materials": [{"seq": 1, "provided": "copy", "pages": 2, "sha256": None}]}
        stage.clerk.post(f"{path}/supplements", body, f"demo-{played.number:04d}-supplement")
        done.add("supplement")
    if "defer" in story.does and case["status"] == "APPROVED" and case["stillOwed"]:
        owed = [{"seq": seq, "provided": "electronic", "pages": 1} for seq in case["stillOwed"]]
        body = {"materials": with_files(stage.clerk, owed)}
        stage.clerk.post(f"{path}/deferred", body)
    early = "withdraw_early" in story.does and any(p["courierId"] for p in case["parcels"])
    late = "withdraw" in story.does and case["status"] == "ACCEPTED"
    if (early or late) and "withdraw" not in done:
        stage.clerk.post(f"{path}/withdraw", {"reason": "申请人改变主意"}, f"demo-{played.number:04d}-withdraw")
        done.add("withdraw")
    if "officer" in story.does:
        _decide(stage, played, done)
    for task in case["tasks"]:
        if task["kind"] == "DELIVERY_FAILED" and "give_up" in story.does and task["id"] not in done:
            resolve(stage, stage.outlet, task["id"], "close_as_failed", "申请人改为到大厅领取")
            done.add(task["id"])
        if task["kind"] == "COMPENSATION" and "restore" in story.does and task["id"] not in done:
            resolve(stage, stage.clerk, task["id"], "restored", "户口已恢复，迁移证已收回")
            done.add(task["id"])
        if task["kind"] == "PAPERS_SHORT" and "go_without" in story.does and task["id"] not in done:
            resolve(stage, stage.clerk, task["id"], "go_without", "电话商定：不带这一份，先办理")
            done.add(task["id"])
        if task["kind"] == "COLLECT_AT_HALL" and task["id"] not in done:
            resolve(stage, stage.clerk, task["id"], "acknowledge", "本人已领取")
            done.add(task["id"])


def resolve(stage: Stage, who: Caller, task_id: str, outcome: str, reason: str) -> None:
    """One person says how the task ends; where two decide, another one agrees."""
    path = f"/api/v1/tasks/{task_id}"
    shown = who.post(f"{path}/resolve", {"outcome": outcome, "reason": reason})
    waits = shown["proposal"] if shown["resolvedAt"] is None else None
    if waits is not None and stage.second is not None:
        stage.second.post(f"{path}/proposals/{waits['id']}/confirm", {"lines": shown["lineCount"]})


def _decide(stage: Stage, played: Played, done: set[str]) -> None:
    """The officer receives, accepts and approves, one step at a time."""
    result = {"result": {"name": "办理结果", "form": "electronic", "documentNo": f"渝办〔2026〕{played.number}号"}}
    for event, after, payload in (
        ("RECEIVED", "SUBMITTED", {}),
        ("ACCEPTED", "RECEIVED", {}),
        ("APPROVED", "ACCEPTED", result),
    ):
        if played.case["status"] == after and event not in done:
            handling = played.case["handlings"][0]["handlingNo"]
            body = {"event": event, "payload": payload}
            stage.officer.post(f"/api/v1/handlings/{handling}/decisions", body, f"demo-{played.number:04d}-{event}")
            done.add(event)
