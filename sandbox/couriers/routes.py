"""The carrier's interface and the control interface of the sandbox, over HTTP."""

import json
import secrets
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from sandbox.couriers import scripts
from sandbox.couriers.carrier import Carrier, InCustody, OtherContent, UnknownWaybill
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


def _problem(status: int, code: str) -> JSONResponse:
    return JSONResponse({"code": code}, status)


def carrier_routes(carrier: Carrier, key: str) -> APIRouter:
    """`/carrier/v1`: Bearer key; errors are `{"code"}`."""
    router = APIRouter(prefix="/carrier/v1")
    Authorization = Annotated[str, Header(alias="Authorization")]

    def stranger(authorization: str) -> bool:
        return not secrets.compare_digest(authorization.encode(), f"Bearer {key}".encode())

    @router.post("/waybills")
    def book(body: Booking, authorization: Authorization = "") -> Response:
        if stranger(authorization):
            return _problem(401, "KEY")
        try:
            number = carrier.book(body.order_key, body.leg, body.from_region, body.to_region)
        except OtherContent:
            return _problem(409, "OTHER_CONTENT")
        return JSONResponse({"trackingNo": number})

    @router.get("/waybills")
    def find(order_key: Annotated[str, Query(alias="orderKey")], authorization: Authorization = "") -> Response:
        if stranger(authorization):
            return _problem(401, "KEY")
        try:
            return JSONResponse({"trackingNo": carrier.find(order_key)})
        except UnknownWaybill:
            return _problem(404, "NOT_FOUND")

    @router.delete("/waybills/{tracking_no}")
    def cancel(tracking_no: str, authorization: Authorization = "") -> Response:
        if stranger(authorization):
            return _problem(401, "KEY")
        try:
            carrier.cancel(tracking_no)
        except UnknownWaybill:
            return _problem(404, "NOT_FOUND")
        except InCustody:
            return _problem(409, "IN_CUSTODY")
        return Response(status_code=204)

    @router.get("/waybills/{tracking_no}/trace")
    def trace(tracking_no: str, authorization: Authorization = "") -> Response:
        if stranger(authorization):
            return _problem(401, "KEY")
        try:
            return JSONResponse({"ops": carrier.trace(tracking_no)})
        except UnknownWaybill:
            return _problem(404, "NOT_FOUND")

    return router


def control_routes(store: Store, carrier: Carrier, outage: Outage) -> APIRouter:
    """`/control`: how the story goes, and what came of it. For the demo and tests only."""
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

    @router.get("/effects")
    def effects() -> dict[str, Any]:
        return {"waybills": carrier.effects()}

    @router.get("/parcels")
    def parcels() -> dict[str, Any]:
        return {"parcels": [_parcel(store, carrier, entry) for entry in carrier.waybills()]}

    @router.post("/reset")
    def reset() -> dict[str, str]:
        outage.stop()
        store.reset()
        return {"state": "empty"}

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
    told = {name: body[name] for name in ("eventId", "deviceSeq", "kind", "epoch", "occurredAt", "signerKind", "note")}
    return {
        **told,
        "deviceId": row["device_id"],
        "sent": row["sent"],
        "result": row["result"],
        "code": row["code"],
        "proofUploaded": None if body["proofs"] is None else row["proof"] is None,
    }
