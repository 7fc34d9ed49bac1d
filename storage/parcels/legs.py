"""Legs of the two-way delivery: the cached state of a parcel, its promise and who carries it.

The event log (storage/parcels/scans.py) is the truth; what is here can be rebuilt from it.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, String, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, validates

from domain.terms import Leg
from storage.base import Base
from storage.sealed_types import SealedNumber


class LegRow(Base):
    """One leg of one handling (寄递段); `leg_id` is `{handling_no}-{leg}-{attempt}` (`domain.naming.leg_id`).

    `contact` (name, phone, address) is sealed under `leg/{leg_id}`. `stage`, `epoch` and `state` are caches of
    what the scans say (courier.md §3), written under the row's lock. `ended_at` None: it is still under way.
    `changes`: version of the last change of the order (storage/parcels/leg_changes.py), 0 without one. `window_from`,
    `window_to`: the appointment that stands, None without one. `halted`: why nobody goes there (`Halt`).
    """

    __tablename__ = "leg"

    leg_id: Mapped[str] = mapped_column(String(48), primary_key=True)
    case_no: Mapped[str] = mapped_column(String(21), index=True)
    handling_no: Mapped[str] = mapped_column(String(21), index=True)
    leg: Mapped[str] = mapped_column(String(12))
    region: Mapped[str] = mapped_column(String(6))  # the other end's region
    tracking_no: Mapped[str | None] = mapped_column(String(64), index=True)  # a partner's is opaque text
    seal_no: Mapped[str | None] = mapped_column(String(32))
    stage: Mapped[str] = mapped_column(String(24), index=True)
    epoch: Mapped[int] = mapped_column(default=1)
    state: Mapped[dict[str, Any]] = mapped_column(default=dict)  # the derived ParcelState
    manifest: Mapped[list[Any]] = mapped_column(default=list)  # [{name, form, count}]
    contact: Mapped[bytes | None] = mapped_column(LargeBinary)
    lat: Mapped[float | None] = mapped_column(SealedNumber("leg.lat"))  # WGS-84
    lon: Mapped[float | None] = mapped_column(SealedNumber("leg.lon"))
    outlet_id: Mapped[str | None] = mapped_column(String(32), index=True)
    distance_m: Mapped[float | None]  # geodesic, to the outlet
    courier_id: Mapped[str | None] = mapped_column(String(64), index=True)
    assignment_version: Mapped[int] = mapped_column(default=0)
    planned_arrival_at: Mapped[datetime | None]
    promise: Mapped[dict[str, Any] | None]  # the promise object, see logistics.promise
    deadline_at: Mapped[datetime | None]  # promised (door legs) or expected (interregional)
    time_scale: Mapped[float] = mapped_column(default=1.0)
    ordered_at: Mapped[datetime]
    arrived_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    outcome: Mapped[str | None] = mapped_column(String(16))
    sign_self: Mapped[bool] = mapped_column(default=False)  # 本人签收: a locker or agent does not count
    changes: Mapped[int] = mapped_column(default=0, server_default="0")
    window_from: Mapped[datetime | None]
    window_to: Mapped[datetime | None]
    halted: Mapped[str | None] = mapped_column(String(12))
    # Of `promise`, set with it, so that figures don't open it; None where nothing is promised.
    verdict: Mapped[str | None] = mapped_column(String(24))
    provisional: Mapped[bool | None]
    stopped: Mapped[bool | None]
    verified: Mapped[bool | None]
    raw_minutes: Mapped[float | None]
    adjusted_minutes: Mapped[float | None]
    excused: Mapped[str | None]  # JSON {party: minutes}; None for none

    @validates("promise")
    def _promise_told(self, _name: str, promise: dict[str, Any] | None) -> dict[str, Any] | None:
        for column, value in promise_told(promise).items():
            setattr(self, column, value)
        return promise


def promise_told(promise: dict[str, Any] | None) -> dict[str, Any]:
    """Values of the columns that stand beside a promise, `verdict` to `excused`."""
    said = promise or {}
    told = {name: said.get(name) for name in ("verdict", "provisional", "verified", "raw_minutes", "adjusted_minutes")}
    stopped = said.get("stopped_at") is not None if told["verdict"] else None
    excused = json.dumps(said["excused"]) if said.get("excused") else None
    return told | {"stopped": stopped, "excused": excused}


class AssignmentRow(Base):
    """Who was to fetch or bring what (派单): one row per version of a leg, from 1 on; only `active` changes."""

    __tablename__ = "assignment"
    __table_args__ = (Index("ix_assignment_leg_version", "leg_id", "version", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    leg_id: Mapped[str] = mapped_column(String(48), index=True)
    version: Mapped[int]
    courier_id: Mapped[str] = mapped_column(String(64), index=True)
    outlet_id: Mapped[str] = mapped_column(String(32))
    planned_arrival_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    active: Mapped[bool] = mapped_column(default=True)


class CourierRow(Base):
    """A courier of an outlet; `courier_id`: `{outlet_id}-{n}`. `lat`, `lon`: WGS-84, where last seen.

    `on_duty` False: not sent anywhere, since `silent_since` or `off_since`.
    """

    __tablename__ = "courier"

    courier_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    outlet_id: Mapped[str] = mapped_column(String(32), index=True)
    lat: Mapped[float] = mapped_column(SealedNumber("courier.lat"))
    lon: Mapped[float] = mapped_column(SealedNumber("courier.lon"))
    seen_at: Mapped[datetime | None]
    on_duty: Mapped[bool] = mapped_column(default=True)
    silent_since: Mapped[datetime | None]  # did not start in time; back on duty when heard of again
    off_since: Mapped[datetime | None]  # ill: a person has said so, and a person takes it back


class OutletRow(Base):
    """What the district has changed about an outlet (网点), over the shipped data.

    `changes`: members of `PATCH /outlets/{id}`, camelCase; what is not in it is as shipped.
    """

    __tablename__ = "outlet"

    outlet_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    changes: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(64))


def lock_leg(session: Session, leg_id: str) -> LegRow | None:
    """The leg, read anew and locked until the transaction ends; None if there is none with this id."""
    return session.get(LegRow, leg_id, with_for_update=True, populate_existing=True)


def legs_by_number(session: Session, numbers: Iterable[str]) -> dict[str, LegRow]:
    """Number → its leg; a number is a tracking number, or our own id of a leg. Unknown ones lack (decisions.md 13).

    Of several with one number: the one for which our carrier gave it, whatever an authority says of a parcel that
    comes BACK; else the latest. A number that is the id of a leg is that leg's.
    """
    wanted = set(numbers)
    query = select(LegRow).where(or_(LegRow.tracking_no.in_(wanted), LegRow.leg_id.in_(wanted)))
    legs = sorted(session.scalars(query), key=lambda leg: (leg.leg != Leg.BACK, leg.ordered_at, leg.leg_id))
    by_tracking_no = {leg.tracking_no: leg for leg in legs if leg.tracking_no is not None}
    return by_tracking_no | {leg.leg_id: leg for leg in legs}


def leg_by_tracking_no(session: Session, tracking_no: str) -> LegRow | None:
    """The leg that `legs_by_number` finds for a tracking number; None for unknown ones and for an id of a leg."""
    leg = legs_by_number(session, {tracking_no}).get(tracking_no)
    return leg if leg is not None and leg.tracking_no == tracking_no else None
