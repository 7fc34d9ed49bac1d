"""The carrier's program behind its interface: books, cancels, tells traces; counts effects per order key."""

import json
import time
from dataclasses import asdict, replace
from typing import Any

from sandbox.couriers import scripts
from sandbox.couriers.store import Store
from sandbox.couriers.waybills import Waybill, number_for


class Refusal(Exception):
    """The carrier says no: the HTTP status and its own word for it."""

    status = 409
    code = "REFUSED"


class UnknownWaybill(Refusal):
    """No such number here."""

    status, code = 404, "NOT_FOUND"


class InCustody(Refusal):
    """The parcel is on its way: too late to cancel."""

    code = "IN_CUSTODY"


class OtherContent(Refusal):
    """The order key was used for another order."""

    code = "OTHER_CONTENT"


class WrongKey(Refusal):
    """The caller has not the agreed key."""

    status, code = 401, "KEY"


class Carrier:
    """`pace_s`: real seconds per hop of an interregional parcel unless its script says otherwise."""

    def __init__(self, store: Store, pace_s: float) -> None:
        self._store = store
        self._pace_s = pace_s

    def book(self, order_key: str, leg: str, from_region: str, to_region: str) -> str:
        """A number for an order, the same one for the same key."""
        with self._store.transaction() as store:
            known = self._by_order(order_key)
            if known:
                if (known.leg, known.from_region, known.to_region) != (leg, from_region, to_region):
                    raise OtherContent
                store.run("UPDATE effect SET attempts = attempts + 1 WHERE order_key = ?", order_key)
                return known.tracking_no
            waybill = self._new(order_key, leg, from_region, to_region)
            self._save(waybill)
            store.run(
                "INSERT INTO effect VALUES (?, ?, 1, 1, 0) "
                "ON CONFLICT (order_key) DO UPDATE SET count = count + 1, attempts = attempts + 1",
                order_key,
                waybill.tracking_no,
            )
            return waybill.tracking_no

    def _new(self, order_key: str, leg: str, from_region: str, to_region: str) -> Waybill:
        serial = int(self._store.setting("serial", int(time.time()) % 10**7))
        self._store.set("serial", serial + 1)
        script = scripts.find(self._store, order_key)
        return Waybill(
            tracking_no=number_for(leg, serial),
            order_key=order_key,
            leg=leg,
            from_region=from_region,
            to_region=to_region,
            booked_at=time.time(),
            pace_s=self._pace_s if script.pace_s is None else script.pace_s,
            stall_after=script.stall_after or ("954" if script.lost else None),
            unknown_code=script.unknown_code,
            fails_first=script.carrier_fails_first,
            resent=script.resent_ops,
        )

    def find(self, order_key: str) -> str:
        waybill = self._by_order(order_key)
        if waybill is None:
            raise UnknownWaybill
        return waybill.tracking_no

    def cancel(self, tracking_no: str) -> None:
        """Raises UnknownWaybill, InCustody; done already is fine."""
        with self._store.transaction() as store:
            waybill = self._by_number(tracking_no)
            if waybill.cancelled_at is not None:
                return
            now = time.time()
            if waybill.in_custody(now) or self._picked_up(waybill.order_key):
                raise InCustody
            self._save(replace(waybill, cancelled_at=now))
            store.run("UPDATE effect SET cancelled = 1 WHERE order_key = ?", waybill.order_key)

    def trace(self, tracking_no: str) -> list[dict[str, str]]:
        return self._by_number(tracking_no).trace(time.time())

    def effects(self) -> dict[str, dict[str, Any]]:
        """Per order key: how many waybills were made, how often they were asked for, the number."""
        return {
            row["order_key"]: {
                "count": row["count"],
                "attempts": row["attempts"],
                "trackingNo": row["tracking_no"],
                "cancelled": bool(row["cancelled"]),
            }
            for row in self._store.rows("SELECT * FROM effect ORDER BY order_key")
        }

    def waybills(self) -> list[Waybill]:
        return [Waybill(**json.loads(row["body"])) for row in self._store.rows("SELECT body FROM waybill")]

    def _picked_up(self, order_key: str) -> bool:
        """Played couriers hold parcels of in-city legs; the order key is the leg's id."""
        found = self._store.rows("SELECT body FROM scan WHERE leg_id = ?", order_key)
        return any(json.loads(row["body"])["kind"] == "PICKED_UP" for row in found)

    def _by_order(self, order_key: str) -> Waybill | None:
        row = self._store.row("SELECT body FROM waybill WHERE order_key = ?", order_key)
        return Waybill(**json.loads(row["body"])) if row else None

    def _by_number(self, tracking_no: str) -> Waybill:
        row = self._store.row("SELECT body FROM waybill WHERE tracking_no = ?", tracking_no)
        if row is None:
            raise UnknownWaybill
        return Waybill(**json.loads(row["body"]))

    def _save(self, waybill: Waybill) -> None:
        self._store.run(
            "INSERT OR REPLACE INTO waybill VALUES (?, ?, ?, ?)",
            waybill.tracking_no,
            waybill.order_key,
            waybill.leg,
            json.dumps(asdict(waybill)),
        )
