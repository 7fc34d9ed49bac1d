"""The puppeteer's side of the sandbox: scripts in, faults in, effects and histories out. No real network has it."""

from typing import Any

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from sandbox import forms
from sandbox.case import PlayedCase, Step
from sandbox.engine import Engine
from sandbox.outage import OutageKind, Outside

router = APIRouter(prefix="/control")


class Default(BaseModel):
    """What submissions without a script of their own get. `steps` None: straight to approval."""

    model_config = ConfigDict(extra="forbid")

    steps: list[Step] | None = None
    pace_s: float | None = Field(default=None, ge=0)


class OutageOrder(BaseModel):
    """A fault of one network: for `seconds`, for `times` requests, or while `on`."""

    model_config = ConfigDict(extra="forbid")

    partner: Outside
    kind: OutageKind = "down"
    on: bool = True
    seconds: float | None = Field(default=None, gt=0)
    times: int | None = Field(default=None, ge=1)
    delay_s: float = Field(default=12.0, ge=0, description="of `slow` and `late_answer`")


def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


@router.put("/scripts/{phone}")
def set_script(phone: str, steps: list[Step], request: Request, of: str = "") -> dict[str, int]:
    """For submissions whose applicant has this phone; set before the case exists. `of`: of one step of a joint case."""
    _engine(request).set_script(phone, steps, of)
    return {"steps": len(steps)}


@router.delete("/scripts/{phone}")
def drop_script(phone: str, request: Request) -> dict[str, int]:
    _engine(request).set_script(phone, None)
    return {"steps": 0}


@router.put("/default")
def set_default(default: Default, request: Request) -> dict[str, float]:
    engine = _engine(request)
    engine.set_default(default.steps, default.pace_s)
    return {"pace_s": engine.pace_s}


@router.post("/outage")
def outage(order: OutageOrder, request: Request) -> dict[str, bool]:
    outages = _engine(request).outages
    if order.on:
        outages.begin(order.partner, order.kind, order.seconds, order.times, order.delay_s)
    else:
        outages.end(order.partner)
    return {"on": order.on}


@router.get("/effects")
def effects(request: Request) -> dict[str, dict[str, Any]]:
    """partner → idempotency key → {count, kind, handlingNo, attempts}."""
    return _engine(request).effects.all()


@router.get("/cases/{handling_no}")
def case(handling_no: str, request: Request) -> dict[str, Any]:
    engine = _engine(request)
    with engine.lock:
        found = engine.case(handling_no)
        if found is None:
            raise HTTPException(404, "no such case here")
        return _shown(found, engine)


@router.post("/cases/{handling_no}/steps")
def add_steps(handling_no: str, steps: list[Step], request: Request) -> dict[str, int]:
    """What this authority does next, after what its script says."""
    if not _engine(request).add(handling_no, steps):
        raise HTTPException(404, "no such case here")
    return {"steps": len(steps)}


@router.get("/cases")
def cases(request: Request) -> list[dict[str, Any]]:
    engine = _engine(request)
    with engine.lock:
        return [_shown(found, engine) for found in engine.cases()]


@router.post("/reset")
def reset(request: Request) -> dict[str, bool]:
    """Forget everything, files and counters too."""
    _engine(request).reset()
    return {"reset": True}


def _shown(case: PlayedCase, engine: Engine) -> dict[str, Any]:
    """Without applicant data: ids, events, notices and how it ended."""
    return {
        "handlingNo": case.handling_no,
        "partner": case.partner,
        "partnerNo": case.partner_no,
        "itemCode": case.item_code,
        "mode": case.mode,
        "region": case.region,
        "formSha256": forms.digest(engine.store, case.handling_no),
        "outcome": case.decision,
        "openRound": case.open_round,
        "withdrawAsked": case.withdraw_asked,
        "awaits": case.awaits,
        "finished": case.position >= len(case.steps) and not case.held,
        "events": [
            {
                "seq": event.seq,
                "event": event.event,
                "eventId": event.event_id,
                "payload": event.payload,
                "occurredAt": event.occurred_at,
                "attempts": event.attempts,
                "acknowledged": event.acknowledged,
                "stopped": event.stopped,
                "answer": event.answer,
            }
            for event in case.events
        ],
        "notices": case.notices,
    }
