"""How a parcel's story goes wrong, settable from outside: per phone tail, per leg or order key prefix, or for all.

Seconds are business seconds (divided by the time scale of the job), so that one script tells the same story at
every scale; `pace_s` of an interregional parcel is real seconds.
"""

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.couriers.store import Store

DEFAULT_KEY = "*"
FailReason = Literal["NOBODY_HOME", "WRONG_ADDRESS", "REFUSED", "ID_MISMATCH"]


class Script(BaseModel):
    """One story; everything that is not said goes well."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    late_s: float = Field(0, ge=0, description="the courier takes so much longer to the door")
    ignore_first_assignment: bool = Field(False, description="the first courier never starts")
    stop_after: str | None = Field(None, description="the first courier falls ill after this scan")
    fail_first_delivery: FailReason | None = Field(None, description="first attempt at the door fails, the next works")
    refuse_at_door: bool = Field(False, description="every attempt is refused")
    wrong_address: bool = Field(False, description="every attempt ends at a wrong address")
    offline_s: float = Field(0, ge=0, description="no network: scans held back, then one batch, sent twice")
    duplicate: int = Field(1, ge=1, le=10, description="every batch is posted so often")
    out_of_order: bool = Field(False, description="later scans reach the server before earlier ones")
    lost: bool = Field(False, description="LOST after OUT_FOR_DELIVERY or PICKED_UP; nothing more comes")
    found_after_s: float | None = Field(None, ge=0, description="a lost parcel turns up again after this time")
    damaged: bool = Field(False, description="DAMAGED at the door; delivered all the same")
    discrepancy: bool = Field(False, description="the hall finds one paper less than the manifest says")
    missing_at_door: bool = Field(False, description="the applicant hands over one paper less than ordered")
    signer_kind: Literal["self", "agent", "locker"] = Field("self", description="who takes a delivery")
    unverified: bool = Field(False, description="a position that proves nothing: 500 m inaccurate")
    no_arrival_scan: bool = Field(False, description="the courier forgets ARRIVED_DOOR")
    clock_off_s: float = Field(0, description="the device's wall clock is wrong by so much, real seconds")
    late_proof_s: float = Field(0, ge=0, description="the photo is uploaded so much later")
    # interregional parcels
    pace_s: float | None = Field(None, ge=0, description="real seconds per hop")
    stall_after: str | None = Field(None, description="the last operation code that appears")
    unknown_code: str | None = Field(None, description="an operation code that no table has")
    carrier_fails_first: bool = Field(False, description="705 before 704")
    resent_ops: bool = Field(False, description="954 said twice with another time")


def find(store: Store, leg_id: str, phone_tail: str | None = None) -> Script:
    """The script of a leg: by phone tail, else by the longest prefix of the leg id; what it leaves open is as in the
    default."""
    told = {row["key"]: json.loads(row["body"]) for row in store.rows("SELECT * FROM script")}
    prefixes = sorted((key for key in told if len(key) > 4 and leg_id.startswith(key)), key=len, reverse=True)
    own: dict[str, Any] = next((told[key] for key in (phone_tail, *prefixes) if key in told), {})
    return Script.model_validate({**told.get(DEFAULT_KEY, {}), **own})


def put(store: Store, key: str, script: Script) -> None:
    """Only what was said is kept, so that the rest follows the default."""
    store.run("INSERT OR REPLACE INTO script VALUES (?, ?)", key, script.model_dump_json(exclude_unset=True))
