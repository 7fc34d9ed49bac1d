"""The carrier's interface and the control interface of the sandbox, over HTTP."""

import json
import secrets
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sandbox.couriers import scripts
from sandbox.couriers.carrier import Carrier, Refusal, WrongKey
from sandbox.couriers.outage import Kind, Outage
from sandbox.couriers.store import Store

FOREVER_S = 10.0**9


class Booking(BaseModel):
    """Body of `POST /carrier/v1/waybills`."""

    model_config = ConfigDict(frozen=True)

    order_key: str = Field(alias="orderKey", pattern=r"^[A-Za-z0-9_-]{8,64}\z")
    leg: Literal["PICKUP", "FORWARD", "BACK", "DELIVERY"]
    from_region: str = Field(alias="fromRegion", pattern=r"^[0-9]{6}\z")
    to_region: str = Field(alias="toRegion", pattern=r"^[0-9]{6}\z")


class OutageAsked(BaseModel):
    """Body of `POST /control/outage`: for some seconds, or until it is said to be over."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind = "down"
    seconds: float | None = Field(None, ge=0)
    on: bool = True


def refused(_: Request, refusal: Exception) -> JSONResponse:
    """How the carrier says no: `{"code"}` under the refusal's status."""
    known = refusal if isinstance(refusal, Refusal) else Refusal()
    return JSONResponse({"code": known.code}, known.status)


def carrier_routes(carrier: Carrier, key: str) -> APIRouter:
    """`/carrier/v1` for whoever has the Bearer key."""

    def check(authorization: Annotated[str, Header()] = "") -> None:
        if not secrets.compare_digest(authorization.encode(), f"Bearer {key}".encode()):
            raise WrongKey

    router = APIRouter(prefix="/carrier/v1", dependencies=[Depends(check)])

    @router.post("/waybills")
    def book(body: Booking) -> dict[str, str]:
        return {"trackingNo": carrier.book(body.order_key, body.leg, body.from_region, body.to_region)}

    @router.get("/waybills")
    def find(order_key: Annotated[str, Query(alias="orderKey")]) -> dict[str, str]:
        return {"trackingNo": carrier.find(order_key)}

    @router.delete("/waybills/{tracking_no}", status_code=204)
    def cancel(tracking_no: str) -> None:
        carrier.cancel(tracking_no)

    @router.get("/waybills/{tracking_no}/trace")
    def trace(tracking_no: str) -> dict[str, list[dict[str, str]]]:
        return {"ops": carrier.trace(tracking_no)}

    return router


def script_routes(store: Store, outage: Outage) -> APIRouter:
    """`/control`: how the stories go. For the demo and tests only."""
    router = APIRouter(prefix="/control")

    @router.put("/scripts/{key}")
    def script(key: str, body: scripts.Script) -> dict[str, str]:
        scripts.put(store, key, body)
        return {"key": key}

    @router.put("/default")
    def default(body: scripts.Script) -> dict[str, str]:
        scripts.put(store, scripts.DEFAULT_KEY, body)
        return {"key": scripts.DEFAULT_KEY}

    @router.post("/outage")
    def out(body: OutageAsked) -> dict[str, str | None]:
        if body.on:
            outage.start(body.kind, FOREVER_S if body.seconds is None else body.seconds)
        else:
            outage.stop()
        return {"kind": outage.kind}

    @router.post("/reset")
    def reset() -> dict[str, str]:
        outage.stop()
        store.reset()
        return {"state": "empty"}

    return router


def book_routes(store: Store, carrier: Carrier) -> APIRouter:
    """`/control`: what came of it, to be compared with Kuayu's own books."""
    router = APIRouter(prefix="/control")

    @router.get("/effects")
    def effects() -> dict[str, Any]:
        return {"waybills": carrier.effects()}

    @router.get("/parcels")
    def parcels() -> dict[str, Any]:
        return {"parcels": [_parcel(store, carrier, entry) for entry in carrier.waybills()]}

    return router


def _parcel(store: Store, carrier: Carrier, waybill: Any) -> dict[str, Any]:
    """One parcel as the postal side knows it: attempts, scans with the server's answers, the trace."""
    scans = store.rows("SELECT * FROM scan WHERE leg_id = ? ORDER BY device_id, device_seq", waybill.order_key)
    journeys = store.rows("SELECT * FROM journey WHERE leg_id = ? ORDER BY epoch", waybill.order_key)
    return {
        "legId": waybill.order_key,
        "leg": waybill.leg,
        "trackingNo": waybill.tracking_no,
        "cancelled": waybill.cancelled_at is not None,
        "attempts": [
            {
                "epoch": row["epoch"],
                "courierId": row["courier_id"],
                "state": row["state"],
                "startedAt": json.loads(row["body"])["startedAt"],
            }
            for row in journeys
        ],
        "scans": [_scan(row) for row in scans],
        "ops": carrier.trace(waybill.tracking_no),
    }


def _scan(row: Any) -> dict[str, Any]:
    body = json.loads(row["body"])
    names = ("eventId", "deviceSeq", "kind", "epoch", "occurredAt", "signerKind", "note", "manifest")
    told = {name: body[name] for name in names}
    return {
        **told,
        "deviceId": row["device_id"],
        "sent": row["sent"],
        "result": row["result"],
        "code": row["code"],
        "proofUploaded": None if body["proofs"] is None else row["proof"] is None,
    }
